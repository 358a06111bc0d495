"""Public market data without keys: what the API shows and the watch timer looks at. Importing this imports no ccxt.

Rules
1. A source is named by a `Feed`: "simulated", "replay" (on one account's clock), or the ccxt id of a venue when live prices are enabled.
2. What is equal for everybody is asked once: sources are shared, and each caches what it fetched.
3. A price that is stale or unbelievable is left out, never passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from exchange.path import CandleRow, extremes
from exchange.protocol import Point, Rejected, Unavailable
from exchange.replay import Replay
from exchange.simulated import Simulated
from exchange.source import TIMEFRAMES, Source, Ticker
from strategy_core.trade import Market

MAX_CANDLES = 1_500


class Feed(NamedTuple):
    """Which market's prices: `name` is simulated, replay or a ccxt id; the clock of a replay starts at `created_at` (0: now)."""

    name: str
    created_at: int = 0
    speed: int = 1
    start: int | None = None


class Listed(NamedTuple):
    """A symbol one can trade: its rules and its price now (None: no believable price)."""

    symbol: str
    market: Market
    ticker: Ticker | None


class Extremes(NamedTuple):
    """The lowest and highest price since the last look, and the newest point: what the watcher compares with horizons."""

    low: Decimal
    high: Decimal
    newest: Point


class Span(NamedTuple):
    """Candles of a range, and the instant the next ones open at (None: no more)."""

    rows: list[CandleRow]
    following: int | None


class MarketData:
    """The one service. `live`: ccxt ids whose public prices may be read; without one nothing ever leaves the machine."""

    def __init__(
        self,
        clock: Callable[[], int],
        replay_dir: Path | None = None,
        live: frozenset[str] = frozenset(),
        open_live: Callable[[str], Source] | None = None,
        seed: str = "tickwise",
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        """`open_live` makes the source of a ccxt id (default: `exchange.live`, which loads ccxt when first used), `addresses` names other
        places than the venue's own for it."""
        self._clock, self._replay_dir, self._live, self._seed = clock, replay_dir, live, seed
        self._open_live = open_live or (lambda name: _open_live(name, (addresses or {}).get(name, "")))
        self._sources: dict[Feed, Source] = {}

    def names(self) -> tuple[str, ...]:
        """Every market one can read from here."""
        return ("simulated", *(("replay",) if self._replay_dir is not None else ()), *sorted(self._live))

    def source(self, feed: Feed) -> Source:
        """The source of a feed. Errors: Rejected("bad_market") when there is none by that name here."""
        if feed.name == "replay" and feed.created_at == 0:
            return self._open(feed._replace(created_at=self._clock()))
        shared = feed if feed.name == "replay" else Feed(feed.name, speed=feed.speed if feed.name == "simulated" else 1)
        if shared not in self._sources:
            self._sources[shared] = self._open(shared)
        return self._sources[shared]

    async def markets(self, feed: Feed) -> list[Listed]:
        source = self.source(feed)
        symbols = await source.symbols()
        tickers = await source.tickers(symbols, self._clock())
        return [Listed(symbol, await source.market(symbol), tickers.get(symbol)) for symbol in symbols]

    async def market(self, feed: Feed, symbol: str) -> Market:
        return await self.source(feed).market(symbol)

    async def tickers(self, feed: Feed, symbols: tuple[str, ...] = ()) -> dict[str, Ticker]:
        source = self.source(feed)
        return await source.tickers(symbols or await source.symbols(), self._clock())

    async def price(self, feed: Feed, symbol: str) -> Ticker:
        """One believable price now. Errors: Unavailable, Rejected("bad_symbol")."""
        source = self.source(feed)
        await source.market(symbol)
        ticker = (await source.tickers((symbol,), self._clock())).get(symbol)
        if ticker is None:
            raise Unavailable(f"no believable price of {symbol} at the moment")
        return ticker

    async def candles(self, feed: Feed, symbol: str, timeframe: str, limit: int) -> list[CandleRow]:
        """The newest candles, oldest first, the last one forming. Errors: Rejected("bad_timeframe")."""
        if timeframe not in TIMEFRAMES:
            raise Rejected("bad_timeframe", f"timeframe must be one of {', '.join(TIMEFRAMES)}")
        return await self.source(feed).candles(symbol, timeframe, max(1, min(limit, MAX_CANDLES)), self._clock())

    async def candles_between(self, feed: Feed, symbol: str, timeframe: str, since: int, until: int | None, limit: int) -> Span:
        """The first `limit` candles that open in [since, until), oldest first, and where the next ones begin (None: there are none).

        Without `until` the range ends with what has happened. A recording is a file: an `until` may reach ahead of its account's clock.
        Errors: Rejected("bad_timeframe"), Rejected("bad_symbol"), Unavailable.
        """
        if timeframe not in TIMEFRAMES:
            raise Rejected("bad_timeframe", f"timeframe must be one of {', '.join(TIMEFRAMES)}")
        source, step, wall = self.source(feed), TIMEFRAMES[timeframe], self._clock()
        await source.market(symbol)
        now = await source.at(symbol, wall)
        is_ahead = feed.name == "replay" and until is not None
        ends_at = await source.ends_at(symbol) if is_ahead else None
        last = min(until if until is not None else now + 1, now + 1 if ends_at is None else ends_at + 1)
        first = -(-since // step) * step
        if feed.name == "replay":  # what is before the file is no reason for empty answers
            first = max(first, (await source.track(symbol, 0, wall)).point(since).at // step * step)
        end = min(first + limit * step, last)
        if first >= end:
            return Span([], None)
        seen_at = await source.wall(symbol, end) if is_ahead or end <= now else wall
        found = await source.candles(symbol, timeframe, limit + 1, seen_at)
        rows = [row for row in found if first <= row.at < last][:limit]
        following = rows[-1].at + step if rows else end
        return Span(rows, following if following < last else None)

    async def low_high(self, feed: Feed, symbol: str, since: int) -> Extremes:
        """What the price did after `since` (an instant on the path)."""
        track = await self.source(feed).track(symbol, since, self._clock())
        return Extremes(*extremes(track, since))

    def recording(self, symbol: str) -> Path:
        """The file a replay of this symbol plays. Errors: Rejected("bad_market")."""
        if self._replay_dir is None:
            raise Rejected("bad_market", "nothing is recorded here")
        return self._replay_dir.absolute() / (symbol.replace("/", "-") + ".csv")

    async def close(self) -> None:
        """Closes what the sources hold open."""
        for source in self._sources.values():
            close = getattr(source, "close", None)
            if close is not None:
                await close()
        self._sources.clear()

    def _open(self, feed: Feed) -> Source:
        if feed.name == "simulated":
            return Simulated(self._seed, feed.speed)
        if feed.name == "replay" and self._replay_dir is not None:
            return Replay(self._replay_dir, feed.created_at, feed.speed, feed.start)
        if feed.name in self._live:
            return self._open_live(feed.name)
        raise Rejected("bad_market", f"there is no market {feed.name} here; there are: {', '.join(self.names())}")


def _open_live(name: str, address: str) -> Source:
    from exchange.live import open_live  # loads ccxt: only once somebody wants live prices

    return open_live(name, address)
