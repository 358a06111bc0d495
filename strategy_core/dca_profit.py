"""What a DCA deal has earned: gross, net of everything, and where it would earn nothing.

Rules
1. Gross is price difference times amount, before every fee; it is what `cell_profit` counts.
2. Net counts fees at the rates of leaving at market now, and on futures the funding of this deal.
3. A long and a futures bot count in quote, a spot short in base.
"""

from __future__ import annotations

from decimal import Decimal

from strategy_core.dca_ladder import Fees
from strategy_core.dca_memory import Memory
from strategy_core.decimals import HUNDRED, ONE, ZERO
from strategy_core.state import State


def break_even(state: State) -> Decimal | None:
    """The price at which leaving at market nets the deal nought, fees and funding counted."""
    memory: Memory = state.memory
    entry, left = memory.entry, memory.exit
    fees = Fees.of(state.market)
    if state.config.is_long:
        rest = entry.got - left.paid
        return (entry.paid - left.got - funding(state)) / (rest * (ONE - fees.f_t)) if rest > 0 else None
    if state.market.is_future:
        rest = entry.amount - left.amount
        return (entry.got - left.paid + funding(state)) / (rest * (ONE + fees.f_t)) if rest > 0 else None
    due = entry.paid - left.got
    return (entry.got - left.paid) * (ONE - fees.b_t) / (due * (ONE + fees.q_t)) if due > 0 else None


def funding(state: State) -> Decimal:
    """Funding of this deal; paid is negative."""
    return state.ledger.funding - (state.memory.funding_before or ZERO)


def net_profit_pct(state: State) -> Decimal:
    """What leaving at market now would net, in percent of what was put in."""
    memory: Memory = state.memory
    entry, left, price = memory.entry, memory.exit, state.price
    fees = Fees.of(state.market)
    if state.config.is_long:
        back = left.got + (entry.got - left.paid) * price * (ONE - fees.f_t) + funding(state)
        return (back / entry.paid - ONE) * HUNDRED
    if state.market.is_future:
        spent = left.paid + (entry.amount - left.amount) * price * (ONE + fees.f_t) - funding(state)
        return (ONE - spent / entry.got) * HUNDRED
    back = left.got + (entry.got - left.paid) * (ONE - fees.b_t) / (price * (ONE + fees.q_t))
    return (back / entry.paid - ONE) * HUNDRED


def gross_profit(state: State) -> Decimal:
    """Price difference times amount, before every fee, in the bot's numeraire."""
    memory: Memory = state.memory
    entry, left = memory.entry, memory.exit
    if not left.amount or not entry.amount:
        return ZERO
    if state.config.is_long:
        return left.cost - entry.average * left.amount
    if state.market.is_future:
        return entry.average * left.amount - left.cost
    return left.amount - left.cost / entry.average
