"""The bus of the app over Service Bus: ours, or the namespace CONFORMANCE_SERVICE_BUS (a connection string) names.

The real queue must be `bot-events` of a namespace that nothing else reads: sessions, duplicate detection, as infra/resources.json has it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus.aio import ServiceBusClient

from infra.onebox.clock import SystemClock
from infra.onebox.servicebus.service import ServiceBusService
from shared.bus import QUEUE, BotEvent, ServiceBus
from shared.ids import entity_key
from tests.builders import settings
from tests.conformance.service import WORLDS, real

RESOURCES = Path(__file__).parents[3] / "infra" / "resources.json"


class World:
    def __init__(self, bus: ServiceBus, client: ServiceBusClient) -> None:
        self.bus, self.client = bus, client
        self.user = f"ada-{uuid.uuid4().hex}"

    def event(self, id: str, bot: str = "bot_1", **body: Any) -> BotEvent:
        return BotEvent(self.user, bot, id, "command", 1_700_000_000_000, body)

    def session(self, bot: str = "bot_1") -> str:
        return entity_key(self.user, bot)

    def receiver(self, bot: str = "bot_1") -> Any:
        return self.client.get_queue_receiver(QUEUE, session_id=self.session(bot))

    async def received(self, count: int = 0, bot: str = "bot_1") -> list[Any]:
        """So many messages of the bot's session, completed; without a number everything that is there."""
        found: list[Any] = []
        async with self.receiver(bot) as receiver:
            while not count or len(found) < count:
                at_most = min(100, count - len(found)) if count else 100
                batch = await receiver.receive_messages(at_most, max_wait_time=1 if found and not count else 5)
                if not batch:
                    break
                for message in batch:
                    await receiver.complete_message(message)
                found += batch
        return found


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    service = None
    if request.param == "azure":
        [connection] = real("CONFORMANCE_SERVICE_BUS")
    else:
        queues = json.loads(RESOURCES.read_text())["serviceBus"]["queues"]
        service = ServiceBusService(tmp_path, SystemClock(), queues)
        await service.start()
        connection = service.connection_string
    bus = ServiceBus(settings(service_bus=connection))
    async with ServiceBusClient.from_connection_string(connection, retry_total=0) as client:
        yield World(bus, client)
    await bus.close()
    if service is not None:
        await service.stop()
