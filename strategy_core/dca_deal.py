"""One DCA deal from its base order to flat: which orders it wants, and what each fill does to them.

Rules
1. A fill that enters replaces the take profit and lets the next safety order of the window in.
2. A take profit step that filled withdraws the safety orders; the last one ends the deal.
3. Closing wants exactly one market order; a late entry re-sizes it.
4. Which orders those are, and how large, is `dca_orders`' business.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from strategy_core.book import Taken
from strategy_core.dca_edit import adopt_pending
from strategy_core.dca_memory import Memory, Phase, booked
from strategy_core.dca_orders import (
    BASE,
    EXIT,
    SAFETY,
    STOP,
    TAKE_PROFIT,
    drop_safeties,
    entry_side,
    exit_side,
    give_way,
    has_exits,
    lay_exits,
    lay_safeties,
    market_exit_amount,
)
from strategy_core.dca_profit import gross_profit
from strategy_core.decimals import ONE
from strategy_core.mechanics import meets_minimum
from strategy_core.state import State
from strategy_core.trade import Fill, Role, Status

STOPS: Final = ("stop_loss", "break_even")
_PROFIT: Final = "take_profit"
_OPENING: Final = Phase.OPENING  # a member of an enum is looked up twice at every use, this one is at hand
_OPEN: Final = Phase.OPEN
_CLOSING: Final = Phase.CLOSING
_IDLE: Final = Phase.IDLE


# -- fills ------------------------------------------------------------------------------------------------------------


def fold(state: State, fill: Fill, taken: Taken | None) -> None:
    """A fill of this bot; `taken` is None when its order is no longer wanted."""
    memory: Memory = state.memory
    if fill.side is entry_side(state.config):
        memory.entry = booked(memory.entry, fill, state.ledger)
        if fill.leg == BASE and memory.phase is not _IDLE:
            memory.base = booked(memory.base, fill, state.ledger)
        _entered(state, fill, taken)
    elif memory.phase is not _IDLE:
        memory.exit = booked(memory.exit, fill, state.ledger)
        _left(state, fill, taken)


def _entered(state: State, fill: Fill, taken: Taken | None) -> None:
    memory: Memory = state.memory
    if memory.phase is _OPENING:
        if fill.leg == BASE and taken is not None and taken.done:
            begin(state)
    elif memory.phase is _OPEN:
        if taken is not None and taken.done and fill.leg.startswith(SAFETY):
            memory.filled += 1
            if taken.order.price is not None:
                memory.resting -= 1
        memory.peak = None  # the take profit is replaced: the new one has not been reached
        lay_exits(state)
        if taken is None or fill.generation != taken.order.generation or taken.order.price is None:
            give_way(state)  # a late fill, or a market order dearer than thought
        lay_safeties(state)
    elif memory.phase is _CLOSING:
        ask_exit(state)


def _left(state: State, fill: Fill, taken: Taken | None) -> None:
    memory: Memory = state.memory
    done = taken is not None and taken.done
    is_late = taken is None or fill.generation != taken.order.generation
    if memory.phase is _CLOSING:
        if is_late or (done and state.market.is_future and state.ledger.base):
            ask_exit(state)  # a take profit was faster than our cancel; or: verify zero
        elif done:
            end(state, fill.at)
    elif memory.phase is _OPEN:
        if is_late:
            lay_exits(state)  # an order already replaced was faster than our cancel
        elif done and state.config.take_profit_steps is None and fill.leg.startswith(TAKE_PROFIT):
            end(state, fill.at)
            return
        elif done and fill.leg.startswith(TAKE_PROFIT):
            _step_done(state, int(fill.leg[len(TAKE_PROFIT) :]))
        if not has_exits(state) and state.config.trailing_take_profit_pct is None and (is_late or done):
            end(state, fill.at)


def _step_done(state: State, step: int) -> None:
    """strategies.md 6: after the first step the deal buys no more."""
    memory: Memory = state.memory
    memory.steps_done = step
    drop_safeties(state)
    if state.config.break_even_after_tp1 and step == 1:
        state.note("break_even", step=step)


# -- the base order ---------------------------------------------------------------------------------------------------


def open_deal(state: State, amount: Decimal, factor: Decimal) -> None:
    """Buys (or sells) the base order at market."""
    memory: Memory = state.memory
    memory.phase = _OPENING
    memory.factor, memory.extra = factor, ONE
    memory.asked = 0
    memory.funding_before = state.ledger.funding if state.ledger.funding else None
    state.become(Status.ACTIVE)
    state.book.place(BASE, entry_side(state.config), None, amount, Role.BASE, state.at)
    state.note("deal_started", amount=amount, price=state.price)


def base_refused(state: State) -> None:
    """The base order will not be filled further: the deal is what was, or there is none."""
    if state.memory.base.amount:
        begin(state)
    else:
        state.memory.forget_deal()
        state.become(Status.WAITING, "order_rejected")


def begin(state: State) -> None:
    """The base order is in: take profit first, then the window of safety orders."""
    memory: Memory = state.memory
    memory.phase = _OPEN
    if memory.first_p0 is None:
        memory.first_p0 = memory.p0
    if state.config.trailing_stop:
        memory.best = memory.p0
    lay_exits(state)
    lay_safeties(state)


# -- closing ----------------------------------------------------------------------------------------------------------


def close(state: State, reason: str) -> None:
    """Everything off the book, then the rest of the deal at market."""
    memory: Memory = state.memory
    state.book.clear()
    memory.phase = _CLOSING
    memory.exit_reason = reason
    memory.resting, memory.parked = 0, []
    state.note("deal_closing", reason=reason, price=state.price)
    ask_exit(state)


def ask_exit(state: State) -> None:
    """The market exit of what the ledger holds now; with nothing to exit the deal is over."""
    memory: Memory = state.memory
    leg = STOP if memory.exit_reason in STOPS else EXIT
    if leg in state.book.orders:
        state.book.drop(leg)
    amount = market_exit_amount(state)
    if amount <= 0 or not (state.market.is_future or meets_minimum(state.market, amount, state.price)):
        end(state, state.at)
        return
    role = Role.STOP_LOSS if memory.exit_reason in STOPS else Role.TAKE_PROFIT if memory.exit_reason == _PROFIT else Role.CLOSE
    state.book.place(leg, exit_side(state.config), None, amount, role, state.at, state.market.is_future)


# -- the end ----------------------------------------------------------------------------------------------------------


def end(state: State, at: int) -> None:
    """Books the deal, forgets it, and decides whether there is another."""
    memory: Memory = state.memory
    reason = memory.exit_reason or "take_profit"
    state.book.clear()
    state.ledger.deals += 1
    gross = gross_profit(state)
    state.ledger.cell += gross
    state.note("deal_closed", reason=reason, deal=state.ledger.deals, gross=gross)
    leave(state, at, reason)


def leave(state: State, at: int, reason: str) -> None:
    """Between two deals: stop, finish or wait."""
    memory: Memory = state.memory
    memory.forget_deal()
    memory.closed_at = at
    adopt_pending(state)
    limit = state.config.max_deals
    if reason in STOPS and state.config.after_stop_loss == "stop":
        state.become(Status.STOPPED, reason)
    elif limit is not None and state.ledger.deals >= limit:
        state.become(Status.FINISHED, "max_deals")
    elif memory.last_deal:
        state.become(Status.STOPPED, "user")
    elif state.status is Status.PAUSED:
        state.resume_to = Status.WAITING
    else:
        state.become(Status.WAITING)
