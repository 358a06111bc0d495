"""A trigger on a dead-letter queue gets what its queue gave up, under the name Azure gives that queue."""

import asyncio
import json

from infra.onebox.servicebus.message import compose
from infra.onebox.servicebus.service import ServiceBusService

BOTS = {"type": "serviceBusTrigger", "name": "msg", "queueName": "bots", "isSessionsEnabled": True, "cardinality": "ONE"}
DEAD = {"type": "serviceBusTrigger", "name": "msg", "queueName": "bots/$DeadLetterQueue", "cardinality": "ONE"}


async def test_what_fails_three_times_reaches_the_dead_letter_trigger_with_its_own_id(service: ServiceBusService) -> None:
    tries: list[str] = []
    dead: list[tuple[str, str]] = []

    async def fails(inputs: dict[str, object], metadata: dict[str, str]) -> None:
        tries.append(str(inputs["msg"]))
        raise RuntimeError("poison")

    async def buried(inputs: dict[str, object], metadata: dict[str, str]) -> None:
        dead.append((str(inputs["msg"]), json.loads(metadata["MessageId"])))

    await service.attach(DEAD, buried)
    await service.attach(BOTS, fails)
    service.broker.send("bots", compose("poison", session_id="s", message_id="s:1"))
    async with asyncio.timeout(30):
        while not dead:
            await asyncio.sleep(0.001)
    assert (tries, dead) == (["poison"] * 3, [("poison", "s:1")])
