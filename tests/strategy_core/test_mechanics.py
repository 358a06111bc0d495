"""What every bot does alike: pausing, stopping, endings, strays, caps, fees in a third coin."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.mechanics import MAX_ATTEMPTS
from strategy_core.state import AT_ONCE, NEVER, State
from strategy_core.trade import Candles, Command, Ended, Fill, Funding, Invalid, Look, Order, PositionSeen, Rules, Side, Status

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
GRID = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "1000", "reserve_pct": "0"}
BTD = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "8", "reserve_pct": "0"}
LOOP = {"investment": "5000", "order_count": 10, "distance_pct": "2", "reserve_pct": "0"}


class Desk:
    """A started bot and a hand that fills its orders."""

    def __init__(self, name: str, config: dict[str, Any], price: str = "100", **rules: Any) -> None:
        self.market = walks.market(future=False, **rules)
        self.state = registry.start(name, config, D(price), self.market, 0)
        self.at, self.trades = 0, 0

    def orders(self) -> dict[str, Order]:
        return {order.leg: order for order in registry.orders(self.state)}

    def fill(self, leg: str, part: str | None = None, price: str | None = None, old: Order | None = None, trade: str | None = None) -> Fill:
        order = old or self.orders()[leg]
        self.trades += 1
        self.at += 1000
        at = D(price) if price else order.price or self.state.price
        amount = D(part) if part else self.state.book.remaining(order)
        fee, coin = walks.fee_for(self.market, order.side, at, amount, True)
        fact = Fill(leg, order.generation, order.side, at, amount, fee, coin, trade or f"t{self.trades}", self.at)
        registry.apply(self.state, fact)
        return fact

    def look(self, price: str, later: int = 1000) -> None:
        self.at += later
        registry.apply(self.state, Look(D(price), self.at))

    def say(self, name: str, **params: Any) -> None:
        self.trades += 1
        registry.apply(self.state, Command(name, params, self.at, f"c{self.trades}"))

    def end(self, leg: str, reason: str, filled: str = "0", detail: str = "") -> None:
        order = self.orders()[leg]
        registry.apply(self.state, Ended(leg, order.generation, order.attempt, reason, D(filled), self.at, detail))

    def events(self) -> list[str]:
        return [event.code for event in registry.drain(self.state)]


def grid(**more: Any) -> Desk:
    desk = Desk("GRID", GRID | more)
    desk.fill("INIT")
    desk.look("100")
    return desk


# -- facts told twice ---------------------------------------------------------------------------------------------------


def test_a_fill_seen_twice_changes_nothing() -> None:
    desk = grid()
    fact = desk.fill("L1")
    before = walks.stored(desk.state)
    registry.apply(desk.state, fact)
    assert walks.stored(desk.state) == before


def test_a_fill_is_still_known_after_two_hundred_others() -> None:
    desk = grid()
    first = desk.fill("L1", trade="a-trade-id-longer-than-most-venues-use-0001")
    for n in range(100):
        desk.fill("L2" if n % 2 == 0 else "L1")
    base = desk.state.ledger.base
    registry.apply(desk.state, first)
    assert desk.state.ledger.base == base


def test_a_command_seen_twice_is_obeyed_once() -> None:
    desk = grid()
    command = Command("add_funds", {"amount": "100"}, 5, "once")
    for _ in range(2):
        registry.apply(desk.state, command)
    assert desk.state.ledger.put_quote == D("1100")


def test_an_unknown_command_is_refused_and_changes_nothing() -> None:
    desk = grid()
    before = walks.stored(desk.state)
    with pytest.raises(Invalid) as refused:
        desk.say("dance")
    assert (refused.value.field, refused.value.code) == ("command", "not_allowed")
    assert walks.stored(desk.state) == before


# -- horizon ------------------------------------------------------------------------------------------------------------


def test_a_market_order_out_means_wake_at_once() -> None:
    assert registry.horizon(Desk("GRID", GRID).state) == AT_ONCE


def test_a_fill_is_not_settled_until_a_look_has_judged_it() -> None:
    desk = grid()
    assert (registry.horizon(desk.state).below, registry.horizon(desk.state).above) == (D("95"), D("105"))
    desk.fill("L1")
    assert registry.horizon(desk.state) == AT_ONCE
    again = registry.load(json.loads(walks.stored(desk.state)))
    assert registry.horizon(again) == AT_ONCE
    desk.look("95")
    assert (registry.horizon(desk.state).below, registry.horizon(desk.state).above) == (D("90"), D("100"))


def test_a_stopped_bot_never_wakes() -> None:
    desk = grid()
    desk.say("stop", close_mode="keep")
    assert desk.state.status is Status.STOPPED
    assert registry.horizon(desk.state) == NEVER


# -- pausing ------------------------------------------------------------------------------------------------------------


def test_paused_with_orders_kept_fills_are_booked_and_mirrored_on_resume() -> None:
    desk = grid()
    desk.say("pause", keep_orders=True)
    assert "L1" in desk.orders()
    desk.fill("L1")
    desk.fill("L0")
    assert desk.state.ledger.base == D("10.401") and "L2" not in desk.orders()
    desk.look("90")
    desk.say("resume")
    assert desk.state.status is Status.ACTIVE
    assert {leg: order.amount for leg, order in desk.orders().items() if order.side is Side.SELL and leg in ("L1", "L2")} == {
        "L2": D("2.660"),
        "L1": D("2.808"),
    }


def test_paused_without_orders_they_come_back_under_new_ids() -> None:
    desk = grid()
    before = {order.key for order in registry.orders(desk.state)}
    desk.say("pause", keep_orders=False)
    assert registry.orders(desk.state) == ()
    desk.look("100")
    desk.say("resume")
    after = {order.key for order in registry.orders(desk.state)}
    assert len(after) == len(before) and not after & before


def test_a_fill_of_a_cancelled_order_that_came_back_shrinks_the_new_one() -> None:
    desk = grid()
    old = desk.orders()["L1"]
    desk.say("pause", keep_orders=False)
    desk.say("resume")
    desk.fill("L1", part="1", old=old)
    assert desk.orders()["L1"].amount == old.amount - 1 and desk.orders()["L2"].amount == 1
    desk.fill("L1", part=str(old.amount - 1), old=old)
    assert "L1" not in desk.orders() and desk.orders()["L2"].amount == old.amount


def test_a_paused_grid_still_stops_at_its_stop() -> None:
    desk = grid(stop_loss_price="85")
    desk.say("pause", keep_orders=True)
    desk.look("99")
    assert registry.horizon(desk.state).below == D("95")
    desk.look("84")
    assert (desk.state.status, desk.state.reason) == (Status.STOPPING, "stop_loss")


def test_resume_and_pause_where_they_mean_nothing_change_nothing() -> None:
    desk = grid()
    desk.say("resume")
    assert desk.state.status is Status.ACTIVE
    desk.say("stop", close_mode="keep")
    desk.say("pause")
    desk.say("stop", close_mode="quote")
    assert desk.state.status is Status.STOPPED


# -- stopping -----------------------------------------------------------------------------------------------------------


def test_stop_to_quote_sells_what_the_bot_has() -> None:
    desk = grid()
    desk.say("stop", close_mode="quote")
    order = desk.orders()["CLOSE"]
    assert (order.side, order.price, order.amount) == (Side.SELL, None, desk.state.ledger.base)
    desk.fill("CLOSE", part="1")
    assert desk.state.status is Status.STOPPING
    desk.fill("CLOSE")
    assert (desk.state.status, desk.state.reason, desk.state.ledger.base) == (Status.STOPPED, "user", D(0))


def test_a_late_fill_while_stopping_resizes_the_close_order() -> None:
    desk = grid()
    old = desk.orders()["L1"]
    desk.say("stop", close_mode="quote")
    first = desk.orders()["CLOSE"]
    desk.fill("L1", old=old)
    second = desk.orders()["CLOSE"]
    assert second.generation == first.generation + 1
    assert second.amount == first.amount + old.amount == desk.state.ledger.base


def test_a_late_sell_that_leaves_nothing_to_close_ends_the_stop() -> None:
    desk = Desk("GRID", GRID, "110")
    assert desk.state.status is Status.ACTIVE  # at the top of the range nothing has to be bought
    desk.fill("L3")
    sell = desk.orders()["L4"]
    desk.say("stop", close_mode="quote")
    desk.fill("L4", old=sell)
    assert desk.state.status is Status.STOPPED


def test_break_even_asks_for_the_price_at_which_total_is_nought() -> None:
    desk = grid()
    desk.fill("L1")
    desk.look("92")
    desk.say("stop", close_mode="break_even")
    order = desk.orders()["CLOSE"]
    ledger = desk.state.ledger
    exact = (D(1000) - ledger.quote) / (ledger.base * D("0.999"))
    assert order.price is not None and order.price - D("0.01") < exact <= order.price
    desk.fill("CLOSE")
    assert desk.state.status is Status.STOPPED and D(0) <= desk.state.ledger.total(D("92")) < D("0.2")


def test_break_even_in_profit_sells_at_market() -> None:
    desk = grid()
    desk.look("104")
    desk.say("stop", close_mode="break_even")
    assert desk.orders()["CLOSE"].price is None


def test_break_even_of_a_btd_buys_back_what_it_gave() -> None:
    desk = Desk("BTD", BTD)
    desk.fill("L3")
    desk.look("109")
    desk.say("stop", close_mode="break_even")
    order = desk.orders()["CLOSE"]
    assert order.side is Side.BUY and order.price is not None
    desk.fill("CLOSE")
    assert desk.state.ledger.total(D("100")) >= 0


def test_partial_sells_its_share_and_keeps_the_rest() -> None:
    desk = grid()
    desk.say("stop", close_mode="partial", pct="25")
    assert desk.orders()["CLOSE"].amount == D("1.233")
    again = registry.load(json.loads(walks.stored(desk.state)))
    assert again.close_mode == "partial:25"


def test_close_modes_are_checked() -> None:
    desk = grid()
    for params in (
        {"close_mode": "moon"},
        {"close_mode": "partial"},
        {"close_mode": "partial", "pct": "0"},
        {"close_mode": "partial", "pct": "101"},
    ):
        with pytest.raises(Invalid):
            desk.say("stop", **params)
    assert desk.state.status is Status.ACTIVE


def test_a_stop_of_a_bot_without_money_in_the_market_is_done_at_once() -> None:
    desk = Desk("GRID", GRID, "110")
    desk.say("stop", close_mode="break_even")
    assert desk.state.status is Status.STOPPED


# -- orders that ended on their own -------------------------------------------------------------------------------------


def test_a_missing_order_is_recreated_under_the_next_generation() -> None:
    desk = grid()
    before = desk.orders()["L1"]
    desk.end("L1", "missing")
    after = desk.orders()["L1"]
    assert (after.generation, after.amount, after.attempt) == (before.generation + 1, before.amount, 0)


def test_a_missing_order_can_pause_the_bot_or_be_accepted() -> None:
    desk = grid(missing_orders="pause")
    desk.end("L1", "missing")
    assert (desk.state.status, desk.state.reason) == (Status.PAUSED, "order_missing")
    desk = grid(missing_orders="adopt")
    desk.end("L1", "missing")
    assert "L1" not in desk.orders() and desk.state.memory.has_parked_buys()
    desk.fill("L3")
    assert "L1" in desk.orders()  # parked money is tried again after a fill


def test_an_order_is_not_issued_anew_before_its_last_fills_have_come() -> None:
    desk = grid()
    order = desk.orders()["L1"]
    desk.end("L1", "missing", filled="1")
    assert desk.orders()["L1"] == order
    assert registry.horizon(desk.state) == AT_ONCE
    again = registry.load(json.loads(walks.stored(desk.state)))
    assert again.ending == desk.state.ending
    desk.fill("L1", part="1")
    assert desk.orders()["L1"].amount == order.amount - 1
    assert desk.orders()["L1"].generation == order.generation + 1


def test_a_remainder_under_the_minimum_is_not_issued_anew() -> None:
    desk = grid()
    amount = desk.orders()["L1"].amount
    desk.fill("L1", part=str(amount - D("0.001")))
    desk.end("L1", "cancelled", filled=str(amount - D("0.001")))
    assert "L1" not in desk.orders()
    assert desk.orders()["L2"].amount == amount - D("0.001")


def test_news_of_an_order_no_longer_wanted_changes_nothing() -> None:
    desk = grid()
    order = desk.orders()["L1"]
    desk.end("L1", "missing")
    before = walks.stored(desk.state)
    registry.apply(desk.state, Ended("L1", order.generation, 0, "cancelled", D(0), desk.at))
    registry.apply(desk.state, Ended("L9", 1, 0, "cancelled", D(0), desk.at))
    assert walks.stored(desk.state) == before


def test_an_ending_overtaken_by_its_own_fill_is_forgotten() -> None:
    desk = grid()
    amount = desk.orders()["L1"].amount
    desk.end("L1", "missing", filled=str(amount))
    desk.fill("L1")
    assert not desk.state.ending and "L2" in desk.orders()


def test_a_reject_is_tried_again_and_then_the_bot_says_so() -> None:
    desk = grid()
    for attempt in range(MAX_ATTEMPTS):
        assert desk.orders()["L1"].attempt == attempt
        desk.end("L1", "rejected", detail="filter")
    assert (desk.state.status, desk.state.reason) == (Status.ERROR, "order_rejected")
    desk.look("99")
    assert registry.horizon(desk.state).below == D("95")
    desk.fill("L0")
    assert desk.state.missed
    desk.look("96")
    desk.say("resume")
    assert desk.state.status is Status.ACTIVE and not desk.state.missed


def test_a_partly_filled_order_keeps_its_part_through_a_retry() -> None:
    desk = grid()
    desk.fill("L1", part="1")
    desk.end("L1", "rejected", filled="1", detail="filter")
    order = desk.orders()["L1"]
    assert order.attempt == 1 and desk.state.book.remaining(order) == order.amount - 1


@pytest.mark.parametrize(("bot", "leg"), [("GRID", "L1"), ("GRID", "L3"), ("BTD", "L3"), ("LOOP", "B1"), ("LOOP", "S1")])
def test_insufficient_funds_parks_the_order(bot: str, leg: str) -> None:
    desk = Desk(bot, {"GRID": GRID, "BTD": BTD, "LOOP": LOOP}[bot])
    if "INIT" in desk.orders():
        desk.fill("INIT")
    desk.end(leg, "rejected", detail="insufficient_funds")
    assert leg not in desk.orders() and desk.state.memory.parked
    assert "insufficient_funds" in desk.events()
    walks.check_stored(desk.state)


# -- partial fills ------------------------------------------------------------------------------------------------------


def test_the_mirror_of_a_part_grows_by_replacement() -> None:
    desk = grid()
    whole = desk.orders()["L1"].amount
    desk.fill("L1", part="0.010")  # under the venue's minimum: it waits
    assert "L2" not in desk.orders()
    desk.fill("L1", part="1")
    first = desk.orders()["L2"]
    assert first.amount == D("1.010")
    desk.fill("L1")
    second = desk.orders()["L2"]
    assert (second.amount, second.generation) == (whole, first.generation + 1)
    assert len(registry.orders(desk.state)) == 4


def test_a_sell_in_parts_ends_with_the_planned_buy() -> None:
    desk = grid()
    planned = D("2.527")
    desk.fill("L3", part="1")
    assert desk.orders()["L2"].amount == 1
    desk.fill("L3", part="0.001")
    assert desk.orders()["L2"].amount == 1
    desk.fill("L3")
    assert desk.orders()["L2"].amount == planned


def test_a_part_sold_again_before_the_rest_was_bought_goes_back_whole() -> None:
    desk = grid()
    whole = desk.orders()["L1"].amount
    desk.fill("L1", part="1")
    desk.fill("L2")
    assert desk.state.book.remaining(desk.orders()["L1"]) == whole
    assert "L2" not in desk.orders()


# -- caps ---------------------------------------------------------------------------------------------------------------


def test_with_a_cap_the_nearest_rest_and_the_others_wait() -> None:
    desk = Desk("GRID", GRID | {"cells": 8, "max_active_orders": 4})
    desk.fill("INIT")
    desk.look("100")
    assert set(desk.orders()) == {"L2", "L3", "L5", "L6"} and len(desk.state.book.orders) == 8
    desk.fill("L3")
    desk.look("97")
    assert set(desk.orders()) == {"L1", "L2", "L4", "L5"}
    walks.check_stored(desk.state)


def test_several_virtual_levels_crossed_in_one_look_fill_by_one_market_order() -> None:
    desk = Desk("GRID", GRID | {"cells": 8, "max_active_orders": 4})
    desk.fill("INIT")
    desk.look("100")
    owed = {leg: desk.state.book.orders[leg].amount for leg in ("L1", "L0")}
    for leg in ("L3", "L2"):
        desk.fill(leg, price="88")
    desk.look("88")
    late = desk.orders()["LATE"]
    assert (late.side, late.price, late.amount) == (Side.BUY, None, sum(owed.values()))
    assert "late_fill" in desk.events()
    desk.fill("LATE", part="1", price="88.01")
    walks.check_stored(desk.state)
    desk.fill("LATE", price="88.01")
    desk.look("88")
    sells = {leg: order.amount for leg, order in desk.state.book.orders.items() if order.side is Side.SELL}
    assert (sells["L2"], sells["L1"]) == (owed["L1"], owed["L0"])
    assert not desk.state.late


def test_one_virtual_level_crossed_becomes_an_ordinary_order() -> None:
    desk = Desk("GRID", GRID | {"cells": 8, "max_active_orders": 4})
    desk.fill("INIT")
    desk.look("100")
    for leg in ("L3", "L2"):
        desk.fill(leg, price="92")
    desk.look("92")
    assert "LATE" not in desk.orders() and "L1" in desk.orders()


# -- the rest -----------------------------------------------------------------------------------------------------------


def test_a_fee_in_a_third_coin_is_a_line_of_its_own() -> None:
    desk = Desk("GRID", GRID)
    order = desk.orders()["INIT"]
    paid = Fill("INIT", 1, Side.BUY, D(100), order.amount, D("0.001"), "BNB", "x", 5, False, D("0.4"))
    registry.apply(desk.state, paid)
    ledger = desk.state.ledger
    assert (ledger.base, ledger.quote) == (order.amount, 1000 - 100 * order.amount)
    split = ledger.waterfall(D(100))
    assert (split.fees, split.total, ledger.fees) == (D("0.4"), D("-0.4"), {"BNB": D("0.001")})
    assert registry.load(json.loads(walks.stored(desk.state))).ledger.waterfall(D(100)) == split


def test_funding_is_counted_once_and_shown_on_its_line() -> None:
    desk = grid()
    for _ in range(2):
        registry.apply(desk.state, Funding(D("-1.5"), 8))
    assert desk.state.ledger.waterfall(D(100)).funding == D("-1.5")


def test_new_venue_rules_are_used_from_then_on() -> None:
    desk = grid()
    registry.apply(desk.state, Rules(desk.market.model_copy(update={"maker_fee": D("0.002")}), 9))
    assert desk.state.buy_factor == D("1.002")
    again = registry.load(json.loads(walks.stored(desk.state)))
    assert again.market.maker_fee == D("0.002")


def test_facts_a_strategy_does_not_care_about_are_ignored() -> None:
    desk = grid()
    registry.apply(desk.state, PositionSeen(D(0), None, None, 9))
    registry.apply(desk.state, Candles(60_000, (), 9))
    assert desk.state.status is Status.ACTIVE


def test_generations_never_come_twice_even_for_forgotten_legs() -> None:
    desk = grid()
    book = desk.state.book
    for n in range(400):
        book.place(f"X{n}", Side.BUY, D(1), D(1), desk.orders()["L0"].role, 0)
        book.drop(f"X{n}")
    highest = max(book.generations.values())
    assert len(book.generations) <= 256 and book.floor >= 1
    assert book.place("X0", Side.BUY, D(1), D(1), desk.orders()["L0"].role, 0).generation > 1 or highest == 1
    book.drop("X0")
    walks.check_stored(desk.state)


def test_a_status_moves_only_along_its_table() -> None:
    desk = grid()
    desk.say("stop", close_mode="keep")
    with pytest.raises(ValueError, match="no way from stopped to active"):
        desk.state.become(Status.ACTIVE)


def test_a_hundred_levels_fit_in_sixteen_kilobytes() -> None:
    rules = walks.market(future=False, step="0.00001", mode="received")
    config = GRID | {"cells": 100, "investment": "100000", "spacing": "geometric"}
    state: State = registry.start("GRID", config, D("99.37"), rules, 0)
    desk = Desk.__new__(Desk)
    desk.market, desk.state, desk.at, desk.trades = rules, state, 0, 0
    desk.fill("INIT")
    desk.look("99.37")
    for n in range(300):
        side = Side.BUY if n % 2 == 0 else Side.SELL
        index = state.book.buys if side is Side.BUY else state.book.sells
        desk.fill(index[-1].leg, trade=f"1234567890{n}")
    registry.drain(state)
    assert len(state.book.orders) == 100
    assert len(json.dumps(registry.dump(state), separators=(",", ":"))) < 16_000


def test_an_unreadable_schema_is_refused() -> None:
    data = registry.dump(grid().state)
    with pytest.raises(ValueError, match="schema 99"):
        registry.load({**data, "schema": 99})
