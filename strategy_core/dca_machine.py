"""The hooks of DCA and DCA FUTURES: one machine, told apart by the market and by the words of the configuration."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from strategy_core import conditions
from strategy_core.book import Book, Taken
from strategy_core.dca_config import AnyDca, DcaFuturesConfig
from strategy_core.dca_deal import base_refused, fold
from strategy_core.dca_ladder import level_order
from strategy_core.dca_memory import Memory
from strategy_core.dca_orders import ADDED, BASE, SAFETY, scaled
from strategy_core.dca_start import judge_start
from strategy_core.dca_validation import needs
from strategy_core.decimals import ZERO
from strategy_core.ledger import Kind, Ledger
from strategy_core.mechanics import fail
from strategy_core.state import State, Strategy
from strategy_core.trade import Candles, Fill, Market, Order, Status


def begin(name: str, rules: object, config: AnyDca, price: Decimal, market: Market, at: int) -> State:
    """A new bot: its money, no orders; the first deal is judged at once."""
    ledger = _ledger(config, price, market)
    state = State(name, cast(Strategy, rules), config, market, price, at, ledger, Book(market.max_orders), Memory(config))
    state.become(Status.WAITING)
    judge_start(state)
    state.book.settle(price)
    return state


def _ledger(config: AnyDca, price: Decimal, market: Market) -> Ledger:
    plan = needs(config, price, market)
    quote = config.funds_quote
    if isinstance(config, DcaFuturesConfig):
        return Ledger(Kind.FUTURES, market.base, market.quote, quote=plan if quote is None else quote)
    if config.is_long:
        return Ledger(Kind.QUOTE, market.base, market.quote, config.own_base, plan if quote is None else quote)
    return Ledger(Kind.BASE, market.base, market.quote, config.own_base or plan, quote or ZERO)


def on_fill(state: State, fill: Fill, taken: Taken) -> None:
    fold(state, fill, taken)


def on_stray(state: State, fill: Fill) -> None:
    """A fill that was faster than our cancel."""
    fold(state, fill, None)


def on_abandoned(state: State, order: Order) -> None:
    """A safety order the venue will not take is parked, or done when part of it was filled; a refused exit needs the owner."""
    memory: Memory = state.memory
    if order.leg.startswith(SAFETY) and order.price is not None:
        number = int(order.leg[len(SAFETY) :])
        memory.resting -= 1
        if order.amount < level_order(state.config, state.market, memory.p0, scaled(memory, number))[1]:
            memory.filled += 1
        else:
            memory.parked.append(number)
    elif order.leg == BASE:
        base_refused(state)
    elif order.leg != ADDED:
        fail(state, "order_rejected")


def on_candles(state: State, candles: Candles) -> None:
    """New closes for whichever condition looks at them."""
    config, memory = state.config, state.memory
    memory.start_seen = conditions.observe(config.start, memory.start_seen, candles)
    if config.safety_conditions is not None:
        memory.safety_seen = conditions.observe(config.safety_conditions, memory.safety_seen, candles)
    if config.close_conditions is not None:
        memory.close_seen = conditions.observe(config.close_conditions, memory.close_seen, candles)


def timeframes(state: State) -> dict[int, int]:
    """The candles the bot must be shown: timeframe in ms to how many closed ones."""
    config: AnyDca = state.config
    needed: dict[int, int] = {}
    if isinstance(config.start, conditions.Now) and config.safety_conditions is None and config.close_conditions is None:
        return needed
    for condition in (config.start, config.safety_conditions, config.close_conditions):
        for ms, count in conditions.timeframes(condition).items() if condition is not None else ():
            needed[ms] = max(needed.get(ms, 0), count)
    return needed


def load_memory(data: dict[str, Any], config: AnyDca, market: Market) -> Memory:
    return Memory.load(data, config)
