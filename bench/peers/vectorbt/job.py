"""Both jobs in vectorbt: a compiled, flexible order function, the one interface of it that can hold a ladder of orders."""

import sys
import time
from math import ceil, floor
from pathlib import Path

import_began = time.perf_counter()
sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder has the name of the package it measures
import numpy as np
import pandas
import vectorbt
from numba import njit
from vectorbt.portfolio import nb
from vectorbt.portfolio.enums import NoOrder

IMPORT_S = time.perf_counter() - import_began
from common import AMOUNT, CASH, DCA, EMPTY, FEE, INITIAL, JOB, LINES, Clock, candles, report

FIRST = 1  # decided at the close of candle 0, filled at the open of candle 1


@njit
def ladder(c, opened, high, low, lines, at, amount, initial, fee):
    """`at`: the empty line, and the way the price went within this candle (a mirror made in it rests from the next)."""
    i = c.i
    if i <= FIRST:
        if i == FIRST and c.call_idx == 0:
            return 0, nb.order_nb(size=initial, price=opened[i], fees=fee)
        return -1, NoOrder
    if c.call_idx == 0:
        at[1] = 0
    empty = int(at[0])
    if empty > 0 and low[i] <= lines[empty - 1] and at[1] >= 0:
        at[0], at[1] = empty - 1, 1
        return 0, nb.order_nb(size=amount, price=lines[empty - 1], fees=fee)
    if empty < lines.size - 1 and high[i] >= lines[empty + 1] and at[1] <= 0:
        at[0], at[1] = empty + 1, -1
        return 0, nb.order_nb(size=-amount, price=lines[empty + 1], fees=fee)
    return -1, NoOrder


@njit
def bought(size, price, step):
    return np.round(floor(size / price / step + 1e-9) * step, 8)


@njit
def deals(c, opened, high, low, deviations, sizes, deal, prices, amounts, base, profit, step, fee):
    """`deal`: open?, safety orders filled, cost, amount, take profit, the candle it was opened in."""
    i = c.i
    if i < FIRST:
        return -1, NoOrder
    if deal[0] == 0:
        if c.call_idx > 0:
            return -1, NoOrder
        price = opened[i]
        deal[0], deal[1], deal[3], deal[5] = 1, 0, bought(base, price, step), i
        deal[2] = price * deal[3]
        for k in range(deviations.size):
            prices[k] = floor(price * (1 - deviations[k]) * 100 + 1e-6) / 100
            amounts[k] = bought(sizes[k], prices[k], step)
        deal[4] = ceil(deal[2] / deal[3] * (1 + profit) * 100 - 1e-6) / 100
        return 0, nb.order_nb(size=deal[3], price=price, fees=fee)
    if deal[5] == i:
        return -1, NoOrder
    k = int(deal[1])
    if high[i] >= deal[4] and c.call_idx == 0:
        deal[0] = 0
        return 0, nb.order_nb(size=-deal[3], price=deal[4], fees=fee)
    if k < deviations.size and low[i] <= prices[k]:
        deal[1], deal[2], deal[3] = k + 1, deal[2] + prices[k] * amounts[k], np.round(deal[3] + amounts[k], 8)
        deal[4] = ceil(deal[2] / deal[3] * (1 + profit) * 100 - 1e-6) / 100
        return 0, nb.order_nb(size=amounts[k], price=prices[k], fees=fee)
    return -1, NoOrder


opened, high, low, close = candles()
index = pandas.Series(close, index=pandas.date_range("2025-01-01", periods=len(close), freq="min"))
common = {"flexible": True, "init_cash": CASH, "max_orders": 60_000, "max_logs": 0, "freq": "1min"}


def once():
    if JOB == "grid":
        own = (opened, high, low, np.array(LINES), np.array([EMPTY, 0.0]), AMOUNT, INITIAL, FEE)
        return vectorbt.Portfolio.from_order_func(index, ladder, *own, **common)
    sizes = np.array(DCA["sizes"])
    memory = (np.zeros(6), np.zeros(sizes.size), np.zeros(sizes.size))
    own = (opened, high, low, np.array(DCA["deviations"]), sizes, *memory, DCA["base"], DCA["take_profit"], DCA["step"], FEE)
    return vectorbt.Portfolio.from_order_func(index, deals, *own, **common)


clock = Clock()
once()
first_s = clock.lap()
times = []
for _ in range(5):
    made = once()
    times.append(clock.lap())
final = float(made.final_value())
report(IMPORT_S, sorted(times)[2], len(made.orders.values), final - CASH, first_s=first_s)
