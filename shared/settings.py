"""Every knob of the app, read from the environment in this file and nowhere else.

Rules
1. A connection `X` is what Azure's bindings read: `X` is a connection string, or `X__accountEndpoint` | `X__fullyQualifiedNamespace` |
   `X__serviceUri` names the service and an identity opens it (`X__clientId` for a user-assigned one). `ServiceBus` may be "none".
2. An empty setting is a missing one. Nothing here has a neutral default for something that is needed: `need` raises its name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

_NAMES = {
    "cosmos": "Cosmos",
    "cosmos_endpoint": "Cosmos__accountEndpoint",
    "cosmos_database": "CosmosDatabase",
    "service_bus": "ServiceBus",
    "service_bus_namespace": "ServiceBus__fullyQualifiedNamespace",
    "web_pubsub": "WebPubSub",
    "web_pubsub_uri": "WebPubSub__serviceUri",
    "mail": "Mail",
    "identity_client_id": "Cosmos__clientId",
    "key_vault_url": "KEY_VAULT_URL",
    "key_vault_ca": "KEY_VAULT_CA",
    "key_vault_verify_challenge": "KEY_VAULT_VERIFY_CHALLENGE",
    "key_vault_authority": "KEY_VAULT_AUTHORITY",
    "key_vault_tenant_id": "KEY_VAULT_TENANT_ID",
    "key_vault_client_id": "KEY_VAULT_CLIENT_ID",
    "key_vault_client_secret": "KEY_VAULT_CLIENT_SECRET",
    "auth_issuer": "AUTH_ISSUER",
    "auth_audience": "AUTH_AUDIENCE",
    "auth_jwks_url": "AUTH_JWKS_URL",
    "auth_scope": "AUTH_SCOPE",
    "replay_dir": "REPLAY_DIR",
    "live_markets": "LIVE_MARKETS",
    "live_exchanges": "LIVE_EXCHANGES",
    "exchange_urls": "EXCHANGE_URLS",
    "reauth_s": "REAUTH_S",
    "cors_origins": "CORS_ORIGINS",
    "bots_per_user": "BOTS_PER_USER",
    "accounts_per_user": "ACCOUNTS_PER_USER",
    "heartbeat_s": "HEARTBEAT_S",
    "requests_per_minute": "REQUESTS_PER_MINUTE",
    "public_url": "PUBLIC_URL",
    "client_ip_header": "CLIENT_IP_HEADER",
    "client_certificate_ca": "CLIENT_CERTIFICATE_CA",
    "webhook_ips": "WEBHOOK_IPS",
    "traces_exporter": "OTEL_TRACES_EXPORTER",
    "app_configuration": "AppConfiguration",
    "app_configuration_endpoint": "AppConfiguration__endpoint",
}


NO_BUS = "none"


class MissingSetting(Exception):
    """The app cannot do what was asked before this setting is given."""


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    cosmos: str = ""
    cosmos_endpoint: str = ""
    cosmos_database: str = "tickwise"
    service_bus: str = ""  # NO_BUS: messages lie in Cosmos DB (shared/post.py)
    service_bus_namespace: str = ""
    web_pubsub: str = ""
    web_pubsub_uri: str = ""
    mail: str = ""  # an SMTP server (shared/mail.py); empty: no e-mail
    identity_client_id: str = ""
    key_vault_url: str = ""
    key_vault_ca: str = ""
    key_vault_verify_challenge: bool = True
    key_vault_authority: str = ""
    key_vault_tenant_id: str = ""
    key_vault_client_id: str = ""
    key_vault_client_secret: str = ""
    auth_issuer: str = ""
    auth_audience: str = ""
    auth_jwks_url: str = ""
    auth_scope: str = ""
    replay_dir: str = ""
    live_markets: str = ""
    live_exchanges: str = ""  # where accounts with real money may be connected; empty: nowhere
    exchange_urls: str = ""  # JSON: another address for an exchange, such as its test network
    reauth_s: int = 600  # how fresh a sign-in must be for adding a key
    cors_origins: str = ""
    bots_per_user: int = 200
    accounts_per_user: int = 20
    heartbeat_s: int = 900
    requests_per_minute: int = 1_200
    public_url: str = ""
    client_ip_header: str = ""
    client_certificate_ca: str = ""
    traces_exporter: str = ""  # console, otlp, azure_monitor; empty or none: no spans, nothing loaded
    app_configuration: str = ""
    app_configuration_endpoint: str = ""
    webhook_ips: str = "52.89.214.238,34.212.75.30,54.218.53.128,52.32.178.7"

    @property
    def has_service_bus(self) -> bool:
        return self.service_bus != NO_BUS

    @property
    def traded(self) -> frozenset[str]:
        """The exchanges at which real money may be traded."""
        return _names(self.live_exchanges)

    @property
    def public(self) -> frozenset[str]:
        """The exchanges whose public prices may be read."""
        return _names(self.live_markets) | self.traded

    @property
    def addresses(self) -> dict[str, str]:
        """Exchanges that are reached at another address than their own."""
        return dict(json.loads(self.exchange_urls)) if self.exchange_urls else {}

    def need(self, field: str) -> str:
        value = str(getattr(self, field))
        if not value:
            raise MissingSetting(_NAMES[field])
        return value


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def read_settings(environment: Mapping[str, str]) -> Settings:
    values = {field: environment.get(name, "").strip() for field, name in _NAMES.items()}
    return Settings.model_validate({field: value for field, value in values.items() if value})


def has_service_bus() -> bool:
    """Asked before anything else is known: it decides which functions there are."""
    return read_settings(os.environ).has_service_bus


@lru_cache(maxsize=1)
def settings() -> Settings:
    return read_settings(os.environ)
