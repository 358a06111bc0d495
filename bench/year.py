"""The year of candles on disk, and the jobs' figures for those who cannot ask our core: made once, in bench/results."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from bench import jobs
from strategy_core import registry

RESULTS = Path(__file__).resolve().parent / "results"
CANDLES = RESULTS / f"year-{jobs.SEED}.npz"
PARQUET = RESULTS / f"year-{jobs.SEED}.parquet"
FIGURES = RESULTS / "jobs.json"


def columns() -> dict[str, Any]:
    """The year as arrays; made by the seeded generator when it is not there yet."""
    if not CANDLES.exists():
        RESULTS.mkdir(exist_ok=True)
        made = jobs.columns()
        part = CANDLES.with_suffix(".part.npz")
        np.savez(part, **made)  # type: ignore[arg-type]
        part.replace(CANDLES)
    with np.load(CANDLES) as kept:
        return {name: kept[name] for name in kept.files}


def parquet() -> Path:
    """The same year as a parquet file."""
    if not PARQUET.exists():
        import pyarrow
        from pyarrow import parquet as format_

        part = PARQUET.with_suffix(".part")
        format_.write_table(pyarrow.table({("timestamp_ms" if name == "ts" else name): column for name, column in columns().items()}), part)
        part.replace(PARQUET)
    return PARQUET


def written() -> dict[str, Any]:
    """Candles and figures on disk for the peers; the candles, too, for us. Levels and sizes are those our own plan gives."""
    data = columns()
    price = Decimal(repr(data["open"].item(0)))
    plan = registry.plan(registry.start("GRID", jobs.GRID, price, jobs.MARKET, 0))
    ladder = registry.plan(registry.start("DCA", jobs.DCA, price, jobs.MARKET, 0))["ladder"]
    figures = {
        "candles_file": CANDLES.name,
        "fee": float(jobs.MARKET.maker_fee),
        "grid": {
            "cash": float(jobs.GRID["investment"]),
            "lines": [float(buy) for buy, _ in plan["levels"]],
            "empty": plan["empty_level"],
            "amount": float(plan["order_amount"]),
            "initial": float(plan["initial_amount"]),
        },
        "dca": {
            "cash": 10_000.0,
            "base": float(jobs.DCA["base_order_size"]),
            "deviations": [float(step) / 100 for step, _ in ladder],
            "sizes": [float(size) for _, size in ladder],
            "take_profit": float(jobs.DCA["take_profit_pct"]) / 100,
            "step": float(jobs.MARKET.amount_step),
        },
    }
    FIGURES.write_text(json.dumps(figures, indent=1))
    return data
