"""GRID and BTD in the corners of their life: parts too small, places parked, exits, added money, windows with holes."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.ladder import Ladder, ladder_of
from strategy_core.trade import Fill, Invalid, Role, Rules, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_ladder", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal


def btd(**more: Any) -> Any:
    desk = desks.Desk("BTD", desks.BTD | more)
    if "INIT" in desk.orders():
        desk.fill("INIT")
    desk.look("100")
    return desk


def ok(desk: Any) -> None:
    desks.walks.check_stored(desk.state)
    desks.walks.check_orders(desk.state)


def stray(desk: Any, leg: str, side: Side, amount: str, price: str = "100") -> None:
    desk.trades += 1
    registry.apply(desk.state, Fill(leg, 77, side, D(price), D(amount), D(0), "USDT", f"s{desk.trades}", desk.at))


# -- GRID ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "price"), [("take_profit_price", "120"), ("take_profit_pct", "1")])
def test_a_grid_at_its_target_sells_all_and_stops(field: str, price: str) -> None:
    desk = desks.grid(**{field: price})
    desk.look("119.99" if field == "take_profit_price" else "101.9")
    assert desk.state.status is Status.ACTIVE
    desk.look("120" if field == "take_profit_price" else "102.4")
    (order,) = desk.orders().values()
    assert (order.leg, order.side, order.role, order.amount) == (
        "CLOSE",
        Side.SELL,
        Role.CLOSE,
        desk.state.ledger.base.quantize(D("0.001")),
    )
    desk.fill("CLOSE")
    assert (desk.state.status, desk.state.reason) == (Status.STOPPED, "take_profit")


def test_the_last_grain_of_a_buy_is_parked_until_it_can_be_sold() -> None:
    """The fee eats so much of the last part that not one lot is left of it."""
    desk = desks.Desk("GRID", desks.GRID, mode="received", step="0.1", min_amount="0.1")
    desk.fill("INIT")
    desk.look("100")
    free = desk.state.free_base()
    whole = desk.orders()["L1"].amount
    part = next(k for k in range(1, int(whole * 10)) if (free + D(k) / 10 * D("0.999")) % D("0.1") < D("0.001") or k == int(whole * 10) - 1)
    desk.fill("L1", part=str(D(part) / 10))
    desk.fill("L1")
    ok(desk)
    assert "L2" in desk.orders()
    assert desk.state.ledger.base - desk.state.book.sell_amount < D("0.1"), "all but a grain is for sale"


def test_a_buy_nobody_can_sell_on_is_parked_with_the_price_it_had() -> None:
    desk = desks.Desk("GRID", desks.GRID, mode="received", step="0.1", min_amount="0.1")
    desk.fill("INIT")
    desk.look("100")
    spare = desk.state.free_base()
    assert spare < D("0.1")
    order = desk.orders()["L1"]
    desk.fill("L1", part=str(order.amount - D("0.1")))
    free = desk.state.free_base() - desk.state.memory.set_aside()
    registry.apply(desk.state, Fill("L1", order.generation, Side.BUY, D(95), D("0.1"), D("0.0999"), "ABC", "last", desk.at))
    assert free < D("0.1") and desk.state.memory.parked == {2: (D(0), D(95))}
    assert desk.state.memory.held == {}


def test_an_abandoned_extension_is_no_level() -> None:
    more = {"trail_down": "extend", "trail_down_limit": "60", "trail_down_budget": "600", "pump_guard": False, "missing_orders": "adopt"}
    desk = desks.grid(**more)
    for leg in ("L1", "L0"):
        desk.fill(leg)
    desk.look("84")
    assert "EXT" in desk.orders()
    desk.look("79")
    assert (desk.state.memory.lo, "EXT" in desk.orders()) == (0, True), "one extension at a time"
    desk.end("EXT", "missing")
    assert desk.state.memory.parked == {} and "EXT" not in desk.orders()
    desk.look("79")
    assert "EXT" in desk.orders(), "asked for again while the price is still there"


def test_orders_that_cannot_be_paid_after_a_stray_fill_give_way_from_the_farthest() -> None:
    desk = desks.grid()
    stray(desk, "L9", Side.BUY, "4.9")
    assert desk.state.free_quote() >= 0 and 0 in desk.state.memory.parked
    assert {"stray_fill", "size_reduced"} <= set(desk.events())
    stray(desk, "L9", Side.SELL, "9.8", "90")
    assert desk.state.free_base() >= 0 and 4 in desk.state.memory.parked
    ok(desk)


def test_a_parked_buy_waits_until_there_is_money_for_it() -> None:
    desk = desks.grid()
    stray(desk, "L9", Side.BUY, "4.99")
    parked = dict(desk.state.memory.parked)
    assert 0 in parked
    ok(desk)
    again = registry.load(registry.dump(desk.state))
    assert again.memory.parked == parked
    desk.fill("L1", part="0.001")
    assert 0 in desk.state.memory.parked, "nothing came that could pay for it"
    stray(desk, "L9", Side.SELL, "4.9")
    desk.fill("L1", part="0.001")
    assert 0 not in desk.state.memory.parked and "L0" in desk.state.book.orders


def test_money_added_goes_into_the_orders_nothing_has_touched() -> None:
    desk = desks.grid()
    before = {leg: order.amount for leg, order in desk.orders().items()}
    desk.fill("L1", part="0.5")
    desk.say("add_funds", amount="500")
    after = {leg: order.amount for leg, order in desk.orders().items()}
    assert after["L1"] == before["L1"] and after["L0"] > before["L0"]
    assert after["L3"] == before["L3"] and after["L4"] == before["L4"], "what is for sale stays"


def test_a_budget_that_is_raised_lets_an_extension_go_on_and_one_that_is_cut_leaves_nothing() -> None:
    more = {"trail_up": "extend", "trail_up_limit": "200", "trail_up_budget": "10", "pump_guard": False}
    desk = desks.grid(**more)
    for leg in ("L3", "L4"):
        desk.fill(leg)
    desk.look("116")
    assert desk.state.memory.ended_up and desk.state.memory.budget_up == D(10)
    resting = desk.orders()
    desk.say("edit", trail_up_budget="400")
    assert desk.orders() == resting, "the ladder stays, also where the price is beyond its first range"
    assert not desk.state.memory.ended_up and desk.state.memory.budget_up == D(400)
    desk.look("116")
    assert desk.state.memory.hi == 5
    left = desk.state.memory.budget_up
    assert 0 < left < 400
    desk.say("edit", trail_up_budget="1")
    assert desk.state.memory.budget_up == 0


def test_a_shift_up_over_a_parked_buy_cancels_nothing() -> None:
    desk = desks.grid(trail_up="shift", trail_up_limit="200", pump_guard=False)
    stray(desk, "L9", Side.BUY, "4.99")
    assert 0 in desk.state.memory.parked
    for leg in ("L3", "L4"):
        desk.fill(leg)
    stray(desk, "L9", Side.SELL, desk.state.free_base().quantize(D("0.001")).to_eng_string())
    for leg in [leg for leg, order in desk.state.book.orders.items() if order.side is Side.SELL]:
        desk.fill(leg)
    desk.state.memory.parked[desk.state.memory.lo] = None
    if f"L{desk.state.memory.lo}" in desk.state.book.orders:
        desk.end(f"L{desk.state.memory.lo}", "rejected", detail="insufficient_funds")
    low = desk.state.memory.lo
    desk.look("116")
    assert desk.state.memory.lo == low + 1 and low not in desk.state.memory.parked
    ok(desk)


def test_a_shift_down_over_a_parked_sell_moves_the_base_it_stood_for() -> None:
    desk = desks.grid(trail_down="shift", trail_down_limit="40", pump_guard=False)
    desk.end("L4", "rejected", detail="insufficient_funds")
    assert 4 in desk.state.memory.parked and "L4" not in desk.orders()
    for leg in ("L1", "L0"):
        desk.fill(leg)
    held = desk.state.ledger.base
    desk.look("84")
    assert (desk.state.memory.lo, desk.state.memory.hi) == (-1, 3) and 4 not in desk.state.memory.parked
    assert held - desk.state.book.sell_amount < D("0.001"), "the next buy's mirror had taken it along"
    ok(desk)


def test_a_parked_buy_is_said_once_and_asked_for_again() -> None:
    desk = desks.grid()
    desk.say("stop", close_mode="partial", pct="100")
    again = desks.grid()
    registry.apply(again.state, Rules(desks.walks.market(future=False, min_notional="100000"), again.at))
    again.events()
    again.fill("L3")
    assert again.state.memory.parked == {2: None}
    assert [event.params for event in again.state.log if event.code == "parked"] == [{"leg": "L2", "side": "buy"}]
    again.events()
    again.fill("L4")
    assert set(again.state.memory.parked) == {2, 3} and again.events().count("parked") == 1
    registry.apply(again.state, Rules(desks.walks.market(future=False), again.at))
    again.fill("L1")
    assert {"L3", "L2"} <= set(again.state.book.orders)


def test_a_level_that_was_large_enough_is_judged_anew_when_the_rules_change() -> None:
    """What was found of a level's order before holds for the rules of before."""
    desk = desks.grid()
    for leg in ("L3", "L4", "L3", "L4"):
        desk.fill(leg)
    assert "L3" in desk.orders() and desk.state.memory.bids and desk.state.memory.asks
    registry.apply(desk.state, Rules(desks.walks.market(future=False, min_notional="100000"), desk.at))
    desk.fill("L3")
    assert 4 in desk.state.memory.parked or 2 in desk.state.memory.parked
    assert not {"L2", "L4"} <= set(desk.orders())


def test_nothing_more_for_a_level_leaves_its_order_as_it_is() -> None:
    """A sell in two parts, the second of which no money is left for: its buy keeps its generation."""
    desk = desks.grid()
    desk.fill("L3", part="1")
    mirror = desk.orders()["L2"]
    assert mirror.amount == D("1")
    stray(desk, "L9", Side.BUY, str((desk.state.free_quote() / D(100)).quantize(D("0.001"))))
    registry.drain(desk.state)
    order = desk.state.book.orders["L3"]
    left = desk.state.book.remaining(order)
    fee = left * D(105)
    registry.apply(desk.state, Fill("L3", order.generation, Side.SELL, D(105), left, fee, "USDT", "eaten", desk.at))
    assert desk.state.book.orders["L2"].generation == mirror.generation
    assert "size_reduced" in desk.events()


def test_a_preview_without_a_first_order_lists_the_ladder_alone() -> None:
    shown = registry.preview("GRID", desks.GRID, D(110), desks.walks.market(future=False))
    assert [order.leg for order in shown.orders] == ["L3", "L2", "L1", "L0"] or {order.leg for order in shown.orders} == {
        "L0",
        "L1",
        "L2",
        "L3",
    }
    assert shown.fees_to_open == 0 and all(order.side is Side.BUY and order.price is not None for order in shown.orders)
    assert shown.funds_needed + shown.funds_left == D(1000)
    desk = desks.Desk("GRID", desks.GRID, price="110")
    assert desk.state.status is Status.ACTIVE and set(desk.orders()) == {"L0", "L1", "L2", "L3"}


def test_the_nearest_level_is_the_lower_of_two_and_the_edge_beyond_them() -> None:
    ladder = Ladder(D(90), D(110), 4, "arithmetic", D("0.01"))
    found = {price: ladder.nearest(D(price)) for price in ("80", "90", "92.5", "92.51", "97.5", "107.49", "107.5", "107.51", "110", "130")}
    assert found == {"80": 0, "90": 0, "92.5": 0, "92.51": 1, "97.5": 1, "107.49": 3, "107.5": 3, "107.51": 4, "110": 4, "130": 4}


def test_three_hundred_ladders_later_the_first_is_still_the_same() -> None:
    market = desks.walks.market(future=False)
    first = registry.parse("GRID", desks.GRID)
    prices = [ladder_of(first, market).buy(j) for j in range(5)]
    for n in range(300):
        ladder_of(registry.parse("GRID", desks.GRID | {"high": str(110 + n)}), market)
    assert [ladder_of(first, market).buy(j) for j in range(5)] == prices


# -- BTD ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [{"take_profit_price": "85"}, {"take_profit_pct": "1"}])
def test_a_btd_at_its_target_buys_back_with_everything(config: dict[str, str]) -> None:
    desk = btd(**config)
    desk.fill("L3")
    desk.look("86" if "take_profit_price" in config else "103")
    assert desk.state.status is Status.ACTIVE
    desk.look("85" if "take_profit_price" in config else "95")
    (order,) = desk.orders().values()
    assert (order.leg, order.side, order.price) == ("CLOSE", Side.BUY, None)
    desk.fill("CLOSE")
    assert (desk.state.status, desk.state.reason) == (Status.STOPPED, "take_profit")


def test_a_part_of_a_buy_under_the_minimum_waits_for_the_rest() -> None:
    desk = btd()
    desk.fill("L3")
    desk.fill("L2", part="0.01")
    assert "L3" not in desk.orders() and desk.state.memory.sold["L2"][0] == D("0.01")
    ok(desk)
    desk.fill("L2")
    assert desk.orders()["L3"].amount == D(4)


def test_a_parked_buy_of_a_btd_is_asked_for_again_after_the_next_fill() -> None:
    desk = btd(start_mode="balanced")
    desk.end("L0", "rejected", detail="insufficient_funds")
    assert desk.state.memory.parked == {0: None}
    desk.fill("L1")
    assert 0 not in desk.state.memory.parked and desk.orders()["L0"].side is Side.BUY
    ok(desk)


def test_a_stray_buy_of_a_btd_makes_its_farthest_buys_smaller() -> None:
    desk = btd(start_mode="balanced")
    before = desk.orders()["L1"].amount
    stray(desk, "L9", Side.BUY, "0.5", "95")
    assert desk.state.free_quote() >= 0
    assert "L0" in desk.orders() and desk.orders()["L1"].amount == before
    stray(desk, "L9", Side.BUY, "1.3", "95")
    assert desk.state.free_quote() >= 0
    ok(desk)


def test_money_added_to_a_waiting_btd_is_there_when_it_begins() -> None:
    desk = desks.Desk("BTD", desks.BTD | {"start": {"type": "price", "operator": "less", "price": "98"}})
    desk.say("add_funds", amount="4")
    desk.look("97.5")
    assert sum(order.amount for order in desk.orders().values()) == D(12)


def test_money_added_to_a_btd_leaves_a_sell_that_was_touched() -> None:
    desk = btd()
    desk.fill("L3", part="1")
    desk.say("add_funds", amount="8")
    assert desk.orders()["L3"].amount == D(4) and desk.orders()["L4"].amount == D(8)


def test_a_btd_does_not_shift_while_one_order_stands_for_several() -> None:
    desk = desks.Desk(
        "BTD", desks.BTD | {"cells": 8, "max_active_orders": 4, "trail_up": "shift", "pump_guard": False, "start_mode": "balanced"}
    )
    desk.fill("INIT")
    desk.look("100")
    for leg in [leg for leg, order in desk.orders().items() if order.side is Side.SELL]:
        desk.fill(leg, price="115")
    desk.look("115")
    assert "LATE" in desk.orders()
    high = desk.state.memory.hi
    desk.look("130")
    assert desk.state.memory.hi == high
    ok(desk)


@pytest.mark.parametrize("way", ["up", "down"])
def test_the_guard_holds_a_btd_back_both_ways(way: str) -> None:
    desk = btd(trail_up="shift", pump_guard_pct="100", pump_guard_fills=2)
    window = (desk.state.memory.lo, desk.state.memory.hi)
    if way == "up":
        desk.fill("L3")
        desk.fill("L4")
        desk.look("130")
    else:
        desk.fill("L3")
        desk.fill("L2")
        desk.look("60")
    assert (desk.state.memory.lo, desk.state.memory.hi) == window and "pump_guard" in desk.events()
    assert registry.horizon(desk.state).until == desk.state.memory.guard.until


def test_a_btd_shifts_down_over_a_parked_sell_with_what_is_free() -> None:
    desk = btd(pump_guard=False)
    desk.end("L4", "rejected", detail="insufficient_funds")
    assert 4 in desk.state.memory.parked
    desk.look("95")
    assert 4 not in desk.state.memory.parked
    assert {leg: order.amount for leg, order in desk.orders().items()} == {"L3": D(4), "L2": D(4)}
    ok(desk)


def test_a_btd_shifts_up_over_a_parked_buy_with_all_free_quote() -> None:
    desk = btd(trail_up="shift", pump_guard=False)
    desk.fill("L3")
    desk.fill("L4")
    desk.end("L2", "rejected", detail="insufficient_funds")
    assert 2 in desk.state.memory.parked
    desk.look("115")
    assert set(desk.orders()) == {"L3", "L4"} and desk.state.memory.lo == 3
    assert 2 not in desk.state.memory.parked
    ok(desk)


def test_a_btd_abandons_its_first_order_without_parking_a_level() -> None:
    desk = desks.Desk("BTD", desks.BTD | {"start_mode": "balanced", "missing_orders": "adopt"})
    desk.end("INIT", "missing")
    assert desk.state.memory.parked == {}


# -- waiting ------------------------------------------------------------------------------------------------------------


def test_a_start_refused_twice_is_said_once() -> None:
    desk = desks.Desk("GRID", desks.GRID | {"start": {"type": "price", "operator": "less", "price": "95"}})
    desk.look("80")
    desk.look("79")
    assert desk.events().count("start_refused") == 1
    desk.look("78")
    assert desk.events().count("start_refused") == 1, "read and forgotten, it is said again"


def test_a_refusal_names_its_figures() -> None:
    with pytest.raises(Invalid) as refused:
        registry.start("GRID", desks.GRID, D(120), desks.walks.market(future=False), 0)
    assert (refused.value.field, refused.value.code) == ("high", "price_outside_range")
    assert refused.value.params == {"price": "120", "low": "90", "high": "110"}
