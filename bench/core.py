"""`python -m bench.core`: the core's own figures, as one table. Times are wall clock, best and median of several runs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import orjson

from bench import jobs
from strategy_core import registry
from strategy_core.backtest import Series, run
from strategy_core.trade import Fill, Look

Row = tuple[str, str, str]
ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    data = jobs.columns()
    rows = [*year_jobs(data), quiet_year(), *levels(), *ticks(), cold_shell(data)]
    width = max(len(name) for name, _, _ in rows)
    for name, figures, goal in rows:
        print(f"{name:{width}}  {figures:44}  {goal}")
    return 0


def timed(action: Callable[[], Any], repeats: int) -> list[float]:
    """Wall-clock seconds of each repeat."""
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        action()
        found.append(time.perf_counter() - began)
    return found


def shown(times: list[float], unit: str) -> str:
    scale = {"ms": 1e3, "us": 1e6, "s": 1.0}[unit]
    return f"best {min(times) * scale:8.1f} {unit}  median {median(times) * scale:8.1f} {unit}"


def year_jobs(data: dict[str, Any]) -> list[Row]:
    rows: list[Row] = []
    for name, config, goal in (("GRID", jobs.GRID, "aim 100, at most 400"), ("DCA", jobs.DCA, "aim 30, at most 60")):
        fills = len(run(name, config, jobs.MARKET, jobs.series(data)).trades)
        times = timed(lambda name=name, config=config: run(name, config, jobs.MARKET, jobs.series(data)), 7)  # type: ignore[misc]
        rows.append((f"{name} year, {fills} fills", shown(times, "ms"), goal))
    return rows


def quiet_year() -> Row:
    """A year in which nothing is reached."""
    flat = np.full(jobs.MINUTES, 50_000.0)
    times = jobs.START_MS + 60_000 * np.arange(jobs.MINUTES, dtype=np.int64)
    return (
        "a year without a fill",
        shown(timed(lambda: run("GRID", jobs.GRID, jobs.MARKET, Series(times, (flat,) * 4, 60_000)), 7), "ms"),
        "at most 20",
    )  # type: ignore[arg-type]


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


def _timed_fill(state: Any, n: int) -> float:
    began = time.perf_counter()
    _fill(state, n)
    return time.perf_counter() - began


def levels() -> list[Row]:
    """Cost per fill among few and many levels."""
    rows: list[Row] = []
    for cells in (10, 100, 500):
        state = _begun(cells)
        registry.drain(state)
        times = [_timed_fill(state, n) for n in range(2000)]
        rows.append((f"a fill among {cells} levels", shown(times, "us"), "flat"))
    return rows


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

    size = f"({len(stored)} bytes)"
    return [
        (f"tick, idle {size}", shown(timed(idle, 3000), "us"), "at most 60"),
        (f"tick, one fill {size}", shown(timed(filled, 2000), "us"), "at most 150"),
    ]


def cold_shell(data: dict[str, Any]) -> Row:
    """From a cold shell to printed results, candles from parquet; peak memory as the process itself saw it."""
    import pyarrow
    from pyarrow import parquet

    with tempfile.TemporaryDirectory() as folder:
        candles, case = Path(folder, "year.parquet"), Path(folder, "case.json")
        parquet.write_table(pyarrow.table({("timestamp_ms" if k == "ts" else k): v for k, v in data.items()}), candles)
        market = jobs.MARKET.model_dump(mode="json", exclude_none=True)
        case.write_text(json.dumps({"strategy": "GRID", "config": jobs.GRID, "market": market, "interval_ms": 60_000}))
        script = (
            "import sys; from pathlib import Path; from strategy_core.backtest.cli import main; code = main(sys.argv[1:]);"
            "peak = next(line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmHWM'));"
            "print(int(peak.split()[1]) // 1024, file=sys.stderr); sys.exit(code)"
        )
        command = [sys.executable, "-c", script, str(case), "--candles", str(candles)]
        memory: list[int] = []

        def once() -> None:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            memory.append(int(done.stderr.strip().splitlines()[-1]))

        times = timed(once, 3)
    return ("cold shell, parquet to results", f"{shown(times, 's')}  {max(memory)} MB", "at most 1.0 s, 200 MB")


if __name__ == "__main__":
    sys.exit(main())
