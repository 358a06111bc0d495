"""What the owner, or a signal, may tell a DCA bot beyond stop.

Rules
1. Pausing keeps take profit and stop; nothing new is bought and no deal starts. `keep_orders` false withdraws the safety orders.
2. An edit is validated like a start. What says `now` holds at once, the rest from the next deal; what is fixed is refused.
3. Money added is split over the plan pro rata: unfilled safety orders grow now, what is filled waits for the next deal.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from strategy_core import mechanics
from strategy_core.dca_config import AnyDca, DcaFuturesConfig
from strategy_core.dca_deal import close, leave
from strategy_core.dca_edit import adopt, edited, keep_for_next_deal, parsed
from strategy_core.dca_judge import close_on_signal
from strategy_core.dca_ladder import amount_for, depths, plan_size
from strategy_core.dca_memory import Memory, Phase
from strategy_core.dca_money import follow_plan
from strategy_core.dca_orders import (
    ADDED,
    SAFETY,
    affordable,
    entry_side,
    free_funds,
    holding,
    lay_exits,
    lay_safeties,
    needs_amount,
    scaled,
)
from strategy_core.dca_validation import found
from strategy_core.number import ONE, ZERO, cut, plain
from strategy_core.state import State
from strategy_core.trade import Command, Invalid, Role, Status

_WORKING = (Status.ACTIVE, Status.WAITING)
_ENDING = (Status.STOPPING, Status.STOPPED, Status.FINISHED)


def act(state: State, command: Command) -> bool:
    """Whether the command was one of ours."""
    own = _COMMANDS.get(command.name)
    if own is None:
        return False
    if state.status in _ENDING and command.name not in ("pause", "resume", "stop"):
        raise Invalid([found("command", "not_allowed", command=command.name, status=state.status.value)])
    return own(state, command)


def _pause(state: State, command: Command) -> bool:
    if state.status not in _WORKING:
        return True
    state.resume_to = state.status
    state.become(Status.PAUSED, command.reason)
    if not command.params.get("keep_orders", True):
        withdraw_safeties(state)
    return True


def withdraw_safeties(state: State) -> None:
    """Takes the safety orders off the book; one that was partly filled counts as done."""
    memory: Memory = state.memory
    book = state.book
    for leg in [leg for leg, order in book.orders.items() if order.role is Role.SAFETY]:
        if leg in book.filled:
            memory.filled += 1
        book.drop(leg)
    memory.resting, memory.parked, memory.laid = 0, [], memory.filled


def _resume(state: State, command: Command) -> bool:
    mechanics._resume(state, command)
    if state.memory.phase is Phase.OPEN and state.status is Status.ACTIVE:
        lay_safeties(state)
    return True


def _stop(state: State, command: Command) -> bool:
    """`after_deal` waits for the deal's own end."""
    if not command.params.get("after_deal") or state.memory.phase is Phase.IDLE:
        return False
    state.memory.last_deal = 1
    return True


def _start_deal(state: State, command: Command) -> bool:
    if state.memory.phase is Phase.IDLE:
        state.memory.asked = 1
    return True


def _needs_deal(state: State) -> None:
    if state.memory.phase is not Phase.OPEN:
        raise Invalid([found("command", "no_open_deal", phase=state.memory.phase.value)])


def _add_safety(state: State, command: Command) -> bool:
    """One more order at market, of the owner's size."""
    _needs_deal(state)
    size = mechanics.money_param(command, "size")
    if ADDED in state.book.orders:
        raise Invalid([found("command", "order_pending", leg=ADDED)])
    amount = needs_amount(state, size)
    if not mechanics.meets_minimum(state.market, amount, state.price):
        raise Invalid([found("size", "below_min_notional", needed=state.market.min_notional, got=amount * state.price)])
    payable = affordable(state, state.price, free_funds(state))
    if amount > payable:
        raise Invalid([found("size", "insufficient_funds", needed=amount, got=payable)])
    state.book.place(ADDED, entry_side(state.config), None, amount, Role.SAFETY, state.at)
    return True


def _close_deal(state: State, command: Command) -> bool:
    """At market: a webhook's close respects `min_profit_pct`, the owner's does not."""
    _needs_deal(state)
    if command.reason == "webhook":
        close_on_signal(state, "webhook")
    else:
        close(state, command.reason)
    return True


def _cancel_deal(state: State, command: Command) -> bool:
    """The orders go, the coins stay: they are the owner's from now on."""
    if state.market.is_future:
        raise Invalid([found("command", "not_allowed", command=command.name)])
    _needs_deal(state)
    memory: Memory = state.memory
    kept = holding(state)
    state.book.clear()
    if state.config.is_long:
        memory.left_base = (memory.left_base or ZERO) + kept
    else:
        memory.left_quote = (memory.left_quote or ZERO) + kept
    state.note("deal_cancelled", kept=kept)
    leave(state, command.at, command.reason)
    return True


# -- money and edits --------------------------------------------------------------------------------------------------


def _add_funds(state: State, command: Command) -> bool:
    amount = mechanics.money_param(command, "amount")
    config: AnyDca = state.config
    memory: Memory = state.memory
    in_base = not config.is_long and not state.market.is_future
    plan = depths(config, state.start_price)[-1].amount if in_base else plan_size(config)
    factor = ONE + amount / plan
    state.ledger.add(base=amount if in_base else ZERO, quote=ZERO if in_base else amount)
    keep_for_next_deal(state, _grown(config, factor, amount))
    if memory.phase is not Phase.IDLE:
        memory.extra = (memory.extra or ONE) * factor
        _resize_safeties(state)
        if memory.phase is Phase.OPEN:
            lay_safeties(state)
    return True


def _grown(config: AnyDca, factor: Decimal, amount: Decimal) -> dict[str, Any]:
    """The sizes of the plan, pro rata."""

    def larger(size: Decimal) -> str:
        return plain(cut(size * factor))

    futures = isinstance(config, DcaFuturesConfig)
    changes: dict[str, Any] = {"base_order_margin" if futures else "base_order_size": larger(config.base_size)}
    if config.safety_size is not None:
        changes["safety_order_margin" if futures else "safety_order_size"] = larger(config.safety_size)
    if config.custom_ladder is not None:
        changes["custom_ladder"] = [
            {"deviation_pct": plain(rung.deviation_pct), "size": larger(rung.size)} for rung in config.custom_ladder
        ]
    return changes | _more_funds(config, amount)


def _more_funds(config: AnyDca, amount: Decimal) -> dict[str, Any]:
    field = "funds_quote" if config.is_long or isinstance(config, DcaFuturesConfig) else "funds_base"
    given: Decimal | None = getattr(config, field)
    return {} if given is None else {field: plain(given + amount)}


def _resize_safeties(state: State) -> None:
    """Resting safety orders take their share of the new money."""
    memory: Memory = state.memory
    book = state.book
    for leg, order in list(book.orders.items()):
        if order.price is None or not leg.startswith(SAFETY):
            continue
        amount = amount_for(state.config, scaled(memory, int(leg[len(SAFETY) :])).size, order.price, state.market)
        left = book.remaining(order)
        more = min(amount - book.filled.get(leg, ZERO) - left, affordable(state, order.price, free_funds(state)))
        if more > 0:
            book.replace(leg, left + more, state.at)


def _edit(state: State, command: Command) -> bool:
    before = parsed(state, {**state.raw_config, **state.memory.pending})
    now, later = edited(state, command.params.get("changes"))
    follow_plan(state, before, parsed(state, {**state.raw_config, **state.memory.pending, **now, **later}))
    adopt(state, {**state.raw_config, **now})
    keep_for_next_deal(state, later)
    state.note("edited", now=", ".join(now), next=", ".join(later))
    if state.memory.phase is Phase.OPEN:
        lay_exits(state)
        lay_safeties(state)
    return True


_COMMANDS: dict[str, Callable[[State, Command], bool]] = {
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "start_deal": _start_deal,
    "add_safety": _add_safety,
    "close_deal": _close_deal,
    "cancel_deal": _cancel_deal,
    "add_funds": _add_funds,
    "edit": _edit,
}
