"""Both jobs in backtesting.py: fractional sizes through its FractionalBacktest, one resting order per line."""

import sys
import time
import warnings
from pathlib import Path

import_began = time.perf_counter()
sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder has the name of the package it measures
import pandas
from backtesting import Strategy
from backtesting.lib import FractionalBacktest

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
    frame,
    report,
    safety_orders,
    take_profit,
)

UNIT = 1e-5
fills = []


def units(amount):
    return round(amount / UNIT)


class Ladder(Strategy):
    def init(self):
        self.resting = None

    def rest(self, line, side):
        make = self.buy if side == BUY else self.sell
        self.resting[line] = (make(size=units(AMOUNT), limit=LINES[line] * UNIT), side)

    def next(self):
        if self.resting is None:
            if not self.position and not self.orders:
                self.buy(size=units(INITIAL))
            elif self.position:
                fills.append((BUY, INITIAL))
                self.resting = {}
                for line in range(len(LINES)):
                    if line != EMPTY:
                        self.rest(line, BUY if line < EMPTY else SELL)
            return
        orders = self.orders
        if len(orders) == len(self.resting):
            return
        alive = set(map(id, orders))
        done = [(line, side) for line, (order, side) in self.resting.items() if id(order) not in alive]
        for line, side in done:
            del self.resting[line]
            fills.append((side, AMOUNT))
        for line, side in done:
            self.rest(line + side, -side)


class Deals(Strategy):
    def init(self):
        self.phase, self.safety, self.profit = "flat", [], None

    def open_deal(self):
        self.amount = amount_for(DCA["base"], float(self.data.Close[-1]) / UNIT)
        self.buy(size=units(self.amount))
        self.phase = "opening"

    def rest_profit(self):
        self.profit = self.sell(size=units(self.amount), limit=take_profit(self.cost, self.amount) * UNIT)

    def next(self):
        if self.phase == "flat":
            self.open_deal()
        elif self.phase == "opening":
            price = round(float(self.data.Open[-1]) / UNIT, 2)
            self.cost = price * self.amount
            fills.append((BUY, self.amount))
            self.safety = [(at, amount, self.buy(size=units(amount), limit=at * UNIT)) for at, amount in safety_orders(price)]
            self.rest_profit()
            self.phase = "open"
        else:
            self.judge()

    def judge(self):
        orders = self.orders
        if len(orders) == len(self.safety) + 1:
            return
        if self.profit not in orders:
            fills.append((SELL, self.amount))
            for _, _, order in self.safety:
                if order in orders:
                    order.cancel()
            self.safety = []
            self.open_deal()
            return
        while self.safety and self.safety[0][2] not in orders:
            price, amount, _ = self.safety.pop(0)
            self.cost += price * amount
            self.amount = round(self.amount + amount, 8)
            fills.append((BUY, amount))
        self.profit.cancel()
        self.rest_profit()


warnings.filterwarnings("ignore")
data = frame(pandas)
clock = Clock()
rules = Ladder if JOB == "grid" else Deals
test = FractionalBacktest(data, rules, fractional_unit=UNIT, cash=CASH, commission=FEE, finalize_trades=False)
result = test.run()
report(IMPORT_S, clock.lap(), len(fills), result["Equity Final [$]"] - CASH)
