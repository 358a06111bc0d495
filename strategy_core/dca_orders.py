"""The orders of one DCA deal: the window of safety orders and the take profit, sized from the bot's own money.

Rules
1. Safety orders keep their price and amount for the whole deal; the take profit is laid anew after every fill that enters.
2. An exit is sized from the ledger, never from the plan: dust of earlier deals goes with it.
3. A safety order that cannot be paid for shrinks by whole lots and says so, or is parked and retried after each later fill.
4. On futures every exit is reduce-only and their sum is the position.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from strategy_core.dca_config import AnyDca, TakeProfitStep
from strategy_core.dca_ladder import Level, amount_for, level_order, take_profit
from strategy_core.dca_memory import Memory
from strategy_core.decimals import HUNDRED, ONE, ZERO, floor_to
from strategy_core.mechanics import meets_minimum
from strategy_core.state import State
from strategy_core.trade import Role, Side, Status

BASE: Final = "BO"
SAFETY: Final = "SO"
TAKE_PROFIT: Final = "TP"
STOP: Final = "SL"
EXIT: Final = "EXIT"
ADDED: Final = "ADD"  # the owner's own safety order
_BUY: Final = Side.BUY
_SELL: Final = Side.SELL


def entry_side(config: AnyDca) -> Side:
    return _BUY if config.is_long else _SELL


def exit_side(config: AnyDca) -> Side:
    return _SELL if config.is_long else _BUY


# -- safety orders ----------------------------------------------------------------------------------------------------


def lay_safeties(state: State) -> None:
    """Fills the window: parked orders first, then the next of the ladder."""
    memory: Memory = state.memory
    config: AnyDca = state.config
    levels = memory.levels
    if memory.laid == len(levels) and not memory.parked:
        return
    if state.status is Status.PAUSED or memory.steps_done or config.safety_trigger == "indicators":
        return
    p0, purse = memory.p0, free_funds(state)
    side, rate = entry_side(config), None if not config.is_long and not state.market.is_future else entry_rate(state)
    parked = memory.parked
    if parked:
        memory.parked = []
        for number in parked:
            purse = _lay(state, number, p0, purse, side, rate)
    window = config.max_active_safety_orders or len(levels)
    while memory.laid < len(levels) and memory.resting + len(memory.parked) < window:
        memory.laid += 1
        purse = _lay(state, memory.laid, p0, purse, side, rate)
        if memory.parked and memory.parked[-1] == memory.laid:
            state.note("insufficient_funds", leg=f"{SAFETY}{memory.laid}")


def _lay(state: State, number: int, p0: Decimal, purse: Decimal, side: Side, rate: Decimal | None) -> Decimal:
    """Rests a safety order, whole or smaller, or parks it. What the purse holds afterwards. `rate` is None where it is paid in base."""
    memory: Memory = state.memory
    config: AnyDca = state.config
    market = state.market
    price, amount = level_order(config, market, p0, scaled(memory, number))
    cost = price * amount
    takes = amount if rate is None else cost * rate
    if takes > purse:
        payable = affordable(state, price, purse)
        if meets_minimum(market, payable, price):
            state.note("size_reduced", leg=f"{SAFETY}{number}", wanted=amount, amount=payable)
        amount = payable
        takes, cost = purse, price * amount
    if not meets_minimum(market, amount, price):
        memory.parked.append(number)
        return purse
    state.book.place(f"{SAFETY}{number}", side, price, amount, Role.SAFETY, state.at, False, 0, cost)
    memory.resting += 1
    return purse - takes


def scaled(memory: Memory, number: int) -> Level:
    """Safety order `number` (from 1) with this deal's scale."""
    level = memory.levels[number - 1]
    if memory.factor is ONE and memory.extra is ONE:
        return level
    return Level(level.deviation, level.size * (memory.factor or ONE) * (memory.extra or ONE))


def entry_rate(state: State) -> Decimal:
    """What a quote of an entry's cost takes from the purse: its fee on top, or a part of it as margin."""
    return ONE / state.config.leverage if state.market.is_future else state.buy_factor


def free_funds(state: State) -> Decimal:
    """The bot's own money that no resting entry counts on: quote, base of a spot short, margin on futures."""
    if state.market.is_future:
        return state.ledger.quote - margin_used(state)
    return state.free_quote() if state.config.is_long else state.free_base()


def affordable(state: State, price: Decimal, purse: Decimal) -> Decimal:
    """The most that a purse pays for at this price, in whole lots."""
    purse = max(purse, ZERO)
    if state.config.is_long or state.market.is_future:
        purse = purse / (price * entry_rate(state))
    return floor_to(purse, state.market.amount_step)


def margin_used(state: State) -> Decimal:
    """Futures: margin of the position and of the resting entries."""
    book = state.book
    entries = book.buys if state.config.is_long else book.sells
    resting = sum((order.price * book.remaining(order) for order in entries if not order.reduce_only), ZERO)  # type: ignore[operator]
    return (state.ledger.basis + resting) / Decimal(state.config.leverage)


def give_way(state: State) -> None:
    """A fill nobody waited for took money that resting safety orders count on: the farthest are parked."""
    memory: Memory = state.memory
    book = state.book
    resting = [order for order in book.orders.values() if order.role is Role.SAFETY and order.price is not None]
    for order in sorted(resting, key=lambda order: int(order.leg[len(SAFETY) :]), reverse=True):
        if free_funds(state) >= 0:
            return
        if order.leg in book.filled:
            memory.filled += 1
        else:
            memory.parked.append(int(order.leg[len(SAFETY) :]))
        memory.resting -= 1
        book.drop(order.leg)


def drop_safeties(state: State) -> None:
    for leg in [leg for leg, order in state.book.orders.items() if order.role is Role.SAFETY]:
        state.book.drop(leg)
    state.memory.resting = 0
    state.memory.parked = []


# -- exits ------------------------------------------------------------------------------------------------------------


def holding(state: State) -> Decimal:
    """What an exit may use: base for a long, quote for a spot short, the position on futures. Coins left to the owner stay."""
    ledger, memory = state.ledger, state.memory
    if state.market.is_future:
        return abs(ledger.base)
    if state.config.is_long:
        return max(ledger.base - ledger.put_base - (memory.left_base or ZERO), ZERO)
    return max(ledger.quote - ledger.put_quote - (memory.left_quote or ZERO), ZERO)


def has_exits(state: State) -> bool:
    return any(order.role is Role.TAKE_PROFIT for order in state.book.orders.values())


def lay_exits(state: State) -> None:
    """The take profit as it should be now. With a trailing one the last step has a price to reach but no order."""
    memory: Memory = state.memory
    config: AnyDca = state.config
    book = state.book
    if config.take_profit_steps is None:
        if TAKE_PROFIT + "1" in book.orders:
            book.drop(TAKE_PROFIT + "1")
        price = take_profit(config, state.market, memory.entry, memory.base, config.take_profit_pct or ZERO)
        if config.trailing_take_profit_pct is not None:
            memory.target = price
        else:
            _place_exit(state, 1, price, exit_amount(state, price, holding(state)))
        return
    for leg in [leg for leg, order in book.orders.items() if order.role is Role.TAKE_PROFIT]:
        book.drop(leg)
    _lay_steps(state, config.take_profit_steps)


def _lay_steps(state: State, rows: tuple[TakeProfitStep, ...]) -> None:
    """floor(share x A) each, the last takes the rest; a share under the minimum goes with the rest."""
    memory: Memory = state.memory
    config: AnyDca = state.config
    due = rows[memory.steps_done :]
    shares = sum((step.share_pct for step in due), ZERO)
    whole = rest = holding(state)
    if not state.market.is_future:
        whole = min(whole, memory.entry.got - memory.exit.paid)
    for number, step in enumerate(due, start=memory.steps_done + 1):
        price = take_profit(config, state.market, memory.entry, memory.base, step.pct)
        is_last = number == len(rows)
        if is_last and config.trailing_take_profit_pct is not None:
            memory.target = price
            return
        amount = exit_amount(state, price, rest if is_last else whole * step.share_pct / shares)
        if _place_exit(state, number, price, amount):
            rest -= amount if config.is_long or state.market.is_future else amount * price * (ONE + state.rates.q_m)


def exit_amount(state: State, price: Decimal, part: Decimal) -> Decimal:
    """In base, whole lots: `part` of what is held (a spot short spends that quote at `price`)."""
    if price <= 0:
        return ZERO
    if not state.config.is_long and not state.market.is_future:
        part = part / (price * (ONE + state.rates.q_m))
    return floor_to(part, state.market.amount_step)


def _place_exit(state: State, number: int, price: Decimal, amount: Decimal) -> bool:
    if not meets_minimum(state.market, amount, price):
        return False
    state.book.place(f"{TAKE_PROFIT}{number}", exit_side(state.config), price, amount, Role.TAKE_PROFIT, state.at, state.market.is_future)
    return True


def market_exit_amount(state: State) -> Decimal:
    held = holding(state)
    if not state.config.is_long and not state.market.is_future:
        reserve = ONE + state.config.reserve_pct / HUNDRED
        held = held / (state.price * reserve * (ONE + state.rates.q_t))
    return floor_to(held, state.market.amount_step)


def needs_amount(state: State, size: Decimal) -> Decimal:
    """Whole lots of a market order of `size` at the last look."""
    return amount_for(state.config, size, state.price, state.market)
