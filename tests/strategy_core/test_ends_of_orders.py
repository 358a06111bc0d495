"""Orders the venue ends without filling them: what is tried again, what is given up, and that a bot never hangs on one."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.mechanics import MAX_ATTEMPTS
from strategy_core.trade import Ended, Fill, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_ends", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal
COMBO: dict[str, Any] = {
    "direction": "long", "margin": "200", "leverage": "5", "levels": 10, "grid_levels": 5, "step_pct": "1", "stop_loss_pct": "15",
}  # fmt: skip


def closing(**rules: Any) -> Any:
    """A grid that is selling all of its base."""
    desk = desks.Desk("GRID", desks.GRID, **rules)
    desk.fill("INIT")
    desk.look("100")
    desk.say("stop", close_mode="quote")
    return desk


def refused(desk: Any, leg: str, detail: str = "too many") -> None:
    desk.end(leg, "rejected", detail=detail)


# -- the close ----------------------------------------------------------------------------------------------------------


def test_a_close_refused_five_times_waits_for_the_owner_and_then_goes_on() -> None:
    desk = closing()
    for attempt in range(MAX_ATTEMPTS):
        assert (desk.state.status, desk.orders()["CLOSE"].attempt) == (Status.STOPPING, attempt)
        refused(desk, "CLOSE")
    assert (desk.state.status, desk.state.reason) == (Status.ERROR, "order_rejected")
    assert desk.events().count("order_rejected") == MAX_ATTEMPTS - 1, "each try before the last is told; the last is the status"
    desk.say("resume")
    assert (desk.state.status, desk.state.reason, desk.state.resume_to) == (Status.STOPPING, "user", None)
    assert desk.orders()["CLOSE"].attempt == MAX_ATTEMPTS, "another id than the refused ones"
    desk.fill("CLOSE")
    assert (desk.state.status, desk.state.reason) == (Status.STOPPED, "user")


def test_a_close_that_fills_while_the_bot_is_in_error_ends_it() -> None:
    desk = closing()
    for _ in range(MAX_ATTEMPTS):
        refused(desk, "CLOSE")
    desk.fill("CLOSE")
    assert desk.state.status is Status.STOPPED and desk.state.ledger.base < D("0.001")


def test_a_close_of_which_less_than_the_minimum_is_left_has_closed() -> None:
    """Lots of 0.001 at 100 and five quote at least: 0.04 cannot be sold."""
    desk = closing(min_notional="5")
    whole = desk.orders()["CLOSE"].amount
    desk.fill("CLOSE", part=str(whole - D("0.04")))
    desk.end("CLOSE", "expired", filled=str(whole - D("0.04")))
    assert (desk.state.status, desk.state.reason, desk.orders()) == (Status.STOPPED, "user", {})


def test_a_close_that_ends_with_enough_left_is_asked_for_again() -> None:
    desk = closing(min_notional="5")
    whole = desk.orders()["CLOSE"].amount
    desk.fill("CLOSE", part=str(whole - D("0.05")))
    desk.end("CLOSE", "expired", filled=str(whole - D("0.05")))
    (close,) = desk.orders().values()
    assert (desk.state.status, close.generation, close.attempt, close.amount) == (Status.STOPPING, 2, 0, D("0.05"))


@pytest.mark.parametrize(("left", "status"), [("0.05", Status.STOPPING), ("0.04", Status.STOPPED)])
def test_a_close_that_ended_before_its_last_fill_came_is_settled_when_it_does(left: str, status: Status) -> None:
    desk = closing(min_notional="5")
    filled = desk.orders()["CLOSE"].amount - D(left)
    desk.end("CLOSE", "expired", filled=str(filled))
    assert (desk.state.status, list(desk.state.ending)) == (Status.STOPPING, ["CLOSE"])
    desk.fill("CLOSE", part=str(filled))
    assert desk.state.status is status and desk.state.ending == {}
    assert [(order.generation, order.amount) for order in desk.orders().values()] == ([(2, D(left))] if status is Status.STOPPING else [])


def test_a_close_that_filled_whole_after_it_was_said_to_have_ended_is_done() -> None:
    desk = closing()
    whole = desk.orders()["CLOSE"].amount
    desk.end("CLOSE", "expired", filled=str(whole))
    desk.fill("CLOSE")
    assert (desk.state.status, desk.state.ending) == (Status.STOPPED, {})


def test_a_break_even_close_the_account_cannot_pay_for_is_an_error_not_an_end() -> None:
    desk = desks.grid()
    desk.look("96")
    desk.say("stop", close_mode="break_even")
    assert desk.orders()["CLOSE"].price is not None
    for _ in range(MAX_ATTEMPTS):
        assert desk.state.status is Status.STOPPING
        refused(desk, "CLOSE", "insufficient_funds")
    assert desk.state.status is Status.ERROR and "CLOSE" in desk.state.book.orders


@pytest.mark.parametrize("policy", ["recreate", "pause", "adopt"])
def test_a_close_somebody_removed_is_made_again_unless_the_owner_adopts_that(policy: str) -> None:
    desk = desks.Desk("GRID", desks.GRID | {"missing_orders": policy})
    desk.fill("INIT")
    desk.look("96")
    desk.say("stop", close_mode="break_even")
    desk.end("CLOSE", "missing")
    adopted = policy == "adopt"
    assert desk.state.status is (Status.STOPPED if adopted else Status.STOPPING)
    assert [order.generation for order in desk.orders().values()] == ([] if adopted else [2])


# -- tries --------------------------------------------------------------------------------------------------------------


def test_each_refusal_is_a_new_attempt_of_the_same_order_until_the_fifth() -> None:
    desk = desks.grid()
    first = desk.orders()["L1"]
    for attempt in range(1, MAX_ATTEMPTS):
        refused(desk, "L1", "price too far")
        again = desk.orders()["L1"]
        assert again == first._replace(attempt=attempt) and desk.state.status is Status.ACTIVE
        (event,) = [event for event in registry.drain(desk.state) if event.code == "order_rejected"]
        assert event.params == {"leg": "L1", "attempt": str(attempt - 1), "detail": "price too far"}
    refused(desk, "L1")
    assert (desk.state.status, desk.state.reason, desk.state.resume_to) == (Status.ERROR, "order_rejected", Status.ACTIVE)
    assert desk.orders()["L1"].attempt == MAX_ATTEMPTS


def test_a_refusal_for_lack_of_money_parks_a_limit_order_and_retries_a_market_order() -> None:
    desk = desks.grid()
    refused(desk, "L1", "insufficient_funds")
    assert "L1" not in desk.orders() and desk.state.memory.parked == {1: None}
    assert desk.state.status is Status.ACTIVE
    (event,) = [event for event in registry.drain(desk.state) if event.code == "insufficient_funds"]
    assert (event.params["leg"], event.params["amount"]) == ("L1", "2.66")
    fresh = desks.Desk("GRID", desks.GRID)
    refused(fresh, "INIT", "insufficient_funds")
    assert fresh.orders()["INIT"].attempt == 1


def test_news_of_an_older_attempt_or_generation_changes_nothing() -> None:
    desk = desks.grid()
    refused(desk, "L1")
    now = desk.orders()["L1"]
    for generation, attempt in ((now.generation, 0), (now.generation - 1, now.attempt), (now.generation + 1, now.attempt)):
        registry.apply(desk.state, Ended("L1", generation, attempt, "rejected", D(0), desk.at, ""))
    assert desk.orders()["L1"] == now


def test_the_clock_of_a_bot_never_goes_back() -> None:
    desk = desks.grid()
    order, at = desk.orders()["L1"], desk.state.at
    registry.apply(desk.state, Ended("L1", order.generation, 0, "rejected", D(0), at - 500, ""))
    assert desk.state.at == at
    registry.apply(desk.state, Ended("L1", order.generation, 1, "rejected", D(0), at + 500, ""))
    assert desk.state.at == at + 500


def test_an_ending_waits_for_the_last_fill_the_venue_counted() -> None:
    desk = desks.grid()
    whole = desk.orders()["L1"].amount
    desk.end("L1", "cancelled", filled="1.5")
    desk.fill("L1", part="1.499")
    assert desk.orders()["L1"].generation == 1, "one lot is still to come"
    desk.fill("L1", part="0.001")
    again = desk.orders()["L1"]
    assert (again.generation, again.amount) == (2, whole - D("1.5")) and desk.state.ending == {}


# -- the market entries of a COMBO --------------------------------------------------------------------------------------


def combo(**config: Any) -> Any:
    rules = {"slippage_pct": "0", "min_notional": "5", "maker_fee": "0.0002", "taker_fee": "0.0005", "step": "0.01", "min_amount": "0.01"}
    return desks.walks.Walk("COMBO", COMBO | config, D(100), desks.walks.market(future=True, **rules), 1)


def in_part(walk: Any, leg: str, amount: str, price: str) -> None:
    """A part of an order fills, then the venue ends it: too little is left to ask again."""
    order = walk.state.book.orders[leg]
    walk.tell(Fill(leg, order.generation, order.side, D(price), D(amount), D(0), "USDT", f"part-{leg}", walk.at))
    walk.tell(Ended(leg, order.generation, order.attempt, "expired", D(amount), walk.at))


def exits(walk: Any) -> dict[str, str]:
    return {leg: str(order.amount) for leg, order in walk.state.book.orders.items() if order.reduce_only}


def test_an_entry_that_ends_a_little_short_is_the_position_and_its_last_exit_is_smaller() -> None:
    walk = combo()
    in_part(walk, "INIT", "4.96", "100.5")
    assert walk.state.status is Status.STARTING
    walk.go(D(100))
    state = walk.state
    assert state.status is Status.ACTIVE and state.memory.anchor == D("100.5")
    assert exits(walk) == {"L1": "1.00", "L2": "1.00", "L3": "1.00", "L4": "1.00", "L5": "0.96"}


def test_an_entry_that_never_was_is_tried_again() -> None:
    walk = combo(missing_orders="adopt")
    order = walk.state.book.orders["INIT"]
    walk.tell(Ended("INIT", order.generation, 0, "missing", D(0), walk.at))
    assert walk.state.book.orders == {} and walk.state.status is Status.STARTING
    walk.at += 1
    walk.tell(desks.Look(D("125"), walk.at))
    again = walk.state.book.orders["INIT"]
    assert (again.generation, again.amount) == (2, D("4.00")), "1000 / (10 x 125) = 0.8 a unit, five units"


def shifted(walk: Any) -> Any:
    """All five exits are gone and a refill is out."""
    walk.go(D(100))
    walk.go(D("106.5"))
    assert walk.state.memory.refill == 6 and walk.state.ledger.base == 0
    return walk


def test_a_refill_that_ends_a_little_short_gets_the_exit_it_can() -> None:
    walk = shifted(combo())
    in_part(walk, "REFILL", "0.97", "106.5")
    walk.at += 1
    walk.tell(desks.Look(D("106.4"), walk.at))
    assert walk.state.memory.refill is None
    assert exits(walk) == {"L7": "0.97"} and walk.state.memory.origins["L7"] == D("106.5")


def test_without_its_refill_a_combo_watches_its_stop_again() -> None:
    walk = shifted(combo(missing_orders="adopt"))
    order = walk.state.book.orders["REFILL"]
    walk.tell(Ended("REFILL", order.generation, 0, "missing", D(0), walk.at))
    walk.at += 1
    walk.tell(desks.Look(D("106.4"), walk.at))
    assert walk.state.memory.refill is None and exits(walk) == {}
    assert registry.horizon(walk.state).below is not None, "its entries and its stop, not at once"
    walk.at += 1
    walk.tell(desks.Look(D("90.5"), walk.at))
    assert (walk.state.status, walk.state.reason) == (Status.STOPPED, "stop_loss")


def test_a_paused_combo_leaves_a_refill_as_it_is() -> None:
    walk = shifted(combo())
    desks.registry.apply(walk.state, desks.Command("pause", {}, walk.at, "p"))
    refill = walk.state.book.orders["REFILL"]
    walk.tell(Fill("REFILL", refill.generation, Side.BUY, D("106.5"), refill.amount, D(0), "USDT", "r", walk.at))
    walk.at += 1
    walk.tell(desks.Look(D("106.4"), walk.at))
    assert walk.state.memory.refill == 6 and exits(walk) == {}
    desks.registry.apply(walk.state, desks.Command("resume", {}, walk.at, "q"))
    assert walk.state.memory.refill is None and exits(walk) == {"L7": "1.00"}


def test_a_level_that_is_due_gets_one_unit_when_the_window_follows_not_two() -> None:
    walk = combo()
    walk.go(D(100))
    walk.go(D("105.5"))
    assert walk.state.ledger.base == 0
    order = walk.state.book.orders["L-2"]
    walk.tell(Ended("L-2", order.generation, 0, "rejected", D(0), walk.at, "insufficient_funds"))
    assert walk.state.memory.due == {"e-2": D(1)}
    walk.tell(desks.Look(D("106.5"), walk.at + 1))
    entries = {leg: order.amount for leg, order in walk.state.book.orders.items() if leg[0] == "L"}
    assert entries == {f"L{j}": D(1) for j in range(-3, 6)} and walk.state.memory.due == {}


def test_what_is_due_beside_an_order_stays_due_when_the_window_follows() -> None:
    walk = combo()
    walk.go(D(100))
    walk.go(D("105.5"))
    walk.state.memory.due = {"e-3": D("0.5"), "e-4": D("0.25"), "x7": D("0.125")}
    walk.state.book.replace("L-3", D("0.5"), walk.at)
    walk.tell(desks.Look(D("106.5"), walk.at + 1))
    assert walk.state.memory.due == {"e-3": D("0.5"), "x7": D("0.125")} and walk.state.book.orders["L-3"].amount == D("0.5")
