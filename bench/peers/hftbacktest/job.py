"""Both jobs in hftbacktest: compiled strategies over trades made from the candles (it reads ticks, not candles).

A candle becomes three trades: a sale at its open, a sale at its low, a purchase at its high, each one tick beyond, so that an order
that is touched fills; the strategy wakes at the candle's end.
"""

import sys
import time
from math import ceil, floor
from pathlib import Path

import_began = time.perf_counter()
sys.path[0] = str(Path(__file__).resolve().parents[1])  # this folder has the name of the package it measures
import hftbacktest as hft
import numpy as np
from numba import njit

IMPORT_S = time.perf_counter() - import_began
from common import AMOUNT, COUNT, DCA, EMPTY, FEE, INITIAL, JOB, LINES, Clock, candles, report

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
TICK = 0.005
FILLED = hft.FILLED
GTC, LIMIT = hft.GTC, hft.LIMIT
SELLS = 1000  # where the ids of the sells begin
MARKET_LIKE = 5000


def trades(opened, high, low):
    """The feed: three trades a candle, ten seconds apart."""
    feed = np.zeros(3 * COUNT, hft.event_dtype)
    rows = feed.reshape(COUNT, 3)
    begins = MINUTE * (1 + np.arange(COUNT, dtype=np.int64))
    seen = hft.TRADE_EVENT | hft.EXCH_EVENT | hft.LOCAL_EVENT
    kinds = ((hft.SELL_EVENT, opened - TICK), (hft.SELL_EVENT, low - TICK), (hft.BUY_EVENT, high + TICK))
    for k, (side, price) in enumerate(kinds):
        rows[:, k]["ev"], rows[:, k]["px"], rows[:, k]["qty"] = seen | side, price, 1e6
        rows[:, k]["exch_ts"] = rows[:, k]["local_ts"] = begins + 10 * (k + 1) * SECOND
    return feed


@njit
def ladder(engine, close, lines, empty, amount, initial):
    """A filled buy rests a sell one line up, a filled sell a buy one line down; only the gap's neighbours can have filled."""
    engine.elapse(49 * SECOND)
    engine.submit_buy_order(0, MARKET_LIKE, close[0], initial, GTC, LIMIT, False)
    fills, begun = 0, False
    for i in range(1, close.size):
        engine.elapse(MINUTE)
        if not begun:
            for line in range(lines.size):
                if line < empty:
                    engine.submit_buy_order(0, line, lines[line], amount, GTC, LIMIT, False)
                elif line > empty:
                    engine.submit_sell_order(0, SELLS + line, lines[line], amount, GTC, LIMIT, False)
            begun, fills = True, 1
            continue
        orders = engine.orders(0)
        moved = 0
        while empty > 0 and orders.get(empty - 1).status == FILLED:
            empty -= 1
            moved += 1
        while moved == 0 and empty < lines.size - 1 and orders.get(SELLS + empty + 1).status == FILLED:
            empty += 1
            fills += 1
            engine.clear_inactive_orders(0)
            engine.submit_buy_order(0, empty - 1, lines[empty - 1], amount, GTC, LIMIT, False)
        if moved:
            engine.clear_inactive_orders(0)
            for line in range(empty + moved, empty, -1):
                engine.submit_sell_order(0, SELLS + line, lines[line], amount, GTC, LIMIT, False)
            fills += moved
    return fills


@njit
def lots(size, price, step):
    return np.round(floor(size / price / step + 1e-9) * step, 8)


@njit
def deals(engine, close, deviations, sizes, base, profit, step):
    """One deal after the other; ids count on, so that none comes twice."""
    fills, phase, id_, first, exit_ = 0, 0, 1, 0, 0
    amount, cost, filled, target = 0.0, 0.0, 0, 0.0
    prices, amounts = np.zeros(deviations.size), np.zeros(deviations.size)
    engine.elapse(49 * SECOND)
    for i in range(close.size):
        if i:
            engine.elapse(MINUTE)
        orders = engine.orders(0)
        changed = False
        if phase == 1:
            entry = close[i - 1]
            cost, filled, phase, changed, first = entry * amount, 0, 2, True, id_
            fills += 1
            for k in range(deviations.size):
                prices[k] = floor(entry * (1 - deviations[k]) * 100 + 1e-6) / 100
                amounts[k] = lots(sizes[k], prices[k], step)
                engine.submit_buy_order(0, id_, prices[k], amounts[k], GTC, LIMIT, False)
                id_ += 1
        elif phase == 2 and orders.get(exit_).status == FILLED:
            fills += 1
            for k in range(filled, deviations.size):
                engine.cancel(0, first + k, False)
            engine.clear_inactive_orders(0)
            phase = 0
        elif phase == 2:
            while filled < deviations.size and orders.get(first + filled).status == FILLED:
                cost += prices[filled] * amounts[filled]
                amount = np.round(amount + amounts[filled], 8)
                filled += 1
                fills += 1
                changed = True
            if changed:
                engine.cancel(0, exit_, False)
        if changed:
            target = ceil(cost / amount * (1 + profit) * 100 - 1e-6) / 100
            exit_, id_ = id_, id_ + 1
            engine.submit_sell_order(0, exit_, target, amount, GTC, LIMIT, False)
        if phase == 0 and i < close.size - 1:
            amount, phase = lots(base, close[i], step), 1
            engine.submit_buy_order(0, id_, close[i], amount, GTC, LIMIT, False)
            id_ += 1
    return fills


opened, high, low, close = candles()
feed = trades(opened, high, low)


def once():
    """Seconds of the run itself, fills and profit."""
    asset = (
        hft.BacktestAsset().data([feed]).linear_asset(1.0).constant_order_latency(0, 0).risk_adverse_queue_model()
        .no_partial_fill_exchange().trading_value_fee_model(FEE, FEE).tick_size(TICK).lot_size(1e-8).roi_lb(20_000.0).roi_ub(90_000.0)
        .last_trades_capacity(0)
    )  # fmt: skip
    engine = hft.ROIVectorMarketDepthBacktest([asset])
    clock = Clock()
    if JOB == "grid":
        fills = ladder(engine, close, np.array(LINES), EMPTY, AMOUNT, INITIAL)
    else:
        own = (np.array(DCA["deviations"]), np.array(DCA["sizes"]), DCA["base"], DCA["take_profit"], DCA["step"])
        fills = deals(engine, close, *own)
    spent = clock.lap()
    held = engine.state_values(0)
    gained = held.balance + held.position * close[-1] - held.fee
    engine.close()
    return spent, fills, gained


first_s = once()[0]
found = sorted(once() for _ in range(5))[2]
report(IMPORT_S, *found, first_s=first_s)
