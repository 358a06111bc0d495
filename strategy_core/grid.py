"""GRID: a ladder between low and high; each cell buys low and sells one level up. Counted in quote.

Rules
1. Exactly one level of the window [lo, hi] is empty; a level never has two orders.
2. A buy's mirror is what the bot owns and no sell holds (received + dust); a sell's mirror is the planned size, if it can be paid.
3. What cannot be sent is parked and tried again after every later fill: buys from the highest, sells from the lowest.
4. An extension is paid from its own budget, never from the bot's investment.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import Any, Final, cast

from strategy_core import waiting
from strategy_core.book import Book, Taken
from strategy_core.decimals import HUNDRED, ONE, ZERO, floor_to, plain
from strategy_core.edit import adopt, balance, edited, set_fields
from strategy_core.grid_memory import GridMemory
from strategy_core.grid_orders import dust, planned, quote_fee, rest_buy, rest_sell
from strategy_core.grid_plan import CENT, INIT, Config, Plan, check, make_plan, preview
from strategy_core.grid_trail import EXTEND, extended, next_down, next_up, trail, use_budgets
from strategy_core.guard import Guard
from strategy_core.ladder import ladder_of, order_cap
from strategy_core.ledger import Kind, Ledger
from strategy_core.levels import leg, level_of
from strategy_core.mechanics import meets_minimum, money_param, price_where_total_is, stop
from strategy_core.state import State, Strategy, rates
from strategy_core.trade import Command, Fill, Horizon, Market, Order, Role, Side, Status

__all__ = ["Config", "check", "exits", "horizon", "load_memory", "on_fill", "on_look", "plan", "preview", "start", "timeframes"]

on_candles = waiting.candles
timeframes = waiting.timeframes
PATIENCE_MS: Final = 60_000
_new: Final = tuple.__new__  # a NamedTuple without the detour over its own __new__
_LEG: Final = 0  # of an order, and its side; of a fill price and amount: their places cost less than their names
_SIDE: Final = 3
_PRICE: Final = 3
_AMOUNT: Final = 4
_BUY: Final = Side.BUY
_ACTIVE: Final = Status.ACTIVE
_WAITING: Final = Status.WAITING
_HORIZON: Final = Horizon  # a name of another module is looked up at every use, this one is at hand


def start(config: Config, price: Decimal, market: Market, at: int) -> State:
    memory = GridMemory(ladder_of(config, market), lo=0, hi=config.cells, empty=0, quote=None, base=None, initial=ZERO)
    memory.budget_up, memory.budget_down = config.trail_up_budget or ZERO, config.trail_down_budget or ZERO
    ledger = Ledger(Kind.QUOTE, market.base, market.quote, quote=config.investment)
    state = State("GRID", cast(Strategy, sys.modules[__name__]), config, market, price, at, ledger, Book(order_cap(config, market)), memory)
    use_guard(state)
    waiting.open_or_wait(state, begin)
    state.book.settle(price)
    return state


def begin(state: State) -> None:
    """Sizes and levels at this price, and the first order."""
    made = make_plan(state.config, state.price, state.market)
    _use_plan(state, made)
    if made.initial:
        state.become(Status.STARTING)
        state.book.place(INIT, Side.BUY, None, made.initial, Role.INITIAL, state.at)
    else:
        _lay(state)


def _use_plan(state: State, made: Plan) -> None:
    memory: GridMemory = state.memory
    memory.ladder = ladder_of(state.config, state.market)
    memory.lo, memory.hi, memory.empty = 0, state.config.cells, made.empty
    memory.quote, memory.base, memory.initial = made.quote, made.base, made.initial
    memory.sizes.clear()


def use_guard(state: State) -> None:
    """The guard as configured: by default on when anything trails."""
    config = state.config
    on = config.pump_guard if config.pump_guard is not None else True
    if on and (config.trail_up != "off" or config.trail_down != "off"):
        old = state.memory.guard
        state.memory.guard = Guard(config.pump_guard_s, config.pump_guard_fills, config.pump_guard_pct)
        if old is not None:
            state.memory.guard.load(old.dump())
        state.needs_looks = 2 * config.pump_guard_s * 1000
    else:
        state.memory.guard = None
        state.needs_looks = 0


def _lay(state: State) -> None:
    """The ladder: buys from the empty level down, sells from it up, each with what the bot really has."""
    memory: GridMemory = state.memory
    state.become(Status.ACTIVE)
    for j in range(memory.empty - 1, memory.lo - 1, -1):
        rest_buy(state, j, planned(state, j))
    for i in range(memory.empty + 1, memory.hi + 1):
        amount = planned(state, i - 1)
        free = dust(state)
        if amount > free:
            wanted, amount = amount, floor_to(max(free, ZERO), state.market.amount_step)
            state.note("size_reduced", leg=leg(i), wanted=wanted, amount=amount, coin=state.market.base)
        rest_sell(state, i, amount)


# -- fills ------------------------------------------------------------------------------------------------------------


def on_fill(state: State, fill: Fill, taken: Taken) -> None:
    order = taken.order
    name = order[_LEG]
    if name == INIT:
        if taken.done:
            _lay(state)
        return
    if name == EXTEND:
        extended(state, fill, taken.done)
        return
    memory: GridMemory = state.memory
    if memory.guard is not None:
        memory.guard.fill(fill.at)
    level = level_of(name)
    if order[_SIDE] is _BUY:
        _bought(state, level, fill, taken.done)
    else:
        _sold(state, level, name, fill, taken)
    if memory.parked:
        _retry(state)


def _bought(state: State, j: int, fill: Fill, done: bool) -> None:
    """What was received, with the dust, is for sale one level up."""
    memory: GridMemory = state.memory
    market = state.market
    i = j + 1
    free = dust(state)
    if memory.held:
        free += memory.held.get(i, ZERO)
    amount = memory.lots_of(free, market.amount_step) if free > ZERO else ZERO
    is_for_sale = amount > ZERO if done else meets_minimum(market, amount, memory.ladder.sell(i))
    if is_for_sale:
        memory.held.pop(i, None)
        rest_sell(state, i, amount, fill[_PRICE])
    elif done:
        memory.held.pop(i, None)
        memory.parked[i] = (ZERO, fill.price)
    else:
        fee = fill.fee if fill.fee_currency == state.ledger.base_coin else ZERO
        memory.held[i] = memory.held.get(i, ZERO) + fill.amount - fee


def _sold(state: State, i: int, name: str, fill: Fill, taken: Taken) -> None:
    """The planned size is wanted back one level down (compound: what the proceeds buy)."""
    memory: GridMemory = state.memory
    ledger = state.ledger
    origin = memory.origins.get(name)
    if origin is not None:
        ledger.cell += memory.gain(name, fill[_PRICE], origin, fill[_AMOUNT])
        if taken.done:
            ledger.deals += 1
            del memory.origins[name]
    j = i - 1
    there = state.book.orders.get(leg(j))
    fixed = memory.watch(state.config).is_fixed
    if fixed and there is None and taken.done and not taken.before and name not in memory.sold:
        rest_buy(state, j, planned(state, j))
        return
    executed, proceeds, mirrored = memory.sold.pop(name, (ZERO, ZERO, ZERO))
    executed, proceeds = executed + fill.amount, proceeds + fill.price * fill.amount - quote_fee(state, fill)
    if not fixed:
        target = _bought_back(state, j, proceeds)
    elif taken.done and (mirrored or there is None or there.side is not Side.BUY):
        target = planned(state, j)
    else:
        target = min(executed, planned(state, j))
    more = max(target - mirrored, ZERO)
    if more and (taken.done or meets_minimum(state.market, more, memory.ladder.buy(j))):
        rest_buy(state, j, more)
        mirrored = target
    if not taken.done:
        memory.sold[name] = (executed, proceeds, mirrored)


def _bought_back(state: State, j: int, proceeds: Decimal) -> Decimal:
    """Compound: what the net proceeds buy at level j."""
    return floor_to(proceeds / (state.memory.ladder.buy(j) * state.buy_factor), state.market.amount_step)


def _retry(state: State) -> None:
    """Parked places, tried again: buys from the highest, then sells from the lowest."""
    memory, book = state.memory, state.book
    for j in sorted((j for j, what in memory.parked.items() if what is None), reverse=True):
        if leg(j) not in book.orders:
            factor = memory.ladder.buy(j) * state.buy_factor
            amount = min(planned(state, j), floor_to(max(state.free_quote(), ZERO) / factor, state.market.amount_step))
            if meets_minimum(state.market, amount, memory.ladder.buy(j)):
                del memory.parked[j]
                rest_buy(state, j, amount)
    for i in sorted(i for i, what in memory.parked.items() if what is not None):
        if leg(i) not in book.orders:
            kept, origin = memory.parked[i]
            amount = floor_to(max(dust(state) + kept, ZERO), state.market.amount_step)
            if meets_minimum(state.market, amount, memory.ladder.sell(i)):
                del memory.parked[i]
                rest_sell(state, i, amount, origin)


def on_abandoned(state: State, order: Order) -> None:
    """The venue would not have the order: its place is parked."""
    if order.leg[0] == "L":
        state.memory.parked[int(order.leg[1:])] = None if order.side is Side.BUY else (ZERO, state.memory.origins.pop(order.leg, None))


def on_stray(state: State, fill: Fill) -> None:
    make_room(state)


def make_room(state: State) -> None:
    """A fill nobody waited for, or not of that much, took money that other orders count on: the farthest give way."""
    book, market = state.book, state.market
    while book.buys and state.free_quote() < 0:
        order = book.buys[0]
        each = cast(Decimal, order.price) * state.buy_factor
        _shrink(state, order, floor_to(book.remaining(order) + state.free_quote() / each, market.amount_step))
    while book.sells and dust(state) < 0:
        order = book.sells[0]
        _shrink(state, order, floor_to(book.remaining(order) + dust(state), market.amount_step))


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
        before, new = state.config, edited(state, command.params)
        use_budgets(state, before, new)
        if adopt(state, new):
            _restart(state)
        use_guard(state)
        return True
    return waiting.command(state, command, begin)


def _add_funds(state: State, amount: Decimal) -> None:
    """Larger sizes from now on; resting buys grow to theirs, what is for sale stays."""
    memory: GridMemory = state.memory
    grown = (state.config.investment + amount) / state.config.investment
    state.ledger.add(quote=amount)
    set_fields(state, investment=state.config.investment + amount)
    memory.sizes.clear()
    if memory.quote is not None:
        memory.quote = floor_to(memory.quote * grown, CENT)
    if memory.base is not None:
        memory.base = floor_to(memory.base * grown, state.market.amount_step)
    for order in reversed(list(state.book.buys)):
        more = planned(state, int(order.leg[1:])) - order.amount if order.leg not in state.book.filled else ZERO
        if more > 0:
            rest_buy(state, int(order.leg[1:]), more)


def _restart(state: State) -> None:
    """Another range: everything off the book, one balancing market order, new levels."""
    ledger, market, memory = state.ledger, state.market, state.memory
    state.book.clear()
    memory.forget()
    worth = ledger.quote + ledger.base * state.price * (ONE - market.taker_fee)
    made = make_plan(state.config, state.price, market, worth)
    _use_plan(state, made)
    b_t = rates(market).b_t
    balance(state, made.initial * (ONE - b_t) - ledger.base, _lay)


# -- the price --------------------------------------------------------------------------------------------------------


def on_look(state: State) -> None:
    status = state.status
    memory: GridMemory = state.memory
    if memory.guard is not None:
        memory.guard.look(state.price, state.at)
    if status is _ACTIVE:
        if not exits(state) and memory.watch(state.config).is_trailing:
            trail(state)
    elif status is Status.WAITING:
        waiting.look(state, begin)
    elif status is Status.STARTING:
        begun = INIT not in state.book.orders  # the venue would not have (the rest of) it
        if not begun and state.at - state.started_at >= PATIENCE_MS:
            state.note("size_reduced", leg=INIT, amount=state.ledger.base)
            state.book.drop(INIT)
            begun = True
        if begun:
            _lay(state)
    else:
        exits(state)


def exits(state: State) -> bool:
    """Stop loss and take profit, in this order."""
    memory: GridMemory = state.memory
    watched, price = memory.watch(state.config), state.price
    stop_loss, profit = watched.stop_loss, watched.profit
    if stop_loss is not None and price <= stop_loss:
        stop(state, "stop_loss", "quote")
        return True
    if (profit is not None and price >= profit) or (watched.percent is not None and state.ledger.total(price) >= _target(state)):
        stop(state, "take_profit", "quote")
        return True
    return False


def _target(state: State) -> Decimal:
    return cast(Decimal, state.config.investment * state.config.take_profit_pct / HUNDRED)


# -- what is asked of a state -----------------------------------------------------------------------------------------


def horizon(state: State) -> Horizon:
    """The nearest orders and exits; the trailing trigger once a side is empty."""
    if state.status is _WAITING:
        return waiting.horizon(state)
    book = state.book
    memory: GridMemory = state.memory
    watched = memory.watch(state.config)
    below, above, until = book.best_buy, book.best_sell, None
    if state.status is _ACTIVE:
        guard = memory.guard
        up = next_up(state) if above is None else None
        down = next_down(state) if below is None and not memory.has_parked_buys() else None
        if guard is not None and guard.blocks(state.at) and (up is not None or down is not None):
            until = guard.until
            up = None if up is not None and state.price >= up else up
            down = None if down is not None and state.price <= down else down
        above = up if above is None else above
        below = down if below is None else below
    stop_loss, profit = watched.stop_loss, watched.profit
    if stop_loss is not None and (below is None or stop_loss > below):
        below = stop_loss
    if watched.percent is not None:
        reached = price_where_total_is(state, _target(state))
        if reached is not None and (profit is None or reached < profit):
            profit = reached
    if profit is not None and (above is None or profit < above):
        above = profit
    return _new(_HORIZON, (below, above, until))


def load_memory(data: dict[str, Any], config: Config, market: Market) -> GridMemory:
    return GridMemory.load(data, config, market)


def plan(state: State) -> dict[str, Any]:
    """The figures of the start, in the words of the cases."""
    memory: GridMemory = state.memory
    ladder = ladder_of(state.config, state.market)
    return {
        "order_quote": None if memory.quote is None else plain(memory.quote),
        "order_amount": None if memory.base is None else plain(memory.base),
        "empty_level": memory.empty,
        "initial_amount": plain(memory.initial),
        "levels": [[plain(ladder.buy(j)), plain(ladder.sell(j))] for j in range(state.config.cells + 1)],
    }
