"""A stop in the middle of a market's move: the app's queues and triggers as declared, on the embedded broker, with a backlog."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from infra.onebox.clock import SystemClock
from infra.onebox.servicebus.service import ServiceBusService
from shared.bus import BotEvent, ServiceBus, decode
from tests.builders import settings

ROOT = Path(__file__).parents[3]
BINDINGS = json.loads((ROOT / "tests/golden/bindings.json").read_text(encoding="utf-8"))
HOST = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
TICK_S = 0.02


async def test_a_command_does_not_wait_behind_the_nudges_of_a_whole_market(tmp_path):
    queues = json.loads((ROOT / "infra/resources.json").read_text(encoding="utf-8"))["serviceBus"]["queues"]
    service, worked, over, sent = ServiceBusService(tmp_path, SystemClock(), queues), [], asyncio.Event(), asyncio.Event()

    async def tick(inputs, metadata):
        await sent.wait()  # the first ones are under way when the commands come
        await asyncio.sleep(TICK_S)
        event = decode(inputs["msg"])
        worked.append((event.bot_id, event.kind, event.id))
        if len(worked) == 304:
            over.set()

    await service.start()
    bus = ServiceBus(settings(service_bus=service.connection_string))
    try:
        await bus.send([BotEvent("ada", f"bot{n}", "s1", "market", 0, {}) for n in range(300)])
        await bus.send([BotEvent("eve", "bot0", "c0", "command", 0, {"name": "stop"})])  # its link takes a while to open
        for function in ("bot_events", "bot_nudges"):
            binding = next(one for one in BINDINGS[function] if one["type"] == "serviceBusTrigger")
            await service.attach(binding, tick, HOST)
        stops = [BotEvent("ada", "bot299", f"c{n}", "command", 0, {"name": "stop"}) for n in range(3)]
        await bus.send(stops)
        sent.set()
        async with asyncio.timeout(90):
            await over.wait()
    finally:
        await bus.close()
        await service.stop()
    places = [worked.index(("bot299", "command", f"c{n}")) for n in range(3)]
    assert places == sorted(places), "commands keep their order"
    assert places[-1] < 150 < worked.index(("bot299", "market", "s1"))
