"""Both jobs in backtrader: one resting limit order per line, notified when it completes."""

import sys
import time
from pathlib import Path

import_began = time.perf_counter()
sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder has the name of the package it measures
import backtrader
import pandas

IMPORT_S = time.perf_counter() - import_began
from common import (
    AMOUNT,
    BUY,
    CASH,
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

fills = []
LIMIT = backtrader.Order.Limit


class Told(backtrader.Strategy):
    def __init__(self):
        self.done = []

    def notify_order(self, order):
        if order.status == order.Completed:
            self.done.append(order)
            fills.append(BUY if order.isbuy() else SELL)
        elif order.status in (order.Margin, order.Rejected):
            raise SystemExit(f"refused: {order}")


class Ladder(Told):
    def __init__(self):
        super().__init__()
        self.phase = "flat"

    def rest(self, line, side):
        make = self.buy if side == BUY else self.sell
        make(size=AMOUNT, price=LINES[line], exectype=LIMIT).addinfo(line=line)

    def next(self):
        if self.phase == "flat":
            self.buy(size=INITIAL)
            self.phase = "opening"
        elif self.phase == "opening":
            self.done.clear()
            for line in range(len(LINES)):
                if line != EMPTY:
                    self.rest(line, BUY if line < EMPTY else SELL)
            self.phase = "open"
        elif self.done:
            done, self.done = self.done, []
            for order in done:
                side = BUY if order.isbuy() else SELL
                self.rest(order.info.line + side, -side)


class Deals(Told):
    def __init__(self):
        super().__init__()
        self.phase = "flat"

    def open_deal(self):
        self.amount = amount_for(DCA["base"], self.data.close[0])
        self.buy(size=self.amount)
        self.phase = "opening"

    def rest_profit(self):
        self.profit = self.sell(size=self.amount, price=take_profit(self.cost, self.amount), exectype=LIMIT)

    def next(self):
        if self.phase == "flat":
            self.open_deal()
            return
        if not self.done:
            return
        done, self.done = self.done, []
        if self.phase == "opening":
            price = done[0].executed.price
            self.cost = price * self.amount
            self.safety = [self.buy(size=amount, price=at, exectype=LIMIT) for at, amount in safety_orders(price)]
            self.rest_profit()
            self.phase = "open"
            return
        for order in done:
            if order.issell():
                for safety in self.safety:
                    if safety.alive():
                        self.cancel(safety)
                self.open_deal()
                return
            self.cost += order.executed.price * order.size
            self.amount = round(self.amount + order.size, 8)
        self.cancel(self.profit)
        self.rest_profit()


data = frame(pandas)
clock = Clock()
engine = backtrader.Cerebro(stdstats=False)
engine.broker.setcash(CASH)
engine.broker.setcommission(commission=FEE)
engine.adddata(backtrader.feeds.PandasData(dataname=data))
engine.addstrategy(Ladder if JOB == "grid" else Deals)
engine.run()
report(IMPORT_S, clock.lap(), len(fills), engine.broker.getvalue() - CASH)
