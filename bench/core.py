"""The core's own figures: each a row with its median and best wall clock, its CPU time and its goal."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import orjson

from bench import jobs, year
from strategy_core import compiled, registry
from strategy_core.backtest import Series, run
from strategy_core.trade import Fill, Look

ROOT = Path(__file__).resolve().parents[1]
Times = tuple[float, float]
SCALE = {"s": 1.0, "ms": 1e3, "us": 1e6}


class Row(NamedTuple):
    """One figure: (wall, CPU) seconds, shown in `unit`; `most` is the goal for the wall clock of a quiet machine, in the same unit."""

    name: str
    times: list[Times]
    unit: str
    most: float | None
    note: str = ""

    @property
    def median(self) -> float:
        return median(wall for wall, _ in self.times) * SCALE[self.unit]

    @property
    def best(self) -> float:
        return min(wall for wall, _ in self.times) * SCALE[self.unit]

    @property
    def cpu(self) -> float:
        """The median of the CPU time, children included: what a neighbour on the same core takes is not in it."""
        return median(cpu for _, cpu in self.times) * SCALE[self.unit]


def rows(data: dict[str, Any], full: bool) -> Iterator[Row]:
    yield yardstick()
    yield from year_jobs(data)
    yield quiet_year()
    yield from levels()
    yield from ticks()
    yield cold_shell()
    yield many(1000 if full else 40)


def timed(action: Callable[[], Any], repeats: int) -> list[Times]:
    """Wall-clock and CPU seconds of each repeat."""
    return [_once(action) for _ in range(repeats)]


def _once(action: Callable[[], Any]) -> Times:
    began, used = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - began, time.process_time() - used


def _children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def yardstick() -> Row:
    """The same work on every machine, so that figures of two machines (or two hours) can be compared."""

    def once() -> None:
        price, total, last = Decimal("50000.02"), Decimal(0), {}
        for k in range(100_000):
            total += price * price
            last[k & 63] = (k, total)

    return Row("yardstick: 100,000 Decimal multiply-adds", timed(once, 7), "ms", None, "how busy this machine is: compare with it")


def year_jobs(data: dict[str, Any], candles: int | None = None, repeats: int = 7) -> list[Row]:
    cut = {name: column[:candles] for name, column in data.items()}
    found: list[Row] = []
    for name, config, most in (("GRID", jobs.GRID, 150.0), ("DCA", jobs.DCA, 30.0)):
        fills = run(name, config, jobs.MARKET, jobs.series(cut)).fills
        times = timed(lambda name=name, config=config: run(name, config, jobs.MARKET, jobs.series(cut)), repeats)  # type: ignore[misc]
        found.append(Row(f"{name} over {len(cut['ts']):,} candles", times, "ms", most, f"{fills} fills"))
    return found


def quiet_year() -> Row:
    """A year in which nothing is reached."""
    flat = np.full(jobs.MINUTES, 50_000.0)
    at = jobs.START_MS + 60_000 * np.arange(jobs.MINUTES, dtype=np.int64)
    times = timed(lambda: run("GRID", jobs.GRID, jobs.MARKET, Series(at, (flat, flat, flat, flat), 60_000)), 7)
    return Row("a year without a fill", times, "ms", 20.0)


def _begun(cells: int) -> Any:
    config = {**jobs.GRID, "cells": cells, "investment": "2000000", "low": "10000", "high": "90000", "spacing": "geometric"}
    state = registry.start("GRID", config, Decimal(50_000), jobs.MARKET, 0)
    order = registry.orders(state)[0]
    registry.apply(state, Fill(order.leg, 1, order.side, Decimal(50_000), order.amount, Decimal(0), "USDT", "first", 1))
    registry.apply(state, Look(Decimal(50_000), 2))
    return state


def _fill(state: Any, n: int) -> None:
    """The best buy, then the best sell, in turn: the book stays as large as it is."""
    order = state.book.buys[-1] if n % 2 == 0 else state.book.sells[-1]
    fact = Fill(order.leg, order.generation, order.side, order.price, order.amount, Decimal(0), "USDT", f"t{n}", n + 3)
    registry.apply(state, fact)
    registry.apply(state, Look(order.price, n + 3))
    registry.horizon(state)


def levels() -> list[Row]:
    """Cost per fill among few and many levels."""
    found: list[Row] = []
    for cells in (10, 100, 500):
        state = _begun(cells)
        registry.drain(state)
        times = [_once(partial(_fill, state, n)) for n in range(2000)]
        found.append(Row(f"a fill among {cells} levels", times, "us", None, "must not grow with the levels"))
    return found


def ticks() -> list[Row]:
    """A bot's wake-up: state decoded from JSON, stepped, encoded again."""
    state = _begun(40)
    registry.drain(state)
    registry.horizon(state)
    stored = orjson.dumps(registry.dump(state))

    def idle() -> None:
        woken = registry.load(orjson.loads(stored))
        registry.apply(woken, Look(Decimal("50001.5"), 9))
        registry.horizon(woken)
        orjson.dumps(registry.dump(woken))

    def filled() -> None:
        woken = registry.load(orjson.loads(stored))
        _fill(woken, 0)
        registry.orders(woken)
        registry.drain(woken)
        orjson.dumps(registry.dump(woken))

    size = f"{len(stored)} bytes of state"
    return [
        Row("a bot's tick, idle", timed(idle, 3000), "us", 60.0, size),
        Row("a bot's tick, one fill", timed(filled, 2000), "us", 150.0, size),
    ]


def cold_shell() -> Row:
    """From a cold shell to printed results, candles from parquet, with the build if there is one; peak memory as the process saw it."""
    market = jobs.MARKET.model_dump(mode="json", exclude_none=True)
    script = (
        "import atexit, resource, runpy, sys; most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024;"
        "atexit.register(lambda: print(most(), file=sys.stderr)); runpy.run_module('strategy_core.backtest', run_name='__main__')"
    )
    memory: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder, "case.json")
        case.write_text(json.dumps({"strategy": "GRID", "config": jobs.GRID, "market": market, "interval_ms": 60_000}))
        command = [sys.executable, "-c", script, str(case), "--candles", str(year.parquet())]

        def once() -> Times:
            began, used = time.perf_counter(), _children()
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            memory.append(int(done.stderr.strip().splitlines()[-1]))
            return time.perf_counter() - began, _children() - used

        times = [once() for _ in range(3)]
    return Row("cold shell, parquet to results", times, "s", 1.0, f"{max(memory)} MB at its peak (at most 200); build: {compiled.found()}")


_YEAR: list[Series] = []


def _open_year() -> None:
    _YEAR.append(jobs.series(year.columns()))


def _one(cells: int) -> int:
    return run("GRID", {**jobs.GRID, "cells": cells}, jobs.MARKET, _YEAR[0]).fills


def many(runs: int) -> Row:
    """GRID backtests over the year on two cores, each with other cells; extrapolated to a thousand when fewer were run."""
    began, used = time.perf_counter(), _children()
    with get_context("spawn").Pool(2, _open_year) as pool:
        fills = sum(pool.imap_unordered(_one, [20 + k % 41 for k in range(runs)], chunksize=2))
        pool.close()
        pool.join()
    spent, cpu = time.perf_counter() - began, _children() - used
    note = f"{fills:,} fills" if runs == 1000 else f"from {runs} runs in {spent:.1f} s, start included; --full runs them all"
    return Row("1,000 GRID years on two cores", [(spent * 1000 / runs, cpu * 500 / runs)], "s", 60.0, note)
