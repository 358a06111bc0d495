"""Public market data as the API and the market watcher read it: where a paper account's prices come from, and what they are now.

Rules
1. Keyless data only (exchange/market_data.py); it is imported at the first use, so that a cold start does not pay for it.
2. What the source refuses becomes the caller's error; a source that cannot be reached is 503 and names itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from shared.clock import now_ms
from shared.errors import AppError, invalid
from shared.settings import Settings
from strategy_core.number import plain

if TYPE_CHECKING:
    from strategy_core.trade import Market

Candle = tuple[int, str, str, str, str, str]


class Path(NamedTuple):
    """Which path of prices: `market` is simulated, replay or an exchange id; a replay starts at `created_ms` (0: now).

    `live`: watched for real money, which does not wait for the candle to close.
    """

    market: str
    speed: int = 1
    created_ms: int = 0
    live: bool = False

    @classmethod
    def of_account(cls, account: dict[str, Any]) -> Path:
        return cls(account["market"], int(account["speed"]), int(account["createdMs"]), not account.get("paper", True))


class Listed(NamedTuple):
    """One market with its rules and its last price (None: none that can be believed)."""

    symbol: str
    rules: Market
    last: Decimal | None


class Extremes(NamedTuple):
    """The lowest and highest price since the last look, and the newest instant on the path."""

    low: Decimal
    high: Decimal
    at: int


class Span(NamedTuple):
    """Candles of a range, oldest first, and the instant the next ones open at (None: no more)."""

    candles: list[Candle]
    following: int | None


class MarketSource(Protocol):
    """Errors of all: AppError unknown_market, unknown_symbol (422), venue_down (503)."""

    async def rules(self, path: Path, symbol: str) -> Market: ...

    async def price(self, path: Path, symbol: str) -> Decimal: ...

    async def listed(self, path: Path) -> list[Listed]: ...

    async def candles(self, path: Path, symbol: str, timeframe: str, limit: int) -> list[Candle]: ...

    async def candles_between(self, path: Path, symbol: str, timeframe: str, since: int, until: int | None, limit: int) -> Span:
        """The first `limit` candles of [since, until), and where the next ones begin."""
        ...

    async def extremes(self, path: Path, symbol: str, since: int) -> Extremes:
        """`since`: an instant on the path; 0 for the newest point alone."""
        ...


class PublicMarkets:
    def __init__(self, settings: Settings, clock: Callable[[], int] = now_ms) -> None:
        self._settings, self._clock = settings, clock
        self._data: Any = None

    def _open(self) -> Any:
        if self._data is None:
            from exchange.market_data import MarketData

            folder = FilePath(self._settings.replay_dir) if self._settings.replay_dir else None
            self._data = MarketData(self._clock, folder, self._settings.public, addresses=self._settings.addresses)
        return self._data

    async def rules(self, path: Path, symbol: str) -> Market:
        with refusals():
            rules: Market = await self._open().market(feed(path), symbol)
            return rules

    async def price(self, path: Path, symbol: str) -> Decimal:
        with refusals():
            price: Decimal = (await self._open().price(feed(path), symbol)).last
            return price

    async def listed(self, path: Path) -> list[Listed]:
        with refusals():
            rows = await self._open().markets(feed(path))
        return [Listed(row.symbol, row.market, row.ticker.last if row.ticker else None) for row in rows]

    async def candles(self, path: Path, symbol: str, timeframe: str, limit: int) -> list[Candle]:
        with refusals():
            rows = await self._open().candles(feed(path), symbol, timeframe, limit)
        return [candle_of(row) for row in rows]

    async def candles_between(self, path: Path, symbol: str, timeframe: str, since: int, until: int | None, limit: int) -> Span:
        with refusals():
            rows, following = await self._open().candles_between(feed(path), symbol, timeframe, since, until, limit)
        return Span([candle_of(row) for row in rows], following)

    async def extremes(self, path: Path, symbol: str, since: int) -> Extremes:
        with refusals():
            data = self._open()
            begin = since or await data.source(feed(path)).at(symbol, self._clock())
            found = await data.low_high(feed(path), symbol, begin)
            last = (await data.price(feed(path), symbol)).last if path.live else found.low
        return Extremes(min(found.low, last), max(found.high, last), found.newest.at)

    async def close(self) -> None:
        """Closes what the sources hold open."""
        if self._data is not None:
            await self._data.close()


def candle_of(row: Any) -> Candle:
    return (row.at, plain(row.open), plain(row.high), plain(row.low), plain(row.close), plain(row.volume))


def feed(path: Path) -> Any:
    from exchange.market_data import Feed

    return Feed(path.market, path.created_ms, path.speed)


@contextmanager
def refusals() -> Iterator[None]:
    """The source's refusals as the caller's errors."""
    from exchange import market_data

    try:
        yield
    except market_data.Rejected as error:
        if error.reason == "bad_symbol":
            raise invalid("unknown_symbol", "symbol") from None
        if error.reason == "bad_market":
            raise invalid("unknown_market", "market") from None
        raise invalid("out_of_range", "speed") from None
    except market_data.Unavailable:
        raise AppError(503, "venue_down") from None
