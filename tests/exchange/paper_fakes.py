"""A path written by hand, a clock moved by hand: everything a paper exchange needs in a test."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from exchange.paper import MemoryBooks, PaperExchange, Settings
from exchange.protocol import Cursor, Placement, View
from exchange.replay import Replay
from strategy_core.trade import FeeMode, Horizon, Market, Order, OrderType, Role, Side

T0 = 1_700_000_040_000  # a full minute
MINUTE = 60_000
OPEN_HORIZON = Horizon(None, None, None)
AT_ONCE = Horizon(Decimal(1), Decimal(1), None)


class Clock:
    def __init__(self, now: int = T0) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def rules(symbol: str = "BTC/USDT", fee: str = "0.001", fee_mode: FeeMode = FeeMode.QUOTE, slippage: str = "0", **more: str) -> Market:
    fields = {"price_tick": "0.01", "amount_step": "0.001", "min_amount": "0.001", "min_notional": "5"} | more
    return Market(symbol=symbol, maker_fee=fee, taker_fee=fee, fee_mode=fee_mode, slippage_pct=slippage, **fields)  # type: ignore[arg-type]


def write_candles(directory: Path, candles: list[str], symbol: str = "BTC-USDT") -> Path:
    """Candles as "open high low close", one a minute from T0."""
    rows = [f"{T0 + i * MINUTE},{','.join(candle.split())},10" for i, candle in enumerate(candles)]
    (directory / f"{symbol}.csv").write_text("timestamp_ms,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    return directory


class World:
    """One paper account on a hand-written path. The account was created at T0, speed 1, so wall time is path time."""

    def __init__(
        self, directory: Path, candles: list[str], balances: dict[str, str], market: Market | None = None, settings: Settings | None = None
    ) -> None:
        self.clock, self.books = Clock(), MemoryBooks()
        self.rules = market or rules()
        write_candles(directory, candles, self.rules.symbol.replace("/", "-").replace(":USDT", ""))
        source = Replay(directory, T0)
        if self.rules.is_future:
            write_candles(directory, candles, self.rules.symbol.replace("/", "-"))
        self.paper = self.another(source, balances, settings)
        self.source, self.balances = source, balances
        self.count = 0

    def another(self, source: Replay, balances: dict[str, str], settings: Settings | None = None) -> PaperExchange:
        money = {currency: Decimal(amount) for currency, amount in balances.items()}
        settings = (settings or Settings())._replace(rules=self.rules)
        return PaperExchange(self.books, source, self.clock, money, settings)

    def placement(self, text: str, made_at: int = T0, id_: str | None = None, reduce_only: bool = False) -> Placement:
        """ "buy 1 @ 95" or "sell 1"."""
        side, amount, *rest = text.split()
        price = Decimal(rest[1]) if rest else None
        self.count += 1
        kind = OrderType.LIMIT if rest else OrderType.MARKET
        order = Order(f"L{self.count}", 0, 0, Side(side), kind, price, Decimal(amount), Role.GRID, reduce_only, made_at)
        return Placement(id_ or f"order{self.count}", self.rules.symbol, order, self.clock.now, self.clock.now + 30_000)

    async def look(self, since: int, *mine: str, horizon: Horizon = OPEN_HORIZON, trade_id: str = "") -> View:
        return await self.paper.look(self.rules.symbol, Cursor(since, trade_id), mine, horizon)
