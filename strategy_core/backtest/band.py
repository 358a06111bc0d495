"""A band around a profit curve: what the same stretches of profit and loss would have come to in another order and mix.

Rules
1. The curve's changes are resampled in blocks, so that what belongs together stays together; the seed decides everything.
2. It says how much of a result was luck of the order. It trades nothing anew: `studies.monte_carlo` does, over resampled prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

PERCENTILES = (5, 50, 95)


class BandPoint(NamedTuple):
    """One point in time: nineteen of twenty paths are above `low`, half above `median`, one of twenty above `high`."""

    low: float
    median: float
    high: float


def equity_band(totals: Sequence[float], *, runs: int, block: int, seed: int) -> list[BandPoint]:
    """The 5 %, 50 % and 95 % of `runs` resampled curves at each point; all begin where this one does. Fewer than three points: none."""
    n = len(totals) - 1
    if n < 2:
        return []
    changes = np.diff(np.asarray(totals, dtype=np.float64))
    block = max(1, min(block, n))
    starts = np.random.default_rng(seed).integers(0, n, size=(runs, n // block + 1))
    picks = (starts[:, :, None] + np.arange(block)[None, None, :]).reshape(runs, -1)[:, :n] % n
    paths = totals[0] + np.cumsum(changes[picks], axis=1)
    rows = np.percentile(paths, PERCENTILES, axis=0).T.tolist()
    return [BandPoint(totals[0], totals[0], totals[0]), *(BandPoint(*row) for row in rows)]
