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
