"""Markets, candles and strategies as the API shows them."""

from __future__ import annotations

from typing import Any, Literal

from strategy_core.number import Model, Num

Timeframe = Literal["1m", "5m", "15m", "1h", "4h", "1d"]
TIMEFRAME_MS = {"1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "4h": 14_400_000, "1d": 86_400_000}
Candle = tuple[int, Num, Num, Num, Num, Num]


class MarketItem(Model):
    """`simulated` markets say so: their prices are made up."""

    symbol: str
    base: str
    quote: str
    last: Num | None
    simulated: bool
    future: bool
    price_tick: Num | None = None
    amount_step: Num | None = None
    min_amount: Num | None = None
    min_notional: Num | None = None
    maker_fee: Num | None = None
    taker_fee: Num | None = None


class MarketPage(Model):
    items: tuple[MarketItem, ...]
    next: str | None = None


class CandlePage(Model):
    """Items are `[t_ms, open, high, low, close, volume]`, oldest first; the last one may still be open. A page that was cut by
    `limit` has `next`; a venue's gap may leave a page short or empty before the range is over."""

    items: tuple[Candle, ...]
    next: str | None = None


class StrategyItem(Model):
    """`json_schema` is the JSON schema of the strategy's config: bounds, defaults and the order of the form's fields."""

    name: str
    futures: bool
    json_schema: dict[str, Any]


class StrategyPage(Model):
    items: tuple[StrategyItem, ...]
    next: str | None = None


class Me(Model):
    user_id: str
    email: str | None = None
    scopes: tuple[str, ...] = ()
    bots: int = 0
    bots_limit: int
    live_exchanges: tuple[str, ...] = ()


class Negotiated(Model):
    """`url` carries a token that expires within the hour and hears the user's own group only."""

    url: str


class Ready(Model):
    """`status` is "degraded", and the answer a 503, while the stores, the bus or the vault cannot be asked."""

    status: Literal["ok", "degraded"]
    time: str


class Health(Model):
    """`status` is "ok" while the app answers at all."""

    status: Literal["ok"]
    version: str
    time: str
