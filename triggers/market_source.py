"""Public market data as the API and the market watcher read it: where a paper account's prices come from, and what they are now."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from shared.errors import invalid
from shared.settings import Settings
from strategy_core.trade import Market


class Path(NamedTuple):
    """Which path of prices: `market` is simulated, replay or an exchange id; the rest only matters to the first two."""

    market: str
    speed: int = 1
    created_ms: int = 0

    @classmethod
    def of_account(cls, account: dict[str, Any]) -> Path:
        return cls(account["market"], int(account["speed"]), int(account["createdMs"]))


class Listed(NamedTuple):
    """One market with its last price, and the venue's rules where they are known without another call."""

    symbol: str
    last: Decimal | None
    rules: Market | None


class MarketSource(Protocol):
    async def rules(self, path: Path, symbol: str) -> Market:
        """Errors: AppError bad_symbol, market_unknown, venue_down."""
        ...

    async def price(self, path: Path, symbol: str, wall: int) -> tuple[Decimal, int]:
        """The last price and its instant on the path."""
        ...

    async def listed(self, path: Path, wall: int) -> list[Listed]: ...

    async def candles(
        self, path: Path, symbol: str, timeframe: str, limit: int, wall: int
    ) -> list[tuple[int, str, str, str, str, str]]: ...


class PublicMarkets:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def rules(self, path: Path, symbol: str) -> Market:
        raise invalid("market_unknown", "market")
