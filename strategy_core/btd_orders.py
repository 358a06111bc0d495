"""The orders of a BTD ladder: what a level buys and sells, with the bot's own money only."""

from __future__ import annotations

from decimal import Decimal

from strategy_core.decimals import ZERO, floor_to
from strategy_core.levels import leg
from strategy_core.mechanics import meets_minimum
from strategy_core.state import State
from strategy_core.trade import Role, Side


def first_buy(state: State, j: int) -> Decimal:
    """The size of a balanced start's buy at level j: what the sell above it would bring."""
    memory = state.memory
    each: Decimal = memory.base * memory.ladder.sell(j + 1) / (memory.ladder.buy(j) * state.buy_factor)
    return floor_to(each, state.market.amount_step)


def affordable(state: State, j: int) -> Decimal:
    """What all free quote buys at level j."""
    factor = state.memory.ladder.buy(j) * state.buy_factor
    return floor_to(max(state.free_quote(), ZERO) / factor, state.market.amount_step)


def buy(state: State, j: int, amount: Decimal, origin: Decimal | None) -> None:
    """Rests a buy at level j, or adds to the one there. `origin`: base that was sold for it."""
    book, memory = state.book, state.memory
    name = leg(j)
    there = book.orders.get(name)
    price = memory.ladder.buy(j)
    if there is not None and there.side is Side.BUY:
        if amount > 0:
            book.replace(name, book.remaining(there) + amount, state.at)
    elif there is not None or not meets_minimum(state.market, amount, price):
        if j not in memory.parked:
            state.note("parked", leg=name, side="buy")
        memory.parked[j] = None
    else:
        book.place(name, Side.BUY, price, amount, Role.GRID, state.at)
    if origin is not None:
        memory.origins[name] = memory.origins.get(name, ZERO) + origin


def sell(state: State, i: int, amount: Decimal) -> None:
    """Rests a sell of at most `amount` at level i, or adds to the one there."""
    book, memory, market = state.book, state.memory, state.market
    name = leg(i)
    there = book.orders.get(name)
    free = state.free_base()
    if amount > free:
        wanted, amount = amount, floor_to(max(free, ZERO), market.amount_step)
        state.note("size_reduced", leg=name, wanted=wanted, amount=amount, coin=market.base)
    if there is not None and there.side is Side.SELL:
        if amount > 0:
            book.replace(name, book.remaining(there) + amount, state.at)
    elif there is not None or not meets_minimum(market, amount, memory.ladder.sell(i)):
        if i not in memory.parked:
            state.note("parked", leg=name, side="sell")
        memory.parked[i] = (ZERO, None)
    else:
        book.place(name, Side.SELL, memory.ladder.sell(i), amount, Role.GRID, state.at)
