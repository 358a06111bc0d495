"""The store of the app over a Cosmos account: ours, or the one CONFORMANCE_COSMOS (a connection string) names."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from infra.onebox.clock import SystemClock
from infra.onebox.cosmos import CosmosService
from shared.stores import CosmosStore
from tests.builders import settings
from tests.conformance.service import WORLDS, real

RESOURCES = Path(__file__).parents[3] / "infra" / "resources.json"


class World:
    """A store, a user nobody else has, and the endpoint where it is ours."""

    def __init__(self, store: CosmosStore, service: CosmosService | None) -> None:
        self.store, self.service = store, service
        self.user, self.stranger = f"ada-{uuid.uuid4().hex}", f"eve-{uuid.uuid4().hex}"

    def faults(self) -> Any:
        if self.service is None:
            pytest.skip("the real service cannot be told to throttle")
        return self.service.faults

    async def clear(self) -> None:
        for container in ("bots", "fills"):
            place = await self.store.container(container)
            for user in (self.user, self.stranger):
                async for row in place.query_items("SELECT c.id FROM c", partition_key=user):
                    await self.store.delete(container, user, row["id"])


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    service = None
    if request.param == "azure":
        [connection] = real("CONFORMANCE_COSMOS")
    else:
        resource = json.loads(RESOURCES.read_text())["cosmos"]
        service = CosmosService(tmp_path, SystemClock(), resource["database"], resource["containers"], synchronous="OFF")
        await service.start()
        connection = service.connection_string
    store = CosmosStore(settings(cosmos=connection))
    made = World(store, service)
    yield made
    if service is None:
        await made.clear()
    await store._client.close()
    if service is not None:
        await service.stop()
