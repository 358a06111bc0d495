"""The app's own identity, where a service is opened without a key."""

from __future__ import annotations

from typing import Any

from shared.settings import Settings


def credential(settings: Settings) -> Any:
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential(managed_identity_client_id=settings.identity_client_id or None)


def vault_credential(settings: Settings) -> Any:
    """A client secret when one is set (a vault with its own authority), else the app's identity."""
    if not settings.key_vault_client_secret:
        return credential(settings)
    from azure.identity.aio import ClientSecretCredential

    return ClientSecretCredential(
        settings.need("key_vault_tenant_id"),
        settings.need("key_vault_client_id"),
        settings.key_vault_client_secret,
        authority=settings.key_vault_authority or None,
        disable_instance_discovery=bool(settings.key_vault_authority),
        **({"connection_verify": settings.key_vault_ca} if settings.key_vault_ca else {}),
    )
