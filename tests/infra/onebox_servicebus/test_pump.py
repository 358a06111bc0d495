"""The trigger pump: order, fairness, concurrency, failure, lock renewal, wake-up."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from infra.onebox.clock import SystemClock, VirtualClock
from infra.onebox.servicebus.faults import Faults
from infra.onebox.servicebus.message import Message, compose
from infra.onebox.servicebus.service import ServiceBusService

BOTS = {"type": "serviceBusTrigger", "name": "msg", "queueName": "bots", "isSessionsEnabled": True, "cardinality": "ONE"}
PLAIN = {"type": "serviceBusTrigger", "name": "msg", "queueName": "plain", "cardinality": "ONE"}


class Function:
    """Records what it is given; a script may make it wait or fail."""

    def __init__(self, script: Callable[[str, int], Awaitable[None]] | None = None) -> None:
        self.calls: list[tuple[str, int]] = []
        self.done: list[str] = []
        self.inside, self.most = 0, 0
        self._script = script

    async def __call__(self, inputs: dict[str, object], metadata: dict[str, str]) -> None:
        text, delivery = str(inputs["msg"]), json.loads(metadata["DeliveryCount"])
        self.calls.append((text, delivery))
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            if self._script is not None:
                await self._script(text, delivery)
            self.done.append(text)
        finally:
            self.inside -= 1


async def until(reached: Callable[[], bool], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not reached():
            await asyncio.sleep(0.001)


def bot(session: str, text: str) -> Any:
    return compose(text, session_id=session, message_id=f"{session}:{text}")


async def test_a_session_runs_one_at_a_time_and_in_order_while_sessions_run_together(service: ServiceBusService) -> None:
    running: Counter[str] = Counter()
    together = asyncio.Barrier(3)

    async def script(text: str, delivery: int) -> None:
        running[text[0]] += 1
        assert running[text[0]] == 1
        await together.wait()  # one of each session, time after time
        running[text[0]] -= 1

    function = Function(script)
    await service.attach(BOTS, function)
    service.broker.send("bots", *(bot(session, f"{session}{number:02}") for number in range(10) for session in "abc"))
    await until(lambda: len(function.done) == 30)
    for session in "abc":
        assert [text for text in function.done if text[0] == session] == [f"{session}{number:02}" for number in range(10)]
    assert function.most == 3
    await until(lambda: len(service.broker.queue("bots")) == 0)


async def test_sessions_beyond_the_limit_take_turns(service: ServiceBusService) -> None:
    function = Function()
    service.broker.send("bots", *(bot("busy", f"busy{number}") for number in range(20)), bot("quiet", "quiet"))
    await service.attach(BOTS, function, {"extensions": {"serviceBus": {"maxConcurrentSessions": 1}}})
    await until(lambda: len(function.done) == 21)
    assert function.done.index("quiet") == 1
    assert function.most == 1


async def test_concurrency_of_a_plain_queue_is_bounded(service: ServiceBusService) -> None:
    together = asyncio.Barrier(4)

    async def script(text: str, delivery: int) -> None:
        await together.wait()

    function = Function(script)
    service.broker.send("plain", *(compose(str(number)) for number in range(12)))
    await service.attach(PLAIN, function, {"extensions": {"serviceBus": {"maxConcurrentCalls": 4}}})
    await until(lambda: len(function.done) == 12)
    assert function.most == 4


async def test_a_failed_message_comes_first_again_and_counts(service: ServiceBusService) -> None:
    async def script(text: str, delivery: int) -> None:
        if text == "a" and delivery == 1:
            raise RuntimeError("crash")

    function = Function(script)
    service.broker.send("bots", bot("s", "a"), bot("s", "b"))
    await service.attach(BOTS, function)
    await until(lambda: len(function.done) == 2)
    assert function.calls == [("a", 1), ("a", 2), ("b", 1)]


async def test_a_poison_message_ends_in_the_dead_letter_queue_and_can_be_triggered_on(service: ServiceBusService) -> None:
    async def script(text: str, delivery: int) -> None:
        if text == "poison":
            raise RuntimeError("crash")

    function, buried = Function(script), Function()
    service.broker.send("plain", compose("poison"), compose("good"))
    await service.attach(PLAIN, function)
    await service.attach({**PLAIN, "queueName": "plain/$DeadLetterQueue"}, buried)
    await until(lambda: buried.done == ["poison"])
    assert [delivery for text, delivery in function.calls if text == "poison"] == [1, 2, 3]
    assert "good" in function.done


async def test_a_batch_arrives_as_one_call(service: ServiceBusService) -> None:
    calls: list[tuple[object, dict[str, str]]] = []

    async def function(inputs: dict[str, object], metadata: dict[str, str]) -> None:
        calls.append((inputs["msg"], metadata))

    service.broker.send("plain", *(compose(str(number), message_id=f"m{number}") for number in range(5)))
    await service.attach({**PLAIN, "cardinality": "MANY"}, function)
    await until(lambda: len(service.broker.queue("plain")) == 0)
    [(bodies, metadata)] = calls
    assert bodies == ["0", "1", "2", "3", "4"]
    assert json.loads(metadata["MessageIdArray"]) == [f"m{number}" for number in range(5)]
    assert json.loads(metadata["UserPropertiesArray"]) == [{}] * 5


async def virtual(tmp_path: Path, faults: Faults | None = None) -> tuple[ServiceBusService, VirtualClock]:
    clock = VirtualClock()
    queues = [{"name": "bots", "requiresSession": True}, {"name": "plain"}]
    made = ServiceBusService(tmp_path, clock, queues, faults)
    await made.start()
    return made, clock


async def step(clock: VirtualClock, seconds: int) -> None:
    for _ in range(seconds):
        clock.advance(1_000)
        for _ in range(5):
            await asyncio.sleep(0)


@pytest.mark.parametrize("binding", [BOTS, PLAIN], ids=["session", "plain"])
async def test_locks_are_renewed_while_the_function_runs_for_five_minutes_and_no_longer(tmp_path: Path, binding: dict[str, Any]) -> None:
    service, clock = await virtual(tmp_path)
    release = asyncio.Event()

    async def script(text: str, delivery: int) -> None:
        if delivery == 1:
            await release.wait()

    function = Function(script)
    await service.attach(binding, function)
    service.broker.send(binding["queueName"], bot("s", "slow"))
    await step(clock, 299)
    assert function.calls == [("slow", 1)]
    await step(clock, 70)
    assert function.calls == [("slow", 1), ("slow", 2)]  # the lock is lost, the runs overlap
    release.set()
    await until(lambda: len(function.done) == 2)
    assert len(service.broker.queue(binding["queueName"])) == 0
    await service.stop()


async def test_a_send_wakes_the_function_though_no_clock_moves(tmp_path: Path) -> None:
    service, clock = await virtual(tmp_path)
    function = Function()
    await service.attach(BOTS, function)
    began = clock.now_ms()
    for number in range(3):
        service.broker.send("bots", bot("s", str(number)))
        await until(lambda: len(function.done) > number)  # noqa: B023
    assert clock.now_ms() == began
    await service.stop()


async def test_scheduled_messages_wake_the_pump(tmp_path: Path) -> None:
    service, clock = await virtual(tmp_path)
    function = Function()
    await service.attach(PLAIN, function)
    service.broker.send("plain", compose("later", scheduled_ms=clock.now_ms() + 3_000))
    await step(clock, 2)
    assert function.done == []
    await step(clock, 1)
    await until(lambda: function.done == ["later"])
    await service.stop()


class TwiceDelivered(Faults):
    """Every message's first delivery loses its lock at once."""

    def loses_lock(self, queue: str, message: Message) -> bool:
        return message.deliveries == 0


async def test_a_lost_lock_runs_the_message_twice_at_the_same_time_and_loses_nothing(tmp_path: Path) -> None:
    service, _ = await virtual(tmp_path, TwiceDelivered())

    together = asyncio.Barrier(2)

    async def script(text: str, delivery: int) -> None:
        await together.wait()

    function = Function(script)
    await service.attach(BOTS, function)
    service.broker.send("bots", bot("s", "a"))
    await until(lambda: len(function.done) == 2)
    assert (function.calls, function.most) == ([("a", 1), ("a", 2)], 2)
    await until(lambda: len(service.broker.queue("bots")) == 0)
    await service.stop()


async def test_stopping_gives_unfinished_messages_back_uncounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.onebox.servicebus.pump.STOP_GRACE_S", 0.01)
    service, clock = await virtual(tmp_path)

    async def script(text: str, delivery: int) -> None:
        await asyncio.Event().wait()

    function = Function(script)
    await service.attach(BOTS, function)
    service.broker.send("bots", bot("s", "a"))
    await until(lambda: function.inside == 1)
    await service.stop()
    after = ServiceBusService(tmp_path, clock, [{"name": "bots", "requiresSession": True}])
    [message] = after.broker.queue("bots").messages()
    assert message.deliveries == 0
    after.broker.close()


async def test_without_auto_complete_a_success_leaves_the_message_to_its_lock(tmp_path: Path) -> None:
    service, clock = await virtual(tmp_path)
    function = Function()
    await service.attach({**BOTS, "autoCompleteMessages": False}, function)
    service.broker.send("bots", bot("s", "a"))
    await until(lambda: function.done == ["a"])
    await step(clock, 61)
    assert function.calls == [("a", 1), ("a", 2)]
    await service.stop()


async def test_a_binding_that_disagrees_with_its_queue_is_refused(service: ServiceBusService) -> None:
    with pytest.raises(ValueError, match="must agree"):
        await service.attach({**BOTS, "isSessionsEnabled": False}, Function())


async def test_a_service_that_never_started_can_be_stopped(tmp_path: Path) -> None:
    await ServiceBusService(tmp_path, SystemClock(), []).stop()


async def test_the_key_is_kept_and_private(tmp_path: Path) -> None:
    first = ServiceBusService(tmp_path, SystemClock(), [])
    first.broker.close()
    second = ServiceBusService(tmp_path, SystemClock(), [])
    second.broker.close()
    assert first.key == second.key
    assert (tmp_path / "servicebus.key").stat().st_mode & 0o777 == 0o600
