"""When a DCA bot opens a deal, and with how much.

Rules
1. `start_block` answers both "may a deal start" and "what would change that", so the horizon can never disagree with the look.
2. Own money only: without what one base order takes the bot waits and says so.
3. Sizes grow with what was earned and shrink with what was lost, as far as the owner wants.
"""

from __future__ import annotations

from decimal import Decimal

from strategy_core import conditions
from strategy_core.dca_config import AnyDca
from strategy_core.dca_deal import open_deal
from strategy_core.dca_ladder import depths, plan_size
from strategy_core.dca_memory import Memory
from strategy_core.dca_orders import needs_amount
from strategy_core.decimals import HUNDRED, ONE, ZERO, floor_to
from strategy_core.mechanics import meets_minimum
from strategy_core.state import AT_ONCE, NEVER, State
from strategy_core.stop_condition import beyond
from strategy_core.trade import Horizon, Status


def judge_start(state: State) -> None:
    """A deal, or the reason there is none."""
    blocked, reason = start_block(state)
    if blocked is not None:
        state.become(Status.WAITING, reason)
        return
    factor = scale(state)
    open_deal(state, needs_amount(state, state.config.base_size * factor), factor)


def start_block(state: State) -> tuple[Horizon | None, str | None]:
    """None when a deal may start at this look; else the horizon of what would change that, and the reason shown."""
    memory: Memory = state.memory
    config: AnyDca = state.config
    price, at = state.price, state.at
    ready = None if memory.closed_at is None else memory.closed_at + config.cooldown_s * 1000
    if ready is not None and at < ready:
        return Horizon(None, None, ready), None
    if config.min_price is not None and price < config.min_price:
        return Horizon(None, config.min_price, None), None
    if config.max_price is not None and price > config.max_price:
        return Horizon(config.max_price, None, None), None
    outside = None if config.stops is None else beyond(config.stops, price)
    if outside is not None:
        return outside, None
    if not memory.asked and not conditions.holds(config.start, price, at, memory.start_seen):
        below, above = conditions.band(config.start, price, at, memory.start_seen)
        return Horizon(below, above, conditions.next_close(config.start, at)), _waiting_reason(state)
    return _funds_block(state)


def _waiting_reason(state: State) -> str | None:
    """`warming_up` until every timeframe has been seen."""
    start = state.config.start
    unseen = isinstance(start, conditions.Indicators) and len(state.memory.start_seen) < len(start.indicators)
    return "warming_up" if unseen else None


def _funds_block(state: State) -> tuple[Horizon | None, str | None]:
    """Own money only: what one base order takes must be there."""
    config: AnyDca = state.config
    size = config.base_size * scale(state)
    if size <= 0:
        return NEVER, "insufficient_funds"
    amount = needs_amount(state, size)
    if not meets_minimum(state.market, amount, state.price):
        return AT_ONCE, "insufficient_funds"
    if state.market.is_future:
        return (None, None) if state.ledger.quote >= size else (NEVER, "insufficient_funds")
    step = state.market.amount_step
    if config.is_long:
        rate = ONE + state.rates.q_t
        if amount * state.price * rate <= state.ledger.quote:
            return None, None
        # an order is less than a lot under the size: below this price it costs too much whatever it floors to
        limit = (size - state.ledger.quote / rate) / step
        return (Horizon(None, limit, None) if limit > state.price else AT_ONCE), "insufficient_funds"
    if amount <= state.ledger.base:
        return None, None
    return Horizon(None, size / (floor_to(state.ledger.base, step) + step), None), "insufficient_funds"


def scale(state: State) -> Decimal:
    """strategies.md 6: sizes grow with what was earned and shrink with what was lost."""
    config: AnyDca = state.config
    earned = state.ledger.realised
    if not earned or not (config.reinvest_pct or config.risk_reduction_pct):
        return ONE
    plan = plan_size(config)
    if not config.is_long and not state.market.is_future:
        plan = depths(config, state.price)[-1].amount
    pct = config.reinvest_pct if earned > 0 else config.risk_reduction_pct
    return max(ONE + pct / HUNDRED * earned / plan, ZERO)
