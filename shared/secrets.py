"""Exchange keys: one secret per account in the vault, read rarely, kept in memory briefly, never anywhere else.

Rules
1. A secret's name is derived from the user and the account: no name is ever taken from a request.
2. A read is kept for KEEP_S (with jitter, so that a thousand bots do not come back at once); who arrives meanwhile waits for one read.
3. A vault that is away or throttles does not stop running bots: what is known stays good for GRACE_S. What is not known is refused.
4. Writing or deleting forgets what was kept, here; other hosts notice within KEEP_S.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from shared.ids import digest
from shared.log import log
from shared.settings import Settings

KEEP_S = 900.0
GRACE_S = 3600.0

Keys = dict[str, str]


class NoSecret(Exception):
    """The vault has no such secret (it was revoked, or never stored)."""


class VaultDown(Exception):
    """The vault cannot be asked, and nothing is known."""


class Secrets(Protocol):
    async def read(self, user_id: str, account_id: str) -> Keys:
        """Errors: NoSecret, VaultDown."""
        ...

    async def write(self, user_id: str, account_id: str, keys: Keys) -> None: ...

    async def delete(self, user_id: str, account_id: str) -> None: ...


class Vault(Protocol):
    """The calls of azure-keyvault-secrets that are used."""

    async def get_secret(self, name: str) -> Any: ...

    async def set_secret(self, name: str, value: str) -> Any: ...

    async def delete_secret(self, name: str) -> Any: ...


class Kept(NamedTuple):
    keys: Keys
    fresh_until: float
    good_until: float


class VaultSecrets:
    def __init__(self, settings: Settings, vault: Vault | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._vault, self._monotonic = settings, vault, monotonic
        self._credential: Any = None
        self._kept: dict[str, Kept] = {}
        self._reading: dict[str, asyncio.Lock] = {}

    async def read(self, user_id: str, account_id: str) -> Keys:
        name = secret_name(user_id, account_id)
        async with self._reading.setdefault(name, asyncio.Lock()):
            kept = self._kept.get(name)
            if kept is not None and self._monotonic() < kept.fresh_until:
                return dict(kept.keys)
            return dict(await self._read(name, kept))

    async def _read(self, name: str, kept: Kept | None) -> Keys:
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            keys: Keys = json.loads((await self._open().get_secret(name)).value)
        except ResourceNotFoundError as error:
            self._kept.pop(name, None)
            raise NoSecret from error
        except (AzureError, OSError) as error:
            log("vault.down", error=type(error).__name__)
            if kept is not None and self._monotonic() < kept.good_until:
                return kept.keys
            raise VaultDown from error
        now = self._monotonic()
        self._kept[name] = Kept(keys, now + KEEP_S * (0.8 + 0.4 * random.random()), now + GRACE_S)
        return keys

    async def write(self, user_id: str, account_id: str, keys: Keys) -> None:
        name = secret_name(user_id, account_id)
        await self._open().set_secret(name, json.dumps(keys))
        self._kept.pop(name, None)

    async def delete(self, user_id: str, account_id: str) -> None:
        from azure.core.exceptions import ResourceNotFoundError

        name = secret_name(user_id, account_id)
        self._kept.pop(name, None)
        try:
            await self._open().delete_secret(name)
        except ResourceNotFoundError:
            return

    def _open(self) -> Vault:
        if self._vault is None:
            from shared.identity import vault_credential

            self._credential = vault_credential(self._settings)
            self._vault = open_vault(self._settings, self._credential)
        return self._vault

    async def close(self) -> None:
        """For who opened it for a while; the app keeps its own."""
        for opened in (self._vault, self._credential):
            if opened is not None and hasattr(opened, "close"):
                await opened.close()


def secret_name(user_id: str, account_id: str) -> str:
    return "account-" + digest("secret", user_id, account_id)


def open_vault(settings: Settings, credential: Any) -> Any:
    from azure.keyvault.secrets.aio import SecretClient

    trust = {"connection_verify": settings.key_vault_ca} if settings.key_vault_ca else {}
    return SecretClient(settings.need("key_vault_url"), credential, verify_challenge_resource=settings.key_vault_verify_challenge, **trust)
