"""What the app asks of Key Vault, through azure-keyvault-secrets: the same suite on the embedded endpoint and on the service."""

from __future__ import annotations

import asyncio

import pytest
from azure.core.exceptions import ResourceExistsError

from shared.secrets import GRACE_S, KEEP_S, NoSecret, VaultDown
from shared.webhooks.keys import VaultKeys, _client
from tests.conformance.secrets.conftest import Time


async def test_keys_come_back_as_they_were_stored(world):
    keys = {"apiKey": "k", "secret": "-----BEGIN\n\"ü'\\ \u2028", "password": ""}
    await world.open().write("ada", world.account, keys)
    assert await world.open().read("ada", world.account) == keys


async def test_another_user_or_account_finds_nothing(world):
    await world.open().write("ada", world.account, {"apiKey": "k"})
    for user, account in (("eve", world.account), ("ada", "acc_none")):
        with pytest.raises(NoSecret):
            await world.open().read(user, account)


async def test_a_rotated_key_is_seen_elsewhere_once_what_was_kept_is_old(world):
    clock = Time()
    elsewhere, here = world.open(clock), world.open()
    await here.write("ada", world.account, {"apiKey": "old"})
    assert await elsewhere.read("ada", world.account) == {"apiKey": "old"}
    await here.write("ada", world.account, {"apiKey": "new"})
    assert await here.read("ada", world.account) == {"apiKey": "new"}
    assert await elsewhere.read("ada", world.account) == {"apiKey": "old"}
    clock.now += 2 * KEEP_S
    assert await elsewhere.read("ada", world.account) == {"apiKey": "new"}


async def test_a_deleted_key_is_gone_and_its_name_is_not_given_out_again(world):
    secrets = world.open()
    await secrets.write("ada", world.account, {"apiKey": "k"})
    await secrets.delete("ada", world.account)
    for reader in (secrets, world.open()):
        with pytest.raises(NoSecret):
            await reader.read("ada", world.account)
    with pytest.raises(ResourceExistsError):
        await world.open().write("ada", world.account, {"apiKey": "k2"})


async def test_a_vault_that_is_away_stops_only_those_who_know_nothing(world):
    if world.service is None:
        pytest.skip("the real vault cannot be told to be away")
    clock = Time()
    known, fresh = world.open(clock), world.open()
    await known.write("ada", world.account, {"apiKey": "k"})
    await known.read("ada", world.account)
    world.service.is_down = True
    clock.now += 2 * KEEP_S
    assert await known.read("ada", world.account) == {"apiKey": "k"}
    clock.now += GRACE_S
    for reader in (known, fresh):
        with pytest.raises(VaultDown):
            await reader.read("ada", world.account)
    world.service.is_down = False
    assert await fresh.read("ada", world.account) == {"apiKey": "k"}


async def test_many_readers_at_once_see_the_same(world):
    await world.open().write("ada", world.account, {"apiKey": "k"})
    reader = world.open()
    assert await asyncio.gather(*(reader.read("ada", world.account) for _ in range(20))) == [{"apiKey": "k"}] * 20


async def test_a_rotated_sealing_key_seals_while_the_old_one_still_opens(world):
    from base64 import b64encode

    from shared.identity import vault_credential
    from shared.webhooks.keys import SECRET
    from shared.webhooks.seal import KEY_BYTES

    if world.service is None:
        pytest.skip("the sealing key of a real platform is not rotated by a test")
    clock = Time()
    keys = VaultKeys(world.config, clock)
    old = await keys.current()
    assert len(old.secret) == KEY_BYTES
    await asyncio.sleep(1.1)  # versions are ordered by the second they were made in
    credential = vault_credential(world.config)
    async with credential, _client(world.config, credential) as client:
        await client.set_secret(SECRET, b64encode(b"\x07" * KEY_BYTES).decode())
    rotated = VaultKeys(world.config, clock)
    new = await rotated.current()
    assert new.name != old.name
    assert (await rotated.named(old.name.hex())).name == old.name
    assert (await keys.named(new.name.hex())) is None  # asked less than a minute ago
    clock.now += 61
    assert (await keys.named(new.name.hex())).name == new.name
