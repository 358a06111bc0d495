"""What a DCA bot decides when it sees a price: stop, trailing take profit, signals, the start of a deal. And how far it need not look.

Rules
1. Judged at looks only, in this order: stop, take profit, close signals, safety signals; then, without a deal, the start of one.
2. A break-even stop takes the place of the stop when it is the better of the two.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from strategy_core import conditions
from strategy_core.dca_config import AnyDca
from strategy_core.dca_deal import begin, close
from strategy_core.dca_ladder import raw_price
from strategy_core.dca_memory import Memory, Phase
from strategy_core.dca_orders import BASE, SAFETY, entry_side, needs_amount, scaled
from strategy_core.dca_profit import break_even, net_profit_pct
from strategy_core.dca_start import judge_start, start_block
from strategy_core.mechanics import meets_minimum
from strategy_core.state import AT_ONCE, NEVER, State
from strategy_core.trade import Horizon, Role, Status

PATIENCE_MS: Final = 60_000  # strategies.md 1.5: a start that is not fully filled goes on with what was
_OPENING: Final = Phase.OPENING  # a member of an enum is looked up twice at every use, this one is at hand
_OPEN: Final = Phase.OPEN
_CLOSING: Final = Phase.CLOSING
_IDLE: Final = Phase.IDLE


def look(state: State) -> None:
    """One path point."""
    memory: Memory = state.memory
    if memory.phase is _OPENING:
        _patience(state)
    elif memory.phase is _OPEN:
        _judge_deal(state)
    if memory.phase is _IDLE and state.status in (Status.WAITING, Status.ACTIVE):
        judge_start(state)


def _patience(state: State) -> None:
    """A spot base order that hangs partly filled: the deal is what was filled."""
    order = state.book.orders.get(BASE)
    if order is None or state.market.is_future or not state.memory.base.amount:
        return  # nothing to go on with; a perpetual's is retried
    if state.at - order.made_at >= PATIENCE_MS:
        state.book.drop(BASE)
        state.note("size_reduced", leg=BASE, wanted=order.amount, amount=state.memory.base.amount)
        begin(state)


# -- in a deal --------------------------------------------------------------------------------------------------------


def _judge_deal(state: State) -> None:
    memory: Memory = state.memory
    config: AnyDca = state.config
    if not config.has_triggers and memory.below_since is None:
        return
    price = state.price
    if config.trailing_stop:
        best = memory.p0 if memory.best is None else memory.best
        memory.best = max(best, price) if config.is_long else min(best, price)
    if not exits(state) and config.safety_conditions is not None and config.safety_trigger == "indicators":
        _safety_signal(state)


def exits(state: State) -> bool:
    """What closes a deal at a price: the stop, the trailing take profit, a close signal. Whether one of them did."""
    if state.memory.phase is not _OPEN:
        return False
    if _stop_holds(state) or _trailing_done(state):
        return True
    return _close_signal(state) and close_on_signal(state, "take_profit")


def _beyond(is_long: bool, price: Decimal, level: Decimal) -> bool:
    """At or past a level against the deal."""
    return price <= level if is_long else price >= level


def stop_level(state: State) -> tuple[Decimal, str] | None:
    """Where the stop stands now, and the reason it would give."""
    memory: Memory = state.memory
    config: AnyDca = state.config
    found: tuple[Decimal, str] | None = None
    if config.stop_loss_pct is not None:
        ref = memory.p0 if config.stop_loss_of == "base" else memory.entry.average
        if config.trailing_stop and memory.best is not None:
            ref = max(ref, memory.best) if config.is_long else min(ref, memory.best)
        found = raw_price(config.is_long, ref, config.stop_loss_pct), "stop_loss"
    if config.break_even_after_tp1 and memory.steps_done:
        level = break_even(state)
        if level is not None and (found is None or not _beyond(config.is_long, level, found[0])):
            found = level, "break_even"
    return found


def _stop_holds(state: State) -> bool:
    """Whether the stop closed the deal; with a timeout it must hold at every look for that long."""
    memory: Memory = state.memory
    stop = stop_level(state)
    if stop is None or not _beyond(state.config.is_long, state.price, stop[0]):
        memory.below_since = None
        return False
    if memory.below_since is None:
        memory.below_since = state.at
    if state.at - memory.below_since < state.config.stop_loss_timeout_s * 1000:
        return False
    close(state, stop[1])
    return True


def _trailing_done(state: State) -> bool:
    memory: Memory = state.memory
    pct = state.config.trailing_take_profit_pct
    if pct is None or memory.target is None:
        return False
    price, is_long = state.price, state.config.is_long
    if memory.peak is None:
        if not _beyond(not is_long, price, memory.target):
            return False
        memory.peak = price
        state.note("trailing_started", price=price)
    memory.peak = max(memory.peak, price) if is_long else min(memory.peak, price)
    if not _beyond(is_long, price, raw_price(is_long, memory.peak, pct)):
        return False
    close(state, "take_profit")
    return True


def _close_signal(state: State) -> bool:
    signals = state.config.close_conditions
    return signals is not None and conditions.holds(signals, state.price, state.at, state.memory.close_seen)


def close_on_signal(state: State, reason: str) -> bool:
    """An indicator's or a webhook's close: only at `min_profit_pct` net when that is set."""
    least = state.config.min_profit_pct
    if least is not None and net_profit_pct(state) < least:
        return False
    close(state, reason)
    return True


def _safety_signal(state: State) -> None:
    """The next safety order at market, when its price step is reached and the indicators agree."""
    memory: Memory = state.memory
    level = next_step(state)
    if level is None or state.book.markets or state.status is Status.PAUSED or not _beyond(state.config.is_long, state.price, level):
        return
    if not conditions.holds(state.config.safety_conditions, state.price, state.at, memory.safety_seen):
        return
    number = memory.filled + 1
    amount = needs_amount(state, scaled(memory, number).size)
    if meets_minimum(state.market, amount, state.price):
        state.book.place(f"{SAFETY}{number}", entry_side(state.config), None, amount, Role.SAFETY, state.at)


def next_step(state: State) -> Decimal | None:
    """The price from which the next indicator safety order may be bought; None when there is none left."""
    memory: Memory = state.memory
    if memory.steps_done or memory.filled >= len(memory.levels):
        return None
    return raw_price(state.config.is_long, memory.p0, memory.levels[memory.filled].deviation)


# -- horizon ----------------------------------------------------------------------------------------------------------


def horizon(state: State) -> Horizon:
    """The nearest order, stop, take profit or trailing level on each side, and the next timer."""
    memory: Memory = state.memory
    if memory.unsure or memory.phase in (_OPENING, _CLOSING):
        return AT_ONCE
    if memory.phase is _IDLE:
        if state.status is Status.PAUSED:
            return NEVER
        return start_block(state)[0] or AT_ONCE
    book = state.book
    if not state.config.has_triggers:
        return Horizon(book.best_buy, book.best_sell, None)
    against: list[Decimal | None] = [book.best_buy if state.config.is_long else book.best_sell]
    towards: list[Decimal | None] = [book.best_sell if state.config.is_long else book.best_buy]
    until = _levels(state, against, towards)
    if state.config.is_long:
        return Horizon(_highest(against), _lowest(towards), until)
    return Horizon(_highest(towards), _lowest(against), until)


def _levels(state: State, against: list[Decimal | None], towards: list[Decimal | None]) -> int | None:
    """Adds the prices that mean something on either side; the instant at which a timer ends."""
    memory: Memory = state.memory
    config: AnyDca = state.config
    timers: list[int] = []
    stop = stop_level(state)
    if memory.below_since is not None and stop is not None:
        towards.append(stop[0])
        timers.append(memory.below_since + config.stop_loss_timeout_s * 1000)
    elif stop is not None:
        against.append(stop[0])
    if config.trailing_stop:
        towards.append(memory.p0 if memory.best is None else memory.best)
    if memory.peak is not None and config.trailing_take_profit_pct is not None:
        towards.append(memory.peak)
        against.append(raw_price(config.is_long, memory.peak, config.trailing_take_profit_pct))
    elif config.trailing_take_profit_pct is not None:
        towards.append(memory.target)
    if config.safety_conditions is not None and config.safety_trigger == "indicators":
        against.append(next_step(state))
        timers.append(conditions.next_close(config.safety_conditions, state.at) or 0)
    if config.close_conditions is not None:
        timers.append(conditions.next_close(config.close_conditions, state.at) or 0)
        if _close_signal(state):
            towards.append(state.price)  # it waits for its profit: every better price is a question
    return min(timers, default=None)


def _highest(prices: list[Decimal | None]) -> Decimal | None:
    return max((price for price in prices if price is not None), default=None)


def _lowest(prices: list[Decimal | None]) -> Decimal | None:
    return min((price for price in prices if price is not None), default=None)
