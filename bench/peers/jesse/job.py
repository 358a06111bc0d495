"""Both jobs in jesse: its ladder is written anew after every fill, which is the one way it has to hold many orders.

Its futures account is used, since its spot one takes no further entry while a position is open; the fee is the same. Leverage 3 only keeps
its margin check from refusing a ladder that is being replaced: what is bought is what the bot's own money pays.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import_began = time.perf_counter()
sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder has the name of the package it measures
os.chdir(tempfile.mkdtemp())  # it leaves folders wherever it runs
import numpy
from jesse import research
from jesse.strategies import Strategy

IMPORT_S = time.perf_counter() - import_began
from common import (
    AMOUNT,
    BUY,
    CASH,
    COUNT,
    DCA,
    EMPTY,
    FEE,
    INITIAL,
    JOB,
    LINES,
    SELL,
    Clock,
    amount_for,
    candles,
    report,
    safety_orders,
    take_profit,
)

EXCHANGE, SYMBOL = "Binance", "BTC-USDT"
fills = []


class Told(Strategy):
    """Keeps what was filled since it last looked: (side, price, amount)."""

    def __init__(self):
        super().__init__()
        self.new = []

    def should_cancel_entry(self):
        return False

    def heard(self, order):
        fill = (BUY if order.side == "buy" else SELL, float(order.price), abs(float(order.qty)))
        self.new.append(fill)
        fills.append(fill)

    def on_open_position(self, order):
        self.heard(order)

    def on_increased_position(self, order):
        self.heard(order)

    def on_reduced_position(self, order):
        self.heard(order)

    def on_close_position(self, order, closed_trade):
        self.heard(order)

    def take(self):
        new, self.new = self.new, []
        return new


class Ladder(Told):
    empty = None

    def should_long(self):
        return True

    def follow(self):
        """Moves the empty line; whether anything was filled."""
        new = self.take()
        for side, _, amount in new:
            self.empty = EMPTY if amount == INITIAL else self.empty - side
        return bool(new)

    def buys(self):
        return [(AMOUNT, LINES[line]) for line in range(self.empty - 1, -1, -1)]

    def go_long(self):
        if self.empty is None:
            self.buy = (INITIAL, self.price)
            return
        self.follow()
        self.buy = self.buys()

    def update_position(self):
        if not self.follow():
            return
        self.buy = self.buys()
        sells = [(AMOUNT, LINES[line]) for line in range(self.empty + 1, len(LINES))]
        if sells:
            self.take_profit = sells


class Deals(Told):
    opening = False

    def should_long(self):
        self.take()
        return True

    def go_long(self):
        self.buy = (amount_for(DCA["base"], self.price), self.price)
        self.opening = True

    def update_position(self):
        new = self.take()
        for _, price, amount in new:
            if self.opening:
                self.opening = False
                self.cost, self.amount = price * amount, amount
                self.safety = [(size, at) for at, size in safety_orders(price)]
            else:
                self.cost += price * amount
                self.amount = round(self.amount + amount, 8)
                self.safety = self.safety[1:]
        if new:
            self.buy = list(self.safety)
            self.take_profit = (self.amount, take_profit(self.cost, self.amount))


opens, highs, lows, closes = candles()
times = 1_735_689_600_000 + 60_000 * numpy.arange(COUNT)
rows = numpy.column_stack([times, opens, closes, highs, lows, numpy.ones(COUNT)]).astype(float)
config = {
    "starting_balance": CASH, "fee": FEE, "type": "futures", "futures_leverage": 3, "futures_leverage_mode": "cross",
    "exchange": EXCHANGE, "warm_up_candles": 0,
}  # fmt: skip
route = {"exchange": EXCHANGE, "strategy": Ladder if JOB == "grid" else Deals, "symbol": SYMBOL, "timeframe": "1m"}
clock = Clock()
research.backtest(config, [route], [], {f"{EXCHANGE}-{SYMBOL}": {"exchange": EXCHANGE, "symbol": SYMBOL, "candles": rows}})
run_s = clock.lap()
held = sum(side * amount for side, _, amount in fills)
spent = sum(side * price * amount * (1 + side * FEE) for side, price, amount in fills)
report(IMPORT_S, run_s, len(fills), held * closes[-1] - spent)
