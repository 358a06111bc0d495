"""Limits that change while the app runs, through the official client and our endpoint."""

import json

import pytest
from azure.appconfiguration import ConfigurationSetting
from azure.appconfiguration.aio import AzureAppConfigurationClient

from infra.onebox.appconfig.service import AppConfigService
from infra.onebox.clock import SystemClock
from shared.limits import FLAG, LIVE_TRADING, LOOK_S, PREFIX, SENTINEL, Limits
from shared.settings import Settings

BASE = Settings(bots_per_user=5, live_exchanges="binance")


class World:
    def __init__(self, service, client):
        self.service, self.client, self.at = service, client, 0.0
        self.limits = Limits(Settings(**BASE.model_dump() | {"app_configuration": service.connection_string}), None, lambda: self.at)

    async def put(self, key, value):
        await self.client.set_configuration_setting(ConfigurationSetting(key=key, value=value))

    async def say(self, **values):
        """Settings and then the sentinel, as an operator changes them."""
        for name, value in values.items():
            await self.put(PREFIX + name, value)
        await self.put(SENTINEL, str(self.at))

    async def later(self, seconds=LOOK_S):
        self.at += seconds
        return await self.limits.now()


@pytest.fixture
async def world(tmp_path):
    service = AppConfigService(tmp_path, SystemClock())
    await service.start()
    client = AzureAppConfigurationClient.from_connection_string(service.connection_string)
    made = World(service, client)
    yield made
    await made.limits.close()
    await client.close()
    await service.stop()


async def test_without_a_store_the_settings_are_the_limits():
    assert await Limits(BASE).now() is BASE


async def test_a_change_is_in_force_after_the_sentinel_and_a_while(world):
    assert (await world.limits.now()).bots_per_user == 5
    await world.say(bots_per_user="7")
    assert (await world.later(LOOK_S - 1)).bots_per_user == 5
    assert (await world.later(1)).bots_per_user == 7
    await world.put(PREFIX + "bots_per_user", "9")
    assert (await world.later()).bots_per_user == 7, "the sentinel has not moved"
    await world.say()
    assert (await world.later()).bots_per_user == 9


async def test_the_flag_takes_live_trading_away_and_gives_it_back(world):
    await world.put(FLAG + LIVE_TRADING, json.dumps({"id": LIVE_TRADING, "enabled": False}))
    await world.say()
    assert (await world.later()).traded == frozenset()
    await world.put(FLAG + LIVE_TRADING, json.dumps({"id": LIVE_TRADING, "enabled": True}))
    await world.say()
    assert (await world.later()).traded == {"binance"}


async def test_a_value_that_does_not_fit_changes_nothing(world, caplog):
    await world.say(bots_per_user="7")
    await world.later()
    await world.say(bots_per_user="many", accounts_per_user="3")
    now = await world.later()
    assert (now.bots_per_user, now.accounts_per_user) == (7, BASE.accounts_per_user) and "limits.kept" in caplog.text


async def test_nothing_but_limits_can_be_changed(world, caplog):
    await world.say(auth_issuer="https://evil.example", exchange_urls="{}", bots_per_user="6")
    now = await world.later()
    assert (now.auth_issuer, now.exchange_urls, now.bots_per_user) == (BASE.auth_issuer, BASE.exchange_urls, 6)
    assert "auth_issuer" in caplog.text and "evil" not in caplog.text


async def test_a_store_that_is_away_changes_nothing_and_is_asked_again(world, monkeypatch):
    await world.say(bots_per_user="7")
    await world.later()
    monkeypatch.setattr("shared.limits.WAIT_S", 0.2)
    world.service.is_down = True
    assert (await world.later()).bots_per_user == 7
    world.service.is_down = False
    await world.say(bots_per_user="8")
    assert (await world.later()).bots_per_user == 8


async def test_without_a_sentinel_any_more_the_settings_are_in_force(world):
    await world.say(bots_per_user="7")
    await world.later()
    await world.client.delete_configuration_setting(SENTINEL)
    assert (await world.later()).bots_per_user == 5
