"""What every bot does alike: folding fills, pausing, stopping, closing, orders that ended on their own.

Rules
1. A fact seen before changes nothing: fills by trade id, commands by id, endings by (leg, generation, attempt).
2. Money is never lost: a fill of an order no longer wanted is booked, and what it changes is re-sized.
3. What is wanted is a function of the state alone; cancel-before-place is `diff`'s business.
4. While paused or in error fills are booked without a mirror; `resume` makes the missed ones, one per fill.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from strategy_core.book import Taken
from strategy_core.closing import CLOSE, buy_everything, close_order, closed, meets_minimum, resize_close, stop
from strategy_core.decimals import HUNDRED, ZERO, dec
from strategy_core.late import LATE, fill_late, take_late
from strategy_core.ledger import Kind
from strategy_core.state import AT_ONCE, FINAL, NEVER, Missed, State
from strategy_core.stop_condition import ends, narrowed
from strategy_core.target import price_where_total_is
from strategy_core.trade import (
    Candles,
    Command,
    Ended,
    Fact,
    Fill,
    Finding,
    Funding,
    Horizon,
    Invalid,
    Look,
    Order,
    PositionSeen,
    Rules,
    Status,
)

__all__ = [
    "CLOSE", "LATE", "abandon", "apply", "buy_everything", "close_order", "fail", "horizon", "look", "meets_minimum", "money_param",
    "orders", "price_where_total_is", "stop", "take_fill",
]  # fmt: skip

MAX_ATTEMPTS = 5
MISSED_APART = 40
CLOSE_MODES = ("keep", "quote", "base", "break_even", "partial")
_ACTIVE: Final = Status.ACTIVE
_WORKING: Final = (_ACTIVE, Status.STARTING, Status.WAITING)
_LOOKING: Final = (_ACTIVE, Status.STARTING, Status.WAITING, Status.PAUSED)
_GENERATION: Final = 1  # of an order, its side and its price: their places cost less than their names
_SIDE: Final = 3
_PRICE: Final = 5


def apply(state: State, fact: Fact) -> State:
    """One fact, folded. The state is the caller's and is changed in place."""
    _APPLY[type(fact)](state, fact)
    return state


def orders(state: State) -> tuple[Order, ...]:
    """Everything the bot wants resting now."""
    return () if state.suspended else state.book.resting(state.price)


def horizon(state: State) -> Horizon:
    """The band and instant inside which nothing changes. Kept until something does; empty until a look has judged what happened."""
    if not state.settled and state.status not in FINAL:
        return AT_ONCE
    band = state.band
    if band is None:
        is_plain = state.status is _ACTIVE and not state.book.markets and not state.ending
        band = state.band_by_rules(state) if is_plain else _horizon(state)
        stops = state.stops
        if stops is not None:
            band = narrowed(state, stops, band)
        state.band = band
    return band


def _horizon(state: State) -> Horizon:
    status = state.status
    if status in FINAL:
        return NEVER
    book = state.book
    if state.suspended and not state.ending:
        return _asleep(state)
    if book.markets or state.ending or status is Status.STARTING:
        return AT_ONCE
    if status is Status.STOPPING or status is Status.ERROR:
        return Horizon(book.best_buy, book.best_sell, None)
    return state.rules.horizon(state)


def _asleep(state: State) -> Horizon:
    """Nothing rests, so no order is waited for; what would be done at once is not done before `resume`."""
    book = state.book
    buys, sells = book.buys, book.sells
    book.buys, book.sells = [], []
    try:
        band = Horizon(None, None, None) if state.status is Status.ERROR else state.rules.horizon(state)
    finally:
        book.buys, book.sells = buys, sells
    is_sure = getattr(state.memory, "unsure", None) is None
    return NEVER if band.is_empty and is_sure else band


# -- looks ------------------------------------------------------------------------------------------------------------


def _look(state: State, fact: Look) -> None:
    look(state, fact.price, fact.at)


def look(state: State, price: Decimal, at: int) -> None:
    """A `Look` by its parts: who makes thousands need not wrap each."""
    band = state.band
    state.price, state.at = price, at
    if band is not None and state.settled and not state.needs_looks:
        below, above, until = band
        if (below is None or price > below) and (above is None or price < above) and (until is None or at < until):
            return
    state.band, state.settled = None, True
    book = state.book
    if book.virtual:
        fill_late(state)
    if state.status in _LOOKING:
        stops = state.stops
        if stops is None or not ends(state, stops):
            state.on_look(state)
    book.settle(price)


# -- fills ------------------------------------------------------------------------------------------------------------


def take_fill(state: State, fill: Fill, cost: Decimal | None = None) -> None:
    """One execution, folded: what `apply` does with a Fill. `cost`: price x amount, of whoever has it at hand."""
    leg, generation, side, price, amount, _, _, trade_id, at, _, _ = fill
    if not state.is_new(trade_id):
        return
    state.band, state.settled = None, False
    if at > state.at:
        state.at = at
    book = state.book
    order = book.orders.get(leg)
    if leg == LATE and order is not None and order.side is side and generation <= order.generation:
        take_late(state, order, fill, _hand_over)
        if leg in state.ending:
            _settle_ending(state, leg)
        return
    state.ledger.fold(fill, cost)
    if order is None or order[_GENERATION] != generation or order[_SIDE] is not side:
        _stray(state, fill, order)
        return
    taken = book.take(order, amount, cost if order[_PRICE] is price else None)
    if state.status is _ACTIVE:
        state.on_fill(state, fill, taken)
    elif leg == CLOSE:
        closed(state, taken)
    else:
        _hand_over(state, fill, taken)
    if state.ending and leg in state.ending:
        _settle_ending(state, leg)


def _hand_over(state: State, fill: Fill, taken: Taken) -> None:
    """To the strategy, or on the pile of missed mirrors."""
    if state.status in _WORKING or (state.status is Status.PAUSED and getattr(state.rules, "WORKS_WHILE_PAUSED", False)):
        state.on_fill(state, fill, taken)
    else:
        _miss(state, fill, taken)


def _miss(state: State, fill: Fill, taken: Taken) -> None:
    """Beyond so many, parts of one order make one entry: the pile grows no further than there are orders."""
    part = (taken.order, fill.generation, fill.price)
    for i, (before, known) in enumerate(state.missed if len(state.missed) >= MISSED_APART else ()):
        if (known.order, before.generation, before.price) == part and not known.done:
            whole = fill._replace(amount=before.amount + fill.amount, fee=before.fee + fill.fee)
            state.missed[i] = Missed(whole, Taken(taken.order, taken.done, known.before))
            return
    state.missed.append(Missed(fill, taken))


def _stray(state: State, fill: Fill, order: Order | None) -> None:
    """A fill of an order that is no longer wanted (it was faster than our cancel)."""
    state.note("stray_fill", leg=fill.leg, side=fill.side.value, price=fill.price, amount=fill.amount)
    book = state.book
    if state.status is Status.STOPPING:
        resize_close(state)
    elif order is not None and order.side is fill.side and fill.generation < order.generation:
        # the order was issued anew for the same place: what the old one still got is no longer asked for
        left = book.remaining(order) - fill.amount
        if left > 0:
            book.replace(fill.leg, left, fill.at)
            _hand_over(state, fill, Taken(order, False, ZERO))
            _drop_if_too_small(state, fill.leg)
        else:
            book.drop(fill.leg)
            _hand_over(state, fill, Taken(order, True, ZERO))
    elif state.status not in FINAL:
        state.rules.on_stray(state, fill)


def _drop_if_too_small(state: State, leg: str) -> None:
    """What a late fill left of an order may be less than the venue takes."""
    rest = state.book.orders.get(leg)
    if rest is None or rest.reduce_only or rest.price is None:
        return
    if not meets_minimum(state.market, state.book.remaining(rest), rest.price):
        abandon(state, rest)


# -- orders that ended on their own -----------------------------------------------------------------------------------


def _ended(state: State, ended: Ended) -> None:
    order = state.book.orders.get(ended.leg)
    if order is None or order.generation != ended.generation or order.attempt != ended.attempt or state.suspended:
        return
    state.band, state.settled = None, False
    state.at = max(state.at, ended.at)
    state.ending[ended.leg] = (ended.generation, ended.filled, ended.reason, ended.detail)
    _settle_ending(state, ended.leg)


def _settle_ending(state: State, leg: str) -> None:
    """Acts on an ending once every fill the venue counted has arrived."""
    generation, filled, reason, detail = state.ending[leg]
    book = state.book
    order = book.orders.get(leg)
    if order is None or order.generation != generation:
        del state.ending[leg]
        return
    if book.filled.get(leg, ZERO) < filled:
        return
    del state.ending[leg]
    if reason == "rejected":
        _rejected(state, order, detail)
        return
    state.note("order_missing" if reason == "missing" else "order_ended", leg=leg, reason=reason)
    policy = state.config.missing_orders if reason == "missing" else "recreate"
    left = book.remaining(order)
    if policy == "adopt" or not meets_minimum(state.market, left, order.price or state.price):
        abandon(state, order)
        return
    if policy == "pause" and state.status in _WORKING:
        state.resume_to = state.status
        state.become(Status.PAUSED, "order_missing")
    book.replace(leg, left, state.at)


def _rejected(state: State, order: Order, detail: str) -> None:
    if detail == "insufficient_funds" and order.type == "limit" and order.leg != CLOSE:
        state.note("insufficient_funds", leg=order.leg, amount=order.amount)
        abandon(state, order)
        return
    if order.attempt + 1 < MAX_ATTEMPTS:
        state.note("order_rejected", leg=order.leg, attempt=order.attempt, detail=detail)
        state.book.retry(order.leg)
        return
    state.book.retry(order.leg)
    fail(state, "order_rejected")


def abandon(state: State, order: Order) -> None:
    """The order will not be issued again; the strategy keeps its place and its money (what is left of it) in mind.

    A bot that is closing has nothing more to close then: it is stopped.
    """
    lost = [order._replace(amount=state.book.remaining(order))]
    state.book.drop(order.leg)
    if order.leg == LATE:  # it stood for these
        lost = [virtual._replace(amount=due) for virtual, due in state.late]
        state.late.clear()
    if state.status is Status.STOPPING:
        state.become(Status.STOPPED, state.reason)
        return
    for each in lost:
        state.rules.on_abandoned(state, each)


def fail(state: State, reason: str) -> None:
    """Status error: nothing new is sent, resting orders stay. A bot that was closing goes on with that when it resumes."""
    if state.status in _WORKING or state.status is Status.STOPPING:
        state.resume_to = state.status
    state.band = None
    state.become(Status.ERROR, reason)


# -- commands ---------------------------------------------------------------------------------------------------------


def _command(state: State, command: Command) -> None:
    if command.id in state.commands:
        return
    state.at = max(state.at, command.at)
    act = _COMMANDS.get(command.name)
    own: Callable[[State, Command], bool] | None = getattr(state.rules, "on_command", None)
    before = len(state.log)
    if own is None or not own(state, command):
        if act is None:
            raise Invalid([Finding(field="command", code="not_allowed", params={"command": command.name})])
        act(state, command)
    state.band, state.settled = None, False
    state.commands.append(command.id)
    del state.commands[:-64]
    if len(state.log) == before:
        state.note("command", command=command.name)


def _pause(state: State, command: Command) -> None:
    if state.status not in _WORKING:
        return
    keep = command.params.get("keep_orders", True)
    state.resume_to = state.status
    state.suspended = not keep
    state.become(Status.PAUSED, command.reason)


def _resume(state: State, command: Command) -> None:
    if state.status not in (Status.PAUSED, Status.ERROR):
        return
    target = state.resume_to or Status.ACTIVE
    state.become(target, command.reason if target is Status.STOPPING else None)
    state.resume_to = None
    book = state.book
    if state.suspended:
        state.suspended = False
        for leg, order in list(book.orders.items()):
            book.replace(leg, book.remaining(order), command.at)
    while state.missed:
        fill, taken = state.missed.pop(0)
        state.on_fill(state, fill, taken)
    book.dirty = True


def _stop(state: State, command: Command) -> None:
    if state.status in FINAL or state.status is Status.STOPPING:
        return
    mode = str(command.params.get("close_mode", "keep"))
    if mode not in CLOSE_MODES or (mode == "base" and state.ledger.kind is Kind.FUTURES):
        raise Invalid([Finding(field="close_mode", code="not_allowed", params={"allowed": ", ".join(CLOSE_MODES)})])
    percent = HUNDRED
    if mode == "partial":
        percent = money_param(command, "pct")
        if percent > HUNDRED:
            raise Invalid([Finding(field="pct", code="out_of_range", params={"min": "0", "max": "100"})])
    stop(state, command.reason, mode, percent)


def money_param(command: Command, name: str) -> Decimal:
    """A positive amount out of a command's parameters."""
    try:
        value = dec(command.params.get(name))
    except (TypeError, ValueError) as error:
        raise Invalid([Finding(field=name, code="not_a_decimal_string")]) from error
    if value <= 0:
        raise Invalid([Finding(field=name, code="out_of_range", params={"min": "0"})])
    return value


# -- the rest ---------------------------------------------------------------------------------------------------------


def _funding(state: State, funding: Funding) -> None:
    if state.is_new(f"funding-{funding.at}"):
        state.band, state.settled = None, False
        state.ledger.pay_funding(funding.amount)


def _rules(state: State, rules: Rules) -> None:
    state.use_market(rules.market)
    state.band, state.settled = None, False


def _hook(name: str) -> Callable[[State, Any], None]:
    def call(state: State, fact: Any) -> None:
        hook = getattr(state.rules, name, None)
        if hook is not None:
            state.band, state.settled = None, False
            hook(state, fact)

    return call


_COMMANDS: dict[str, Callable[[State, Command], None]] = {"pause": _pause, "resume": _resume, "stop": _stop}
_APPLY: Final[dict[type, Callable[[State, Any], None]]] = {
    Fill: take_fill,
    Look: _look,
    Ended: _ended,
    Command: _command,
    Funding: _funding,
    Rules: _rules,
    Candles: _hook("on_candles"),
    PositionSeen: _hook("on_position"),
}
