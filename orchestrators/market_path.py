"""What a look reads of a market beyond its price: the path before it, and the candles that had closed by then."""

from __future__ import annotations

from typing import Any

from strategy_core.number import plain

MOST_POINTS = 2_000


async def path_before(source: Any, symbol: str, since: int, at: int, now: int) -> list[list[Any]]:
    """The points [at, price] after `since` and before `at`: what a guard over a window must be shown."""
    track = await source.track(symbol, since, now)
    block = track.block(since, MOST_POINTS)
    points = zip(block.at, block.price, strict=True)
    return [[int(when), plain(int(price) * track.unit)] for when, price in points if when < at]


async def closed_candles(source: Any, symbol: str, timeframe_ms: int, count: int, at: int) -> dict[str, Any]:
    """The newest `count` candles that had closed at an instant of the path, oldest first."""
    from exchange.source import TIMEFRAMES

    name = next(name for name, ms in TIMEFRAMES.items() if ms == timeframe_ms)
    rows = await source.candles(symbol, name, count + 1, await source.wall(symbol, at))
    closed = [row for row in rows if row.at + timeframe_ms <= at][-count:]
    return {"timeframe": timeframe_ms, "rows": [[row.at, *(plain(price) for price in row[1:5])] for row in closed]}
