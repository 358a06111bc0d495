"""A recorded market, played again: one CSV file of candles per symbol, started with the account.

Rules
1. `BTC-USDT.csv` is BTC/USDT; the columns are timestamp_ms,open,high,low,close,volume. A bad row names its file and line.
2. Each file's path starts at its first candle when the account is created and moves `speed` candle-minutes
   per minute; it ends with the file.
3. Only what has happened is visible; a missing minute stays missing.
4. `BTC-USDT.json` beside the file, if there is one, overrides fields of the market's rules.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.path import CandleRow, CandleTrack, Ints, path_points
from exchange.protocol import Rejected, Unavailable
from exchange.source import TIMEFRAMES, Ticker
from strategy_core.number import floor_to
from strategy_core.trade import FeeMode, Market

HEADER = "timestamp_ms,open,high,low,close,volume"
DAY = 86_400_000
_SYMBOL = re.compile(r"[\w.]+/[\w.]+(:[\w.]+)?", re.ASCII)


class BadFile(Unavailable):
    """A recording that cannot be played; the message names file and line."""


class Recording(NamedTuple):
    """One file in memory. `candle_at` and the columns of `prices` (open, high, low, close, in units) per candle; `at`, `path` per point."""

    candle_at: Ints
    prices: Ints
    volume: NDArray[np.float64]
    at: Ints
    path: Ints
    unit: Decimal
    interval: int


_loaded: dict[Path, tuple[int, int, Recording]] = {}  # what was read, with the file's time and size then
KEPT_FILES = 16
BLOCK = 10_000  # lines


def load(path: Path) -> Recording:
    """Reads a recording; a file that has not changed is read once per process."""
    stamp = _stamp(path)
    found = known(path, stamp)
    if found is None:
        found = _read(path)
        _loaded[path] = (*stamp, found)
        for oldest in list(_loaded)[:-KEPT_FILES]:
            del _loaded[oldest]
    return found


def known(path: Path, stamp: tuple[int, int]) -> Recording | None:
    """The recording, if it is in memory and the file is still the same."""
    kept = _loaded.get(path)
    return kept[2] if kept is not None and kept[:2] == stamp else None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise BadFile(f"{path.name}: cannot be read") from error
    return status.st_mtime_ns, status.st_size


def _read(path: Path) -> Recording:
    try:
        with path.open(encoding="ascii") as lines:
            if lines.readline().strip().replace(" ", "") != HEADER:
                raise BadFile(f"{path.name}, line 1: the header must be {HEADER}")
            body = [line for line in lines if line.strip()]
        if not body:
            raise BadFile(f"{path.name}: holds no candles")
        rows = np.concatenate([_table(body[k : k + BLOCK]) for k in range(0, len(body), BLOCK)])
    except ValueError as error:
        raise _named(path) or BadFile(f"{path.name}: {error}") from error
    if rows.shape[1] != 6 or not _is_sound(rows):
        raise _named(path) or BadFile(f"{path.name}: not candles")
    at = rows[:, 0].astype(np.int64)
    gaps = np.diff(at)
    interval = int(np.min(gaps)) if len(gaps) else 60_000
    decimals = _decimals(rows[:, 1:5], path)
    prices = np.rint(rows[:, 1:5] * 10.0**decimals).astype(np.int64)
    points_at, points = path_points(at, prices, interval)
    return Recording(at, prices, rows[:, 5], points_at, points, Decimal(1).scaleb(-decimals), interval)


def _table(lines: list[str]) -> NDArray[np.float64]:
    """Some rows of a file: reading holds the interpreter, and whatever trades beside it gets its turn between two of these."""
    return np.loadtxt(lines, delimiter=",", ndmin=2, dtype=np.float64)


def _is_sound(rows: NDArray[np.float64]) -> bool:
    at, open_, high, low, close, volume = rows.T
    sound = np.isfinite(rows).all() and (low > 0).all() and (volume >= 0).all() and (np.diff(at) > 0).all()
    return bool(sound and (low <= np.minimum(open_, close)).all() and (high >= np.maximum(open_, close)).all())


def _decimals(prices: NDArray[np.float64], path: Path) -> int:
    """How many decimals the file's prices have: the fewest with which every price is a whole number of units."""
    for decimals in range(2, 13):
        scaled = prices * 10.0**decimals
        if np.max(scaled) > 2**52:
            break
        if np.max(np.abs(scaled - np.rint(scaled))) < 0.01:
            return decimals
    raise BadFile(f"{path.name}: the prices have more digits than can be held exactly")


def _named(path: Path) -> BadFile | None:
    """The first bad line of a file, found slowly."""
    before = -math.inf
    for number, line in _lines(path):
        cells = line.split(",")
        if len(cells) != 6:
            return BadFile(f"{path.name}, line {number}: {len(cells)} columns, not 6")
        try:
            at, open_, high, low, close, volume = (float(cell) for cell in cells)
        except ValueError:
            return BadFile(f"{path.name}, line {number}: not a number")
        if not all(math.isfinite(x) for x in (at, open_, high, low, close, volume)):
            return BadFile(f"{path.name}, line {number}: not a finite number")
        if at <= before:
            return BadFile(f"{path.name}, line {number}: the time stamp does not grow")
        if not (0 < low <= min(open_, close) and high >= max(open_, close) and volume >= 0):
            return BadFile(f"{path.name}, line {number}: not a candle (low <= open, close <= high; all above zero)")
        before = at
    return None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="ascii", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if number > 1 and line.strip():
                yield number, line.strip()


class Replay:
    """The source named "replay": every file of a directory, each from its own beginning."""

    def __init__(self, directory: Path, created_at: int, speed: int = 1, start: int | None = None) -> None:
        """`start`: the path's first instant, by default that of each file."""
        if not 1 <= speed <= 100_000:
            raise Rejected("other", f"speed must be 1 to 100000, not {speed}")
        self.name = "replay"
        self._directory, self._created_at, self._speed, self._start = directory, created_at, speed, start

    async def symbols(self) -> tuple[str, ...]:
        return tuple(sorted(file.stem.replace("-", "/", 1) for file in self._directory.glob("*-*.csv")))

    async def market(self, symbol: str) -> Market:
        recording = await self._recording(symbol)
        return Market.model_validate(_rules(symbol, recording.unit) | self._overrides(symbol))

    async def track(self, symbol: str, since: int, wall: int) -> CandleTrack:
        recording = await self._recording(symbol)
        return CandleTrack(recording.at, recording.path, recording.volume, recording.unit, self._now(recording, wall))

    async def tickers(self, symbols: tuple[str, ...], wall: int) -> dict[str, Ticker]:
        tickers = {}
        for symbol in set(symbols) & set(await self.symbols()):
            track = await self.track(symbol, 0, wall)
            at, last = track.newest()
            before = track.point(at - DAY)
            change = floor_to(100 * (last - before.price) / before.price, Decimal("0.01"))
            tickers[symbol] = Ticker(symbol, last, last, last, change, at)
        return tickers

    async def candles(self, symbol: str, timeframe: str, limit: int, wall: int) -> list[CandleRow]:
        """Candles of the file gathered into the timeframe; the forming one from the points that have been reached."""
        recording = await self._recording(symbol)
        interval = max(TIMEFRAMES[timeframe], recording.interval)
        now = (await self.track(symbol, 0, wall)).newest().at
        first = now // interval * interval - (limit - 1) * interval
        a, b = np.searchsorted(recording.candle_at, [first, now], side="left")
        b += int(b < len(recording.candle_at) and recording.candle_at[b] <= now)
        rows: dict[int, CandleRow] = {}
        for i in range(int(a), int(b)):
            row = _row(recording, i, now)
            opened = row.at // interval * interval
            rows[opened] = _joined(rows[opened], row) if opened in rows else row._replace(at=opened)
        return list(rows.values())

    async def at(self, symbol: str, wall: int) -> int:
        return self._now(await self._recording(symbol), wall)

    async def wall(self, symbol: str, at: int) -> int:
        begin = self._begin(await self._recording(symbol))
        return self._created_at + -(-(at - begin) // self._speed)

    async def ends_at(self, symbol: str) -> int | None:
        return int((await self._recording(symbol)).at[-1])

    def _now(self, recording: Recording, wall: int) -> int:
        return self._begin(recording) + (wall - self._created_at) * self._speed

    def _begin(self, recording: Recording) -> int:
        return int(recording.at[0]) if self._start is None else self._start

    async def _recording(self, symbol: str) -> Recording:
        path = self._directory / (symbol.replace("/", "-", 1) + ".csv")
        if not _SYMBOL.fullmatch(symbol) or not path.exists():
            raise Rejected("bad_symbol", f"there is no recording of {symbol}")
        found = known(path, _stamp(path))
        return await asyncio.to_thread(load, path) if found is None else found

    def _overrides(self, symbol: str) -> dict[str, Any]:
        file = self._directory / (symbol.replace("/", "-", 1) + ".json")
        if not file.exists():
            return {}
        try:
            rules: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadFile(f"{file.name}: not JSON") from error
        return rules | {"symbol": symbol}


def _rules(symbol: str, tick: Decimal) -> dict[str, Any]:
    fee = Decimal("0.001")
    rules = {"symbol": symbol, "price_tick": tick, "amount_step": Decimal("0.00001"), "min_amount": Decimal("0.00001")}
    return rules | {"min_notional": Decimal(5), "maker_fee": fee, "taker_fee": fee, "fee_mode": FeeMode.QUOTE, "max_orders": 200}


def _row(recording: Recording, i: int, now: int) -> CandleRow:
    """One candle of the file; while it is forming, from its visible points only."""
    seen = int(np.searchsorted(recording.at[4 * i : 4 * i + 4], now, side="right"))
    points = recording.path[4 * i : 4 * i + seen]
    open_, high, low, close = (int(x) * recording.unit for x in (points[0], np.max(points), np.min(points), points[-1]))
    volume = Decimal(str(recording.volume[i])) * seen / 4
    return CandleRow(int(recording.candle_at[i]), open_, high, low, close, volume)


def _joined(one: CandleRow, next_: CandleRow) -> CandleRow:
    high, low = max(one.high, next_.high), min(one.low, next_.low)
    return CandleRow(one.at, one.open, high, low, next_.close, one.volume + next_.volume)
