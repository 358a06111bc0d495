"""The reference jobs and the year of candles they run over.

525,600 one-minute candles: a seeded mean-reverting walk around 50,000 in even cents, twelve sub-steps per candle. Fee 0.1 % in quote.
The rules differ from candle-close engines: ours fills along four path points per candle, so counts differ a little.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from strategy_core.backtest import Series
from strategy_core.trade import Market

MINUTES, PARTS, SEED = 525_600, 12, 20260101
SPREAD, PULL, CENTRE = 0.0017, 2.26e-4, 50_000.0
START_MS = 1_735_689_600_000

MARKET = Market.model_validate(
    {
        "symbol": "BTC/USDT", "price_tick": "0.01", "amount_step": "0.00001", "min_amount": "0.00001", "min_notional": "5",
        "maker_fee": "0.001", "taker_fee": "0.001", "fee_mode": "quote",
    }
)  # fmt: skip
GRID: dict[str, Any] = {
    "low": "40000", "high": "60000", "cells": 40, "spacing": "arithmetic", "size_mode": "base", "investment": "20000", "reserve_pct": "0",
}  # fmt: skip
DCA: dict[str, Any] = {
    "direction": "long", "base_order_size": "100", "safety_order_size": "100", "safety_orders": 5, "step_pct": "1",
    "step_multiplier": "1.2", "size_multiplier": "1.5", "take_profit_pct": "1.5", "take_profit_net": False,
}  # fmt: skip


def columns() -> dict[str, np.ndarray[Any, Any]]:
    """The year as arrays: ts (ms), open, high, low, close."""
    random = np.random.default_rng(SEED)
    noise = random.standard_normal(MINUTES * PARTS) * (SPREAD / np.sqrt(PARTS))
    log_price = np.empty(len(noise) + 1)
    log_price[0] = value = 0.0
    keep = 1 - PULL / PARTS
    for k, shock in enumerate(noise.tolist()):
        value = keep * value + shock
        log_price[k + 1] = value
    price = np.round(CENTRE * np.exp(log_price) * 50) / 50
    windows = np.lib.stride_tricks.sliding_window_view(price, PARTS + 1)[::PARTS][:MINUTES]
    named = {"open": price[:-1:PARTS][:MINUTES], "high": windows.max(1), "low": windows.min(1), "close": windows[:, -1]}
    times = START_MS + 60_000 * np.arange(MINUTES, dtype=np.int64)
    return {"ts": times, **{name: np.round(column, 2) for name, column in named.items()}}


def series(data: dict[str, np.ndarray[Any, Any]]) -> Series:
    return Series(data["ts"], (data["open"], data["high"], data["low"], data["close"]), 60_000)
