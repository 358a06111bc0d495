"""Every check of a plan at its very edge: what just passes, what just does not, and the figures that are said."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
FREE = {"maker_fee": "0", "taker_fee": "0", "min_notional": "0"}
DCA: dict[str, Any] = {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 2, "step_pct": "5", "take_profit_pct": "2"}
FUTURES: dict[str, Any] = {
    "leverage": "5", "base_order_margin": "100", "safety_order_margin": "100", "safety_orders": 2, "step_pct": "5", "take_profit_pct": "2",
}  # fmt: skip
COMBO: dict[str, Any] = {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "grid_levels": 5, "step_pct": "1"}
GRID: dict[str, Any] = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "1000"}
LOOP: dict[str, Any] = {"investment": "5000", "order_count": 10, "distance_pct": "2"}
PLAIN = {"DCA": DCA, "DCA_FUTURES": FUTURES, "COMBO": COMBO, "GRID": GRID, "LOOP": LOOP, "BTD": GRID | {"investment": "8"}}


def said(
    name: str, change: dict[str, Any], market: dict[str, Any] | None = None, price: str = "100"
) -> list[tuple[str, str, dict[str, str]]]:
    rules = walks.market(future=name in ("DCA_FUTURES", "COMBO"), **(market or {}))
    return [(one.field, one.code, one.params) for one in registry.validate(name, PLAIN[name] | change, D(price), rules)]


EDGES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], list[tuple[str, str, dict[str, str]]]]] = [
    # strategy, what passes, what does not, the market, what is said of the second
    ("DCA", {"step_pct": "49.9"}, {"step_pct": "50"}, {}, [("step_pct", "out_of_range", {"max": "100", "got": "100"})]),
    ("DCA", {"stop_loss_pct": "99.9"}, {"stop_loss_pct": "100"}, {}, [("stop_loss_pct", "out_of_range", {"max": "100", "got": "100"})]),
    ("DCA", {"stop_loss_pct": "10.01"}, {"stop_loss_pct": "10"}, {}, [("stop_loss_pct", "stop_inside_ladder", {"min": "10", "got": "10"})]),
    ("DCA", {"max_active_safety_orders": 2}, {"max_active_safety_orders": 3}, {}, [("max_active_safety_orders", "out_of_range", {"max": "2", "got": "3"})]),
    ("DCA", {"funds_quote": "300"}, {"funds_quote": "299.99"}, {}, [("funds_quote", "insufficient_funds", {"needed": "300", "got": "299.99"})]),
    (
        "DCA", {"direction": "short", "funds_base": "2.861"}, {"direction": "short", "funds_base": "2.860"}, {},
        [("funds_base", "insufficient_funds", {"needed": "2.861", "got": "2.86"})],
    ),
    (
        "DCA", {"direction": "short", "step_pct": "0.1", "custom_ladder": [{"deviation_pct": "1000", "size": "1000"}]},
        {"direction": "short", "step_multiplier": "10", "safety_orders": 6}, {},
        [("step_multiplier", "out_of_range", {"max": "100000", "got": "555555"})],
    ),
    (
        "DCA", {"direction": "short", "take_profit_net": False, "take_profit_pct": "99.9"},
        {"direction": "short", "take_profit_net": False, "take_profit_pct": "100"}, {},
        [("take_profit_pct", "out_of_range", {"max": "100", "got": "100"})],
    ),
    (
        "DCA", {"direction": "short", "take_profit_net": False, "take_profit_pct": None, "take_profit_steps": [{"pct": "1", "share_pct": "50"}, {"pct": "99", "share_pct": "50"}]},
        {"direction": "short", "take_profit_net": False, "take_profit_pct": None, "take_profit_steps": [{"pct": "1", "share_pct": "50"}, {"pct": "101", "share_pct": "50"}]}, {},
        [("take_profit_pct", "out_of_range", {"max": "100", "got": "101"})],
    ),
    ("DCA", {"min_price": "99", "max_price": "99.01"}, {"min_price": "99", "max_price": "99"}, {}, [("max_price", "out_of_range", {"min": "99", "got": "99"})]),
    (
        "DCA", {"take_profit_steps": [{"pct": "1", "share_pct": "40"}, {"pct": "2", "share_pct": "30"}, {"pct": "2.1", "share_pct": "30"}]},
        {"take_profit_steps": [{"pct": "1", "share_pct": "40"}, {"pct": "2", "share_pct": "30"}, {"pct": "2", "share_pct": "30"}]}, {},
        [("take_profit_steps", "levels_collide", {"row": "2", "pct": "2", "previous": "2"})],
    ),
    (
        "DCA", {}, {"take_profit_steps": [{"pct": "1", "share_pct": "40"}, {"pct": "2", "share_pct": "59"}]}, {},
        [("take_profit_steps", "out_of_range", {"total": "99", "needed": "100"})],
    ),
    (
        "DCA", {"custom_ladder": [{"deviation_pct": "1", "size": "50"}, {"deviation_pct": "2", "size": "50"}, {"deviation_pct": "2.1", "size": "50"}]},
        {"custom_ladder": [{"deviation_pct": "1", "size": "50"}, {"deviation_pct": "2", "size": "50"}, {"deviation_pct": "2", "size": "50"}]}, {},
        [("custom_ladder", "levels_collide", {"row": "2", "deviation_pct": "2", "previous": "2"})],
    ),
    (
        "DCA", {"custom_ladder": [{"deviation_pct": "0.02", "size": "50"}]}, {"custom_ladder": [{"deviation_pct": "0.02", "size": "50"}, {"deviation_pct": "0.025", "size": "50"}]}, {},
        [],
    ),
    (
        "DCA", {}, {"custom_ladder": [{"deviation_pct": "0.021", "size": "50"}, {"deviation_pct": "0.025", "size": "50"}]}, {},
        [("custom_ladder", "levels_collide", {"level": "2", "price": "99.97"})],
    ),
    (
        "DCA", {}, {"safety_orders": 20, "step_pct": "0.1", "size_multiplier": "10"}, {},
        [("size_multiplier", "out_of_range", {"max": "1000000000000000", "got": "1" + "0" * 21})],
    ),
    # minimums with a tenth to spare: 100 of base order needs 90.90..., a safety order of 99.94 (1.052 at 95)
    ("DCA", {"safety_orders": 0}, {"safety_orders": 0, "base_order_size": "10.9"}, {"min_notional": "10"}, [("base_order_size", "below_min_notional", {"level": "0", "needed": "11", "got": "10.9"})]),
    ("DCA", {"safety_orders": 0, "base_order_size": "11"}, {"safety_orders": 0, "base_order_size": "10.99"}, {"min_notional": "10"}, [("base_order_size", "below_min_notional", {"level": "0", "needed": "11", "got": "10.9"})]),
    ("DCA", {"safety_orders": 0, "base_order_size": "11"}, {"safety_orders": 0, "base_order_size": "10.9"}, {"min_amount": "0.1"}, [("base_order_size", "below_min_notional", {"level": "0", "needed": "11", "got": "10.9"})]),
    ("DCA", {}, {"safety_order_size": "20"}, {"min_notional": "20"}, [
        ("safety_order_size", "below_min_notional", {"level": "1", "needed": "22", "got": "19.95"}),
        ("safety_order_size", "below_min_notional", {"level": "2", "needed": "22", "got": "19.98"}),
    ]),
    ("DCA", {"safety_orders": 0}, {"safety_orders": 0}, {"step": "0.1", "min_amount": "0", "min_notional": "0"}, []),
    ("DCA", {"safety_orders": 0}, {"safety_orders": 0, "base_order_size": "5"}, {"step": "0.1", "min_amount": "0", "min_notional": "0"}, [
        ("base_order_size", "below_min_notional", {"level": "0", "needed": "10", "got": "0"}),
    ]),
    ("DCA_FUTURES", {"leverage": "8"}, {"leverage": "8.1"}, {"max_leverage": "8"}, [("leverage", "leverage_too_high", {"max": "8", "got": "8.1"})]),
    ("DCA_FUTURES", {"funds_quote": "300"}, {"funds_quote": "299"}, {}, [("funds_quote", "insufficient_funds", {"needed": "300", "got": "299"})]),
    ("DCA_FUTURES", {}, {"direction": "short", "take_profit_pct": "100"}, {}, [("take_profit_pct", "out_of_range", {"max": "100", "got": "100"})]),
    ("COMBO", {"grid_levels": 9}, {"grid_levels": 10}, {}, [("grid_levels", "out_of_range", {"min": "1", "max": "9", "got": "10"})]),
    ("COMBO", {"leverage": "8"}, {"leverage": "8.1"}, {"max_leverage": "8"}, [("leverage", "leverage_too_high", {"max": "8", "got": "8.1"})]),
    ("COMBO", {"take_profit_price": "100.01"}, {"take_profit_price": "100"}, {}, [("take_profit_price", "take_profit_on_wrong_side", {"price": "100", "got": "100"})]),
    ("COMBO", {"direction": "short", "take_profit_price": "99.99"}, {"direction": "short", "take_profit_price": "100"}, {}, [
        ("take_profit_price", "take_profit_on_wrong_side", {"price": "100", "got": "100"}),
    ]),
    # a maker fee of 2.34375 % is a step of 4.8576 %, exactly
    ("COMBO", {"step_pct": "4.8577"}, {"step_pct": "4.8576"}, {"maker_fee": "0.0234375"}, [("step_pct", "step_below_fees", {"needed": "4.8576", "got": "4.8576"})]),
    # a unit of 1 at the lowest entry, 95.14: 1.1 times 86.49 is 95.139, 1.1 times 86.5 is 95.15
    ("COMBO", {"margin": "220"}, {}, {"min_notional": "86.5"}, [("margin", "below_min_notional", {"level": "-5", "needed": "95.15", "got": "95.14"})]),
    ("COMBO", {}, {"margin": "0.01"}, {"min_notional": "0", "min_amount": "0"}, [("margin", "below_min_notional", {"level": "-5", "needed": "0.09514", "got": "0"})]),
    ("GRID", {"stop_loss_price": "99.99"}, {"stop_loss_price": "100"}, {}, [("stop_loss_price", "stop_on_wrong_side", {"max": "100"})]),
    ("GRID", {"take_profit_price": "100.01"}, {"take_profit_price": "100"}, {}, [("take_profit_price", "take_profit_on_wrong_side", {"min": "100"})]),
    ("GRID", {"trail_up": "shift", "trail_up_limit": "115"}, {"trail_up": "shift", "trail_up_limit": "114.99"}, {}, [("trail_up_limit", "trail_limit_wrong_side", {"min": "115"})]),
    ("GRID", {"trail_down": "shift", "trail_down_limit": "85"}, {"trail_down": "shift", "trail_down_limit": "85.01"}, {}, [("trail_down_limit", "trail_limit_wrong_side", {"max": "85"})]),
    ("GRID", {"max_active_orders": 8}, {"max_active_orders": 9}, {"max_orders": 8}, [("max_active_orders", "out_of_range", {"min": "4", "max": "8"})]),
    ("GRID", {"max_active_orders": 10_000}, {"max_active_orders": 10_001}, {}, [("max_active_orders", "out_of_range", {"min": "4", "max": "10000"})]),
    ("BTD", {"stop_loss_price": "100.01"}, {"stop_loss_price": "100"}, {}, [("stop_loss_price", "stop_on_wrong_side", {"min": "100"})]),
    ("BTD", {"take_profit_price": "99.99"}, {"take_profit_price": "100"}, {}, [("take_profit_price", "take_profit_on_wrong_side", {"max": "100"})]),
    ("BTD", {"trail_up": "shift", "trail_up_limit": "115"}, {"trail_up": "shift", "trail_up_limit": "114.99"}, {}, [("trail_up_limit", "trail_limit_wrong_side", {"min": "115"})]),
    ("BTD", {"trail_down_limit": "85"}, {"trail_down_limit": "85.01"}, {}, [("trail_down_limit", "trail_limit_wrong_side", {"max": "85"})]),
    ("BTD", {"trail_down": "off", "trail_down_limit": "89"}, {"trail_down_limit": "89"}, {}, [("trail_down_limit", "trail_limit_wrong_side", {"max": "85"})]),
    ("LOOP", {"take_profit_price": "100.01"}, {"take_profit_price": "100"}, {}, [("take_profit_price", "take_profit_on_wrong_side", {"min": "100"})]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "good", "bad", "market", "wanted"), EDGES)
def test_what_just_passes_and_what_just_does_not(name: str, good: Any, bad: Any, market: Any, wanted: Any) -> None:
    assert said(name, good, market) == [] or not wanted
    assert said(name, bad, market) == wanted


@pytest.mark.parametrize("spacing", ["arithmetic", "geometric"])
def test_the_narrowest_step_of_a_ladder_must_cover_its_fees(spacing: str) -> None:
    """Two cells 80..120: arithmetic steps of 25 and 20 percent, geometric both 22.47. A fee f costs 1 / (1 - f)^2 - 1."""
    ladder = {"low": "80", "high": "120", "cells": 2, "spacing": spacing, "investment": "10000"}
    covers, short = ("0.087", "0.0872") if spacing == "arithmetic" else ("0.0963", "0.0964")
    assert said("GRID", ladder, {"maker_fee": covers}) == []
    (found,) = said("GRID", ladder, {"maker_fee": short})
    assert found[:2] == ("cells", "step_below_fees") and found[2]["step_pct"] == ("20" if spacing == "arithmetic" else "22.4745")
    assert D(found[2]["needed_pct"]) > D(found[2]["step_pct"])


def test_a_ladder_whose_steps_are_exactly_its_fees_is_refused_and_twice_them_is_no_warning() -> None:
    """Geometric, a ratio of 1.048576 a cell: exactly what maker fees of 2.34375 % cost."""
    low = D(95)
    exact = {"low": str(low), "high": str(low * D("1.048576") ** 2), "cells": 2, "investment": "10000"}
    market = walks.market(future=False, maker_fee="0.0234375", tick="0.000000000001")
    found = registry.validate("GRID", GRID | {"spacing": "geometric"} | exact, D(100), market)
    assert [(one.field, one.code) for one in found] == [("cells", "step_below_fees")]
    twice = {"low": "80", "high": str(80 * D("1.097152") ** 2), "cells": 2, "spacing": "geometric", "investment": "10000"}
    shown = registry.preview("GRID", GRID | twice, D("87"), market).warnings
    assert [one.code for one in shown] == []
    narrower = {**twice, "high": str(80 * D("1.0971") ** 2)}
    assert [one.code for one in registry.preview("GRID", GRID | narrower, D("87"), market).warnings] == ["step_below_fees"]


@pytest.mark.parametrize("direction", ["long", "short"])
def test_a_liquidation_exactly_on_the_next_safety_order_comes_too_early(direction: str) -> None:
    """No fees, no maintenance: at 10x the position dies 10 % away, where the safety order is."""
    plan = {"direction": direction, "leverage": "10", "safety_orders": 1, "mmr_pct": "0", "step_pct": "10"}
    (found,) = said("DCA_FUTURES", plan, FREE)
    assert found == ("leverage", "liquidation_inside_ladder", {"depth": "0", "liquidation": "0.9" if direction == "long" else "1.1"})
    assert said("DCA_FUTURES", plan | {"step_pct": "9.99"}, FREE) == []


@pytest.mark.parametrize("direction", ["long", "short"])
def test_a_stop_exactly_on_the_liquidation_comes_too_late(direction: str) -> None:
    plan = {"direction": direction, "leverage": "5", "safety_orders": 0, "mmr_pct": "0", "stop_loss_pct": "20"}
    ((field, code, params),) = said("DCA_FUTURES", plan, FREE)
    edge = "0.8" if direction == "long" else "1.2"
    assert (field, code, params) == ("stop_loss_pct", "liquidation_inside_ladder", {"depth": "0", "liquidation": edge, "stop": edge})
    assert said("DCA_FUTURES", plan | {"stop_loss_pct": "19.99"}, FREE) == []
    combo = {"direction": direction, "leverage": "4", "levels": 10, "grid_levels": 9, "step_pct": "1", "mmr_pct": "0"}
    full = registry.preview("COMBO", COMBO | combo, D(100), walks.market(future=True, **FREE)).plan["liquidation"]
    away = abs(D(full) - 100)
    assert said("COMBO", combo | {"stop_loss_pct": str(away - D("0.01"))}, FREE) == []
    for pct in (away, away + D("0.01")):
        ((field, code, _),) = said("COMBO", combo | {"stop_loss_pct": str(pct)}, FREE)
        assert (field, code) == ("stop_loss_pct", "liquidation_inside_ladder")


def test_the_owners_maintenance_rate_goes_before_the_venues_and_half_a_percent_before_none() -> None:
    def dies(config: dict[str, str], market: dict[str, str]) -> Decimal:
        rules = walks.market(future=True, **FREE, **market)
        return D(registry.preview("DCA_FUTURES", FUTURES | {"safety_orders": 0, **config}, D(100), rules).table[0]["liquidation"])

    assert round(dies({}, {}), 6) == round(D(80) / D("0.995"), 6)
    assert round(dies({}, {"mmr_pct": "1"}), 6) == round(D(80) / D("0.99"), 6)
    assert round(dies({"mmr_pct": "2"}, {"mmr_pct": "1"}), 6) == round(D(80) / D("0.98"), 6)
    assert round(dies({"margin_mode": "cross", "funds_quote": "150"}, {}), 6) == round(D(70) / D("0.995"), 6)
    assert round(dies({"margin_mode": "cross"}, {}), 6) == round(D(80) / D("0.995"), 6)


@pytest.mark.parametrize(
    ("change", "market", "wanted"),
    [
        # a round trip of 0.2 % at market and 0.1 % as maker: 1.002 / 0.999 - 1 = 0.3003 %; twice that is 0.6006 %
        ({"take_profit_net": False, "take_profit_pct": "0.6006"}, {"taker_fee": "0.002"}, ["step_below_fees"]),
        ({"take_profit_net": False, "take_profit_pct": "0.6007"}, {"taker_fee": "0.002"}, []),
        ({"take_profit_pct": "0.1"}, {"taker_fee": "0.002"}, []),
        ({"trailing_take_profit_pct": "2"}, {}, ["trailing_beyond_take_profit"]),
        ({"trailing_take_profit_pct": "1.9"}, {}, []),
        ({"funds_quote": "300"}, {}, ["size_reduced"]),
        ({"funds_quote": "301"}, {}, []),
        ({"min_profit_pct": "1"}, {}, ["webhook_only"]),
    ],
)
def test_a_warning_is_given_up_to_its_edge(change: dict[str, Any], market: dict[str, Any], wanted: list[str]) -> None:
    shown = registry.preview("DCA", DCA | change, D(100), walks.market(future=False, **market))
    assert [one.code for one in shown.warnings] == wanted


def test_a_round_trip_that_is_exactly_half_of_the_profit_is_warned_of() -> None:
    """Fees only at market on the way in: 25 % exactly, and a take profit of 50 %."""
    shown = registry.preview(
        "DCA",
        DCA | {"take_profit_net": False, "take_profit_pct": "50"},
        D(100),
        walks.market(future=False, maker_fee="0", taker_fee="0.25"),
    )
    assert [(one.code, one.params) for one in shown.warnings] == [("step_below_fees", {"needed": "25", "got": "50"})]


@pytest.mark.parametrize("direction", ["long", "short"])
def test_levels_of_a_cheap_coin_that_round_together_are_refused(direction: str) -> None:
    """At 5 with ticks of 0.05: one percent moves neither side of a level by a tick everywhere."""
    found = said("COMBO", {"direction": direction, "margin": "50"}, {"tick": "0.05", "min_notional": "0"}, "5")
    assert found == [("step_pct", "levels_collide", {"price_tick": "0.05"})]
    assert said("COMBO", {"direction": direction, "margin": "50"}, {"tick": "0.01", "min_notional": "0"}, "5") == []


def test_a_unit_that_is_just_the_venues_minimum_passes() -> None:
    assert said("COMBO", {}, {"min_notional": "86.49"}) == []


def test_levels_of_a_loop_must_differ_on_both_sides() -> None:
    """At 2.00 with ticks of 0.01 half a percent is a tick; at 1.50 it is less."""
    assert said("LOOP", {"distance_pct": "0.6"}, {"min_notional": "0"}, "2") == []
    assert said("LOOP", {"distance_pct": "0.5"}, {"min_notional": "0", "maker_fee": "0"}, "1.5") == [
        ("distance_pct", "levels_collide", {"price_tick": "0.01"})
    ]
