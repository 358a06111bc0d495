"""The sealing keys, from Key Vault: one secret, every enabled version of it.

Rules
1. The newest version seals, all versions open. They are kept in memory and read again at most once a minute.
2. A vault that is away does not stop what was read before; before the first read it is 503 for the caller.
3. Where there is no key yet one is made. Two makers at once make two versions, and both open.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any, Protocol

from shared.errors import AppError
from shared.identity import vault_credential
from shared.log import log
from shared.settings import Settings
from shared.webhooks.seal import KEY_BYTES, Key, Sealed, key_name, unseal

SECRET = "webhook-seal-key"
AGAIN_S = 60.0


class SealKeys(Protocol):
    async def current(self) -> Key:
        """Errors: AppError 503."""
        ...

    async def named(self, name: str) -> Key | None:
        """The key with this fingerprint (hex). Errors: AppError 503."""
        ...

    async def open(self, opaque: str) -> Sealed | None:
        """Errors: AppError 503."""
        ...


class VaultKeys:
    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._monotonic = settings, monotonic
        self._keys: list[Key] = []
        self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    async def current(self) -> Key:
        if not self._keys:
            await self._read(wanted=None)
        if not self._keys:
            raise AppError(503, "vault_down")
        return self._keys[0]

    async def open(self, opaque: str) -> Sealed | None:
        name = key_name(opaque)
        key = None if name is None else await self.named(name.hex())
        return None if key is None else unseal(key, opaque)

    async def named(self, name: str) -> Key | None:
        await self.current()
        if not any(key.name.hex() == name for key in self._keys):
            await self._read(wanted=bytes.fromhex(name))
        return next((key for key in self._keys if key.name.hex() == name), None)

    async def _read(self, wanted: bytes | None) -> None:
        async with self._reading:
            known = {key.name for key in self._keys}
            if (wanted in known if wanted else self._keys) or (self._keys and self._monotonic() - self._tried_at < AGAIN_S):
                return
            self._tried_at = self._monotonic()
            try:
                self._keys = await self._fetch() or self._keys
            except Exception as error:  # the vault is away: what is known goes on working
                log("webhooks.keys_unreachable", error=type(error).__name__)

    async def _fetch(self) -> list[Key]:
        credential = vault_credential(self._settings)
        async with credential, _client(self._settings, credential) as client:
            found = await _versions(client)
            if not found:
                await client.set_secret(SECRET, b64encode(secrets.token_bytes(KEY_BYTES)).decode(), content_type="aes-256")
                found = await _versions(client)
        return found


async def _versions(client: Any) -> list[Key]:
    """Every enabled version, newest first."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        listed = [one async for one in client.list_properties_of_secret_versions(SECRET)]
    except ResourceNotFoundError:
        return []
    listed.sort(key=lambda one: one.created_on, reverse=True)
    values = [(await client.get_secret(SECRET, one.version)).value for one in listed if one.enabled is not False]
    return [Key(b64decode(value)) for value in values if value]


def _client(settings: Settings, credential: Any) -> Any:
    from azure.keyvault.secrets.aio import SecretClient

    return SecretClient(
        settings.need("key_vault_url"),
        credential,
        verify_challenge_resource=settings.key_vault_verify_challenge,
        **({"connection_verify": settings.key_vault_ca} if settings.key_vault_ca else {}),
    )
