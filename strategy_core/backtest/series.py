"""Candles for a run: floats to scan by, exact decimals to trade by.

Rules
1. A float is compared, never traded: a price that matters is a Decimal of the text it came from, or of the float's shortest digits.
2. A scan returns the first candle whose low or high leaves a band; it misses none, because floats are ordered as their decimals.
3. Gaps in time stay gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from struct import Struct
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from strategy_core.decimals import WORK, dec

DAY_MS = 86_400_000
BLOCK: Final = 16  # candles a scan skips at once; a power of two
_MOST_PLACES, _MOST_DIGITS = 8, 15  # what a float tells apart: two decimals of 15 digits are never the same float
_MOST_AT_HAND: Final = 2_000_000  # candles: 96 MB a million
_times: Final = WORK.multiply  # whatever the caller's context is
_HIGH_FIRST: Final = (0, 1, 2, 3)
_LOW_FIRST: Final = (0, 2, 1, 3)
Floats = NDArray[np.float64]
Near = tuple[int, tuple[float, ...], tuple[float, ...]]  # a block, its lows, its highs
_row: Final = Struct("4d").unpack_from  # open, high, low, close of one candle, side by side in memory
_floats: Final = Struct(f"{BLOCK}d").unpack_from  # of a column, from a byte on: cheaper than a slice of it


class Series:
    """Open, high, low, close over time. `exact` holds the decimals when floats could not carry them."""

    def __init__(
        self,
        times: NDArray[np.int64],
        columns: tuple[Floats, Floats, Floats, Floats],
        interval_ms: int,
        exact: Sequence[Sequence[Decimal]] | None = None,
    ) -> None:
        self.times = times
        self.opens, self.highs, self.lows, self.closes = columns
        self.interval_ms = interval_ms
        self.exact = exact
        self._block_lows: list[float] = _by_block(self.lows, np.minimum)
        self._block_highs: list[float] = _by_block(self.highs, np.maximum)
        places = _places(self.closes[:64])
        self._scale = 10.0**places
        self._unit = Decimal(1).scaleb(-places)
        self._whole = min(10.0**_MOST_DIGITS / self._scale, 1e300)
        # one number at a time is cheaper from a view
        self._columns: tuple[Any, ...] = tuple([np.ascontiguousarray(column, dtype=np.float64) for column in columns])
        self._views = tuple([cast("Sequence[float]", memoryview(column)) for column in self._columns])
        self._instants = cast("Sequence[int]", memoryview(times))
        self._count = len(times)
        self._near: Near = (-1, (), ())
        self._reads = 0
        self._every: tuple[list[float], ...] = ()
        self._rows = b""
        self._longer: dict[int, _Longer] = {}
        self._day_ends: Any = None

    def __len__(self) -> int:
        return len(self.times)

    def begin(self) -> None:
        """A run begins. Where earlier ones read as many blocks as there are, the numbers are at hand from now on:
        lows and highs as lists to look through, the four of a candle side by side."""
        if self._reads > len(self._block_lows) and not self._every and self._count <= _MOST_AT_HAND:
            self._every = (self._columns[1].tolist(), self._columns[2].tolist())
            self._rows = np.column_stack(self._columns).tobytes()

    @classmethod
    def of_rows(cls, rows: Sequence[Sequence[Any]], interval_ms: int) -> Series:
        """From `[t, open, high, low, close, ...]` with prices as strings or Decimals."""
        exact = [[dec(row[k]) for row in rows] for k in (1, 2, 3, 4)]
        times = np.array([int(row[0]) for row in rows], dtype=np.int64)
        floats = [np.array([float(value) for value in column]) for column in exact]
        return cls(times, (floats[0], floats[1], floats[2], floats[3]), interval_ms, exact)

    def price(self, i: int, column: int) -> Decimal:
        """One price of a candle exactly: column 0 open, 1 high, 2 low, 3 close."""
        return self.exactly(self._views[column][i], i, column)

    def exactly(self, value: float, i: int, column: int) -> Decimal:
        """`price`, for whoever has its float at hand."""
        if self.exact is not None:
            return self.exact[column][i]
        units = int(value * self._scale + 0.5)
        if units / self._scale == value and value < self._whole:
            return _times(units, self._unit)
        return Decimal(repr(value))

    def candle(self, i: int) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """Open, high, low, close of one candle, exactly."""
        return self.price(i, 0), self.price(i, 1), self.price(i, 2), self.price(i, 3)

    def path(self, i: int) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        """The four points of a candle: open, nearer extreme (a tie: the low), other extreme, close."""
        first, high, low, last = self.candle(i)
        return (first, high, low, last) if high - first < first - low else (first, low, high, last)

    def rough_path(self, i: int) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """The four points as floats, and their columns. Where floats cannot tell the nearer extreme, the decimals do."""
        first: float
        high: float
        low: float
        last: float
        if self._rows:
            first, high, low, last = _row(self._rows, 32 * i)
        else:
            _, lows, highs = self._block(i // BLOCK)
            first, high, low, last = self._views[0][i], highs[i % BLOCK], lows[i % BLOCK], self._views[3][i]
        up, down = high - first, first - low
        if abs(up - down) <= first * 1e-9:
            exact = self.candle(i)
            high_first = exact[1] - exact[0] < exact[0] - exact[2]
        else:
            high_first = up < down
        return ((first, high, low, last), _HIGH_FIRST) if high_first else ((first, low, high, last), _LOW_FIRST)

    def leaves(self, start: int, below: float, above: float) -> int:
        """The first candle from `start` with a low <= below or a high >= above; the length when there is none."""
        if self._every:
            return self._leaves(start, below, above, self._every[0], self._every[1])
        n, block = self._count, start // BLOCK
        while True:
            block = self._block_leaving(block, below, above)
            first = block * BLOCK
            if first >= n:
                return n
            _, lows, highs = self._block(block)
            for k in range(start - first if start > first else 0, len(lows)):
                if lows[k] <= below or highs[k] >= above:
                    return first + k
            block += 1

    def _leaves(self, start: int, below: float, above: float, highs: list[float], lows: list[float]) -> int:
        """The same with every number at hand."""
        n = self._count
        while True:
            end = min(start // BLOCK * BLOCK + BLOCK, n)
            while start < end:
                if lows[start] <= below or highs[start] >= above:
                    return start
                start += 1
            if start >= n:
                return n
            start = self._block_leaving(start // BLOCK, below, above) * BLOCK

    def _block_leaving(self, block: int, below: float, above: float) -> int:
        """The first block from `block` that leaves the band; what comes after the last whole one always might."""
        lows, highs = self._block_lows, self._block_highs
        blocks = len(lows)
        while block < blocks and lows[block] > below and highs[block] < above:
            block += 1
        return block

    def _block(self, block: int) -> Near:
        """The lows and highs of one block. What was read last is asked for next: whoever leaves a band goes on from there."""
        near = self._near
        if near[0] != block:
            _, highs, lows, _ = self._columns
            first = block * BLOCK
            if first + BLOCK <= self._count:
                near = (block, _floats(lows, 8 * first), _floats(highs, 8 * first))
            else:
                near = (block, tuple(lows[first:].tolist()), tuple(highs[first:].tolist()))
            self._near = near
            self._reads += 1
        return near

    def day_ends(self) -> Any:
        """The last candle of every day (UTC)."""
        if self._day_ends is None:
            days = self.times // DAY_MS
            self._day_ends = np.flatnonzero(np.diff(days, append=days[-1:] + 1))
        return self._day_ends

    def at_or_after(self, instant: int) -> int:
        """The first candle that has a path point at or after an instant."""
        return int(np.searchsorted(self.times, instant - self.interval_ms + 1))

    def closed(self, timeframe_ms: int, at: int, count: int) -> tuple[tuple[int, Decimal, Decimal, Decimal, Decimal], ...]:
        """The last `count` candles of a longer timeframe that closed at or before an instant, oldest first."""
        longer = self._longer.get(timeframe_ms)
        if longer is None:
            longer = self._longer[timeframe_ms] = _Longer(self, timeframe_ms)
        return longer.closed(at, count)

    def instant(self, i: int, p: int) -> int:
        """When a candle's path reaches its point."""
        start: int = self._instants[i]
        return start + (p * self.interval_ms // 3 if p < 3 else self.interval_ms - 1)

    def point_times(self, i: int) -> tuple[int, int, int, int]:
        start, d = int(self.times[i]), self.interval_ms
        return start, start + d // 3, start + 2 * d // 3, start + d - 1


def _by_block(column: Floats, extreme: Any) -> list[float]:
    """The extreme of every whole block: halved until one number of each is left."""
    found = column[: len(column) // BLOCK * BLOCK]
    for _ in range(BLOCK.bit_length() - 1):
        found = extreme(found[::2], found[1::2])
    numbers: list[float] = found.tolist()
    return numbers


def _places(sample: Floats) -> int:
    """How many decimal places the prices seem to have; one that has more is read from its own digits."""
    exponents = [Decimal(repr(value)).as_tuple().exponent for value in sample.tolist()]
    return min(max([-exponent for exponent in exponents if isinstance(exponent, int)], default=0), _MOST_PLACES) if exponents else 0


class _Longer:
    """The same candles by a longer timeframe, rows made once."""

    def __init__(self, series: Series, timeframe_ms: int) -> None:
        self.series = series
        slots = series.times // timeframe_ms
        self.first = np.flatnonzero(np.diff(slots, prepend=slots[:1] - 1))
        self.ends = (slots[self.first] + 1) * timeframe_ms
        self.highs = np.maximum.reduceat(series.highs, self.first)
        self.lows = np.minimum.reduceat(series.lows, self.first)
        self.timeframe_ms = timeframe_ms
        self.rows: list[tuple[int, Decimal, Decimal, Decimal, Decimal]] = []

    def closed(self, at: int, count: int) -> tuple[tuple[int, Decimal, Decimal, Decimal, Decimal], ...]:
        done = int(np.searchsorted(self.ends, at, side="right"))
        series, rows = self.series, self.rows
        while len(rows) < done:
            k = len(rows)
            last = int(self.first[k + 1]) - 1 if k + 1 < len(self.first) else len(series) - 1
            high, low = Decimal(repr(self.highs.item(k))), Decimal(repr(self.lows.item(k)))
            start = int(self.ends[k]) - self.timeframe_ms
            rows.append((start, series.candle(int(self.first[k]))[0], high, low, series.candle(last)[3]))
        return tuple(rows[max(done - count, 0) : done])
