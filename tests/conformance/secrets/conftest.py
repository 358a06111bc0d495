"""The app's secrets over a vault: ours, or the one CONFORMANCE_KEY_VAULT_URL names (the machine's own Azure identity opens it)."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from infra.onebox.clock import SystemClock
from infra.onebox.keyvault import KeyVaultService
from shared.secrets import VaultSecrets
from shared.settings import Settings
from tests.builders import settings
from tests.conformance.service import WORLDS, real
from tests.vaults import nothing_is_known_of_a_port

__all__ = ["nothing_is_known_of_a_port"]


class Time:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class World:
    """`open` gives another process's view of the same vault: nothing kept, its own clock."""

    def __init__(self, config: Settings, service: KeyVaultService | None) -> None:
        self.config, self.service, self.account = config, service, f"acc_{uuid.uuid4().hex}"
        self.opened: list[VaultSecrets] = []

    def open(self, clock: Callable[[], float] | None = None) -> VaultSecrets:
        self.opened.append(VaultSecrets(self.config, monotonic=clock or Time()))
        return self.opened[-1]


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    service = None
    if request.param == "azure":
        [url] = real("CONFORMANCE_KEY_VAULT_URL")
        config = settings(key_vault_url=url)
    else:
        service = KeyVaultService(tmp_path, SystemClock())
        await service.start()
        given = service.settings()
        config = settings(
            key_vault_url=given["url"], key_vault_ca=given["ca"], key_vault_authority=given["authority"],
            key_vault_tenant_id=given["tenantId"], key_vault_client_id=given["clientId"], key_vault_client_secret=given["clientSecret"],
            key_vault_verify_challenge=False,
        )  # fmt: skip
    made = World(config, service)
    yield made
    for secrets in made.opened:
        await secrets.delete("ada", made.account)
        await secrets.close()
    if service is not None:
        await service.stop()
