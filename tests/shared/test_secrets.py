"""Exchange keys: read once, kept while the vault is away, gone when deleted; on a running vault and on one that can be told to fail."""

import asyncio

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from infra.onebox.clock import SystemClock
from infra.onebox.keyvault import KeyVaultService
from shared.secrets import GRACE_S, KEEP_S, NoSecret, VaultDown, VaultSecrets, secret_name
from tests.builders import settings


class Secret:
    def __init__(self, value):
        self.value = value


class MemoryVault:
    """A vault that counts its reads and can be away."""

    def __init__(self):
        self.held, self.reads, self.is_away = {}, 0, False

    async def get_secret(self, name):
        self.reads += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise HttpResponseError("throttled")
        if name not in self.held:
            raise ResourceNotFoundError("none")
        return Secret(self.held[name])

    async def set_secret(self, name, value):
        self.held[name] = value

    async def delete_secret(self, name):
        if self.held.pop(name, None) is None:
            raise ResourceNotFoundError("none")


class Time:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def vault():
    return MemoryVault()


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
async def secrets(vault, clock):
    secrets = VaultSecrets(settings(), vault, clock)
    await secrets.write("ada", "acc", {"apiKey": "k"})
    return secrets


async def test_fifty_callers_cost_one_read(secrets, vault):
    found = await asyncio.gather(*[secrets.read("ada", "acc") for _ in range(50)])
    assert found == [{"apiKey": "k"}] * 50
    assert vault.reads == 1


async def test_running_bots_outlive_a_vault_that_is_away_and_unknown_ones_wait(secrets, vault, clock):
    await secrets.read("ada", "acc")
    vault.is_away = True
    clock.now += max(1800, 2 * KEEP_S)
    assert await secrets.read("ada", "acc") == {"apiKey": "k"}
    with pytest.raises(VaultDown):
        await secrets.read("ada", "other")
    clock.now += GRACE_S
    with pytest.raises(VaultDown):
        await secrets.read("ada", "acc")


async def test_a_deleted_key_is_gone_at_once(secrets):
    await secrets.read("ada", "acc")
    await secrets.delete("ada", "acc")
    with pytest.raises(NoSecret):
        await secrets.read("ada", "acc")
    await secrets.delete("ada", "acc")


async def test_a_rotated_key_is_read_anew(secrets):
    await secrets.read("ada", "acc")
    await secrets.write("ada", "acc", {"apiKey": "new"})
    assert await secrets.read("ada", "acc") == {"apiKey": "new"}


async def test_somebody_else_finds_nothing(secrets):
    with pytest.raises(NoSecret):
        await secrets.read("eve", "acc")
    assert secret_name("ada", "acc") != secret_name("eve", "acc")


async def test_the_official_client_stores_and_finds_keys_in_a_running_vault(tmp_path):
    service = KeyVaultService(tmp_path, SystemClock())
    await service.start()
    given = service.settings()
    config = settings(
        key_vault_url=given["url"], key_vault_ca=given["ca"], key_vault_authority=given["authority"], key_vault_tenant_id=given["tenantId"],
        key_vault_client_id=given["clientId"], key_vault_client_secret=given["clientSecret"], key_vault_verify_challenge=False,
    )  # fmt: skip
    secrets = VaultSecrets(config)
    await secrets.write("ada", "acc", {"apiKey": "k", "secret": "s"})
    assert await secrets.read("ada", "acc") == {"apiKey": "k", "secret": "s"}
    with pytest.raises(NoSecret):
        await secrets.read("ada", "none")
    await secrets.close()
    await service.stop()
