"""An order that takes another's place is committed with the cancel, and goes out only when that went as known."""

from entities.bot import perform
from entities.operation import BotOperation
from orchestrators.outcomes import cancelled, may_follow
from strategy_core.storage import load_order
from tests.builders import T0
from tests.entities.test_bot_entity import RECORD, advance, outcome, start_input, trade, view

SECOND = 1_000
DCA = {
    "base_order_size": "200", "safety_order_size": "150", "safety_orders": 2, "step_pct": "2", "take_profit_pct": "2.5", "funds_quote": "1000",
}  # fmt: skip


def report(intent, filled="0", status="canceled"):
    return {"id": intent["id"], "order_id": "v1", "filled": filled, "status": status, "at": T0, "price": None, "amount": "1"}


def bought(state, intent, at):
    """The state and answer after a buy was executed in whole."""
    order = load_order(intent["order"])
    price = "100" if order.price is None else str(order.price)
    return advance(state, at, view=view(at, price, [trade(intent, price, str(order.amount), at)]))


def after_a_safety_order():
    """The state and the intents of a deal whose first safety order has just been executed."""
    state, told = perform(BotOperation.START, None, start_input(record={**RECORD, "strategy": "DCA", "config": DCA}))
    state, told = bought(state, told["intents"][0], T0 + SECOND)
    placed = told["intents"]
    state, _ = advance(state, T0 + 2 * SECOND, outcomes=[outcome(one, "accepted") for one in placed], settled=True)
    first = max((one for one in placed if load_order(one["order"]).side.value == "buy"), key=lambda one: load_order(one["order"]).price)
    state, told = bought(state, first, T0 + 3 * SECOND)
    return state, told


def test_the_next_take_profit_is_committed_with_the_cancel_of_the_last():
    state, told = after_a_safety_order()
    cancel, place = told["intents"]
    assert (cancel["kind"], place["kind"], told["calm"]) == ("cancel", "place", True)
    assert place["after"] == {cancel["id"]: "0"}
    assert (state["sent"][cancel["id"]][1], state["sent"][place["id"]][1]) == ("cancelling", "pending")


def test_it_goes_out_only_after_a_cancel_that_found_what_was_known():
    _, told = after_a_safety_order()
    cancel, place = told["intents"]

    def told_of(**what):
        return [outcome(cancel, "found", report=report(cancel, **what))]

    assert may_follow(place, told_of()) and may_follow(cancel, [])
    assert not may_follow(place, told_of(filled="0.5"))
    assert not may_follow(place, told_of(status="closed", filled="3"))
    assert not may_follow(place, told_of(status="open"))
    assert not may_follow(place, [outcome(cancel, "unknown")])
    assert not may_follow(place, [])
    work = {"calm": True, "intents": [cancel, place]}
    assert cancelled(told_of(), work) == {cancel["id"]} and cancelled(told_of(filled="0.5"), work) == set()


def test_what_was_held_back_goes_out_once_nothing_is_in_its_way():
    state, told = after_a_safety_order()
    cancel, place = told["intents"]
    now = T0 + 4 * SECOND
    still_open = outcome(cancel, "found", report=report(cancel, status="open"))
    state, told = advance(state, now, outcomes=[still_open, outcome(place, "held")])
    assert {one["kind"] for one in told["intents"]} == {"look_up"}
    now += SECOND
    found = [
        outcome(one, "absent", asked_at=now) if one["id"] == place["id"] else still_open | {"kind": "look_up"} for one in told["intents"]
    ]
    state, told = advance(state, now, outcomes=found)
    assert [one["kind"] for one in told["intents"] if one["id"] == place["id"]] == []  # the last one is still there
    over = outcome(cancel, "found", report=report(cancel))
    state, told = advance(state, now + SECOND, outcomes=[over])
    [look_up] = told["intents"]
    state, told = advance(state, now + 2 * SECOND, outcomes=[outcome(look_up, "absent", asked_at=now + 2 * SECOND)])
    [again] = told["intents"]
    assert (again["kind"], again["id"]) == ("place", place["id"]) and again["claim"] != place["claim"]
