"""The services of an installation: made from resources.json, each only if its resource is there.

A service is a folder of its own; `start` and `stop` are called if it has them, else `close`. What the settings template may ask of it is
listed in `values`.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from infra.onebox import log
from infra.onebox.clock import Clock
from infra.onebox.http.server import Mount

LOG = log.get("services")


class Services:
    """All services by name: cosmos, serviceBus, webPubSub, keyVault, appConfig, oidc."""

    def __init__(self, resources: dict[str, Any], directory: Path, clock: Clock) -> None:
        self.by_name: dict[str, Any] = {}
        self._resources, self._directory, self._clock = resources, directory, clock
        for name, make in MAKERS.items():
            if name in resources or (name == "oidc" and resources):
                self.by_name[name] = make(directory, clock, resources.get(name, {}))

    def mounts(self) -> list[Mount]:
        """Adds the routes of the services that browsers reach on the public port."""
        return [service.add_routes for name, service in self.by_name.items() if name in ("webPubSub", "oidc")]

    async def start(self) -> None:
        for name, service in self.by_name.items():
            if hasattr(service, "start"):
                await service.start()
            LOG.debug("%s started", name)

    async def stop(self) -> None:
        for name, service in reversed(self.by_name.items()):
            try:
                answer = service.stop() if hasattr(service, "stop") else service.close()
                if asyncio.iscoroutine(answer):
                    await answer
            except Exception:
                LOG.exception("%s did not stop cleanly", name)

    def values(self, base_url: str) -> dict[str, str]:
        """What the settings template may ask for, by `service.value`."""
        values: dict[str, str] = {}
        for name, service in self.by_name.items():
            for key, value in VALUES[name](service, base_url).items():
                values[f"{name}.{key}"] = str(value)
        return values


def apply_settings(settings: dict[str, str]) -> None:
    """Into the environment, where the app reads them; what the environment already says wins."""
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _cosmos(directory: Path, clock: Clock, resource: dict[str, Any]) -> Any:
    from infra.onebox.cosmos.service import CosmosService

    return CosmosService(directory, clock, resource["database"], resource["containers"])


def _service_bus(directory: Path, clock: Clock, resource: dict[str, Any]) -> Any:
    from infra.onebox.servicebus.service import ServiceBusService

    return ServiceBusService(directory, clock, resource["queues"])


def _web_pub_sub(directory: Path, clock: Clock, resource: dict[str, Any]) -> Any:
    from infra.onebox.webpubsub.service import WebPubSubService

    return WebPubSubService(directory, clock, resource["hubs"])


def _key_vault(directory: Path, clock: Clock, _resource: dict[str, Any]) -> Any:
    from infra.onebox.keyvault.service import KeyVaultService

    return KeyVaultService(directory, clock)


def _app_config(directory: Path, clock: Clock, _resource: dict[str, Any]) -> Any:
    from infra.onebox.appconfig.service import AppConfigService

    return AppConfigService(directory, clock)


def _oidc(directory: Path, clock: Clock, _resource: dict[str, Any]) -> Any:
    from infra.onebox.oidc.service import OidcService

    return OidcService(directory, clock)


MAKERS = {
    "cosmos": _cosmos,
    "serviceBus": _service_bus,
    "webPubSub": _web_pub_sub,
    "keyVault": _key_vault,
    "appConfig": _app_config,
    "oidc": _oidc,
}
VALUES = {
    "cosmos": lambda service, _base: {"connectionString": service.connection_string},
    "serviceBus": lambda service, _base: {"connectionString": service.connection_string},
    "webPubSub": lambda service, base: {"connectionString": service.connection_string(base)},
    "keyVault": lambda service, _base: service.settings(),
    "appConfig": lambda service, _base: {"connectionString": service.connection_string},
    "oidc": lambda service, base: {"issuer": service.issuer(base), "jwksUrl": service.jwks_url(base)},
}
