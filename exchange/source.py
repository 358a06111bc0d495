"""Where prices come from: the promise of every source of market data (simulated, replay, a venue's public endpoints).

Rules
1. `wall` instants are what a clock shows, `at` instants lie on the market's path; only the source knows how one becomes the other.
2. The same source, asked twice about the same instant, answers the same.
3. Candles come oldest first; the last one may still be forming and then holds only what has happened.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Protocol

from exchange.path import CandleRow, Track
from strategy_core.trade import Market

TIMEFRAMES = {"1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000}
TIMEFRAMES |= {"1h": 3_600_000, "2h": 7_200_000, "4h": 14_400_000, "6h": 21_600_000, "12h": 43_200_000, "1d": 86_400_000}


class Ticker(NamedTuple):
    """The market at one instant. `change_pct` is against 24 hours earlier, None when that is unknown."""

    symbol: str
    last: Decimal
    bid: Decimal
    ask: Decimal
    change_pct: Decimal | None
    at: int


class Source(Protocol):
    """A market to read prices from. Errors: Unavailable; Rejected("bad_symbol") for a symbol it does not have."""

    name: str

    async def symbols(self) -> tuple[str, ...]: ...

    async def market(self, symbol: str) -> Market: ...

    async def track(self, symbol: str, since: int, wall: int) -> Track:
        """The path visible at `wall`, at least from `since` (an `at` instant) on."""
        ...

    async def tickers(self, symbols: tuple[str, ...], wall: int) -> dict[str, Ticker]:
        """Prices of the symbols it knows; a symbol without a believable price is left out."""
        ...

    async def candles(self, symbol: str, timeframe: str, limit: int, wall: int) -> list[CandleRow]: ...

    async def at(self, symbol: str, wall: int) -> int:
        """The instant on the path that a wall clock shows now."""
        ...

    async def wall(self, symbol: str, at: int) -> int:
        """When (wall clock, ms) the path reaches an instant: for wake-up times."""
        ...

    async def ends_at(self, symbol: str) -> int | None:
        """The last instant of the path, None for a market without an end."""
        ...
