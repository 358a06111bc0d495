"""BTD (buy the dip): GRID mirrored. It sells first, buys back lower, and counts in base.

Rules
1. A sell's mirror is a buy one level down with all free quote; a buy's mirror a sell one level up, of the fixed size or of all free base.
2. The window [lo, hi] follows a fall: the highest sell becomes the lowest. It follows a rise only if told to.
3. The stop lies above: it buys base with everything.
4. A buy remembers how much base was sold for it; moved orders keep that.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any, cast

from strategy_core import waiting
from strategy_core.book import Book, Taken
from strategy_core.btd_orders import affordable, buy, first_buy, sell
from strategy_core.btd_plan import INIT, Config, Plan, check, make_plan, preview
from strategy_core.decimals import HUNDRED, ONE, ZERO, floor_to, plain
from strategy_core.edit import adopt, balance, edited, set_fields
from strategy_core.grid import use_guard
from strategy_core.grid_memory import GridMemory
from strategy_core.ladder import ladder_of, order_cap
from strategy_core.ledger import Kind, Ledger
from strategy_core.levels import leg
from strategy_core.mechanics import meets_minimum, money_param, stop
from strategy_core.state import State, Strategy
from strategy_core.trade import Command, Fill, Horizon, Market, Order, Role, Side, Status

__all__ = ["Config", "check", "exits", "horizon", "load_memory", "on_fill", "on_look", "plan", "preview", "start", "timeframes"]

PATIENCE_MS = 60_000
HAIR = ONE + Decimal("1e-22")
on_candles = waiting.candles
timeframes = waiting.timeframes


def start(config: Config, price: Decimal, market: Market, at: int) -> State:
    memory = GridMemory(ladder_of(config, market), lo=0, hi=config.cells, empty=0, quote=None, base=None, initial=ZERO)
    ledger = Ledger(Kind.BASE, market.base, market.quote, base=config.investment)
    state = State("BTD", cast(Strategy, sys.modules[__name__]), config, market, price, at, ledger, Book(order_cap(config, market)), memory)
    use_guard(state)
    waiting.open_or_wait(state, begin)
    state.book.settle(price)
    return state


def begin(state: State) -> None:
    made = make_plan(state.config, state.price, state.market)
    _use_plan(state, made)
    if made.initial:
        state.become(Status.STARTING)
        state.book.place(INIT, Side.SELL, None, made.initial, Role.INITIAL, state.at)
    else:
        _lay(state)


def _use_plan(state: State, made: Plan) -> None:
    memory: GridMemory = state.memory
    memory.ladder = ladder_of(state.config, state.market)
    memory.lo, memory.hi, memory.empty = made.lowest, state.config.cells, made.empty
    memory.base, memory.initial = made.base, made.initial


def _lay(state: State) -> None:
    memory: GridMemory = state.memory
    state.become(Status.ACTIVE)
    for j in range(memory.empty - 1, memory.lo - 1, -1):
        buy(state, j, min(first_buy(state, j), affordable(state, j)), None)
    for i in range(memory.empty + 1, memory.hi + 1):
        sell(state, i, cast(Decimal, memory.base))


# -- fills ------------------------------------------------------------------------------------------------------------


def on_fill(state: State, fill: Fill, taken: Taken) -> None:
    name = taken.order.leg
    if name == INIT:
        if taken.done:
            _lay(state)
        return
    memory: GridMemory = state.memory
    if memory.guard is not None:
        memory.guard.fill(fill.at)
    level = int(name[1:])
    if taken.order.side is Side.SELL:
        _sold(state, level, fill, taken.done)
    else:
        _bought(state, level, fill, taken)
    if memory.parked:
        _retry(state)


def _sold(state: State, i: int, fill: Fill, done: bool) -> None:
    """All free quote goes into a buy one level down."""
    j = i - 1
    amount = affordable(state, j)
    name = leg(j)
    if done or meets_minimum(state.market, amount, state.memory.ladder.buy(j)):
        buy(state, j, amount, fill.amount)
    else:
        state.memory.origins[name] = state.memory.origins.get(name, ZERO) + fill.amount


def _bought(state: State, j: int, fill: Fill, taken: Taken) -> None:
    """The fixed size (compound: all free base) is for sale one level up."""
    memory, ledger, market = state.memory, state.ledger, state.market
    name = taken.order.leg
    origin = memory.origins.get(name)
    if origin is not None:
        left = taken.order.amount - taken.before
        sold = origin * min(fill.amount / left, ONE)
        ledger.cell += fill.amount - sold
        memory.origins[name] = origin - sold
        if taken.done:
            ledger.deals += 1
            del memory.origins[name]
    i = j + 1
    executed, _, mirrored = memory.sold.pop(name, (ZERO, ZERO, ZERO))
    executed += fill.amount
    free = floor_to(max(state.free_base(), ZERO), market.amount_step)
    if state.config.reinvest == "compound":
        more = free
    else:
        target = memory.base if taken.done else min(executed, memory.base)
        more = min(max(target - mirrored, ZERO), free)
    if taken.done or meets_minimum(market, more, memory.ladder.sell(i)):
        sell(state, i, more)
        mirrored += more
    if not taken.done:
        memory.sold[name] = (executed, ZERO, mirrored)


def _retry(state: State) -> None:
    """Parked places, tried again: buys from the highest, then sells from the lowest."""
    memory, book, market = state.memory, state.book, state.market
    for j in sorted((j for j, what in memory.parked.items() if what is None), reverse=True):
        amount = affordable(state, j)
        if leg(j) not in book.orders and meets_minimum(market, amount, memory.ladder.buy(j)):
            del memory.parked[j]
            buy(state, j, amount, None)
    for i in sorted(i for i, what in memory.parked.items() if what is not None):
        amount = min(memory.base, floor_to(max(state.free_base(), ZERO), market.amount_step))
        if leg(i) not in book.orders and meets_minimum(market, amount, memory.ladder.sell(i)):
            del memory.parked[i]
            sell(state, i, amount)


def on_abandoned(state: State, order: Order) -> None:
    """The venue would not have the order: its place is parked."""
    if order.leg[0] == "L":
        state.memory.parked[int(order.leg[1:])] = None if order.side is Side.BUY else (ZERO, None)


def on_stray(state: State, fill: Fill) -> None:
    make_room(state)


def make_room(state: State) -> None:
    """A fill nobody waited for, or not of that much, took money that other orders count on: the farthest give way."""
    book, market = state.book, state.market
    while book.buys and state.free_quote() < 0:
        order = book.buys[0]
        each = cast(Decimal, order.price) * state.buy_factor
        _shrink(state, order, floor_to(book.remaining(order) + state.free_quote() / each, market.amount_step))
    while book.sells and state.free_base() < 0:
        order = book.sells[0]
        _shrink(state, order, floor_to(book.remaining(order) + state.free_base(), market.amount_step))


def _shrink(state: State, order: Order, amount: Decimal) -> None:
    state.note("size_reduced", leg=order.leg, wanted=state.book.remaining(order), amount=max(amount, ZERO))
    if meets_minimum(state.market, amount, cast(Decimal, order.price)):
        state.book.replace(order.leg, amount, state.at)
    else:
        state.book.drop(order.leg)
        on_abandoned(state, order)


# -- commands ---------------------------------------------------------------------------------------------------------


def on_command(state: State, command: Command) -> bool:
    if command.name == "add_funds":
        _add_funds(state, money_param(command, "amount"))
        return True
    if command.name == "edit":
        if adopt(state, edited(state, command.params)):
            _restart(state)
        use_guard(state)
        return True
    return waiting.command(state, command, begin)


def _add_funds(state: State, amount: Decimal) -> None:
    """A larger size from now on; resting sells that nothing has touched grow to it."""
    memory: GridMemory = state.memory
    grown = (state.config.investment + amount) / state.config.investment
    state.ledger.add(base=amount)
    set_fields(state, investment=state.config.investment + amount)
    if memory.base is None:
        return
    memory.base = floor_to(memory.base * grown, state.market.amount_step)
    for order in reversed(list(state.book.sells)):
        if order.price is not None and order.leg not in state.book.filled and memory.base > order.amount:
            sell(state, int(order.leg[1:]), memory.base - order.amount)


def _restart(state: State) -> None:
    """Another range: everything off the book, one balancing market order, new levels."""
    ledger, market, memory = state.ledger, state.market, state.memory
    state.book.clear()
    memory.forget()
    worth = ledger.base + ledger.quote * (ONE - market.taker_fee) / state.price
    made = make_plan(state.config, state.price, market, worth)
    _use_plan(state, made)
    selling = made.base * (state.config.cells - made.empty)
    balance(state, selling - ledger.base, _lay)


# -- the price --------------------------------------------------------------------------------------------------------


def on_look(state: State) -> None:
    status, memory = state.status, state.memory
    if memory.guard is not None:
        memory.guard.look(state.price, state.at)
    if status is Status.WAITING:
        waiting.look(state, begin)
        return
    if status is Status.STARTING:
        begun = INIT not in state.book.orders  # the venue would not have (the rest of) it
        if not begun and state.at - state.started_at >= PATIENCE_MS:
            state.note("size_reduced", leg=INIT, amount=state.ledger.quote)
            state.book.drop(INIT)
            begun = True
        if begun:
            _lay(state)
        return
    if exits(state) or status is not Status.ACTIVE:
        return
    _trail(state)


def exits(state: State) -> bool:
    """Stop loss above, take profit below, in this order."""
    config, price = state.config, state.price
    if config.stop_loss_price is not None and price >= config.stop_loss_price:
        stop(state, "stop_loss", "base")
        return True
    if (config.take_profit_price is not None and price <= config.take_profit_price) or (
        config.take_profit_pct is not None and state.ledger.total(price) >= _target(state)
    ):
        stop(state, "take_profit", "base")
        return True
    return False


def _target(state: State) -> Decimal:
    return cast(Decimal, state.config.investment * state.config.take_profit_pct / HUNDRED)


def _trail(state: State) -> None:
    book = state.book
    while not book.markets and not state.late:
        if not book.buys and (down := next_down(state)) is not None and state.price <= down:
            if _guarded(state):
                return
            _shift_down(state)
        elif not book.sells and (up := next_up(state)) is not None and state.price >= up:
            if _guarded(state):
                return
            _shift_up(state)
        else:
            return


def _guarded(state: State) -> bool:
    guard = state.memory.guard
    if guard is None or not guard.blocks(state.at):
        return False
    state.note("pump_guard", until=guard.until)
    return True


def next_up(state: State) -> Decimal | None:
    if state.config.trail_up == "off":
        return None
    price: Decimal = state.memory.ladder.sell(state.memory.hi + 1)
    limit = state.config.trail_up_limit
    return price if limit is None or price <= limit else None


def next_down(state: State) -> Decimal | None:
    if state.config.trail_down == "off":
        return None
    price: Decimal = state.memory.ladder.buy(state.memory.lo - 1)
    limit = state.config.trail_down_limit
    return price if price > 0 and (limit is None or price >= limit) else None


def _shift_down(state: State) -> None:
    """The highest sell becomes the lowest."""
    memory, book = state.memory, state.book
    bottom, top = memory.lo, memory.hi
    memory.parked.pop(top, None)
    memory.lo, memory.hi = bottom - 1, top - 1
    amount = min(memory.base, floor_to(max(state.free_base(), ZERO), state.market.amount_step))
    there = book.orders.get(leg(top))
    if there is not None:
        amount = book.remaining(there)
        book.drop(leg(top))
    state.note("shift_down", lo=memory.lo, hi=memory.hi, price=state.price)
    sell(state, bottom, amount)


def _shift_up(state: State) -> None:
    """The lowest buy becomes the highest: it gives up base."""
    memory, book = state.memory, state.book
    bottom, top = memory.lo, memory.hi
    memory.parked.pop(bottom, None)
    if leg(bottom) in book.orders:
        book.drop(leg(bottom))
    memory.sold.pop(leg(bottom), None)
    origin = memory.origins.pop(leg(bottom), None)
    memory.lo, memory.hi = bottom + 1, top + 1
    state.note("shift_up", lo=memory.lo, hi=memory.hi, price=state.price)
    buy(state, top, affordable(state, top), origin)


def horizon(state: State) -> Horizon:
    """The nearest orders and exits (stop above, profit below); the trailing trigger once a side is empty."""
    if state.status is Status.WAITING:
        return waiting.horizon(state)
    config, book, memory = state.config, state.book, state.memory
    below, above, until = book.best_buy, book.best_sell, None
    if state.status is Status.ACTIVE:
        guard = memory.guard
        down = next_down(state) if below is None else None
        up = next_up(state) if above is None else None
        if guard is not None and guard.blocks(state.at) and (up is not None or down is not None):
            until = guard.until
            up = None if up is not None and state.price >= up else up
            down = None if down is not None and state.price <= down else down
        above = up if above is None else above
        below = down if below is None else below
    stop_loss = config.stop_loss_price
    if stop_loss is not None and (above is None or stop_loss < above):
        above = stop_loss
    for profit in (config.take_profit_price, profit_price(state)):
        if profit is not None and (below is None or profit > below):
            below = profit
    return Horizon(below, above, until)


def profit_price(state: State) -> Decimal | None:
    """The price at which the gain in base reaches its target; a hair early."""
    if state.config.take_profit_pct is None:
        return None
    ledger = state.ledger
    need = _target(state) + ledger.put_base - ledger.base
    have = ledger.quote - ledger.put_quote - ledger.third
    return have / need * HAIR if need > 0 and have > 0 else None


def load_memory(data: dict[str, Any], config: Config, market: Market) -> GridMemory:
    return GridMemory.load(data, config, market)


def plan(state: State) -> dict[str, Any]:
    """The figures of the start, in the words of the cases."""
    memory: GridMemory = state.memory
    ladder = ladder_of(state.config, state.market)
    return {
        "order_amount": plain(memory.base or ZERO),
        "empty_level": memory.empty,
        "initial_amount": plain(memory.initial),
        "levels": [[plain(ladder.buy(j)), plain(ladder.sell(j))] for j in range(state.config.cells + 1)],
    }
