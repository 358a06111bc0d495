"""The broker on a clock the test moves, and the service on the machine's clock."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from infra.onebox.clock import SystemClock, VirtualClock
from infra.onebox.servicebus.broker import Broker
from infra.onebox.servicebus.service import ServiceBusService

QUEUES = [
    {"name": "plain", "maxDeliveryCount": 3, "lockDuration": "PT30S"},
    {"name": "bots", "requiresSession": True, "requiresDuplicateDetection": True, "maxDeliveryCount": 3, "lockDuration": "PT30S"},
    {"name": "brief", "lockDuration": "PT1S", "defaultMessageTimeToLive": "PT5S", "deadLetteringOnMessageExpiration": True},
]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def broker(tmp_path: Path, clock: VirtualClock) -> Iterator[Broker]:
    made = Broker(tmp_path / "servicebus.db", clock, QUEUES)
    yield made
    made.close()


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[ServiceBusService]:
    made = ServiceBusService(tmp_path, SystemClock(), QUEUES)
    await made.start()
    yield made
    await made.stop()
