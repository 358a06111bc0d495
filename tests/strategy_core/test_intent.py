"""`diff`: what is asked of the venue, for every state an order can be in."""

from __future__ import annotations

from decimal import Decimal

import pytest

from strategy_core.intent import Cancel, Intent, LookUp, Place, Sent, SentOrder, diff
from strategy_core.trade import Order, OrderType, Role, Side

D = Decimal


def limit(leg: str, side: Side = Side.BUY, generation: int = 1) -> Order:
    return Order(leg, generation, 0, side, OrderType.LIMIT, D(100), D(1), Role.GRID, False, 0)


def market(leg: str, side: Side = Side.SELL) -> Order:
    return Order(leg, 1, 0, side, OrderType.MARKET, None, D(1), Role.CLOSE, False, 0)


def ask(wanted: dict[str, Order], sent: dict[str, tuple[Order, Sent]], resting: tuple[str, ...] = ()) -> tuple[Intent, ...]:
    return diff(wanted, resting, {id_: SentOrder(*what) for id_, what in sent.items()})


def test_what_is_wanted_and_was_never_sent_is_placed_in_the_order_it_is_wanted() -> None:
    a, b = limit("L1"), limit("L2", Side.SELL)
    assert ask({"a": a, "b": b}, {}) == (Place("a", a), Place("b", b))


@pytest.mark.parametrize("state", list(Sent))
def test_an_id_that_was_ever_sent_is_never_placed_again(state: Sent) -> None:
    a = limit("L1")
    assert not [intent for intent in ask({"a": a}, {"a": (a, state)}) if isinstance(intent, Place)]


@pytest.mark.parametrize(
    ("state", "seen", "wanted", "asked"),
    [
        (Sent.PENDING, False, True, LookUp), (Sent.PENDING, True, True, None), (Sent.PENDING, False, False, LookUp),
        (Sent.PENDING, True, False, Cancel), (Sent.OPEN, True, True, None), (Sent.OPEN, False, True, None), (Sent.OPEN, True, False, Cancel),
        (Sent.OPEN, False, False, Cancel), (Sent.CANCELLING, True, True, LookUp), (Sent.CANCELLING, False, True, LookUp),
        (Sent.CANCELLING, True, False, LookUp), (Sent.OVER, True, False, None), (Sent.OVER, False, True, None),
    ],
)  # fmt: skip
def test_each_state_of_an_order_has_its_one_answer(state: Sent, seen: bool, wanted: bool, asked: type | None) -> None:
    a = limit("L1")
    found = ask({"a": a} if wanted else {}, {"a": (a, state)}, ("a",) if seen else ())
    assert found == (() if asked is None else (asked("a", a),))


@pytest.mark.parametrize("state", [Sent.PENDING, Sent.OPEN, Sent.CANCELLING])
def test_a_leg_waits_for_its_own_order_to_be_over(state: Sent) -> None:
    old, new = limit("L1"), limit("L1", Side.SELL, 2)
    assert not [intent for intent in ask({"new": new}, {"old": (old, state)}) if isinstance(intent, Place)]
    assert ask({"new": new}, {"old": (old, Sent.OVER)}) == (Place("new", new),)


@pytest.mark.parametrize(("side", "blocked"), [(Side.BUY, True), (Side.SELL, False)])
def test_a_limit_waits_for_the_cancels_of_its_side_only(side: Side, blocked: bool) -> None:
    old, new = limit("L1", Side.BUY), limit("L7", side)
    found = ask({"new": new}, {"old": (old, Sent.OPEN)}, ("old",))
    assert found == ((Cancel("old", old),) if blocked else (Cancel("old", old), Place("new", new)))


def test_an_order_that_is_wanted_and_out_blocks_nobody_else() -> None:
    kept, new = limit("L1"), limit("L2")
    assert ask({"kept": kept, "new": new}, {"kept": (kept, Sent.OPEN)}, ("kept",)) == (Place("new", new),)


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_market_order_waits_for_every_cancel(side: Side) -> None:
    old, close = limit("L1", side), market("CLOSE")
    assert ask({"close": close}, {"old": (old, Sent.OPEN)}, ("old",)) == (Cancel("old", old),)
    assert ask({"close": close}, {"old": (old, Sent.CANCELLING)}, ("old",)) == (LookUp("old", old),)
    assert ask({"close": close}, {"old": (old, Sent.OVER)}) == (Place("close", close),)


def test_cancels_come_first_then_questions_then_orders() -> None:
    gone, lost, new = limit("L1"), limit("L2", Side.SELL), limit("L3", Side.SELL)
    found = ask({"lost": lost, "new": new}, {"lost": (lost, Sent.PENDING), "gone": (gone, Sent.OPEN)}, ("gone",))
    assert found == (Cancel("gone", gone), LookUp("lost", lost), Place("new", new))
