"""The orders of a COMBO: what rests at a level, what is due there, and what gives way.

Rules
1. A level never has two orders: what finds its level taken, or is too small, is due.
2. An exit of a whole unit may always go out, whatever the venue's minimum.
"""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from strategy_core.combo_memory import ComboMemory
from strategy_core.combo_plan import Levels
from strategy_core.late import is_level
from strategy_core.mechanics import meets_minimum
from strategy_core.number import ZERO
from strategy_core.state import State
from strategy_core.trade import Order, Role, Side


def entry_side(state: State) -> Side:
    return Side.BUY if state.config.is_long else Side.SELL


def exit_side(state: State) -> Side:
    return Side.SELL if state.config.is_long else Side.BUY


def want(state: State, j: int, side: Side, amount: Decimal, origin: Decimal | None = None) -> None:
    """More of an order at a level: placed, grown, or due until it can be."""
    memory: ComboMemory = state.memory
    book = state.book
    if memory.levels.tick != state.market.price_tick:  # the venue changed its rules
        memory.levels = Levels(state.config, memory.anchor, state.market)
    is_exit = side is not entry_side(state)
    due = memory.due
    key = f"{'x' if is_exit else 'e'}{j}"
    amount += due.pop(key, ZERO)
    leg = f"L{j}"
    there = book.orders.get(leg)
    grows = there is not None and there.side is side
    total = amount + (book.remaining(cast(Order, there)) if grows else ZERO)
    price = memory.levels.exit(j) if is_exit else memory.levels.entry(j)
    fits = meets_minimum(state.market, total, price) or (is_exit and total >= memory.unit)  # a whole unit may always be closed
    if not fits or (there is not None and not grows):
        due[key] = amount
        return
    if grows:
        book.replace(leg, total, state.at)
        return
    book.place(leg, side, price, amount, Role.GRID if is_exit else Role.DCA, state.at, is_exit)
    if origin is not None:
        memory.origins[leg] = origin


def shrink(state: State, order: Order, part: Decimal) -> None:
    rest = state.book.remaining(order) - part
    if rest > 0:
        state.book.replace(order.leg, rest, state.at)
    else:
        state.book.drop(order.leg)


def by_level(state: State) -> list[Order]:
    rows = [order for order in state.book.orders.values() if is_level(order.leg)]
    return sorted(rows, key=lambda order: int(order.leg[1:]))
