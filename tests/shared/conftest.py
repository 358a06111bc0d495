"""A running Cosmos endpoint with the platform's own containers, for what the stores promise."""

import json
from pathlib import Path

import pytest

from infra.onebox.clock import VirtualClock
from infra.onebox.cosmos import CosmosService
from shared.stores import CosmosStore
from tests.builders import settings

RESOURCES = Path(__file__).parents[2] / "infra" / "resources.json"


@pytest.fixture
async def cosmos(tmp_path):
    containers = json.loads(RESOURCES.read_text())["cosmos"]["containers"]
    service = CosmosService(tmp_path, VirtualClock(), "tickwise", containers)
    await service.start()
    store = CosmosStore(settings().model_copy(update={"cosmos": service.connection_string}))
    yield store
    await store._client.close()
    await service.stop()
