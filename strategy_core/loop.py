"""LOOP: a fixed entry E; buys only below it, sells only above; profit stays in both coins. Counted in quote.

Rules
1. A fill's money goes whole into one order on the other side: to the farthest empty level known, else one level further.
2. The number of orders and parked slices never changes.
3. Carry is what the bot owns and no order, parked slice or unfinished part needs: it goes into the next order of its side.
4. A pair is counted once: the order that closes one does not open the next.
"""

from __future__ import annotations

import sys
from bisect import insort
from decimal import Decimal
from typing import Any, cast

from strategy_core import waiting
from strategy_core.book import Book, Taken
from strategy_core.decimals import HUNDRED, ZERO, floor_to, plain
from strategy_core.edit import adopt, edited
from strategy_core.ledger import Kind, Ledger
from strategy_core.loop_memory import LoopMemory, Origin, Part, Slice
from strategy_core.loop_plan import INIT, Config, check, levels_of, make_plan, preview
from strategy_core.mechanics import meets_minimum, price_where_total_is, stop
from strategy_core.state import State, Strategy
from strategy_core.trade import Command, Fill, Finding, Horizon, Invalid, Market, Order, Role, Side, Status

__all__ = ["Config", "check", "exits", "horizon", "load_memory", "on_fill", "on_look", "plan", "preview", "start", "timeframes"]

PATIENCE_MS = 60_000
EXITS = {"quote": "quote", "base": "base", "both": "keep"}
on_candles = waiting.candles
timeframes = waiting.timeframes


def start(config: Config, price: Decimal, market: Market, at: int) -> State:
    memory = LoopMemory(levels_of(price, config.distance_pct, market.price_tick), config.order_count // 2)
    ledger = Ledger(Kind.QUOTE, market.base, market.quote, quote=config.investment)
    state = State("LOOP", cast(Strategy, sys.modules[__name__]), config, market, price, at, ledger, Book(market.max_orders), memory)
    waiting.open_or_wait(state, begin)
    state.book.settle(price)
    return state


def begin(state: State) -> None:
    memory: LoopMemory = state.memory
    made = make_plan(state.config, state.price, state.market)
    memory.levels = levels_of(state.price, state.config.distance_pct, state.market.price_tick)
    memory.slice, memory.unit, memory.initial = made
    state.become(Status.STARTING)
    state.book.place(INIT, Side.BUY, None, made.initial, Role.INITIAL, state.at)


def _lay(state: State) -> None:
    """Sells of one unit above, buys of one slice below, nearest first, each with what the bot really has."""
    memory: LoopMemory = state.memory
    step = state.market.amount_step
    state.become(Status.ACTIVE)
    for i in range(1, memory.half + 1):
        amount, free = memory.unit, carry(state, Side.SELL)
        if amount > free:
            state.note("size_reduced", leg=f"S{i}", wanted=amount, amount=max(floor_to(free, step), ZERO), coin=state.market.base)
            amount = max(floor_to(free, step), ZERO)
        _first(state, Side.SELL, i, amount)
    for i in range(1, memory.half + 1):
        price = memory.levels.buy(i)
        amount = floor_to(memory.slice / price, step)
        each = price * state.buy_factor
        free = carry(state, Side.BUY)
        if amount * each > free:
            state.note("size_reduced", leg=f"B{i}", wanted=amount, amount=max(floor_to(free / each, step), ZERO), coin=state.market.quote)
            amount = max(floor_to(free / each, step), ZERO)
        _first(state, Side.BUY, i, amount)


def _first(state: State, side: Side, i: int, amount: Decimal) -> None:
    letter, price = _place_of(state, side, i)
    if meets_minimum(state.market, amount, price):
        state.book.place(f"{letter}{i}", side, price, amount, Role.LOOP, state.at)
    else:
        insort(state.memory.empty[letter], i)
        state.memory.parked.append(Slice(side, ZERO, None))
        state.note("parked", leg=f"{letter}{i}", side=side.value)


def _place_of(state: State, side: Side, i: int) -> tuple[str, Decimal]:
    levels = state.memory.levels
    return ("B", levels.buy(i)) if side is Side.BUY else ("S", levels.sell(i))


def carry(state: State, side: Side) -> Decimal:
    """Money of a side that nothing has a claim on."""
    memory: LoopMemory = state.memory
    free = state.free_quote() if side is Side.BUY else state.free_base()
    if memory.parked:
        free -= sum((what.money for what in memory.parked if what.side is side), ZERO)
    if memory.parts:
        letter = "S" if side is Side.BUY else "B"
        free -= sum((part.money for leg, part in memory.parts.items() if leg[0] == letter), ZERO)
    return max(free, ZERO)


# -- fills ------------------------------------------------------------------------------------------------------------


def on_fill(state: State, fill: Fill, taken: Taken) -> None:
    leg = taken.order.leg
    if leg == INIT:
        if taken.done:
            _lay(state)
        return
    memory: LoopMemory = state.memory
    origin = memory.origins.get(leg)
    if origin is not None and origin.opens:
        gain = fill.price - origin.price
        state.ledger.cell += (gain if taken.order.side is Side.SELL else -gain) * fill.amount
    if taken.done:
        insort(memory.empty[leg[0]], int(leg[1:]))
        if origin is not None:
            state.ledger.deals += 1
            del memory.origins[leg]
    opens = origin is None or not origin.opens
    _mirror(state, leg, fill, taken.done, Origin(fill.price, opens))


def _mirror(state: State, leg: str, fill: Fill, done: bool, origin: Origin) -> None:
    """What a fill brought, into one order on the other side."""
    memory: LoopMemory = state.memory
    market = state.market
    if fill.side is Side.SELL:
        side, got = Side.BUY, fill.price * fill.amount - (fill.fee if fill.fee_currency == market.quote else ZERO)
    else:
        side, got = Side.SELL, fill.amount - (fill.fee if fill.fee_currency == market.base else ZERO)
    part = memory.parts.pop(leg, None)
    mirror = None
    if part is not None:
        got, mirror = got + part.money, part.mirror
    if mirror is not None and mirror in state.book.orders:
        placed: str | None = _grow(state, mirror, done)
    else:
        placed = _find_place(state, Slice(side, got, origin), done)
    if not done:
        memory.parts[leg] = Part(ZERO, placed) if placed is not None else Part(got, mirror)


def _grow(state: State, leg: str, done: bool) -> str | None:
    """More of the same fill: the mirror on its level grows by replacement."""
    book = state.book
    order = book.orders[leg]
    amount = _amount(state, order.side, cast(Decimal, order.price))
    if not (done or meets_minimum(state.market, amount, cast(Decimal, order.price))):
        return None
    if amount > 0:
        book.replace(leg, book.remaining(order) + amount, state.at)
    return leg


def _amount(state: State, side: Side, price: Decimal) -> Decimal:
    """What the free money of a side makes at a level: a slice's own money is free as soon as nothing else claims it."""
    total = carry(state, side)
    return floor_to(total / (price * state.buy_factor) if side is Side.BUY else total, state.market.amount_step)


def _find_place(state: State, what: Slice, done: bool) -> str | None:
    """The farthest empty known level; else one further; else the slice is parked (of a part: it waits)."""
    memory: LoopMemory = state.memory
    letter = "B" if what.side is Side.BUY else "S"
    empty = memory.empty[letter]
    i = empty[-1] if empty else memory.known[letter] + 1
    _, price = _place_of(state, what.side, i)
    room = bool(empty) or _may_expand(state, what.side, i, price)
    amount = _amount(state, what.side, price) if room else ZERO
    if room and meets_minimum(state.market, amount, price):
        if empty:
            empty.pop()
        else:
            memory.known[letter] = i
        return _put(state, what, letter, i, price, amount)
    if done:
        memory.parked.append(what)
        state.note("parked", side=what.side.value, reason="no_room" if not room else "below_min_notional", money=what.money)
    return None


def _put(state: State, what: Slice, letter: str, i: int, price: Decimal, amount: Decimal) -> str:
    leg = f"{letter}{i}"
    state.book.place(leg, what.side, price, amount, Role.LOOP, state.at)
    if what.origin is not None:
        state.memory.origins[leg] = what.origin
    return leg


def _may_expand(state: State, side: Side, i: int, price: Decimal) -> bool:
    config: Config = state.config
    if config.max_expansion is not None and i > state.memory.half + config.max_expansion:
        return False
    if side is Side.BUY:
        return price > 0 and (config.low is None or price >= config.low)
    return config.high is None or price <= config.high


def on_command(state: State, command: Command) -> bool:
    """Take profit, exit coin and guard can be edited; nothing else, and no funds added."""
    if command.name == "edit":
        adopt(state, edited(state, command.params))
        return True
    if command.name == "add_funds":
        raise Invalid([Finding(field="command", code="not_allowed", params={"command": command.name})])
    return waiting.command(state, command, begin)


def on_abandoned(state: State, order: Order) -> None:
    """The venue would not have the order: its level is empty and its money waits."""
    if order.leg == INIT:
        return
    memory: LoopMemory = state.memory
    insort(memory.empty[order.leg[0]], int(order.leg[1:]))
    money = order.amount
    if order.side is Side.BUY:
        money *= cast(Decimal, order.price) * state.buy_factor
    memory.parked.append(Slice(order.side, money, memory.origins.pop(order.leg, None)))


def on_stray(state: State, fill: Fill) -> None:
    make_room(state)


def make_room(state: State) -> None:
    """A fill nobody waited for, or not of that much, took money that other orders count on: the farthest give way."""
    book = state.book
    while book.buys and state.free_quote() < 0:
        state.note("size_reduced", leg=book.buys[0].leg, amount=ZERO)
        order = book.drop(book.buys[0].leg)
        on_abandoned(state, order)
    while book.sells and state.free_base() < 0:
        state.note("size_reduced", leg=book.sells[0].leg, amount=ZERO)
        order = book.drop(book.sells[0].leg)
        on_abandoned(state, order)


# -- the price --------------------------------------------------------------------------------------------------------


def on_look(state: State) -> None:
    status = state.status
    if status is Status.WAITING:
        waiting.look(state, begin)
        return
    if status is Status.STARTING:
        begun = INIT not in state.book.orders  # the venue would not have (the rest of) it
        if not begun and state.at - state.started_at >= PATIENCE_MS:
            state.note("size_reduced", leg=INIT, amount=state.ledger.base)
            state.book.drop(INIT)
            begun = True
        if begun:
            _lay(state)
        return
    if exits(state) or state.status is not Status.ACTIVE:
        return
    if state.memory.parked:
        _place_parked(state)


def exits(state: State) -> bool:
    """Take profit by price, by percent, then the equity guard."""
    config, price = state.config, state.price
    if config.take_profit_price is not None and price >= config.take_profit_price:
        stop(state, "take_profit", EXITS[config.exit_coin])
        return True
    total = state.ledger.total(price)
    if config.take_profit_pct is not None and total >= _share(state, config.take_profit_pct):
        stop(state, "take_profit", EXITS[config.exit_coin])
        return True
    if config.equity_guard_pct is None:
        return False
    if total > -_share(state, config.equity_guard_pct):
        state.memory.guard_off = False
        return False
    if config.equity_guard_action == "close":
        stop(state, "equity_guard", EXITS[config.exit_coin])
        return True
    if state.status is Status.ACTIVE and not state.memory.guard_off:
        state.memory.guard_off = True
        state.resume_to = Status.ACTIVE
        state.become(Status.PAUSED, "equity_guard")
    return False


def _share(state: State, pct: Decimal) -> Decimal:
    return cast(Decimal, state.config.investment * pct / HUNDRED)


def _place_parked(state: State) -> None:
    """Parked slices, oldest first, until none can be placed any more."""
    memory: LoopMemory = state.memory
    placed = True
    while placed:
        placed = any(_place_one(state, at) for at in range(len(memory.parked)))


def _place_one(state: State, at: int) -> bool:
    """One parked slice: to the farthest empty known level on the passive side of the price."""
    memory: LoopMemory = state.memory
    what = memory.parked[at]
    letter = "B" if what.side is Side.BUY else "S"
    for i in reversed(memory.empty[letter]):
        _, price = _place_of(state, what.side, i)
        if (price < state.price) if what.side is Side.BUY else (price > state.price):
            del memory.parked[at]
            amount = _amount(state, what.side, price)
            if meets_minimum(state.market, amount, price):
                memory.empty[letter].remove(i)
                _put(state, what, letter, i, price, amount)
                return True
            memory.parked.insert(at, what)
            return False
    return False


def horizon(state: State) -> Horizon:
    """The nearest orders, the exits, and the nearest empty level while a slice waits for one."""
    if state.status is Status.WAITING:
        return waiting.horizon(state)
    config, book, memory = state.config, state.book, state.memory
    below, above = book.best_buy, book.best_sell
    if state.status is Status.ACTIVE and memory.parked:
        for what in memory.parked:
            for i in memory.empty["B" if what.side is Side.BUY else "S"]:
                _, price = _place_of(state, what.side, i)
                if what.side is Side.BUY and price >= state.price and (above is None or price < above):
                    above = price
                elif what.side is Side.SELL and price <= state.price and (below is None or price > below):
                    below = price
    profits = [config.take_profit_price]
    if config.take_profit_pct is not None:
        profits.append(price_where_total_is(state, _share(state, config.take_profit_pct)))
    for profit in profits:
        if profit is not None and (above is None or profit < above):
            above = profit
    if config.equity_guard_pct is not None:
        edge = price_where_total_is(state, -_share(state, config.equity_guard_pct), rising=False)
        if edge is not None and not memory.guard_off and (below is None or edge > below):
            below = edge
        if edge is not None and memory.guard_off and edge >= state.price and (above is None or edge < above):
            above = edge
    return Horizon(below, above, None)


def load_memory(data: dict[str, Any], config: Config, market: Market) -> LoopMemory:
    return LoopMemory.load(data, config, market)


def plan(state: State) -> dict[str, Any]:
    """The figures of the start, in the words of the cases."""
    memory: LoopMemory = state.memory
    return {
        "slice_quote": plain(memory.slice),
        "sell_amount": plain(memory.unit),
        "initial_amount": plain(memory.initial),
        "sells": [plain(memory.levels.sell(i)) for i in range(1, memory.half + 1)],
        "buys": [plain(memory.levels.buy(i)) for i in range(1, memory.half + 1)],
    }
