"""Live public prices of a venue as a source: one call for all tickers, candles kept and back-filled, venue rules refreshed daily.

Rules
1. The path is that of closed one-minute candles plus the open of the forming one: the same for everybody, whenever they look.
2. One request for one thing at a time: whoever comes while it is under way waits for the same answer.
3. A price of 0, NaN, a negative or crossed one, or one older than `STALE_MS` is left out. A missing minute is asked for once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from exchange.path import CandleRow, CandleTrack, path_points
from exchange.protocol import ExchangeError, Rejected, Unavailable
from exchange.source import TIMEFRAMES, Ticker
from strategy_core.number import floor_to
from strategy_core.trade import Market

T = TypeVar("T")
MINUTE = 60_000
TICKER_TTL_MS, CANDLE_TTL_MS, RULES_TTL_MS = 2_000, 5_000, 86_400_000
STALE_MS = 120_000
KEPT_MINUTES = 20_000
PAGE = 1_000
SETTLING_MS = 2_000  # a minute counts as closed this long after its end
ASKED_AT_MOST = 2  # a minute nobody traded in stays missing
LARGEST = Decimal("1e15")


class PublicVenue(Protocol):
    """The part of a keyless ccxt exchange that is used (with `number=str`)."""

    async def load_markets(self, reload: bool = False) -> dict[str, Any]: ...
    async def fetch_tickers(self, symbols: list[str] | None = None) -> dict[str, Any]: ...
    async def fetch_ohlcv(self, symbol: str, timeframe: str, since: int | None, limit: int | None) -> list[list[Any]]: ...
    async def close(self) -> None: ...


class Once:
    """Answers kept for a while; one request under way per key."""

    def __init__(self) -> None:
        self._kept: dict[object, tuple[int, object]] = {}
        self._under_way: dict[object, asyncio.Future[Any]] = {}

    async def get(self, key: object, wall: int, ttl: int, ask: Callable[[], Awaitable[T]]) -> T:
        kept = self._kept.get(key)
        if kept is not None and 0 <= wall - kept[0] < ttl:
            return cast(T, kept[1])
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.ensure_future(ask())
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._finished(key, wall, done))
        return cast(T, await asyncio.shield(task))

    def _finished(self, key: object, wall: int, done: asyncio.Future[Any]) -> None:
        self._under_way.pop(key, None)
        if not done.cancelled() and done.exception() is None:
            self._kept[key] = (wall, done.result())


def believable(raw: object) -> Decimal | None:
    """A price from a venue's answer, or None when it cannot be one."""
    try:
        price = Decimal(str(raw))
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 < price < LARGEST else None


def ticker_of(symbol: str, raw: dict[str, Any], wall: int) -> Ticker | None:
    """A ticker one may act on, or None."""
    last, at = believable(raw.get("last")), raw.get("timestamp") or wall
    if last is None or wall - int(at) > STALE_MS:
        return None
    bid, ask = believable(raw.get("bid")) or last, believable(raw.get("ask")) or last
    if bid > ask:
        return None
    change = raw.get("percentage")
    return Ticker(symbol, last, bid, ask, None if change is None else Decimal(str(change)), int(at))


def candle_of(raw: list[Any]) -> CandleRow | None:
    """A candle one may act on, or None."""
    prices = [believable(x) for x in raw[1:5]]
    if len(raw) < 5 or not all(prices):
        return None
    open_, high, low, close = (price for price in prices if price is not None)
    volume = Decimal(str(raw[5] or 0)) if len(raw) > 5 else Decimal(0)
    if not (low <= min(open_, close) and high >= max(open_, close) and volume.is_finite() and volume >= 0):
        return None
    return CandleRow(int(raw[0]), open_, high, low, close, volume)


class Live:
    """The source of one venue."""

    def __init__(self, name: str, venue: PublicVenue, rules: Callable[[dict[str, Any]], Market | None]) -> None:
        """`rules` turns a ccxt market into ours, or None when it is not one we trade."""
        self.name = name
        self._venue, self._rules, self._once = venue, rules, Once()
        self._wall = 0
        self._minutes: dict[str, dict[int, CandleRow]] = {}  # closed ones
        self._forming: dict[str, CandleRow] = {}
        self._asked: dict[str, dict[int, int]] = {}

    async def symbols(self) -> tuple[str, ...]:
        return tuple(await self._markets(self._wall))

    async def market(self, symbol: str) -> Market:
        markets = await self._markets(self._wall)
        if symbol not in markets:
            raise Rejected("bad_symbol", f"{self.name} has no {symbol}")
        return markets[symbol]

    async def tickers(self, symbols: tuple[str, ...], wall: int) -> dict[str, Ticker]:
        self._wall = wall
        markets = await self._markets(wall)
        found: dict[str, Any] = {}
        for kind in sorted({markets[symbol].is_future for symbol in symbols if symbol in markets}):
            wanted = [symbol for symbol in markets if markets[symbol].is_future is kind]
            found |= await self._once.get(("tickers", kind), wall, TICKER_TTL_MS, partial(self._venue.fetch_tickers, wanted))
        tickers = {symbol: ticker_of(symbol, found[symbol], wall) for symbol in symbols if symbol in found}
        return {symbol: ticker for symbol, ticker in tickers.items() if ticker is not None}

    async def candles(self, symbol: str, timeframe: str, limit: int, wall: int) -> list[CandleRow]:
        await self.market(symbol)
        since = wall // TIMEFRAMES[timeframe] * TIMEFRAMES[timeframe] - (limit - 1) * TIMEFRAMES[timeframe]
        key = ("candles", symbol, timeframe, since)
        raw = await self._once.get(key, wall, CANDLE_TTL_MS, lambda: self._venue.fetch_ohlcv(symbol, timeframe, since, limit))
        return [candle for candle in map(candle_of, raw) if candle is not None][-limit:]

    async def history(self, symbol: str, first: int, last: int) -> list[CandleRow]:
        """The one-minute candles that open in [first, last), oldest first, page by page. A venue without that past gives none."""
        await self.market(symbol)
        rows: list[CandleRow] = []
        start = first
        while start < last:
            page = [row for row in map(candle_of, await self._venue.fetch_ohlcv(symbol, "1m", start, PAGE)) if row is not None]
            fresh = [row for row in page if start <= row.at < last]
            if not fresh:
                break
            rows += fresh
            start = fresh[-1].at + MINUTE
        return rows

    async def track(self, symbol: str, since: int, wall: int) -> CandleTrack:
        """The one-minute path from `since` on, as far as the venue has it."""
        self._wall = wall
        unit = (await self.market(symbol)).price_tick
        first = max(since, wall - KEPT_MINUTES * MINUTE) // MINUTE * MINUTE - MINUTE
        await self._once.get(("minutes", symbol, first), wall, CANDLE_TTL_MS, partial(self._fill, symbol, first, wall))
        rows = [row for at, row in sorted(self._minutes[symbol].items()) if at >= first]
        forming = self._forming.get(symbol)
        if forming is not None and (not rows or forming.at > rows[-1].at):
            rows.append(forming)
        if not rows:
            raise Unavailable(f"{self.name} has no candles of {symbol}")
        return _track(rows, unit, forming)

    async def at(self, symbol: str, wall: int) -> int:
        return wall

    async def wall(self, symbol: str, at: int) -> int:
        return at

    async def ends_at(self, symbol: str) -> int | None:
        return None

    async def close(self) -> None:
        await self._venue.close()

    async def _markets(self, wall: int) -> dict[str, Market]:
        async def ask() -> dict[str, Market]:
            raw = await self._venue.load_markets(True)
            rules = {symbol: self._rules(market) for symbol, market in raw.items()}
            return {symbol: market for symbol, market in rules.items() if market is not None}

        return await self._once.get("markets", wall, RULES_TTL_MS, ask)

    async def _fill(self, symbol: str, first: int, wall: int) -> bool:
        """Fetches the closed minutes that are missing since `first`, and the forming one."""
        minutes = self._minutes.setdefault(symbol, {})
        closed_before = (wall - SETTLING_MS) // MINUTE * MINUTE
        asked = self._asked.setdefault(symbol, {})
        missing = [at for at in range(first, closed_before, MINUTE) if at not in minutes and asked.get(at, 0) < ASKED_AT_MOST]
        for at in missing:
            asked[at] = asked.get(at, 0) + 1
        start = missing[0] if missing else closed_before
        while start <= wall:
            raw = await self._venue.fetch_ohlcv(symbol, "1m", start, PAGE)
            rows = [row for row in map(candle_of, raw) if row is not None and start <= row.at <= wall]
            minutes.update((row.at, row) for row in rows if row.at < closed_before)
            if not rows:
                break
            self._forming[symbol] = rows[-1]
            start = rows[-1].at + MINUTE
        for at in sorted(minutes)[:-KEPT_MINUTES]:
            del minutes[at]
        for at in [at for at in asked if at < first or at in minutes]:
            del asked[at]
        return True


def _track(rows: list[CandleRow], unit: Decimal, forming: CandleRow | None) -> CandleTrack:
    """Candles as a path; of the forming candle only the open is known for good."""
    at = np.array([row.at for row in rows], dtype=np.int64)
    prices = np.array([[int(floor_to(x, unit) / unit) for x in row[1:5]] for row in rows], dtype=np.int64)
    volume: NDArray[np.float64] = np.array([float(row.volume) for row in rows], dtype=np.float64)
    points_at, points = path_points(at, prices, MINUTE)
    is_forming = forming is not None and rows[-1].at == forming.at
    return CandleTrack(points_at, points, volume, unit, rows[-1].at if is_forming else rows[-1].at + MINUTE)


def open_live(name: str, address: str = "") -> Live:
    """A live source of a ccxt id. Loads ccxt."""
    from exchange.venues import open_public, rules_of

    try:
        return Live(name, open_public(name, address), rules_of)
    except ExchangeError:
        raise
    except Exception as error:
        raise Unavailable(f"{name} cannot be opened: {type(error).__name__}") from error
