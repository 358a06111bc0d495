"""The path of a market: the points its price passed through, and how to find the next one that matters.

Rules
1. A point is visible once its instant has come. Nothing later is ever read.
2. Prices are whole numbers of `unit` (exact integers), so long quiet stretches are skipped by comparing arrays.
3. A *step* leads from one point to the next: a segment (the price passed through everything between) or a jump.
4. The search may find a step in which nothing happens after all; it never misses one. Who asks decides exactly.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from exchange.protocol import Point

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
FIRST_BLOCK, LARGEST_BLOCK = 64, 65_536


class Step(NamedTuple):
    """From the point before, at price `start`, to the point `at`, at `price`. `jump`: the price was never in between."""

    at: int
    start: Decimal
    price: Decimal
    jump: bool


class Block(NamedTuple):
    """Consecutive steps as arrays, prices in units."""

    at: Ints
    start: Ints
    price: Ints
    jump: Flags


class Track(Protocol):
    """One symbol's path as visible at one instant."""

    unit: Decimal

    def newest(self) -> Point:
        """The latest visible point."""
        ...

    def point(self, at: int) -> Point:
        """The latest visible point at or before `at`; the first one when `at` is before the path begins."""
        ...

    def block(self, after: int, size: int) -> Block:
        """At most `size` visible steps whose instants are after `after`; empty when there are none."""
        ...

    def volume(self, at: int) -> Decimal:
        """What the market traded in the step that ends `at`, in base."""
        ...


class Band(NamedTuple):
    """What ends a search: a price at or below `low`, at or above `high`, or an instant at or after `until`."""

    low: Decimal | None
    high: Decimal | None
    until: int | None


def _whole(value: Decimal, unit: Decimal, rounding: str) -> int:
    return int((value / unit).to_integral_value(rounding))


def _hits(block: Block, band: Band, unit: Decimal) -> Flags:
    hits = np.zeros(len(block.at), dtype=np.bool_)
    if band.low is not None:
        lows = np.where(block.jump, block.price, np.minimum(block.start, block.price))
        hits |= lows <= _whole(band.low, unit, ROUND_FLOOR)
    if band.high is not None:
        highs = np.where(block.jump, block.price, np.maximum(block.start, block.price))
        hits |= highs >= _whole(band.high, unit, ROUND_CEILING)
    if band.until is not None:
        hits |= block.at >= band.until
    return hits


def following(track: Track, after: int) -> Step | None:
    """The first step after an instant."""
    block = track.block(after, 1)
    return _step(block, 0, track.unit) if len(block.at) else None


def crossing(track: Track, after: int, band: Band) -> Step | None:
    """The first step after an instant that reaches the band's edge, or None: nothing did yet."""
    size = FIRST_BLOCK
    while True:
        block = track.block(after, size)
        if not len(block.at):
            return None
        hits = _hits(block, band, track.unit)
        if hits.any():
            return _step(block, int(np.argmax(hits)), track.unit)
        after = int(block.at[-1])
        size = min(size * 4, LARGEST_BLOCK)


def extremes(track: Track, since: int) -> tuple[Decimal, Decimal, Point]:
    """The lowest and highest price after `since` (the newest price when there is nothing new), and the newest point."""
    newest = track.newest()
    low = high = newest.price
    after = since
    while len((block := track.block(after, LARGEST_BLOCK)).at):
        low = min(low, int(np.min(block.price)) * track.unit)
        high = max(high, int(np.max(block.price)) * track.unit)
        after = int(block.at[-1])
    return low, high, newest


def _step(block: Block, i: int, unit: Decimal) -> Step:
    return Step(int(block.at[i]), int(block.start[i]) * unit, int(block.price[i]) * unit, bool(block.jump[i]))


class CandleRow(NamedTuple):
    """One candle; `at` is its opening (ms)."""

    at: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def path_points(at: Ints, prices: NDArray[Any], interval: int) -> tuple[Ints, Ints]:
    """The four points of every candle (`strategies.md` 1.2). `prices` has the columns open, high, low, close, in units."""
    open_, high, low, close = (prices[:, i] for i in range(4))
    low_first = (open_ - low) <= (high - open_)
    first, second = np.where(low_first, low, high), np.where(low_first, high, low)
    points = np.stack([open_, first, second, close], axis=1).reshape(-1)
    offsets = np.array([0, interval // 3, 2 * interval // 3, interval - 1], dtype=np.int64)
    return (at[:, None] + offsets).reshape(-1), points.astype(np.int64)


class CandleTrack:
    """The path of candles held in memory, visible up to `now` (an instant on the path)."""

    def __init__(self, at: Ints, price: Ints, volume: NDArray[np.float64], unit: Decimal, now: int) -> None:
        """`at` and `price`: four points per candle; `volume`: one figure per candle."""
        self.unit = unit
        self._at, self._price, self._volume = at, price, volume
        self._end = int(np.searchsorted(at, now, side="right"))

    def newest(self) -> Point:
        i = max(self._end - 1, 0)
        return Point(int(self._at[i]), int(self._price[i]) * self.unit)

    def point(self, at: int) -> Point:
        i = max(min(int(np.searchsorted(self._at, at, side="right")), self._end) - 1, 0)
        return Point(int(self._at[i]), int(self._price[i]) * self.unit)

    def block(self, after: int, size: int) -> Block:
        first = max(int(np.searchsorted(self._at, after, side="right")), 1)  # the first point has no step
        last = min(first + size, self._end)
        if last <= first:
            return Block(self._at[:0], self._price[:0], self._price[:0], np.zeros(0, dtype=np.bool_))
        jump = np.arange(first, last) % 4 == 0
        return Block(self._at[first:last], self._price[first - 1 : last - 1], self._price[first:last], jump)

    def volume(self, at: int) -> Decimal:
        i = int(np.searchsorted(self._at, at, side="left")) // 4
        return Decimal(str(self._volume[min(i, len(self._volume) - 1)] / 4))
