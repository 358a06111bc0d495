"""COMBO: on a perpetual, a grid of exits towards profit and DCA entries against it; the window trails both ways.

Rules
1. A level never has two orders. Exits resting are the units held: their sum never exceeds the position.
2. An exit filled at j wants an entry at j - 1; an entry filled at j wants an exit at j + 1. What finds its level taken, or is too
   small, is due there and goes out as soon as it can.
3. Never more than N units, so trailing costs no margin; a shift buys at most one.
4. Judged at looks, in this order: best price, stop, take profit, shift towards profit, shift against. All but the first wait for a refill.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any, cast

from strategy_core import reality, waiting
from strategy_core.book import Book, Taken
from strategy_core.combo_memory import ComboMemory
from strategy_core.combo_orders import by_level, entry_side, exit_side, shrink, want
from strategy_core.combo_plan import INIT, REFILL, Config, Levels, check, preview, stop_from, unit_of
from strategy_core.combo_words import act
from strategy_core.decimals import HUNDRED, ZERO, ceil_to, floor_to, plain
from strategy_core.late import is_level
from strategy_core.ledger import Kind, Ledger
from strategy_core.mechanics import meets_minimum, price_where_total_is, stop
from strategy_core.reality import Protection
from strategy_core.reality import on_position as on_position
from strategy_core.state import AT_ONCE, State, Strategy
from strategy_core.trade import Candles, Command, Fill, Horizon, Market, Order, Role, Status

__all__ = [
    "Config", "check", "exits", "horizon", "load_memory", "on_abandoned", "on_candles", "on_command", "on_fill", "on_look", "on_position",
    "on_stray", "plan", "preview", "protection", "start", "timeframes",
]  # fmt: skip


def start(config: Config, price: Decimal, market: Market, at: int) -> State:
    ledger = Ledger(Kind.FUTURES, market.base, market.quote, quote=config.margin)
    rules = cast(Strategy, sys.modules[__name__])
    state = State("COMBO", rules, config, market, price, at, ledger, Book(market.max_orders), ComboMemory(config, market))
    waiting.open_or_wait(state, begin)
    state.book.settle(price)
    return state


def begin(state: State) -> None:
    """The size of a unit, and the market order that makes what is held g of them: at the start an entry, later perhaps an exit."""
    memory: ComboMemory = state.memory
    config: Config = state.config
    price, money = memory.sized or (state.price, config.margin)
    memory.unit = memory.first_unit = unit_of(config, money, price, state.market)
    need = memory.unit * config.up - abs(state.ledger.base)
    if state.ledger.base and not meets_minimum(state.market, abs(need), state.price):
        _lay(state)
        return
    memory.initial = abs(need)
    state.become(Status.STARTING)
    side = entry_side(state) if need > 0 else exit_side(state)
    state.book.place(INIT, side, None, memory.initial, Role.INITIAL, state.at, need < 0)


def _lay(state: State) -> None:
    """The ladder around the average price of the market order; around the price where none was needed."""
    memory: ComboMemory = state.memory
    config: Config = state.config
    held = abs(state.ledger.base)
    memory.anchor = memory.paid / memory.initial if memory.initial else state.price
    if memory.sized is None or config.stop_loss_pct is None:
        memory.best = memory.anchor
    memory.levels = Levels(config, memory.anchor, state.market)
    memory.lo, memory.hi = config.up - config.levels, config.up
    state.become(Status.ACTIVE)
    for j in range(1, memory.hi + 1):
        # what is held; money added since only enlarges what is not
        part = min(memory.first_unit, held) if j < memory.hi else held
        held -= part
        if part:
            want(state, j, exit_side(state), part)
    for j in range(-1, memory.lo - 1, -1):
        want(state, j, entry_side(state), memory.unit)


# -- fills ------------------------------------------------------------------------------------------------------------


def on_fill(state: State, fill: Fill, taken: Taken) -> None:
    memory: ComboMemory = state.memory
    leg = taken.order.leg
    if leg == INIT:
        memory.paid += fill.price * fill.amount
        if taken.done:
            _lay(state)
    elif leg == REFILL:
        if taken.done:
            _refilled(state, fill.price)
    elif fill.side is entry_side(state):
        want(state, int(leg[1:]) + 1, exit_side(state), fill.amount, fill.price)
    else:
        _exited(state, int(leg[1:]), fill, taken)
        if fill.generation != taken.order.generation:
            _balance(state)
    if memory.due:
        _retry(state)


def _exited(state: State, j: int, fill: Fill, taken: Taken) -> None:
    memory: ComboMemory = state.memory
    leg = f"L{j}"
    origin = memory.origins.get(leg)
    if origin is not None:
        gain = fill.price - origin if state.config.is_long else origin - fill.price
        state.ledger.cell += gain * fill.amount
    if taken.done:
        state.ledger.deals += 1
        memory.origins.pop(leg, None)
    grown = taken.done and not taken.before and taken.order.amount in memory.former
    want(state, j - 1, entry_side(state), memory.unit if grown else fill.amount)


def _retry(state: State) -> None:
    """What was due, where its level is free by now."""
    memory: ComboMemory = state.memory
    for key in list(memory.due):
        side = exit_side(state) if key[0] == "x" else entry_side(state)
        there = state.book.orders.get(f"L{key[1:]}")
        if there is None or there.side is side:
            want(state, int(key[1:]), side, ZERO)


def on_abandoned(state: State, order: Order) -> None:
    """The venue would not have the order: it is due, and asked for again after the next fill. A market entry is what it got so far."""
    memory: ComboMemory = state.memory
    if is_level(order.leg):
        key = f"{'x' if order.reduce_only else 'e'}{order.leg[1:]}"
        memory.due[key] = memory.due.get(key, ZERO) + order.amount
    elif order.leg == INIT:
        memory.initial -= order.amount


def on_stray(state: State, fill: Fill) -> None:
    """A fill faster than our cancel: what it opened gets an exit, what it closed is taken off the exits, and comes back as an entry."""
    memory: ComboMemory = state.memory
    if not memory.is_laid or not is_level(fill.leg):
        return
    if fill.side is entry_side(state):
        want(state, int(fill.leg[1:]) + 1, exit_side(state), fill.amount, fill.price)
        return
    left = fill.amount
    for order in [order for order in by_level(state) if order.reduce_only]:
        part = min(left, state.book.remaining(order))
        if part <= 0:
            break
        left -= part
        shrink(state, order, part)
        want(state, int(order.leg[1:]) - 1, entry_side(state), part)


def _balance(state: State) -> None:
    """Exits never stand for more than is held: after a late one the lowest give way."""
    book = state.book
    excess = sum((book.remaining(order) for order in book.orders.values() if order.reduce_only), ZERO) - abs(state.ledger.base)
    for order in [order for order in by_level(state) if order.reduce_only]:
        if excess <= 0:
            return
        part = min(excess, book.remaining(order))
        excess -= part
        shrink(state, order, part)


# -- the price --------------------------------------------------------------------------------------------------------


def on_look(state: State) -> None:
    if state.status is Status.WAITING:
        waiting.look(state, begin)
    elif state.status is not Status.STARTING:
        _judge(state)
    elif INIT not in state.book.orders:  # the venue would not have (the rest of) it
        (_lay if state.memory.paid else begin)(state)


def _judge(state: State) -> None:
    memory: ComboMemory = state.memory
    config: Config = state.config
    price = state.price
    if config.stop_loss_pct is not None:
        memory.best = max(memory.best, price) if config.is_long else min(memory.best, price)
    if memory.refill is not None:
        if REFILL in state.book.orders or state.status is not Status.ACTIVE:
            return
        _refilled(state, state.ledger.average)  # the venue would not have (the rest of) it
    if not exits(state) and state.status is Status.ACTIVE:
        _shift(state)


def exits(state: State) -> bool:
    """The trailing stop, then take profit."""
    config: Config = state.config
    if config.stop_loss_pct is not None and _against(config, state.price, stop_from(config, state.memory.best)):
        stop(state, "stop_loss", "quote")
        return True
    if _takes_profit(state):
        stop(state, "take_profit", "quote")
        return True
    return False


def _against(config: Config, price: Decimal, level: Decimal) -> bool:
    return price <= level if config.is_long else price >= level


def _takes_profit(state: State) -> bool:
    config: Config = state.config
    target, price = config.take_profit_price, state.price
    if target is not None and (price >= target if config.is_long else price <= target):
        return True
    return config.take_profit_pct is not None and state.ledger.total(price) >= _gain(state)


def _gain(state: State) -> Decimal:
    """The total PnL at which the take profit in percent is met."""
    gain: Decimal = state.ledger.put_quote * state.config.take_profit_pct / HUNDRED
    return gain


def _shift(state: State) -> None:
    memory: ComboMemory = state.memory
    levels = memory.levels
    if not state.ledger.base:
        if levels.reached(memory.hi + 1, state.price):
            _shift_up(state)
        return
    while not _has_entries(state) and _against(state.config, state.price, levels.entry(memory.lo - 1)) and _move_exit(state):
        state.note("shifted", direction="against", lo=memory.lo, hi=memory.hi)


def _has_entries(state: State) -> bool:
    book = state.book
    return bool(book.buys if state.config.is_long else book.sells)


def _move_exit(state: State) -> bool:
    """The exit farthest in profit goes to the lowest level. Nothing is bought."""
    memory: ComboMemory = state.memory
    book = state.book
    order = book.orders.get(f"L{memory.hi}")
    if order is None or f"L{memory.lo}" in book.orders:
        return False
    left = book.remaining(order)
    book.drop(order.leg)
    origin = memory.origins.pop(order.leg, None)
    want(state, memory.lo, order.side, left, origin)
    memory.lo -= 1
    memory.hi -= 1
    return True


def _highest(state: State, j: int, price: Decimal) -> int:
    """The highest level a price has reached, from j up."""
    levels = state.memory.levels
    while levels.reached(j + 1, price):
        j += 1
    return j


def _shift_up(state: State) -> None:
    """Everything is sold and the price went on: the window follows, and one unit is bought again if the owner wants."""
    memory: ComboMemory = state.memory
    config: Config = state.config
    m = _highest(state, memory.hi + 1, state.price)
    if config.refill_on_shift:
        memory.refill = m
        state.book.place(REFILL, entry_side(state), None, memory.unit, Role.REFILL, state.at)
    _relay(state, m)
    state.note("shifted", direction="profit", lo=memory.lo, hi=memory.hi)


def _relay(state: State, m: int) -> None:
    """The window around an empty level m: entries below it, as many as leave room for what is held."""
    memory: ComboMemory = state.memory
    config: Config = state.config
    book = state.book
    memory.hi = m + 1 if config.refill_on_shift else m
    memory.lo = memory.hi - config.levels
    side = entry_side(state)
    for order in by_level(state):
        if order.side is side and int(order.leg[1:]) < memory.lo:
            book.drop(order.leg)
    memory.due = {key: amount for key, amount in memory.due.items() if key[0] == "x" or f"L{key[1:]}" in book.orders}
    for j in range(m - 1, memory.lo - 1, -1):
        if f"L{j}" not in book.orders:
            want(state, j, side, memory.unit)


def _refilled(state: State, price: Decimal | None) -> None:
    """A unit (or what there was of one) was bought at a price; None: there was none."""
    memory: ComboMemory = state.memory
    m = cast(int, memory.refill)
    memory.refill = None
    if price is None:
        return
    if memory.levels.reached(m + 1, price):
        m = _highest(state, m + 1, price)
        _relay(state, m)
    want(state, m + 1, exit_side(state), _uncovered(state), price)


def _uncovered(state: State) -> Decimal:
    """Units held that no exit stands for."""
    book = state.book
    resting = sum((book.remaining(order) for order in book.orders.values() if order.reduce_only), ZERO)
    owed = sum((amount for key, amount in state.memory.due.items() if key[0] == "x"), ZERO)
    return abs(state.ledger.base) - resting - owed


# -- the rest ---------------------------------------------------------------------------------------------------------


def horizon(state: State) -> Horizon:
    """Nearest order on each side, stop and best price, take profit, the next level of a shift."""
    if state.status is Status.WAITING:
        return waiting.horizon(state)
    memory: ComboMemory = state.memory
    config: Config = state.config
    is_paused = state.status is Status.PAUSED  # nothing is bought again, and the window stays where it is
    if memory.unsure or (memory.refill is not None and not is_paused):
        return AT_ONCE
    book, levels = state.book, memory.levels
    towards = [config.take_profit_price, book.best_sell if config.is_long else book.best_buy]
    against = [book.best_buy if config.is_long else book.best_sell]
    if config.stop_loss_pct is not None:
        towards.append(memory.best)
        against.append(stop_from(config, memory.best))
    if config.take_profit_pct is not None:
        towards.append(price_where_total_is(state, _gain(state), config.is_long))
    if not state.ledger.base and not is_paused:
        towards.append(levels.exit(memory.hi + 1))
    elif state.ledger.base and not is_paused and not _has_entries(state):
        against.append(levels.entry(memory.lo - 1))
    below, above = (against, towards) if config.is_long else (towards, against)
    return Horizon(max((p for p in below if p is not None), default=None), min((p for p in above if p is not None), default=None), None)


def plan(state: State) -> dict[str, Any]:
    memory: ComboMemory = state.memory
    found = {"unit_amount": plain(memory.first_unit), "initial_amount": plain(memory.initial)}
    return {**found, "anchor": plain(memory.anchor)} if memory.is_laid else found


def load_memory(data: dict[str, Any], config: Config, market: Market) -> ComboMemory:
    return ComboMemory.load(data, config, market)


def on_candles(state: State, candles: Candles) -> None:
    waiting.candles(state, candles)


def timeframes(state: State) -> dict[int, int]:
    return waiting.timeframes(state)


def on_command(state: State, command: Command) -> bool:
    return reality.act(state, command) or waiting.command(state, command, begin) or act(state, command, begin)


def on_stopped_out(state: State) -> None:
    """The stop that stood at the venue stands for ours."""
    if state.status not in (Status.STOPPING, Status.STOPPED):
        stop(state, "stop_loss", "quote")


def protection(state: State) -> Protection | None:
    """The native stop to hold at the venue (mark price, reduce-only); None without a stop or a position."""
    if state.config.stop_loss_pct is None or not state.ledger.base or state.status not in (Status.ACTIVE, Status.PAUSED):
        return None
    level = stop_from(state.config, state.memory.best)
    price = floor_to(level, state.market.price_tick) if state.config.is_long else ceil_to(level, state.market.price_tick)
    return Protection(exit_side(state), price, abs(state.ledger.base))
