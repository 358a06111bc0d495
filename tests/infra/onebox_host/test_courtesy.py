"""Who is waited for goes first: messages step back while requests crowd, and never stop."""

import asyncio

import pytest

from infra.onebox import courtesy
from infra.onebox.courtesy import Courtesy
from infra.onebox.worker.function import Function, Result
from infra.onebox.worker.remote import RemoteWorker, RemoteWorkers


async def begun(lane, count):
    """So many messages come; the ones whose work has begun, and how each is ended."""
    ended = [asyncio.Event() for _ in range(count)]
    started = []

    async def work(number):
        async with lane.turn():
            started.append(number)
            await ended[number].wait()

    tasks = [asyncio.create_task(work(number)) for number in range(count)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks, started, ended


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def finish(tasks, ended):
    for one in ended:
        one.set()
    await asyncio.gather(*tasks)


class Time:
    """The event loop's own clock, by hand: timers are due when the test says so, however slow the machine."""

    def __init__(self, loop):
        self.now = 1000.0
        loop.time = lambda: self.now

    async def pass_by(self, seconds):
        self.now += seconds
        await settle()


@pytest.fixture
async def time():
    return Time(asyncio.get_running_loop())


@pytest.fixture
async def soon(monkeypatch, time):
    """One more message than a few goes on after a minute."""
    monkeypatch.setattr(courtesy, "ONE_MORE_S", 60.0)
    return time


def crowd(polite, count):
    for _ in range(count):
        polite.request()


async def test_without_a_crowd_every_message_is_worked_on_at_once(soon):
    polite = Courtesy(crowd=2, few=1)
    crowd(polite, 1)
    tasks, started, ended = await begun(polite.lane(), 5)
    assert started == [0, 1, 2, 3, 4]
    await finish(tasks, ended)


async def test_in_a_crowd_a_few_are_worked_on_in_order_and_the_others_after_it(soon):
    polite = Courtesy(crowd=2, few=2)
    crowd(polite, 2)
    tasks, started, ended = await begun(polite.lane(), 5)
    assert started == [0, 1]
    ended[0].set()
    await settle()
    assert started == [0, 1, 2]
    await soon.pass_by(courtesy.COUNTS_S)
    assert started == [0, 1, 2, 3, 4]
    await finish(tasks, ended)


async def test_what_hangs_keeps_nobody_waiting_for_long(time):
    polite = Courtesy(crowd=1, few=1)
    crowd(polite, 1)
    tasks, started, ended = await begun(polite.lane(), 4)
    seen = [len(started)]
    for _ in range(10):  # requests keep coming, and the first message hangs
        crowd(polite, 1)
        await time.pass_by(courtesy.ONE_MORE_S / 4)
        seen.append(len(started))
    assert seen == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3], "one at a time"
    await finish(tasks, ended)


async def test_long_work_of_one_queue_takes_no_place_from_another(soon):
    polite = Courtesy(crowd=1, few=1)
    crowd(polite, 1)
    long, started, ended = await begun(polite.lane(), 2)
    other, others, done = await begun(polite.lane(), 2)
    assert (started, others) == ([0], [0])
    await soon.pass_by(courtesy.COUNTS_S)
    await finish([*long, *other], [*ended, *done])


async def test_a_message_given_back_leaves_its_place_to_the_next(soon):
    polite = Courtesy(crowd=1, few=1)
    crowd(polite, 1)
    tasks, started, ended = await begun(polite.lane(), 3)
    tasks[0].cancel()
    tasks[1].cancel()
    await settle()
    assert started == [0, 2]
    await asyncio.gather(*tasks[:2], return_exceptions=True)
    await finish(tasks[2:], ended)


def function(name, kind):
    return Function(name, name, {"type": kind, "name": "it"}, (), True)


async def test_the_first_of_several_workers_answers_people_and_does_nothing_else(tmp_path, monkeypatch):
    asked = []

    async def invoke(worker, name, *how):
        asked.append((workers._workers.index(worker), name))
        return Result()

    workers = RemoteWorkers(tmp_path, 3, asked.append)
    monkeypatch.setattr(RemoteWorker, "invoke", invoke)
    kinds = {"page": "httpTrigger", "clock": "timerTrigger", "message": "serviceBusTrigger", "step": "activityTrigger"}
    workers._workers[0].functions = {name: function(name, kind) for name, kind in kinds.items()}
    workers._workers[1]._waiting[1] = asyncio.get_running_loop().create_future()
    for name in kinds:
        await workers.invoke(name)
    assert asked == [(0, "page"), (1, "clock"), (2, "message"), (2, "step")]
    assert [worker._nice for worker in workers._workers] == [0, 5, 5]


async def test_an_only_worker_does_everything(tmp_path, monkeypatch):
    asked = []

    async def invoke(worker, name, *how):
        asked.append(name)
        return Result()

    workers = RemoteWorkers(tmp_path, 1, asked.append)
    monkeypatch.setattr(RemoteWorker, "invoke", invoke)
    workers._workers[0].functions = {"page": function("page", "httpTrigger"), "step": function("step", "activityTrigger")}
    for name in ("page", "step"):
        await workers.invoke(name)
    assert asked == ["page", "step"]
