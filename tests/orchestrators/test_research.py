"""Backtests and searches with the real orchestrator, activities and computing processes, on a recorded market."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from azure.durable_functions.models.Task import TaskState

from exchange.market_data import MarketData
from orchestrators import activities, research_activities, research_batch
from orchestrators import research as research_flow
from orchestrators.activities import Outside
from orchestrators.research import TRIES, research
from shared.clock import iso
from shared.job import CONTAINER, SPEC, part, part_id
from strategy_core.backtest.case import read_case, read_series
from strategy_core.backtest.cli import answer
from strategy_core.backtest.engine import run
from tests.builders import MINUTE, T0, USER, grid, write_market
from tests.fakes import Clock, MemoryBus, MemoryStore

CASES = Path(__file__).parents[1] / "strategy_core" / "cases"
CANDLES = [
    f"{o} {max(o, c) + 3} {min(o, c) - 4} {c}"
    for o, c in zip([100, 97, 102, 95, 104, 99] * 60, [97, 102, 95, 104, 99, 100] * 60, strict=True)
]
RULES = '{"amount_step": "0.01", "min_amount": "0.01", "maker_fee": "0.001", "taker_fee": "0.001", "slippage_pct": "0"}'


class Task:
    """What the orchestrator waits for. `result` once it has one."""

    def __init__(self, name, given=None):
        self.name, self.given, self.state, self.result = name, given, TaskState.RUNNING, None
        self.is_cancelled = False

    @property
    def is_completed(self):
        return self.state is not TaskState.RUNNING

    def cancel(self):
        assert not self.is_completed
        self.is_cancelled = True


class Killed(Exception):
    pass


class Host:
    """Replays the orchestrator from its beginning at every step. `history`: (number of the task, failed, result) in order of completion."""

    def __init__(self, store, folder):
        self.store, self.folder, self.clock = store, folder, Clock(T0 + 10**9)
        self.outside = Outside(store, MemoryBus(), MarketData(self.clock, folder), self.clock)
        self.history: list[tuple[int, bool, object]] = []
        self.performed: list[dict] = []
        self.live: list[dict] = []
        self.status: dict = {}
        self.cancel_after: int | None = None
        self.die_after: int | None = None
        self.ticks = 0  # how many times the clock is faster than anything else
        self.beats = False  # the clock ticks once after everything else
        self.timers: list[Task] = []
        self.breaks: dict[str, int] = {}
        self.renewed: list[dict] = []

    async def run(self, job_id):
        while True:
            tasks, waiting, end = self.replay(self.renewed[-1] if self.renewed else {"userId": USER, "id": job_id})
            if end is not None and end[0] == "renewed":
                self.history.clear()
                continue
            if end is not None:
                return end[0]
            if self.cancel_after is not None and len(self.performed) >= self.cancel_after and not any(n == 0 for n, _, _ in self.history):
                self.history.append((0, False, {}))
                continue
            asleep = self.asleep()
            number = next(
                n for n, task in enumerate(tasks) if task in waiting and task.state is TaskState.RUNNING and task.name not in asleep
            )
            failed, result = await self.perform(tasks[number])
            self.history.append((number, failed, result))
            if self.die_after is not None and len(self.performed) >= self.die_after:
                raise Killed

    def asleep(self):
        """What does not happen by itself now."""
        if self.beats and self.history and self.last != "timer":
            return ("cancel", "research_plan", "research_work")
        if not self.ticks:
            return ("cancel", "timer")
        self.ticks -= 1
        return ("cancel", "research_plan", "research_work")

    def replay(self, given):
        """The tasks made so far, those waited for, and (result,) when it is over."""
        tasks: list[Task] = []
        now = datetime(2026, 1, 1, tzinfo=UTC)

        def made(name, body=None):
            tasks.append(Task(name, json.loads(json.dumps(body))))
            return tasks[-1]

        context = SimpleNamespace(
            get_input=lambda: dict(given),
            wait_for_external_event=lambda name: made(name),
            call_activity=made,
            call_activity_with_retry=lambda name, retry, body: made(name, body),
            task_any=lambda those: list(those),
            create_timer=lambda at: made("timer"),
            continue_as_new=lambda given: self.renewed.append(json.loads(json.dumps(given))),
            set_custom_status=lambda status: self.status.update(status),
            current_utc_datetime=now,
        )
        steps = research(context)
        done = list(self.history)
        try:
            asked = next(steps)
            while True:
                waiting = asked if isinstance(asked, list) else [asked]
                winner = next((task for task in waiting if task.state is not TaskState.RUNNING), None)
                while winner is None:
                    if not done:
                        return tasks, waiting, None
                    number, failed, result = done.pop(0)
                    now += timedelta(milliseconds=400)
                    context.current_utc_datetime = now
                    tasks[number].state = TaskState.FAILED if failed else TaskState.SUCCEEDED
                    tasks[number].result = result if failed else json.loads(json.dumps(result))
                    winner = tasks[number] if tasks[number] in waiting else None
                asked = steps.send(winner if isinstance(asked, list) else winner.result)
        except StopIteration as over:
            self.timers = [task for task in tasks if task.name == "timer"]
            return tasks, [], (over.value,)

    async def perform(self, task):
        self.last = task.name
        if task.name == "timer":
            return False, None
        self.performed.append({"name": task.name, **task.given})
        if self.breaks.get(task.given.get("do", ""), 0) > 0:
            self.breaks[task.given["do"]] -= 1
            return True, RuntimeError("broken")
        token = activities._given.set(self.outside)
        try:
            function = getattr(research_activities, task.name)._function.get_user_function()
            if task.name in ("research_plan", "research_work"):
                return False, await function(task.given)
            out = SimpleNamespace(set=lambda text: self.live.extend(json.loads(action["data"]) for action in json.loads(text)))
            return False, await function(task.given, out)
        finally:
            activities._given.reset(token)


@pytest.fixture
def host(tmp_path):
    folder = write_market(tmp_path / "market", CANDLES)
    (folder / "BTC-USDT.json").write_text(RULES)
    store = MemoryStore()
    account = {"id": "acc_1", "kind": "account", "market": "replay", "createdMs": T0, "speed": 1, "sort": "1"}
    store._put("accounts", USER, account)
    return Host(store, folder)


def backtest(host, variants, ranges=(), **more):
    job = {
        "id": "bt_1", "kind": "backtest", "schema": 1, "sort": "1", "name": "", "strategy": "GRID", "symbol": "BTC/USDT",
        "source": {"kind": "replay", "account_id": "acc_1", "exchange": None}, "timeframe": "1m", "config": grid(), "ranges": list(ranges),
        "runs": len(variants), "kept": True, "status": "queued", "progress": {"phase": "queued", "percent": 0, "at": iso(T0)}, "best": None,
        "created_at": iso(T0 + 10**9), "updated_at": iso(T0), "error": None, **more,
    }  # fmt: skip
    host.store._put(CONTAINER, USER, job)
    host.store._put(CONTAINER, USER, part("bt_1", SPEC, {"variants": variants}))
    return "bt_1"


def document(host, own="bt_1"):
    return host.store.rows[CONTAINER, USER, own]


async def test_a_run_is_the_command_lines_to_the_last_digit(host, tmp_path):
    await host.run(backtest(host, [{}, {"cells": 8}]))
    job = document(host)
    assert (job["status"], job["error"], job["error_params"], job["runs"], job["progress"]["percent"]) == ("done", None, {}, 2, 100)
    runs = document(host, part_id("bt_1", "runs", 0))["items"]
    for overrides, stored in zip([{}, {"cells": 8}], runs, strict=True):
        case = tmp_path / "case.json"
        market = json.loads(json.dumps(job["market"]))
        case.write_text(
            json.dumps(
                {
                    "strategy": "GRID",
                    "config": {**grid(), **overrides},
                    "market": market,
                    "data": {"file": str(host.outside.markets.recording("BTC/USDT"))},
                }
            )
        )
        said = read_case(case)
        line = answer(run(said.strategy, said.config, said.market, read_series(said, case, None)))
        for name in ("status", "reason", "final_base", "final_quote", "realised", "deals", "last_price"):
            assert stored[name] == line[name], name
        assert stored["metrics"]["pnl"] == line["metrics"]["pnl"]
        for name, value in line["metrics"].items():
            if isinstance(value, float):
                assert float(stored["metrics"][name]) == value, name
        chunks = range(job["chunks"][str(stored["run"])])
        fills = [fill for k in chunks for fill in document(host, part_id("bt_1", "fills", stored["run"], k))["items"]]
        assert [
            [f["n"], f["candle"], f["point"], f["side"], f["price"], f["amount"], f["fee"], f["fee_currency"], f["role"]] for f in fills
        ] == line["fills"]
        assert len(fills) == stored["metrics"]["fills"] > 4
        assert document(host, part_id("bt_1", "equity", stored["run"]))["items"][-1]["price"] == line["last_price"]


async def test_every_variant_runs_over_every_range_and_the_best_is_kept(host):
    middle, end = iso(T0 + 180 * MINUTE), iso(T0 + 360 * MINUTE)
    ranges = [{"first": iso(T0), "last": middle}, {"first": middle, "last": end}]
    await host.run(backtest(host, [{"cells": n} for n in (4, 6, 8)], ranges))
    job = document(host)
    runs = [run for first in (0, 3) for run in document(host, part_id("bt_1", "runs", first))["items"]]
    assert [(run["run"], run["range"], run["overrides"]["cells"]) for run in runs] == [
        (r * 3 + v, r, n) for r in (0, 1) for v, n in enumerate((4, 6, 8))
    ]
    totals = {run["run"]: float(run["metrics"]["pnl"]["total"]) for run in runs}
    assert float(job["best"]["metrics"]["pnl"]["total"]) == max(totals.values()) == totals[job["best"]["run"]]
    assert {run["metrics"]["candles"] for run in runs} == {180}


async def test_a_configuration_that_cannot_start_says_why_and_the_others_run(host):
    await host.run(backtest(host, [{"low": "101", "high": "110"}, {}]))
    refused, fine = document(host, part_id("bt_1", "runs", 0))["items"]
    assert refused["refused"][0]["code"] == "price_outside_range" and "metrics" not in refused
    assert fine["metrics"]["fills"] > 0 and document(host)["best"]["run"] == 1


async def test_killed_after_any_part_the_finished_parts_are_not_done_again(host, monkeypatch):
    monkeypatch.setattr(research_activities, "batch_size", lambda *_: 1)
    job = backtest(host, [{"cells": n} for n in (4, 5, 6, 7)])
    deaths = 0
    while True:
        host.die_after = len(host.performed) + 1
        try:
            assert await host.run(job) == "done"
            break
        except Killed:
            deaths += 1
    work = [(one["first"], one["count"]) for one in host.performed if one["name"] == "research_work"]
    assert deaths > 5 and sorted(work) == [(0, 1), (1, 1), (2, 1), (3, 1)]


async def test_a_cancelled_job_keeps_what_was_finished(host, monkeypatch):
    monkeypatch.setattr(research_activities, "batch_size", lambda *_: 1)
    job = backtest(host, [{"cells": n} for n in range(4, 14)])
    host.cancel_after = 4
    assert await host.run(job) == "cancelled"
    assert document(host)["status"] == "cancelled" and document(host)["finished_at"]
    assert len([one for one in host.performed if one["name"] == "research_work"]) < 6
    assert host.live[-1]["data"]["status"] == "cancelled"


async def test_a_part_that_breaks_is_done_again_and_in_the_end_the_job_fails(host):
    host.breaks = {"runs": TRIES - 1}
    assert await host.run(backtest(host, [{}])) == "done"
    host.history.clear()
    host.breaks = {"runs": TRIES}
    assert await host.run(backtest(host, [{}])) == "failed"
    assert (document(host)["status"], document(host)["error"]) == ("failed", "internal")


async def test_a_recording_that_is_gone_fails_the_job_by_name(host):
    job = backtest(host, [{}], symbol="ETH/USDT")
    assert await host.run(job) == "failed"
    assert document(host)["error"] == "bad_symbol"


async def test_progress_goes_out_while_the_job_runs_and_never_backwards(host, monkeypatch):
    monkeypatch.setattr(research_activities, "batch_size", lambda *_: 1)
    host.beats = True
    await host.run(backtest(host, [{"cells": n} for n in range(4, 12)]))
    seen = [message["data"]["progress"]["done"] for message in host.live]
    assert len(seen) >= 3 and seen == sorted(seen) and host.status["done"] == 8
    assert host.live[-1]["type"] == "job" and host.live[-1]["data"]["progress"]["percent"] == 100


async def test_what_a_batch_has_done_is_told_before_it_is_over(host, monkeypatch):
    monkeypatch.setattr(research_batch, "LOOK_S", 0.0)
    monkeypatch.setattr(research_batch, "BATCH_S", 0.0)  # hands back every run
    job = backtest(host, [{"cells": n} for n in range(4, 8)])
    host.beats = True
    assert await host.run(job) == "done"
    seen = [message["data"]["progress"]["done"] for message in host.live]
    assert seen == sorted(seen) and {1, 2, 3, 4} <= set(seen) and host.status["done"] == 4
    assert [one["first"] for one in host.performed if one["name"] == "research_work"] == [0, 0, 0, 0]
    assert [count for count, _ in document(host, part_id(job, "runs", 0))["marks"]] == [1, 2, 3, 4]


async def test_a_long_job_goes_on_with_an_empty_history_and_does_nothing_twice(host, monkeypatch):
    monkeypatch.setattr(research_activities, "batch_size", lambda *_: 2)
    monkeypatch.setattr(research_batch, "LOOK_S", 0.0)
    monkeypatch.setattr(research_batch, "BATCH_S", 0.0)
    monkeypatch.setattr(research_flow, "RENEW_AFTER", 2)
    job = backtest(host, [{"cells": n} for n in range(4, 14)])
    host.beats = True
    assert await host.run(job) == "done"
    assert len(host.renewed) >= 2 and all(len(one["carried"]["tasks"]) < 6 for one in host.renewed)
    seen = [message["data"]["progress"]["done"] for message in host.live]
    assert seen == sorted(seen) and seen[-1] == host.status["done"] == 10
    runs = [run["run"] for first in range(0, 10, 2) for run in document(host, part_id(job, "runs", first))["items"]]
    assert runs == list(range(10))
    assert all(len(document(host, part_id(job, "runs", first))["marks"]) == 2 for first in range(0, 10, 2))
    best = max(
        float(run["metrics"]["pnl"]["total"]) for first in range(0, 10, 2) for run in document(host, part_id(job, "runs", first))["items"]
    )
    assert float(document(host)["best"]["metrics"]["pnl"]["total"]) == best


async def test_a_job_that_nobody_wants_any_more_ends_although_the_news_was_lost(host):
    job = backtest(host, [{"cells": n} for n in range(4, 8)], status="cancelling")
    assert await host.run(job) == "cancelled"
    assert document(host)["status"] == "cancelled" and (CONTAINER, USER, part_id(job, "runs", 0)) not in host.store.rows


async def test_a_batch_that_was_cut_off_goes_on_where_it_stopped(host, monkeypatch):
    monkeypatch.setattr(research_batch, "LOOK_S", 0.0)
    job = backtest(host, [{"cells": n} for n in range(4, 9)])
    asked, compute = [], research_batch.compute

    async def dies_once(job, r, runs, keep, budget_s=None):
        asked.append(runs[0][0])
        if len(asked) == 3:
            raise RuntimeError("killed")
        return await compute(job, r, runs, keep, budget_s)

    monkeypatch.setattr(research_batch, "compute", dies_once)
    with pytest.raises(RuntimeError):
        await host.run(job)
    assert await host.run(job) == "done"
    assert asked == [0, 1, 2, 2, 3, 4]
    assert [run["run"] for run in document(host, part_id(job, "runs", 0))["items"]] == [0, 1, 2, 3, 4]


async def test_a_batch_of_a_cancelled_job_stops_at_the_next_look(host, monkeypatch):
    monkeypatch.setattr(research_batch, "LOOK_S", 0.0)
    job = backtest(host, [{"cells": n} for n in range(4, 9)], status="cancelling")
    host.cancel_after = 2
    assert await host.run(job) == "cancelled"
    token = activities._given.set(host.outside)
    try:
        task = {"first": 0, "count": 5, "range": 0}
        found = await research_batch.run_batch(USER, {**document(host), "id": job}, task)
    finally:
        activities._given.reset(token)
    assert (found["done"], found["left"], found["wanted"]) == (0, 5, False)


def test_a_recording_is_read_once_and_mapped_by_every_process(host, monkeypatch, tmp_path):
    from orchestrators import compute_worker
    from strategy_core.backtest import case

    file = str(host.outside.markets.recording("BTC/USDT"))
    first = compute_worker.recording(file, str(tmp_path))
    monkeypatch.setattr(compute_worker, "_series", type(compute_worker._series)())
    monkeypatch.setattr(case, "_read_csv", None)
    again = compute_worker.recording(file, str(tmp_path))
    assert again is not first and again.interval_ms == first.interval_ms == MINUTE
    for name in ("times", "opens", "highs", "lows", "closes"):
        assert (getattr(again, name) == getattr(first, name)).all()
        assert not getattr(again, name).flags.writeable


SPACE = [
    {"field": "cells", "low": "2", "high": "20", "step": "1", "log": False, "choices": [], "whole": True},
    {"field": "spacing", "low": None, "high": None, "step": None, "log": False, "choices": ["arithmetic", "geometric"], "whole": False},
]


@pytest.mark.parametrize("method", ["grid", "random", "tpe"])
async def test_a_search_tries_and_then_proves_on_candles_it_never_saw(host, method):
    job = backtest(host, [], kind="optimisation", space=SPACE, method=method, objective="pnl", trials=12, split_pct=50, runs=12, kept=False)
    host.store._put(CONTAINER, USER, part(job, SPEC, {"seed": 3}))
    assert await host.run(job) == "done"
    found = document(host)
    assert [(one["first"], one["last"]) for one in found["ranges"]] == [
        (iso(T0), iso(T0 + 180 * MINUTE)),
        (iso(T0 + 180 * MINUTE), iso(T0 + 360 * MINUTE)),
    ]
    assert 0 < len(found["proofs"]) <= 10 and found["overfit"]["in_sample"] == found["proofs"][0]["in_sample"]
    assert found["proofs"][0]["metrics"]["pnl"]["total"] == found["best"]["metrics"]["pnl"]["total"]
    trials = [one for one in host.performed if one.get("do") == "runs"]
    assert sum(one["count"] for one in trials) == found["runs"] <= 12


async def test_progress_is_told_while_a_part_takes_its_time(host):
    job = backtest(host, [{}])
    host.ticks = 12
    assert await host.run(job) == "done"
    reports = [call for call in host.performed if call["name"] == "research_report"]
    assert len(reports) >= 5
    assert [timer.is_completed or timer.is_cancelled for timer in host.timers] == [True] * len(host.timers) and len(host.timers) > 4


async def test_a_report_that_comes_late_moves_nothing(host):
    job = backtest(host, [{}])
    assert await host.run(job) == "done"
    over = host.store.rows[CONTAINER, USER, job]
    settled = {"phase": "runs", "done": 0, "total": 1, "candles": 0, "elapsed_s": 1.0}
    said = {"userId": USER, "id": job, "settled": settled, "batches": [], "best": None, "best_told": None}
    await host.perform(Task("research_report", said))
    assert host.store.rows[CONTAINER, USER, job]["progress"] == over["progress"]
