"""What every bus promises, whatever carries it: Service Bus with its sessions, and the post in Cosmos DB."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.servicebus.aio import ServiceBusClient

from infra.onebox.clock import SystemClock
from infra.onebox.cosmos import CosmosService
from infra.onebox.servicebus.service import ServiceBusService
from shared import post, watch
from shared.bus import NUDGES, QUEUE, BotEvent, ServiceBus, decode
from shared.ids import entity_key
from shared.post import PostBus
from shared.stores import CosmosStore
from tests.builders import settings
from tests.conformance.service import real

RESOURCES = json.loads((Path(__file__).parents[3] / "infra/resources.json").read_text(encoding="utf-8"))
T0 = 1_700_000_000_000


class OverServiceBus:
    def __init__(self, connection: str) -> None:
        self.bus, self.client = ServiceBus(settings(service_bus=connection)), ServiceBusClient.from_connection_string(connection)

    async def first(self, user: str, bot: str) -> BotEvent | None:
        """The bot's first command, without being done with it."""
        async with self.client.get_queue_receiver(QUEUE, session_id=entity_key(user, bot)) as receiver:
            found = await receiver.receive_messages(1, max_wait_time=2)
            for message in found:
                await receiver.abandon_message(message)
            return decode(b"".join(found[0].body)) if found else None

    async def received(self, user: str, bot: str, queue: str = QUEUE) -> list[BotEvent]:
        found: list[BotEvent] = []
        async with self.client.get_queue_receiver(queue, session_id=entity_key(user, bot)) as receiver:
            while batch := await receiver.receive_messages(100, max_wait_time=2 if not found else 1):
                for message in batch:
                    await receiver.complete_message(message)
                    found.append(decode(b"".join(message.body)))
        return found

    async def close(self) -> None:
        await self.bus.close()
        await self.client.close()


class OverPost:
    def __init__(self, connection: str) -> None:
        self.store, self.now = CosmosStore(settings(cosmos=connection)), T0
        self.bus = PostBus(self.store, lambda: self.now)

    async def first(self, user: str, bot: str) -> BotEvent | None:
        taken = await post.take(self.store, user, bot, self.now, "a")
        if taken is None:
            return None
        await post.settle(self.store, user, bot, taken.event.id, self.now, is_done=False)
        self.now += post.LONGEST_PAUSE_MS
        return taken.event

    async def received(self, user: str, bot: str, queue: str = QUEUE) -> list[BotEvent]:
        assert await watch.waiting(self.store, self.now), "whoever looks for what is due finds it"
        found: list[BotEvent] = []
        while taken := await post.take(self.store, user, bot, self.now, "a"):
            await post.settle(self.store, user, bot, taken.event.id, self.now, is_done=True)
            found.append(taken.event)
        return found

    async def close(self) -> None:
        await self.store._client.close()


class World:
    def __init__(self, over: Any) -> None:
        self.over, self.bus, self.user = over, over.bus, f"ada-{uuid.uuid4().hex}"

    def event(self, id: str, bot: str = "bot_1", kind: str = "command", **body: Any) -> BotEvent:
        return BotEvent(self.user, bot, id, kind, T0, body)

    async def ids(self, bot: str = "bot_1") -> list[str]:
        return [event.id for event in await self.over.received(self.user, bot)]


@pytest.fixture(params=["serviceBus", "serviceBus-azure", "post", "post-azure"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    service: Any = None
    kind, _, is_real = request.param.partition("-")
    if is_real:
        [connection] = real("CONFORMANCE_SERVICE_BUS" if kind == "serviceBus" else "CONFORMANCE_COSMOS")
    else:
        resource = RESOURCES["cosmos"]
        service = (
            ServiceBusService(tmp_path, SystemClock(), RESOURCES["serviceBus"]["queues"])
            if kind == "serviceBus"
            else CosmosService(tmp_path, SystemClock(), resource["database"], resource["containers"], synchronous="OFF")
        )
        await service.start()
        connection = service.connection_string
    over = OverServiceBus(connection) if kind == "serviceBus" else OverPost(connection)
    yield World(over)
    await over.close()
    if service is not None:
        await service.stop()


async def test_an_event_arrives_whole(world):
    event = world.event("cmd_1", name="start", text="ü ☃", deep={"a": ["0.1", None]})
    await world.bus.send([event])
    assert await world.over.received(world.user, "bot_1") == [event]


async def test_commands_keep_the_order_they_were_sent_in(world):
    await world.bus.send([world.event("a"), world.event("b")])
    await world.bus.send([world.event("c")])
    await world.bus.send([world.event("d"), world.event("e")])
    assert await world.ids() == ["a", "b", "c", "d", "e"]


async def test_a_repeat_vanishes_while_it_waits_and_after_it_was_worked_on(world):
    await world.bus.send([world.event("a"), world.event("a")])
    await world.bus.send([world.event("a")])
    assert await world.ids() == ["a"]
    await world.bus.send([world.event("a"), world.event("b")])
    assert await world.ids() == ["b"]


async def test_what_was_not_done_comes_again_before_what_came_after_it(world):
    await world.bus.send([world.event("a"), world.event("b")])
    for _ in range(3):
        assert (await world.over.first(world.user, "bot_1")).id == "a"
    assert await world.ids() == ["a", "b"]


async def test_bots_and_owners_do_not_see_each_others_events(world):
    stranger = BotEvent(f"eve-{uuid.uuid4().hex}", "bot_1", "a", "command", T0, {})
    await world.bus.send([world.event("a", "bot_1"), stranger, world.event("b", "bot_2")])
    assert await world.ids("bot_1") == ["a"]
    assert await world.ids("bot_2") == ["b"]
    assert await world.over.received(stranger.user_id, "bot_1") == [stranger]


async def test_senders_that_come_at_once_lose_nothing_and_each_keeps_its_order(world):
    await asyncio.gather(*(world.bus.send([world.event(f"{name}{n}") for n in range(3)]) for name in "abcdefgh"))
    found = await world.ids()
    assert len(found) == len(set(found)) == 24
    assert all([id for id in found if id[0] == name] == [f"{name}{n}" for n in range(3)] for name in "abcdefgh")


async def test_a_nudge_of_whoever_cannot_start_it_arrives(world):
    event = world.event("s17", kind="market")
    await world.bus.send([event])
    assert await world.over.received(world.user, "bot_1", NUDGES) == [event]


async def test_it_can_be_reached(world):
    await world.bus.reach()
