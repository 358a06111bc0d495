"""The bots people make: one plain plan of each strategy, and in some runs one of its variants."""

from __future__ import annotations

import random
from typing import Any

Doc = dict[str, Any]
CONFIGS: dict[str, Doc] = {
    "GRID": {"low": "90", "high": "110", "cells": 5, "spacing": "arithmetic", "investment": "1000", "reserve_pct": "1"},
    "DCA": {
        "base_order_size": "200", "safety_order_size": "150", "safety_orders": 3, "step_pct": "2", "take_profit_pct": "2.5", "funds_quote": "1000",
    },
    "BTD": {"low": "90", "high": "110", "cells": 5, "spacing": "arithmetic", "investment": "5"},
    "LOOP": {"investment": "1000", "order_count": 10, "distance_pct": "2", "reserve_pct": "1"},
    "COMBO": {"margin": "600", "leverage": "2", "levels": 10, "step_pct": "1.5", "mmr_pct": "0.5"},
    "DCA_FUTURES": {
        "direction": "long", "leverage": "3", "base_order_margin": "100", "safety_order_margin": "100", "safety_orders": 2, "step_pct": "2",
        "take_profit_pct": "1.5", "funds_quote": "1000", "mmr_pct": "0.5",
    },
}  # fmt: skip
STOPS: dict[str, Doc] = {"DCA_FUTURES": {"stop_loss_pct": "5"}, "COMBO": {"stop_loss_pct": "16"}}
EDITS: dict[str, Doc] = {
    "GRID": {"take_profit_price": "140"},
    "DCA": {"take_profit_pct": "3"},
    "BTD": {"take_profit_price": "140"},
    "LOOP": {"take_profit_price": "140"},
    "COMBO": {"take_profit_price": "140"},
    "DCA_FUTURES": {"take_profit_pct": "2"},
}
DEALS: tuple[Doc, ...] = (
    {"trailing_take_profit_pct": "0.5"},
    {"take_profit_steps": [{"pct": "1", "share_pct": "40"}, {"pct": "2.5", "share_pct": "60"}], "take_profit_pct": None},
    {
        "take_profit_steps": [{"pct": "1", "share_pct": "50"}, {"pct": "2", "share_pct": "50"}],
        "take_profit_pct": None,
        "break_even_after_tp1": True,
    },
    {"max_active_safety_orders": 1, "step_multiplier": "1.3", "size_multiplier": "1.2"},
    {"stop_loss_pct": "9", "stop_loss_timeout_s": 10},
    {"stop_loss_pct": "9", "trailing_stop": True, "cooldown_s": 20},
    {"stop_loss_pct": "9", "after_stop_loss": "stop", "risk_reduction_pct": "50"},
    {"take_profit_of": "base", "take_profit_net": False, "reinvest_pct": "50"},
    {"missing_orders": "pause"},
    {"missing_orders": "adopt", "max_deals": 2},
    {"min_price": "95", "max_price": "104", "stop_below_price": "92", "stop_close_mode": "quote"},
)
VARIANTS: dict[str, tuple[Doc, ...]] = {
    "GRID": (
        {"low": "97", "high": "103", "trail_up": "shift", "trail_down": "shift", "trail_up_limit": "112", "trail_down_limit": "90"},
        {"low": "97", "high": "103", "trail_up": "extend", "trail_down": "extend", "trail_up_limit": "110", "trail_down_limit": "92", "trail_up_budget": "150", "trail_down_budget": "150"},
        {"low": "96", "high": "104", "cells": 8, "spacing": "geometric", "trail_up": "shift", "trail_up_limit": "106"},
        {"size_mode": "base"},
        {"reinvest": "compound"},
        {"cells": 12, "max_active_orders": 4},
        {"cells": 12, "pump_guard": True, "pump_guard_fills": 2, "pump_guard_s": 60, "pump_guard_pct": "1"},
        {"missing_orders": "pause", "stop_loss_price": "88"},
        {"missing_orders": "adopt", "take_profit_pct": "1"},
        {"stop_above_price": "103", "stop_close_mode": "base"},
        {"max_deals": 3, "stop_close_mode": "quote"},
    ),
    "DCA": (*DEALS, {"direction": "short", "funds_quote": "0", "funds_base": "8"}),
    "BTD": (
        {"start_mode": "balanced"},
        {"low": "97", "high": "103", "trail_up": "shift"},
        {"low": "96", "high": "104", "cells": 8, "spacing": "geometric", "trail_down_limit": "93"},
        {"reinvest": "compound"},
        {"cells": 12, "max_active_orders": 4},
        {"take_profit_pct": "1"},
        {"stop_below_price": "97", "stop_close_mode": "quote"},
        {"missing_orders": "adopt"},
    ),
    "LOOP": (
        {"max_expansion": 0},
        {"distance_pct": "0.5", "max_expansion": 2, "low": "94", "high": "107"},
        {"take_profit_pct": "0.5", "exit_coin": "both"},
        {"equity_guard_pct": "1", "equity_guard_action": "pause"},
        {"equity_guard_pct": "2", "equity_guard_action": "close", "exit_coin": "base"},
        {"distance_pct": "0.7", "missing_orders": "adopt"},
        {"max_deals": 2, "stop_close_mode": "break_even"},
    ),
    "COMBO": (
        {"direction": "short"},
        {"grid_levels": 3, "step_pct": "0.8"},
        {"direction": "short", "step_pct": "0.7", "refill_on_shift": False},
        {"take_profit_pct": "1.5"},
        {"missing_orders": "adopt", "step_pct": "0.5"},
        {"stop_loss_pct": "3"},
        {"max_deals": 3, "stop_close_mode": "quote"},
    ),
    "DCA_FUTURES": (*DEALS, {"direction": "short"}, {"direction": "short", "stop_loss_pct": "6", "trailing_stop": True}),
}  # fmt: skip


def config_of(strategy: str, has_stop: bool, variety: str | None) -> Doc:
    """`variety`: what chooses the variant; None for the plain plan."""
    config = CONFIGS[strategy] | (STOPS.get(strategy, {}) if has_stop else {})
    if variety is None:
        return config
    varied = {**config, **random.Random(variety).choice(VARIANTS[strategy])}
    return {field: value for field, value in varied.items() if value is not None}
