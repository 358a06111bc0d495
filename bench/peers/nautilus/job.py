"""Both jobs in nautilus_trader: its matching engine over one-minute bars, one resting limit order per line."""

import sys
import time
from pathlib import Path

import_began = time.perf_counter()
sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder has the name of the package it measures
import pandas
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

IMPORT_S = time.perf_counter() - import_began
from common import AMOUNT, BUY, CASH, DCA, EMPTY, INITIAL, JOB, LINES, SELL, Clock, amount_for, frame, report, safety_orders, take_profit

MARKET = TestInstrumentProvider.btcusdt_binance()  # price 2 places, size 6, fee 0.1 % both ways
BARS = BarType.from_str("BTCUSDT.BINANCE-1-MINUTE-LAST-EXTERNAL")
VENUE = Venue("BINANCE")
SIDES = {BUY: OrderSide.BUY, SELL: OrderSide.SELL}


class AtCloses(Strategy):
    """Keeps what filled until the bar is over: it acts at closes only."""

    def __init__(self):
        super().__init__()
        self.filled, self.count = [], 0

    def on_start(self):
        self.subscribe_bars(BARS)

    def on_order_filled(self, event):
        self.filled.append(event)
        self.count += 1

    def on_order_denied(self, event):
        raise SystemExit(f"denied: {event.reason}")

    def on_order_rejected(self, event):
        raise SystemExit(f"rejected: {event.reason}")

    def ask(self, side, amount, price=None):
        own = {"instrument_id": MARKET.id, "order_side": SIDES[side], "quantity": Quantity(amount, 6)}
        order = self.order_factory.market(**own) if price is None else self.order_factory.limit(price=Price(price, 2), **own)
        self.submit_order(order)
        return order

    def taken(self):
        found, self.filled = self.filled, []
        return found


class Ladder(AtCloses):
    def __init__(self):
        super().__init__()
        self.places, self.phase = {}, "flat"

    def rest(self, line, side):
        self.places[self.ask(side, AMOUNT, LINES[line]).client_order_id] = (line, side)

    def on_bar(self, bar):
        if self.phase == "flat":
            self.phase = "opening"
            self.ask(BUY, INITIAL)
        elif self.phase == "opening":
            self.taken()
            self.phase = "open"
            for line in range(len(LINES)):
                if line != EMPTY:
                    self.rest(line, BUY if line < EMPTY else SELL)
        elif self.filled:
            for event in self.taken():
                line, side = self.places.pop(event.client_order_id)
                self.rest(line + side, -side)


class Deals(AtCloses):
    def __init__(self):
        super().__init__()
        self.phase = "flat"

    def open_deal(self, price):
        self.amount = amount_for(DCA["base"], price)
        self.phase = "opening"
        self.ask(BUY, self.amount)

    def rest_profit(self):
        self.profit = self.ask(SELL, self.amount, take_profit(self.cost, self.amount))

    def on_bar(self, bar):
        if self.phase == "flat":
            self.open_deal(float(bar.close))
            return
        if not self.filled:
            return
        events = self.taken()
        if self.phase == "opening":
            entry = float(events[0].last_px)
            self.cost = entry * self.amount
            self.safety = [self.ask(BUY, amount, price) for price, amount in safety_orders(entry)]
            self.phase = "open"
            self.rest_profit()
            return
        for event in events:
            if event.order_side == OrderSide.SELL:
                for order in self.safety:
                    if order.is_open:
                        self.cancel_order(order)
                self.open_deal(float(bar.close))
                return
            amount = float(event.last_qty)
            self.cost += float(event.last_px) * amount
            self.amount = round(self.amount + amount, 8)
        price = take_profit(self.cost, self.amount)
        self.modify_order(
            self.profit, quantity=Quantity(self.amount, 6), price=Price(price, 2)
        )  # both at once: it counts sells as reserved


data = frame(pandas).rename(columns=str.lower)
data.index = data.index.tz_localize("UTC").astype("datetime64[ns, UTC]")
data["volume"] = 1e6
bars = BarDataWrangler(BARS, MARKET).process(data)
engine = BacktestEngine(BacktestEngineConfig(trader_id="BENCH-001", logging=LoggingConfig(bypass_logging=True), run_analysis=False))
engine.add_venue(
    VENUE,
    oms_type=OmsType.NETTING,
    account_type=AccountType.CASH,
    base_currency=None,
    starting_balances=[Money(CASH, USDT)],
    bar_execution=True,
)
engine.add_instrument(MARKET)
engine.add_data(bars)
bot = Ladder() if JOB == "grid" else Deals()
engine.add_strategy(bot)
clock = Clock()
engine.run()
run_s = clock.lap()
held = engine.portfolio.account(VENUE).balances_total()
coins = held[BTC].as_double() if BTC in held else 0.0
final = held[USDT].as_double() + coins * data["close"].iloc[-1]
report(IMPORT_S, run_s, bot.count, final - CASH)
