"""The asyncio shell of the engine, with functions made up on the spot."""

import asyncio
import json

import pytest

from infra.onebox.clock import SystemClock, VirtualClock
from infra.onebox.durable.engine import Engine, Options
from infra.onebox.durable.names import Names
from infra.onebox.durable.runner import KEEP_MS, Limits, Runner
from infra.onebox.durable.store import DurableStore
from infra.onebox.pace import Pace
from infra.onebox.worker.function import Function, FunctionFailed, Result

NAMES = Names([Function("flow", "1", {"type": "orchestrationTrigger", "name": "x"}, (), False), Function("box", "2", {"type": "entityTrigger", "name": "x"}, (), False),
               Function("slow", "3", {"type": "activityTrigger", "name": "x"}, (), False)])  # fmt: skip
DONE = '{"isDone": true, "actions": [[]], "output": 1}'


class Running:
    """An engine and its runner on `answers`: function name to an async function of the payload."""

    def __init__(self, path, clock, answers, limits=None, pace=None):
        self.fatal, self.answers = [], answers
        ids = iter(range(1_000_000))
        self.store = DurableStore(path)
        self.engine = Engine(self.store, clock, NAMES, lambda: f"id{next(ids)}", Options(entity_batch=1))
        self.runner = Runner(self.engine, clock, self._invoke, limits or Limits(), self.fatal.append, pace)

    async def _invoke(self, name, payload):
        return Result(await self.answers[name](payload))

    async def __aenter__(self):
        await self.runner.start()
        return self

    async def __aexit__(self, *_):
        await self.runner.stop()
        self.store.close()

    async def until(self, met):
        for _ in range(6000):
            if met():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it did not happen")


async def test_a_command_is_on_disk_when_it_is_answered(tmp_path):
    async def flow(_payload):
        await asyncio.sleep(10)

    async with Running(tmp_path / "d.db", SystemClock(), {"flow": flow}) as it:
        instance = it.engine.start("flow", "a", None)
        assert it.store.instance(instance) is None
        await it.runner.committed()
        assert it.store.instance(instance).status == "Pending"


async def test_an_entity_that_breaks_is_retried_and_what_came_later_waits(tmp_path):
    seen = []

    async def box(payload):
        seen.append(json.loads(payload)["batch"][0]["name"])
        if len(seen) == 1:
            raise FunctionFailed("TypeError: not serializable", "")
        if len(seen) == 2:
            return "not an answer"
        return '{"entityExists": true, "entityState": "1", "results": [{"isError": false, "result": "1"}], "signals": []}'

    async with Running(tmp_path / "d.db", SystemClock(), {"box": box}) as it:
        it.engine.signal("@box@k", "first", None)
        it.engine.signal("@box@k", "second", None)
        await it.runner.committed()
        await it.until(lambda: it.engine.is_idle() and len(seen) == 4)
        assert seen == ["first", "first", "first", "second"]
        assert it.fatal == []


async def test_an_activity_over_the_time_out_is_reported_failed(tmp_path):
    async def flow(payload):
        history = json.loads(payload)["history"]
        if len(history) == 2:
            return '{"isDone": false, "actions": [[{"actionType": 0, "functionName": "slow", "input": "1"}]]}'
        return json.dumps(
            {"isDone": True, "actions": [[{"actionType": 0, "functionName": "slow", "input": "1"}]], "output": history[-1]["Reason"]}
        )

    async def slow(_payload):
        await asyncio.sleep(10)

    async with Running(tmp_path / "d.db", SystemClock(), {"flow": flow, "slow": slow}, Limits(timeout_s=0.05)) as it:
        it.engine.start("flow", "a", None)
        await it.runner.committed()
        await it.until(lambda: it.store.instance("a").status == "Completed")
        assert "Timeout value of 0.05 s was exceeded" in it.store.instance("a").output


@pytest.mark.parametrize("answer", ["", "[]", '{"isDone": true}'])
async def test_an_orchestrator_that_answers_nonsense_fails(tmp_path, answer):
    async def flow(_payload):
        return answer

    async with Running(tmp_path / "d.db", SystemClock(), {"flow": flow}) as it:
        it.engine.start("flow", "a", None)
        await it.runner.committed()
        await it.until(lambda: it.store.instance("a").status == "Failed")
        assert it.fatal == []


async def test_a_scheduled_signal_waits_for_its_time(tmp_path):
    seen, clock = [], VirtualClock()

    async def box(_payload):
        seen.append(clock.monotonic())
        return '{"entityExists": true, "entityState": "1", "results": [{"isError": false, "result": "1"}], "signals": []}'

    async with Running(tmp_path / "d.db", clock, {"box": box}) as it:
        it.engine.signal("@box@k", "later", None, due_ms=clock.now_ms() + 5_000)
        await it.runner.committed()
        await asyncio.sleep(0.02)
        assert seen == []
        clock.advance(5_000)
        await it.until(lambda: seen == [5.0])


async def test_what_ended_a_week_ago_is_purged(tmp_path):
    clock = VirtualClock()

    async def flow(_payload):
        return DONE

    async with Running(tmp_path / "d.db", clock, {"flow": flow}) as it:
        it.engine.start("flow", "old", None)
        await it.runner.committed()
        await it.until(lambda: it.store.instance("old").status == "Completed")
        clock.advance(KEEP_MS + 700_000)
        await it.until(lambda: it.store.instance("old") is None)
        assert it.store.history("old") == []


async def test_a_write_that_fails_ends_the_host(tmp_path):
    async with Running(tmp_path / "d.db", SystemClock(), {}) as it:
        it.store._db.execute("DROP TABLE messages")
        it.engine.signal("@box@k", "x", None)
        it.runner.pump()
        await it.until(lambda: it.fatal)
        assert "messages" in str(it.fatal[0])


async def test_who_waits_for_an_end_hears_of_it_once_it_is_on_disk(tmp_path):
    gate = asyncio.Event()

    async def flow(_payload):
        await gate.wait()
        return DONE

    async with Running(tmp_path / "d.db", SystemClock(), {"flow": flow}) as it:
        it.engine.start("flow", "a", None)
        await it.runner.committed()
        assert not await it.runner.ended("a", 0.02)
        waiting = asyncio.create_task(it.runner.ended("a", 20))
        await asyncio.sleep(0)
        gate.set()
        assert await waiting
        assert it.store.instance("a").status == "Completed"


async def test_commits_that_crowd_are_fewer_than_the_steps(tmp_path):
    async def flow(_payload):
        return DONE

    written = []
    crowded = Pace(clock=lambda: 0.0)  # the whole crowd comes at one moment, however slow the machine
    async with Running(tmp_path / "d.db", SystemClock(), {"flow": flow}, pace=crowded) as it:
        write, it.store.write = it.store.write, lambda batch: (written.append(batch), write(batch))[1]
        for number in range(300):
            it.engine.start("flow", f"a{number}", None)
            it.runner.pump()
            await asyncio.sleep(0.0005)
        await it.until(lambda: len(it.store.query(0, 1 << 62, ["Completed"], "a")) == 300)
        assert len(written) < 300
