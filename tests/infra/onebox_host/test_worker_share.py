"""Which of several workers gets an invocation."""

import asyncio
from pathlib import Path

from infra.onebox.worker.function import Function, Result
from infra.onebox.worker.remote import RemoteWorkers

KINDS = {"page": "httpTrigger", "clock": "timerTrigger", "message": "serviceBusTrigger", "step": "orchestrationTrigger"}


class Worker:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.functions = {name: Function(name, name, {"type": kind, "name": "x"}, (), True) for name, kind in KINDS.items()}
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.busy = 0

    async def invoke(self, name: str, *_how: object) -> Result:
        self.asked.append(name)
        self.busy += 1
        await self.gate.wait()
        self.busy -= 1
        return Result(name)


async def asked(*names: str) -> list[list[str]]:
    """What each of two workers got, all of it at once."""
    pool = RemoteWorkers(Path("."), 2, lambda _error: None)
    workers = [Worker(), Worker()]
    pool._workers, pool._behind = workers, workers[1:]
    work = []
    for name in names:
        work.append(asyncio.create_task(pool.invoke(name, {})))
        await asyncio.sleep(0)
    for worker in workers:
        worker.gate.set()
    await asyncio.gather(*work)
    return [worker.asked for worker in workers]


async def test_while_nobody_asks_short_work_is_shared_and_the_rest_is_not():
    assert await asked("message", "step", "step", "step", "clock") == [["step", "step"], ["message", "step", "clock"]]


async def test_one_thing_at_a_time_stays_with_the_worker_behind():
    assert await asked("step") == [[], ["step"]]


async def test_who_asks_does_not_stand_behind_anything():
    assert await asked("page", "step", "message", "step") == [["page"], ["step", "message", "step"]]
