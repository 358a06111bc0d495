"""Callers that send at the same time share a batch, and nobody pays for another's message."""

import asyncio
import json

import pytest

from shared.bus import BotEvent, ServiceBus
from tests.builders import settings


class Line(ServiceBus):
    """A bus whose batches are kept; a batch that holds `bad` fails, and each takes as long as `gate` is shut."""

    def __init__(self):
        super().__init__(settings())
        self.batches, self.bad, self.gate = [], "", asyncio.Event()
        self.gate.set()

    async def _send(self, queue, messages):
        ids = [json.loads(str(message))["id"] for message in messages]
        await self.gate.wait()
        if self.bad in ids:
            raise ConnectionError("refused")
        self.batches.append(ids)


def event(name):
    return BotEvent("ada", "bot_1", name, "command", 1, {})


async def test_what_comes_while_a_batch_is_on_its_way_goes_together_in_order():
    bus = Line()
    bus.gate.clear()
    tasks = [asyncio.create_task(bus.send([event(f"e{n}")])) for n in range(50)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    bus.gate.set()
    await asyncio.gather(*tasks)
    assert len(bus.batches) <= 2
    assert [name for batch in bus.batches for name in batch] == [f"e{n}" for n in range(50)]


async def test_a_message_that_cannot_be_sent_fails_its_own_caller_alone():
    bus = Line()
    bus.bad = "e3"
    bus.gate.clear()
    tasks = [asyncio.create_task(bus.send([event(f"e{n}")])) for n in range(6)]
    await asyncio.sleep(0.01)
    bus.gate.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [n for n, one in enumerate(found) if one is not None] == [3]
    assert sorted(name for batch in bus.batches for name in batch) == ["e0", "e1", "e2", "e4", "e5"]


@pytest.mark.parametrize("which", [0, 2])
async def test_a_caller_that_goes_away_takes_nobody_with_it(which):
    bus = Line()
    bus.gate.clear()
    tasks = [asyncio.create_task(bus.send([event(f"e{n}")])) for n in range(4)]
    await asyncio.sleep(0.01)
    tasks[which].cancel()
    await asyncio.sleep(0.01)
    bus.gate.set()
    found = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
    assert [n for n, one in enumerate(found) if one is not None] == [which]
    assert sorted(name for batch in bus.batches for name in batch) == sorted({"e0", "e1", "e2", "e3"} - {f"e{which}"})
    assert not any(bus._waiting.values())


class Link:
    """A sender that counts how often it was opened and closed; a broken one cannot be."""

    def __init__(self, is_broken):
        self.is_broken, self.opened, self.closed = is_broken, 0, 0

    async def create_message_batch(self):
        self.opened += 1
        if self.is_broken:
            raise ConnectionError("no bus")

    async def close(self):
        self.closed += 1


class Client:
    def __init__(self, is_broken):
        self.queues, self.is_broken = {}, is_broken

    def get_queue_sender(self, queue):
        return self.queues.setdefault(queue, Link(self.is_broken))


async def test_who_has_nothing_to_send_finds_the_link_of_the_nudges_open():
    bus = ServiceBus(settings())
    bus._client = Client(is_broken=False)
    for _ in range(3):
        await bus.send([])
    assert [(name, link.opened) for name, link in bus._client.queues.items()] == [("bot-nudges", 1)]


async def test_a_link_that_cannot_be_opened_early_is_tried_again_and_disturbs_nobody():
    bus = ServiceBus(settings())
    bus._client = Client(is_broken=True)
    for _ in range(2):
        await bus.send([])
    [link] = bus._client.queues.values()
    assert (link.opened, link.closed, bus._senders) == (2, 2, {})
