"""How a GRID's window follows the price: shifted with what it has, or extended from its own budget.

Rules
1. Up while no sell rests, down while no buy rests nor is parked; level by level until the price is inside again.
2. A limit ends the trailing, a spent budget ends the extension; the guard only makes it wait.
3. An extension down is a market order: the window grows when it is filled.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from strategy_core.decimals import HUNDRED, ONE, ZERO, floor_to
from strategy_core.grid_orders import dust, planned, quote_fee, rest_buy, rest_sell
from strategy_core.grid_plan import Config
from strategy_core.levels import leg
from strategy_core.state import State
from strategy_core.trade import Fill, Role, Side

EXTEND: Final = "EXT"


def use_budgets(state: State, before: Config, after: Config) -> None:
    """An edited budget: what was spent of it stays spent, and an extension that had ended goes on with more."""
    memory = state.memory
    for side in ("up", "down"):
        name = f"trail_{side}_budget"
        more = (getattr(after, name) or ZERO) - (getattr(before, name) or ZERO)
        if more:
            setattr(memory, f"budget_{side}", max(ZERO, getattr(memory, f"budget_{side}") + more))
        if more > 0:
            setattr(memory, f"ended_{side}", False)


def trail(state: State) -> None:
    """Moves or widens the window while the price is a level beyond it."""
    book, memory = state.book, state.memory
    while not book.markets and not state.late:
        if not book.sells and (up := next_up(state)) is not None and state.price >= up:
            if _guarded(state) or not (_shift_up if state.config.trail_up == "shift" else _extend_up)(state):
                return
        elif not book.buys and not memory.has_parked_buys() and (down := next_down(state)) is not None and state.price <= down:
            if _guarded(state) or not (_shift_down if state.config.trail_down == "shift" else _extend_down)(state):
                return
        else:
            return


def _guarded(state: State) -> bool:
    guard = state.memory.guard
    if guard is None or not guard.blocks(state.at):
        return False
    state.note("pump_guard", until=guard.until)
    return True


def next_up(state: State) -> Decimal | None:
    """The price that moves the window up; None when it may not."""
    if state.config.trail_up == "off" or state.memory.ended_up:
        return None
    price: Decimal = state.memory.ladder.sell(state.memory.hi + 1)
    return price if price <= state.config.trail_up_limit else None


def next_down(state: State) -> Decimal | None:
    """The price that moves the window down; None when it may not."""
    if state.config.trail_down == "off" or state.memory.ended_down:
        return None
    price: Decimal = state.memory.ladder.buy(state.memory.lo - 1)
    return price if price >= state.config.trail_down_limit and price > 0 else None


def _shift_up(state: State) -> bool:
    memory = state.memory
    lowest, top = memory.lo, memory.hi
    if leg(lowest) in state.book.orders:
        state.book.drop(leg(lowest))
    memory.parked.pop(lowest, None)
    memory.lo, memory.hi = lowest + 1, top + 1
    state.note("shift_up", lo=memory.lo, hi=memory.hi, price=state.price)
    rest_buy(state, top, planned(state, top))
    return True


def _shift_down(state: State) -> bool:
    memory, book = state.memory, state.book
    bottom, top = memory.lo, memory.hi
    memory.parked.pop(top, None)
    if leg(top) in book.orders:
        book.drop(leg(top))
    origin = memory.origins.pop(leg(top), None)
    memory.sold.pop(leg(top), None)
    memory.lo, memory.hi = bottom - 1, top - 1
    state.note("shift_down", lo=memory.lo, hi=memory.hi, price=state.price)
    rest_sell(state, bottom, floor_to(max(dust(state), ZERO), state.market.amount_step), origin)
    return True


def _extend_up(state: State) -> bool:
    """A buy at the old top, paid from the budget; the window grows."""
    memory = state.memory
    top = memory.hi
    amount = planned(state, top)
    cost = amount * memory.ladder.buy(top) * state.buy_factor
    if cost > memory.budget_up:
        memory.ended_up = True
        state.note("budget_spent", side="up", left=memory.budget_up, needed=cost)
        return False
    memory.budget_up -= cost
    state.ledger.add(quote=cost)
    memory.hi = top + 1
    state.note("extend_up", hi=memory.hi, paid=cost)
    return rest_buy(state, top, amount)


def _extend_down(state: State) -> bool:
    """Base for one more sell, bought at the market from the budget; the window grows when it is filled."""
    memory, config = state.memory, state.config
    amount = planned(state, memory.lo - 1)
    cost = amount * state.price * (ONE + config.reserve_pct / HUNDRED) * (ONE + state.rates.q_t)
    if cost > memory.budget_down:
        memory.ended_down = True
        state.note("budget_spent", side="down", left=memory.budget_down, needed=cost)
        return False
    state.book.place(EXTEND, Side.BUY, None, amount, Role.GRID, state.at)
    return False


def extended(state: State, fill: Fill, done: bool) -> None:
    memory = state.memory
    cost = fill.price * fill.amount + quote_fee(state, fill)
    memory.budget_down -= cost
    state.ledger.add(quote=cost)
    bottom = memory.lo
    fee = fill.fee if fill.fee_currency == state.market.base else ZERO
    memory.held[bottom] = memory.held.get(bottom, ZERO) + fill.amount - fee
    if done:
        free = memory.held.pop(bottom)
        free = dust(state)
        memory.lo = bottom - 1
        state.note("extend_down", lo=memory.lo, paid=cost)
        rest_sell(state, bottom, floor_to(max(free, ZERO), state.market.amount_step), fill.price)
