"""The store of limits through the official client: ours, or the one CONFORMANCE_APP_CONFIGURATION (a connection string) names."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.appconfiguration import ConfigurationSetting
from azure.appconfiguration.aio import AzureAppConfigurationClient

from infra.onebox.appconfig.service import AppConfigService
from infra.onebox.clock import SystemClock
from tests.conformance.service import WORLDS, real


class World:
    def __init__(self, client: AzureAppConfigurationClient, address: str, service: AppConfigService | None) -> None:
        self.client, self.address, self.service = client, address, service
        self.prefix = f"conformance-{uuid.uuid4().hex}:"

    def key(self, name: str) -> str:
        return self.prefix + name

    async def put(self, name: str, value: str, label: str | None = None) -> Any:
        return await self.client.set_configuration_setting(ConfigurationSetting(key=self.key(name), value=value, label=label))

    async def listed(self, key: str, label: str = "*") -> list[tuple[str, str | None, str]]:
        found = self.client.list_configuration_settings(key_filter=key, label_filter=label)
        return [(one.key.removeprefix(self.prefix), one.label, one.value) async for one in found]


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    service = None
    if request.param == "azure":
        [address] = real("CONFORMANCE_APP_CONFIGURATION")
    else:
        service = AppConfigService(tmp_path, SystemClock())
        await service.start()
        address = service.connection_string
    client = AzureAppConfigurationClient.from_connection_string(address)
    made = World(client, address, service)
    yield made
    async for one in client.list_configuration_settings(key_filter=made.prefix + "*", label_filter="*"):
        await client.set_read_only(one, False)
        await client.delete_configuration_setting(one.key, one.label)
    await client.close()
    if service is not None:
        await service.stop()
