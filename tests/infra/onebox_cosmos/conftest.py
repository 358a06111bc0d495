"""A running Cosmos endpoint and the official async client on it."""

import pytest
from azure.cosmos.aio import CosmosClient

from infra.onebox.clock import VirtualClock
from infra.onebox.cosmos import CosmosService

CONTAINERS = [
    {
        "name": "bots",
        "partitionKey": "/userId",
        "indexes": [["market", "symbol", "below"], ["market", "symbol", "above"], ["market", "symbol", "until"]],
    },
    {"name": "fills", "partitionKey": "/userId", "indexes": [["userId", "at"]]},
    {
        "name": "events",
        "partitionKey": "/userId",
        "defaultTtl": -1,
        "indexingPolicy": {"compositeIndexes": [[{"path": "/kind"}, {"path": "/n", "order": "descending"}]]},
    },
]


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
async def service(tmp_path, clock):
    service = CosmosService(tmp_path, clock, "tickwise", CONTAINERS)
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
async def client(service):
    async with CosmosClient.from_connection_string(service.connection_string, retry_backoff_factor=0.01) as client:
        yield client


@pytest.fixture
def bots(client):
    return client.get_database_client("tickwise").get_container_client("bots")


@pytest.fixture
def events(client):
    return client.get_database_client("tickwise").get_container_client("events")
