"""The band around a backtest's curve, computed when it is asked for: at most 500 points, a few tens of milliseconds. Nothing is stored.

numpy comes with the first call: the API starts without it.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

from strategy_core.number import plain
from triggers.api import research
from triggers.api.models.research import BacktestBand, BandDot
from triggers.api.platform import Platform

PATHS, SEED = 500, 1
BLOCKS = 25  # a path is put together from about so many stretches of the curve
CENT = Decimal("0.00000001")


async def run_band(plat: Platform, user_id: str, document: dict[str, Any], run: int) -> BacktestBand:
    """Where nine of ten resampled curves of a run lie, at each of its points. Errors: 404 for a run that kept none."""
    points = await research.run_equity(plat, user_id, document, run)
    rows = await asyncio.to_thread(_band, [float(point.total) for point in points])
    dots = tuple(BandDot(at=point.at, low=low, median=median, high=high) for point, (low, median, high) in zip(points, rows, strict=False))
    return BacktestBand(items=dots, paths=PATHS, next=None)


def _band(totals: list[float]) -> list[tuple[Decimal, Decimal, Decimal]]:
    from strategy_core.backtest.band import equity_band

    rows = equity_band(totals, runs=PATHS, block=max(1, len(totals) // BLOCKS), seed=SEED)
    return [(_text(row.low), _text(row.median), _text(row.high)) for row in rows]


def _text(value: float) -> Decimal:
    return Decimal(plain(Decimal(repr(value)).quantize(CENT)))
