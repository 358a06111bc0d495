"""One timer for everything: the market, the post, and what is due now and then."""

import logging
from types import SimpleNamespace

import pytest

from shared import watch, work
from shared.bus import BotEvent
from shared.post import POST, PostBus, PostWork
from tests.builders import T0, USER, platform, write_market
from tests.fakes import Clock
from triggers import clock, post_round
from triggers.api import platform as platforms

KEY = "replay:acc_1|BTC/USDT"


class Client:
    """A durable client whose orchestrations never end by themselves."""

    def __init__(self):
        self.started, self.purged = [], 0

    async def get_status(self, instance):
        return SimpleNamespace(runtime_status="Running") if instance in [one[1] for one in self.started] else None

    async def start_new(self, name, instance, given):
        self.started.append((name, instance, given))

    async def purge_instance_history_by(self, *when):
        self.purged += 1

    def names(self):
        return [name for name, _, _ in self.started]


@pytest.fixture
async def plat(tmp_path, monkeypatch):
    made = platform(write_market(tmp_path / "market", ["100 100 100 100", "100 100 80 100"]), Clock(T0 + 1), service_bus="none")
    object.__setattr__(made, "bus", PostBus(made.store, made.now_ms))
    monkeypatch.setattr(work, "_queues", [PostWork(made.store, made.now_ms)])
    await watch.watch(made.store, "replay:acc_1", {"market": "replay", "speed": 1, "created_ms": T0}, "BTC/USDT")
    made.store._put("bots", USER, {"id": "bot_1", "kind": "bot", "sort": "1", "watchKey": KEY, "lastTickMs": T0, "below": 90.0})
    return made


async def test_a_crossed_horizon_starts_the_bots_tick_without_any_queue(plat):
    client = Client()
    await clock.turn(plat, client, {})
    assert "bot_tick" not in client.names()
    plat.now_ms.now = T0 + 120_000
    await clock.turn(plat, client, {})
    [given] = [given for name, _, given in client.started if name == "bot_tick"]
    assert (given["bot_id"], given["kind"]) == ("bot_1", "market") and plat.store.of(POST) == []


async def test_what_lies_in_the_post_gets_its_orchestration_once(plat):
    client = Client()
    await plat.bus.send([BotEvent(USER, "bot_1", "cmd_1", "command", T0, {"name": "pause"})])
    await work.own_queue(plat).put("dlv_1", {"kind": "notify", "userId": USER})
    await clock.turn(plat, client, {})
    await clock.turn(plat, client, {})
    assert sorted(client.names()) == ["bot_inbox", "post_task"]


async def test_each_duty_has_its_own_rhythm(plat, monkeypatch):
    done = []
    duties = {name: (every_s, lambda plat, client, name=name: said(done, name)) for name, (every_s, _) in clock.DUTIES.items()}
    monkeypatch.setattr(clock, "DUTIES", duties)
    last = {}
    plat.now_ms.now = T0 - T0 % 3_600_000 + 1
    for _ in range(720):
        await clock.turn(plat, Client(), last)
        plat.now_ms.now += 5_000
    assert {name: done.count(name) for name in duties} == {
        "guards": 180, "notices": 180, "alerts": 60, "heartbeat": 60, "sweeper": 4, "twins": 1,
    }  # fmt: skip


async def said(done, name):
    done.append(name)


async def test_one_part_that_breaks_does_not_keep_the_others_from_their_turn(plat, monkeypatch, caplog):
    caplog.set_level(logging.ERROR, "tickwise")
    done = []

    async def broken(*_):
        raise ConnectionError("away")

    monkeypatch.setattr(clock.market_watch, "look_at_markets", broken)
    monkeypatch.setattr(clock, "DUTIES", {"a": (60, broken), "b": (60, lambda plat, client: said(done, "b"))})
    await clock.turn(plat, Client(), {})
    assert done == ["b"]
    assert [record.getMessage().count("clock.failed") for record in caplog.records] == [1, 1]


async def test_the_real_duties_run_on_an_empty_platform(plat, caplog):
    caplog.set_level(logging.ERROR, "tickwise")
    client = Client()
    await clock.turn(plat, client, {})
    assert client.purged == 1 and caplog.records == []


async def test_a_task_is_done_once_and_one_that_fails_stays(plat, monkeypatch):
    tasks, is_down = [], True

    async def carry_out(plat, task):
        tasks.append(task["id"])
        if is_down:
            raise ConnectionError("away")

    monkeypatch.setattr(post_round.notify, "carry_out", carry_out)
    do_task = post_round.do_task._function.get_user_function()
    asked = {"user_id": USER, "name": "task-dlv_1"}
    await work.own_queue(plat).put("dlv_1", {"kind": "notify", "userId": USER, "id": "dlv_1"})
    token = platforms._given.set(plat)
    try:
        await do_task(asked)
        await do_task(asked)
        assert tasks == ["dlv_1"] and await watch.waiting(plat.store, plat.now_ms()) == []
        plat.now_ms.now += 1_000
        is_down = False
        await do_task(asked)
        await do_task(asked)
    finally:
        platforms._given.reset(token)
    assert tasks == ["dlv_1", "dlv_1"]
