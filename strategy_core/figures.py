"""The prices an owner watches beside the orders: what was paid on average, where the bot stops, takes profit, trails, breaks even.

average               of what is held (DCA: of the open deal, fees apart; BTD: what the quote it holds was sold for)
break_even_price      leaving there would make the bot's (DCA: the deal's) total nought, the fee of leaving counted
stop_price            where the stop stands now, trailing or not
take_profit_price     the nearest exit: an order, a price to reach, or where the profit in percent is met
liquidation_price     our estimate for the position as it is; the venue's own figure goes before it
next_safety_price     DCA: the next order that would enlarge the deal
trailing_start_price  DCA: where a trailing take profit begins; trailing_stop_price: where it would sell once it has
trail_up_price, trail_down_price  the prices that move (or widen) a ladder's window
guard_price           LOOP: where its equity guard acts · entry_price: its fixed entry

Rules
1. Read-only, from the state alone; a figure the bot does not have now is left out.
2. A computed price is shown on the market's tick, rounded the way the order for it would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from strategy_core.closing import break_even_order
from strategy_core.ledger import Kind
from strategy_core.number import HUNDRED, ceil_to, cut, floor_to
from strategy_core.state import FINAL, State
from strategy_core.target import price_where_total_is
from strategy_core.trade import Role, Side, Status

Figures = dict[str, Decimal | None]
_ENDED = (*FINAL, Status.DRAFT)


def figures(state: State) -> dict[str, Decimal]:
    """What the bot has of them now, by name."""
    if state.status in _ENDED:
        return {}
    found = _OF[state.name](state)
    return {name: price for name, price in found.items() if price is not None and price > 0}


def _on_tick(state: State, raw: Decimal | None, side: Side) -> Decimal | None:
    """A price at which one would sell is rounded up, one at which one would buy down."""
    if raw is None or raw <= 0:
        return None
    return (ceil_to if side is Side.SELL else floor_to)(raw, state.market.price_tick)


def _nearest(prices: Iterable[Decimal | None], is_lowest: bool) -> Decimal | None:
    known = [price for price in prices if price is not None]
    return (min if is_lowest else max)(known, default=None)


def _whole(state: State) -> Figures:
    """The two figures every bot with a ledger of its own has."""
    average = state.ledger.average
    leaving = break_even_order(state)
    return {"average": None if average is None else cut(average), "break_even_price": None if leaving is None else leaving[1]}


def _at_total(state: State, percent: Decimal | None, of: Decimal, is_up: bool) -> Decimal | None:
    if percent is None:
        return None
    reached = price_where_total_is(state, of * percent / HUNDRED, is_up)
    return _on_tick(state, reached, Side.SELL if is_up else Side.BUY)


def _grid(state: State) -> Figures:
    from strategy_core.grid_trail import next_down, next_up

    config = state.config
    profits = (config.take_profit_price, _at_total(state, config.take_profit_pct, config.investment, True))
    found = {**_whole(state), "stop_price": config.stop_loss_price, "take_profit_price": _nearest(profits, True)}
    if state.status is Status.ACTIVE:
        found |= {"trail_up_price": next_up(state), "trail_down_price": next_down(state)}
    return found


def _btd(state: State) -> Figures:
    from strategy_core import btd

    config = state.config
    profits = (config.take_profit_price, _on_tick(state, btd.profit_price(state), Side.BUY))
    found = {**_whole(state), "stop_price": config.stop_loss_price, "take_profit_price": _nearest(profits, False)}
    if state.status is Status.ACTIVE:
        found |= {"trail_up_price": btd.next_up(state), "trail_down_price": btd.next_down(state)}
    return found


def _loop(state: State) -> Figures:
    config, memory = state.config, state.memory
    profits = (config.take_profit_price, _at_total(state, config.take_profit_pct, config.investment, True))
    guard = None if config.equity_guard_pct is None else _at_total(state, -config.equity_guard_pct, config.investment, False)
    entry = memory.levels.entry if memory.unit else None
    return {**_whole(state), "take_profit_price": _nearest(profits, True), "guard_price": guard, "entry_price": entry}


def _combo(state: State) -> Figures:
    from strategy_core.combo import protection
    from strategy_core.combo_plan import liquidation_of

    config, memory, is_long = state.config, state.memory, state.config.is_long
    found = _whole(state)
    if not memory.is_laid:
        return found
    held, average = state.ledger.base, state.ledger.average
    stop = protection(state)
    by_percent = _at_total(state, config.take_profit_pct, state.ledger.put_quote, is_long)
    found["stop_price"] = None if stop is None else stop.price
    found["take_profit_price"] = _nearest((config.take_profit_price, by_percent), is_long)
    if average is not None:
        found["liquidation_price"] = cut(liquidation_of(config, state.market, average, abs(held)))
    shift = memory.levels.exit(memory.hi + 1)
    return {**found, "trail_up_price" if is_long else "trail_down_price": shift}


def _dca(state: State) -> Figures:
    from strategy_core.dca_judge import next_step, stop_level
    from strategy_core.dca_ladder import liquidation_price, raw_price
    from strategy_core.dca_memory import Phase
    from strategy_core.dca_orders import exit_side
    from strategy_core.dca_profit import break_even

    memory, config, book = state.memory, state.config, state.book
    entry = memory.entry
    if memory.phase not in (Phase.OPEN, Phase.CLOSING) or not entry.amount:
        return {}
    out = exit_side(config)
    orders = {role: [order.price for order in book.orders.values() if order.role is role] for role in (Role.TAKE_PROFIT, Role.SAFETY)}
    stop, trails = stop_level(state), config.trailing_take_profit_pct
    signal = next_step(state) if config.safety_trigger == "indicators" else None
    found: Figures = {
        "average": cut(entry.average),
        "break_even_price": _on_tick(state, break_even(state), out),
        "stop_price": None if stop is None else _on_tick(state, stop[0], Side.BUY if config.is_long else Side.SELL),
        "take_profit_price": _nearest((*orders[Role.TAKE_PROFIT], memory.target if memory.peak is None else None), config.is_long),
        "next_safety_price": _nearest((*orders[Role.SAFETY], signal), not config.is_long),
    }
    if trails is not None:
        begun = memory.peak is not None
        found["trailing_start_price"] = None if begun else memory.target
        found["trailing_stop_price"] = raw_price(config.is_long, memory.peak, trails) if begun else None
    if state.ledger.kind is Kind.FUTURES and state.ledger.average is not None:
        held = abs(state.ledger.base)
        found["liquidation_price"] = cut(liquidation_price(config, state.market, state.ledger.average, held))
    return found


_OF: dict[str, Callable[[State], Figures]] = {
    "GRID": _grid,
    "BTD": _btd,
    "LOOP": _loop,
    "COMBO": _combo,
    "DCA": _dca,
    "DCA_FUTURES": _dca,
}
