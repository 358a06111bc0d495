"""Rules that show only at an edge or in an unlucky order of news: minimums after fees, refused exits, endings that overlap, notes."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.ledger import Kind, Ledger
from strategy_core.trade import Candles, Command, Fill, Look, Rules, Side

_spec = util.spec_from_file_location("strategy_core_desk_print", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal
COMBO: dict[str, Any] = {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "grid_levels": 5, "step_pct": "1"}
FALLING = {"kind": "price_change", "timeframe": "1m", "operator": "less", "value": "-0.5", "length": 2}


def said(desk: Any, code: str) -> list[dict[str, str]]:
    return [event.params for event in registry.drain(desk.state) if event.code == code]


# -- checks -------------------------------------------------------------------------------------------------------------


def test_a_buy_must_be_worth_the_minimum_after_its_fee_in_base() -> None:
    """Buys of 2.527@95 and 2.4...: what is left of the smallest order after 0.1 % must be 1.1 times the venue's minimum."""
    config = desks.GRID | {"size_mode": "base"}

    def wrong(minimum: str, mode: str) -> list[dict[str, str]]:
        rules = desks.walks.market(future=False, mode=mode, min_amount=minimum)
        return [finding.params for finding in registry.validate("GRID", config, D(100), rules)]

    plan = registry.preview("GRID", config, D(100), desks.walks.market(future=False, mode="received")).plan
    assert plan["order_amount"] == "2.595"  # (1000 - 0.1) / (185 + 2 * 100 / 0.999)
    # 2.595 * 0.999 = 2.592405: 2.592 in whole lots, so a minimum of 2.3563... still passes
    assert wrong("2.356", "received") == []
    assert wrong("2.357", "received") == [{"level": "95", "needed": "2.5927", "got": "2.592", "what": "amount"}]
    assert wrong("2.357", "quote") == []


def test_the_lowest_level_may_be_any_price_above_nought() -> None:
    rules = desks.walks.market(future=False, tick="0.0001", min_notional="1")
    config = {"low": "0.5", "high": "1.5", "cells": 4, "investment": "1000"}
    assert registry.validate("GRID", config, D(1), rules) == []
    below = registry.validate("GRID", config | {"low": "0.00001"}, D(1), rules)
    assert [(one.field, one.code, one.params) for one in below] == [("low", "out_of_range", {"min": "0.0001"})]


@pytest.mark.parametrize(("price", "field"), [("89.99", "low"), ("110.01", "high")])
def test_a_price_outside_a_range_names_the_nearer_bound_and_the_bounds_are_inside(price: str, field: str) -> None:
    rules = desks.walks.market(future=False)
    (found,) = registry.validate("GRID", desks.GRID, D(price), rules)
    assert (found.field, found.code, found.params) == (field, "price_outside_range", {"price": price, "low": "90", "high": "110"})
    assert registry.validate("GRID", desks.GRID, D(90), rules) == registry.validate("GRID", desks.GRID, D(110), rules) == []


# -- money --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "base"), [(Kind.BASE, "8"), (Kind.QUOTE, "8")])
def test_a_sell_whose_fee_is_taken_in_base_takes_both(kind: Kind, base: str) -> None:
    ledger = Ledger(kind, "X", "USDT", base=D(base))
    ledger.fold(Fill("L1", 1, Side.SELL, D(100), D(2), D("0.01"), "X", "t", 1))
    assert (ledger.base, ledger.quote, ledger.fees) == (D("5.99"), D(200), {"X": D("0.01")})


def test_an_extension_down_needs_its_reserve_in_the_budget_too() -> None:
    """2.966 at 85 with half a percent for slippage and 0.1 % of fee."""
    cost = D("2.966") * 85 * D("1.005") * D("1.001")
    for spare, grows in (("0", True), ("-0.0001", False)):
        budget = {"trail_down": "extend", "trail_down_limit": "60", "trail_down_budget": str(cost + D(spare)), "pump_guard": False}
        desk = desks.grid(**budget, reserve_pct="0.5")
        desk.fill("L1")
        desk.fill("L0")
        desk.look("85")
        assert ("EXT" in desk.orders(), desk.state.memory.ended_down) == (grows, not grows)


def test_a_budget_raised_by_a_little_lets_an_extension_go_on() -> None:
    more = {"trail_up": "extend", "trail_up_limit": "200", "trail_up_budget": "10", "pump_guard": False}
    desk = desks.grid(**more)
    desk.fill("L3")
    desk.fill("L4")
    desk.look("116")
    assert desk.state.memory.ended_up
    desk.say("edit", trail_up_budget="10.5")
    assert not desk.state.memory.ended_up and desk.state.memory.budget_up == D("10.5")
    desk.look("116")
    assert desk.state.memory.ended_up
    desk.say("edit", trail_up_budget="10.25")
    assert desk.state.memory.ended_up and desk.state.memory.budget_up == D("10.25"), "less opens nothing"


def test_a_loop_begun_short_says_what_each_order_wanted_and_got() -> None:
    desk = desks.Desk("LOOP", desks.LOOP)
    desk.fill("INIT", part="12")
    registry.drain(desk.state)
    desk.look("100", later=60_000)
    rows = [row for row in said(desk, "size_reduced") if row["leg"] != "INIT"]
    assert rows == [
        {"leg": f"S{i}", "wanted": "4.994", "amount": amount, "coin": "ABC"} for i, amount in ((3, "2.012"), (4, "0"), (5, "0"))
    ]


# -- news in an unlucky order ---------------------------------------------------------------------------------------------


def test_a_fill_elsewhere_leaves_an_ending_waiting() -> None:
    desk = desks.grid()
    desk.end("L1", "cancelled", filled="1")
    desk.fill("L3")
    assert list(desk.state.ending) == ["L1"] and desk.orders()["L1"].generation == 1


def test_an_ending_of_an_order_replaced_meanwhile_is_forgotten() -> None:
    desk = desks.grid()
    desk.end("L1", "cancelled", filled="1")
    desk.say("add_funds", amount="500")
    assert desk.orders()["L1"].generation == 2 and list(desk.state.ending) == ["L1"]
    desk.fill("L1", part="1.5")
    assert desk.state.ending == {} and desk.orders()["L1"].generation == 2


def test_an_exit_of_a_whole_unit_goes_out_whatever_the_venues_minimum() -> None:
    rules = {"slippage_pct": "0", "step": "0.01", "min_amount": "0.01"}
    walk = desks.walks.Walk("COMBO", COMBO, D(100), desks.walks.market(future=True, **rules), 1)
    walk.go(D(100))
    registry.apply(walk.state, Rules(desks.walks.market(future=True, min_notional="500", **rules), walk.at))
    entry = walk.state.book.orders["L-1"]
    registry.apply(walk.state, Fill("L-1", 1, Side.BUY, D(99), entry.amount - D("0.01"), D(0), "USDT", "most", walk.at))
    assert walk.state.memory.due == {"x0": D("0.99")} and "L0" not in walk.state.book.orders
    registry.apply(walk.state, Fill("L-1", 1, Side.BUY, D(99), D("0.01"), D(0), "USDT", "rest", walk.at))
    assert walk.state.memory.due == {} and walk.state.book.orders["L0"].amount == D(1)


def test_a_closing_signal_without_its_profit_does_not_stand_in_the_way_of_a_safety_order() -> None:
    plan = {
        "base_order_size": "100", "safety_order_size": "100", "safety_orders": 2, "step_pct": "5", "take_profit_pct": "9", "funds_quote": "2000",
        "close_conditions": [FALLING], "min_profit_pct": "1", "safety_trigger": "indicators", "safety_conditions": [FALLING],
    }  # fmt: skip
    desk = desks.Desk("DCA", plan)
    desk.fill("BO")
    desk.look("100", later=59_000)
    rows = tuple((60_000 * k, *(D(100 - k),) * 4) for k in range(6))
    registry.apply(desk.state, Candles(60_000, rows, 360_000))
    registry.apply(desk.state, Look(D(94), 360_000))
    assert "SO1" in desk.orders() and "EXIT" not in desk.orders()
    registry.apply(desk.state, Command("resume", {}, 360_000, "r"))


@pytest.mark.parametrize("field", ["safety_conditions", "close_conditions"])
def test_a_deal_with_signals_wakes_at_the_next_close_and_not_before(field: str) -> None:
    plan = {
        "base_order_size": "100",
        "safety_order_size": "100",
        "safety_orders": 2,
        "step_pct": "5",
        "take_profit_pct": "9",
        field: [FALLING],
    }
    desk = desks.Desk("DCA", plan | ({"safety_trigger": "indicators"} if field == "safety_conditions" else {}))
    desk.fill("BO")
    desk.look("100", later=89_000)
    assert registry.horizon(desk.state).until == 120_000


def test_a_ladder_without_a_first_order_rests_the_nearest_from_the_start() -> None:
    """At the top of its range a grid only buys: of eight buys four rest, the four nearest."""
    desk = desks.Desk("GRID", desks.GRID | {"cells": 8, "max_active_orders": 4}, price="110")
    kept = registry.dump(desk.state)["book"]
    assert (kept["virtual"], kept["dirty"]) == (["L0", "L1", "L2", "L3"], False)
    sells = desks.Desk("BTD", desks.BTD | {"cells": 8, "max_active_orders": 4}, price="90")
    kept = registry.dump(sells.state)["book"]
    assert (kept["virtual"], kept["dirty"]) == (["L5", "L6", "L7", "L8"], False)


@pytest.mark.parametrize(("name", "config"), [("LOOP", desks.LOOP), ("GRID", desks.GRID), ("BTD", desks.BTD | {"start_mode": "balanced"})])
def test_a_capped_bot_has_chosen_what_rests_when_it_is_first_stored(name: str, config: dict[str, Any]) -> None:
    state = registry.start(name, config, D(100), desks.walks.market(future=False, max_orders=6), 0)
    assert registry.dump(state)["book"]["dirty"] is False


def test_only_so_many_ladders_are_remembered() -> None:
    from strategy_core import ladder, loop_plan

    market = desks.walks.market(future=False)
    for n in range(600):
        ladder.ladder_of(registry.parse("GRID", desks.GRID | {"high": str(110 + n)}), market)
        loop_plan.levels_of(D(1000 + n), D(2), D("0.01"))
        assert len(ladder._ladders) <= 256 and len(loop_plan._levels) <= 256
