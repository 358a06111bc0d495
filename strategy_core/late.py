"""Levels beyond the order cap that the price went through in one look: one market order stands for them (strategies.md 1.4).

Rules
1. `state.late` is what it stands for, in path order, with what of each is still to come; each gets its own fill.
2. A late part of the order it was before (issued anew meanwhile) is asked for no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from strategy_core.book import Taken
from strategy_core.decimals import ZERO
from strategy_core.state import State
from strategy_core.trade import Fill, Order, Status

LATE: Final = "LATE"
HandOver = Callable[[State, Fill, Taken], None]


def is_level(leg: str) -> bool:
    """Whether the leg is a level of a ladder (L-3), not this order for several."""
    return leg[0] == "L" and leg != LATE


def fill_late(state: State) -> None:
    """strategies.md 1.4: several virtual levels gone through in one look are filled by one market order."""
    book = state.book
    crossed = book.crossed(state.price)
    if len(crossed) < 2 or state.late or state.status is not Status.ACTIVE:
        book.dirty = book.dirty or bool(crossed)
        return
    total = ZERO
    for order in crossed:
        left = book.remaining(order)
        book.drop(order.leg)
        state.late.append((order, left))
        total += left
    first = crossed[0]
    book.place(LATE, first.side, None, total, first.role, state.at, first.reduce_only)
    state.note("late_fill", levels=len(crossed), amount=total, price=state.price)


def take_late(state: State, order: Order, fill: Fill, hand_over: HandOver) -> None:
    """A part of the market order, or of the one before it that was issued anew: then less is asked for."""
    book = state.book
    left = book.remaining(order) - fill.amount
    if fill.generation == order.generation:
        book.take(order, fill.amount)
    elif left > 0:
        book.replace(LATE, left, fill.at)
    else:
        book.drop(LATE)
    _share(state, fill, hand_over)


def _share(state: State, fill: Fill, hand_over: HandOver) -> None:
    """One market order's execution, given to the virtual orders it stands for, in path order: each its own fill."""
    left, fee, value = fill.amount, fill.fee, fill.fee_value
    while left and state.late:
        order, due = state.late[0]
        part = min(left, due)
        of_fee, of_value = (fee, value) if part == left else (fill.fee * part / fill.amount, fill.fee_value * part / fill.amount)
        left, fee, value = left - part, fee - of_fee, value - of_value
        if part == due:
            state.late.pop(0)
        else:
            state.late[0] = (order, due - part)
        share = fill._replace(leg=order.leg, generation=order.generation, amount=part, fee=of_fee, fee_value=of_value)
        state.ledger.fold(share)
        hand_over(state, share, Taken(order, part == due, order.amount - due))
    if left:
        state.ledger.fold(fill._replace(amount=left, fee=fee, fee_value=value))
