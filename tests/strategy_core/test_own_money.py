"""What an owner pays for when something is short: whose turn it is, what is not sold twice, what is given back, what was forgotten."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.book import Book
from strategy_core.trade import Command, Ended, Fill, Look, Market, Role, Rules, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_money", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal
walks = desks.walks


# -- GRID ---------------------------------------------------------------------------------------------------------------


def test_a_buy_that_only_fills_a_hole_is_not_put_up_for_sale() -> None:
    """The account lost coins the resting sells stand for: what the next buy brings belongs to those."""
    desk = desks.grid()
    desk.state.ledger.base -= 5
    desk.fill("L1")
    assert desk.state.free_base() < 0
    assert "L2" not in desk.orders() and desk.state.memory.parked == {2: (D(0), D(95))}


def test_of_two_parked_buys_the_higher_is_served_first() -> None:
    desk = desks.grid()
    for name in ("L1", "L0"):
        desk.end(name, "rejected", detail="insufficient_funds")
    assert desk.state.memory.parked == {1: None, 0: None} and not desk.state.book.buys
    desk.state.ledger.quote = D(270)  # with what the sell brings: for its own buy, one of them whole, and crumbs
    whole = desk.orders()["L3"].amount
    desk.fill("L3")  # any fill is a new try
    assert desk.state.memory.parked == {} or set(desk.state.memory.parked) == {0}
    bought = {order.leg: order.amount for order in desk.orders().values() if order.side is Side.BUY}
    assert bought["L2"] == whole and bought["L1"] > D("2.6") and bought.get("L0", D(0)) < D("0.5")


@pytest.mark.parametrize(
    ("change", "price", "reason"),
    [
        ({"stop_loss_price": "97"}, "97", "stop_loss"),
        ({"take_profit_price": "103"}, "103", "take_profit"),
        ({"take_profit_pct": "1"}, "103", "take_profit"),
    ],
)
def test_an_exit_edited_after_many_looks_is_the_one_that_holds(change: dict[str, str], price: str, reason: str) -> None:
    desk = desks.grid(stop_loss_price="80", take_profit_price="130")
    for seen in ("99", "101", "100"):
        desk.look(seen)
    desk.say("edit", **change)
    desk.look("100")
    desk.look(price)
    assert desk.state.reason == reason
    still = desks.grid(stop_loss_price="97")
    still.look("99")
    still.say("edit", stop_loss_price="80")
    still.look("97")
    assert still.state.status is Status.ACTIVE


def test_a_stopped_bot_owes_no_late_orders() -> None:
    desk = desks.Desk("GRID", desks.GRID | {"max_active_orders": 4, "cells": 12})
    desk.fill("INIT")
    desk.look("100")
    desk.look("89")  # beyond the orders that rest: the virtual ones are late
    assert desk.state.late and "LATE" in desk.orders()
    desk.say("stop", close_mode="keep")
    assert desk.state.late == [] and "late" not in registry.dump(desk.state)


# -- BTD ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["GRID", "BTD"])
def test_a_bot_that_waits_has_bought_and_sold_nothing_of_its_plan(name: str) -> None:
    desk = desks.Desk(name, {**(desks.GRID if name == "GRID" else desks.BTD), "start": "webhook"})
    assert registry.plan(desk.state)["initial_amount"] == "0" and registry.plan(desk.state)["empty_level"] == 0
    assert (desk.state.memory.lo, desk.state.memory.hi) == (0, 4)


def test_a_btd_in_profit_goes_home_into_base_when_it_is_told_to_break_even() -> None:
    desk = desks.Desk("BTD", desks.BTD)
    desk.look("100")
    desk.look("106")
    desk.fill("L3")
    desk.look("100.5")
    assert desk.state.ledger.total(desk.state.price) > 0
    desk.say("stop", close_mode="break_even")
    (order,) = desk.orders().values()
    assert (order.side, order.price) == (Side.BUY, None)
    assert order.amount == desks.walks.registry.load(registry.dump(desk.state)).book.orders["CLOSE"].amount
    assert order.amount * D("100.5") * D("1.001") <= desk.state.ledger.quote


# -- DCA ----------------------------------------------------------------------------------------------------------------

FREE = Market(symbol="X/USDT", price_tick="0.01", amount_step="0.001", maker_fee="0", taker_fee="0")
PLAN = {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 2, "step_pct": "5", "take_profit_pct": "2"}


def test_a_plan_made_larger_and_small_again_gives_back_that_much_and_no_profit() -> None:
    """Three deals earned 6; in the fourth the plan goes from 300 to 500 and back: 200 in, 200 out, the 6 stay."""
    state = registry.start("DCA", PLAN, D(100), FREE, 0)
    at = 0
    for n in range(4):
        (base,) = [order for order in registry.orders(state) if order.price is None]
        at += 1000
        registry.apply(state, Fill(base.leg, base.generation, base.side, D(100), base.amount, D(0), "USDT", f"b{n}", at))
        registry.apply(state, Look(D(100), at))
        if n < 3:
            take = state.book.orders["TP1"]
            registry.apply(state, Fill("TP1", take.generation, take.side, take.price or D(0), take.amount, D(0), "USDT", f"s{n}", at))
            registry.apply(state, Look(D(100), at))
    assert state.ledger.deals == 3 and state.ledger.realised == 6
    for size, given in (("300", 500), ("100", 300)):
        registry.apply(state, Command("edit", {"changes": {"base_order_size": size}}, at, f"e{size}"))
        assert round(state.ledger.put_quote) == given
    assert round(state.ledger.value(D(100))) == 306


# -- COMBO --------------------------------------------------------------------------------------------------------------


def perpetual(**more: Any) -> Market:
    fields = {"price_tick": "1", "amount_step": "0.01", "min_amount": "0.01", "min_notional": "1", "maker_fee": "0", "taker_fee": "0"}
    return Market.model_validate({"symbol": "X/USDT:USDT", **fields, **more})


@pytest.mark.parametrize("direction", ["long", "short"])
def test_a_liquidation_at_the_last_entry_is_too_near(direction: str) -> None:
    """Nine units at 100, one at 95 (105): 20 x and 0.5 % maintenance are closed by the venue at 95 (105) to the cent."""
    plan = {"direction": direction, "margin": "500", "leverage": "20", "levels": 10, "grid_levels": 9, "step_pct": "5"}

    def found(mmr: str) -> list[tuple[str, str]]:
        return [(one.field, one.code) for one in registry.validate("COMBO", {**plan, "mmr_pct": mmr}, D(100), perpetual())]

    assert found("0.5") == [("leverage", "liquidation_inside_ladder")]
    assert found("0.49") == []


def test_a_first_entry_that_filled_after_it_was_given_up_is_not_bought_again() -> None:
    config = {"margin": "200", "leverage": "5", "levels": 10, "grid_levels": 5, "step_pct": "1", "missing_orders": "adopt"}
    market = walks.market(future=True, slippage_pct="0", min_notional="1", step="0.01", min_amount="0.01")
    state = registry.start("COMBO", config, D(100), market, 0)
    registry.apply(state, Ended("INIT", 1, 0, "missing", D(0), 1))
    assert registry.orders(state) == ()
    registry.apply(state, Fill("INIT", 1, Side.BUY, D(100), D(5), D("0.5"), "USDT", "late", 2))
    registry.apply(state, Look(D(100), 3))
    assert state.status is Status.ACTIVE and state.ledger.base == 5
    assert sorted(order.leg for order in registry.orders(state) if order.reduce_only) == ["L1", "L2", "L3", "L4", "L5"]
    assert not state.book.markets and state.memory.anchor == 100


# -- LOOP ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pct", "wakes"), [("1", True), ("9", False)])
def test_a_guard_wakes_the_bot_where_it_is_nearer_than_the_next_buy(pct: str, wakes: bool) -> None:
    desk = desks.Desk("LOOP", desks.LOOP | {"equity_guard_pct": pct, "distance_pct": "5"})
    desk.fill("INIT")
    desk.look("100")
    below = registry.horizon(desk.state).below
    assert below is not None and (below > 95) is wakes and (below == 95) is not wakes
    if wakes:
        desk.look(str(below.quantize(D("0.01")) - D("0.01")))
        assert desk.state.reason == "equity_guard"


def test_a_guard_wakes_a_bot_without_buys() -> None:
    desk = desks.Desk("LOOP", desks.LOOP | {"equity_guard_pct": "30", "max_expansion": 0})
    desk.fill("INIT")
    desk.look("100")
    for leg in ("B1", "B2", "B3", "B4", "B5"):
        desk.fill(leg)
    desk.look("90")
    assert desk.state.book.best_buy is None
    below = registry.horizon(desk.state).below
    assert below is not None and 0 < below < 90
    desk.look(str(below.quantize(D("0.01")) + D("0.02")))
    assert desk.state.status is Status.ACTIVE
    desk.look(str(below.quantize(D("0.01")) - D("0.02")))
    assert desk.state.reason == "equity_guard"


# -- what is said, and when ---------------------------------------------------------------------------------------------


def test_a_first_buy_that_hung_leaves_sells_made_smaller_and_says_so() -> None:
    """Of 4.9 only 3 came in a minute: the first sell is whole, the second is what is left, with a word for it."""
    desk = desks.Desk("GRID", desks.GRID)
    desk.fill("INIT", part="3")
    desk.look("100", later=61_000)
    assert desk.state.status is Status.ACTIVE
    said = [event.params for event in registry.drain(desk.state) if event.code == "size_reduced"]
    assert [(one["leg"], one.get("coin")) for one in said] == [("INIT", None), ("L4", "ABC")]
    sells = {order.leg: order.amount for order in desk.orders().values() if order.side is Side.SELL}
    assert sum(sells.values()) <= 3 < sum(sells.values()) + D("0.001")
    assert D(said[1]["amount"]) == sells["L4"] < D(said[1]["wanted"])


def test_the_warning_of_a_narrow_step_says_how_narrow() -> None:
    """Cells of 0.25 (111.111 % over 44 cells) against fees that take 0.2003 %: less than twice."""
    plan = {"low": "90", "high": "100", "cells": 36, "investment": "5000", "spacing": "geometric"}
    (warning,) = [
        one for one in registry.preview("GRID", plan, D(95), walks.market(future=False)).warnings if one.code == "step_below_fees"
    ]
    step = ((D(100) / 90) ** (D(1) / 36) - 1) * 100
    assert warning.params == {"step_pct": str(round(step, 4)), "needed_pct": "0.2003"}


def test_equal_amounts_leave_the_fees_of_their_buys_aside() -> None:
    """a = floor((1000 - 0.001 x 100 x 1.02) / ((90 + 95) x 1.02 + 2 x 100 x 1.02)) = 2.546; at no fee it were 2.597."""
    rules = walks.market(future=False, maker_fee="0.02", taker_fee="0.02", min_notional="1")
    plan = {**desks.GRID, "size_mode": "base", "low": "80", "high": "120"}
    found = registry.preview("GRID", plan, D(100), rules)
    spent = (80 + 90) * D("1.02") + 2 * 100 * D("1.02")
    assert D(found.plan["order_amount"]) == ((1000 - D("0.001") * 102) / spent).quantize(D("0.001"), "ROUND_FLOOR")


@pytest.mark.parametrize(("price", "amount"), [("50000", "0.05"), ("0.05", "0.5")])
def test_break_even_is_for_less_than_a_coin_and_for_less_than_a_dollar_too(price: str, amount: str) -> None:
    """A loss of a few cents, or of a part of a coin, is made good like any other."""
    desk = desks.grid()
    ledger = desk.state.ledger
    ledger.base, ledger.quote = D(amount), ledger.put_quote - D(amount) * D(price)
    desk.state.price = D(price) * D("0.99")
    ledger.basis = D(amount) * D(price)
    registry.apply(desk.state, Rules(walks.market(future=False, tick="0.0001", step="0.001", min_notional="0.001"), desk.at))
    desk.say("stop", close_mode="break_even")
    (order,) = desk.orders().values()
    assert order.amount == D(amount) and order.price is not None and D(price) < order.price <= D(price) * D("1.002")


def test_a_command_moves_the_clock_on_and_never_back() -> None:
    desk = desks.grid()
    registry.drain(desk.state)
    now = desk.state.at
    registry.apply(desk.state, Command("pause", {}, now + 5_000, "later"))
    registry.apply(desk.state, Command("resume", {}, now - 5_000, "earlier"))
    assert [event.at for event in registry.drain(desk.state)] == [now + 5_000, now + 5_000]


def test_a_deal_that_shall_be_the_last_is_stored_as_one() -> None:
    state = registry.start("DCA", PLAN, D(100), FREE, 0)
    registry.apply(state, Command("stop", {"after_deal": True}, 1, "s"))
    assert registry.dump(state)["memory"]["last_deal"] == 1


def test_legs_long_gone_are_forgotten_by_halves_the_oldest_first() -> None:
    book = Book()
    for n in range(258):
        for _ in range(2 if n == 250 else 1):
            book.place(f"A{n}", Side.BUY, D(1), D(1), Role.GRID, n)
            book.drop(f"A{n}")
    assert book.floor == 1 and len(book.generations) == 129
    assert book.place("A250", Side.BUY, D(1), D(1), Role.GRID, 1).generation == 3, "remembered"
    assert book.place("A0", Side.BUY, D(1), D(1), Role.GRID, 1).generation == 2, "forgotten, and yet no id comes twice"


# -- more than was asked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["GRID", "BTD", "LOOP"])
def test_a_fill_of_more_than_was_asked_is_paid_by_the_farthest_orders(name: str) -> None:
    """An order of a plan that got lost has the place and the number of one of this plan, and another size."""
    walk = walks.Walk(name, walks.FORMS[name], D(100), walks.market(future=False), 1)
    while walk.state.status is not Status.ACTIVE or len(walk.state.book.sells) < 2:
        walk.step(0.004)
    state = walk.state
    nearest = state.book.sells[-1]
    more = state.book.remaining(nearest) + state.free_base() + D("0.1")
    registry.apply(state, Fill(nearest.leg, nearest.generation, nearest.side, nearest.price, more, D(0), "USDT", "lost-1", walk.at))
    assert state.free_base() < 0
    registry.make_room(state)
    assert state.free_base() >= 0 and nearest.leg not in {order.leg for order in state.book.sells}
    assert "size_reduced" in {event.code for event in registry.drain(state)}


def test_a_bot_that_ended_has_no_orders_to_give_way() -> None:
    desk = desks.grid()
    desk.say("stop", close_mode="keep")
    desk.state.ledger.base = D(-1)
    registry.make_room(desk.state)
    assert "size_reduced" not in desk.events()
