"""What every peer's job shares: the figures, the candles, the two bots' arithmetic, and the line of JSON at the end.

Runs in the peers' own environments: numpy and the standard library only.
"""

import json
import math
import resource
import sys
import time
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).resolve().parents[1] / "results"
FIGURES = json.loads((RESULTS / "jobs.json").read_text())
FEE = FIGURES["fee"]
GRID, DCA = FIGURES["grid"], FIGURES["dca"]
LINES, EMPTY, AMOUNT, INITIAL = GRID["lines"], GRID["empty"], GRID["amount"], GRID["initial"]
JOB, COUNT = sys.argv[1], int(sys.argv[2])
CASH = (GRID if JOB == "grid" else DCA)["cash"]
BUY, SELL = 1, -1


def candles():
    """Open, high, low, close of the first COUNT candles."""
    with np.load(RESULTS / FIGURES["candles_file"]) as kept:
        return tuple(np.ascontiguousarray(kept[name][:COUNT]) for name in ("open", "high", "low", "close"))


def frame(pandas):
    """The candles as a pandas frame by minute."""
    opened, high, low, close = candles()
    times = pandas.date_range("2025-01-01", periods=len(opened), freq="min")
    return pandas.DataFrame({"Open": opened, "High": high, "Low": low, "Close": close, "Volume": 1.0}, index=times)


def amount_for(size, price):
    """What `size` of quote buys at a price, on the lot step."""
    return round(math.floor(size / price / DCA["step"] + 1e-9) * DCA["step"], 8)


def safety_orders(entry):
    """(price, amount) of each, from the nearest."""
    prices = [math.floor(entry * (1 - deviation) * 100 + 1e-6) / 100 for deviation in DCA["deviations"]]
    return [(price, amount_for(size, price)) for price, size in zip(prices, DCA["sizes"])]


def take_profit(cost, amount):
    return math.ceil(cost / amount * (1 + DCA["take_profit"]) * 100 - 1e-6) / 100


class Clock:
    """Seconds since it was made or last asked."""

    def __init__(self):
        self.at = time.perf_counter()

    def lap(self):
        before, self.at = self.at, time.perf_counter()
        return self.at - before


def report(import_s, run_s, fills, pnl, **more):
    """The one line the table reads."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps(
            {"import_s": import_s, "run_s": run_s, "fills": int(fills), "pnl": float(pnl), "peak_mb": peak, "candles": COUNT, **more}
        )
    )
