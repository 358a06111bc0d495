"""Bots that start when a condition turns true: GRID, BTD and LOOP wait alike.

Rules
1. A waiting bot has its money and no order. It begins at the first look at which its condition holds.
2. What could start when it was configured is checked again when it begins; refused, it goes on waiting and says why.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from strategy_core import conditions
from strategy_core.decimals import plain
from strategy_core.state import AT_ONCE, State
from strategy_core.stop_condition import checked
from strategy_core.trade import Candles, Command, Horizon, Status

Seen = dict[str, conditions.Seen]


def open_or_wait(state: State, begin: Callable[[State], None]) -> None:
    """The first step of a bot that is new: at once, or when its condition says so."""
    if isinstance(state.config.start, conditions.Now):
        begin(state)
        return
    state.become(Status.WAITING)
    look(state, begin)


def look(state: State, begin: Callable[[State], None]) -> None:
    if conditions.holds(state.config.start, state.price, state.at, state.memory.seen):
        try_begin(state, begin)


def try_begin(state: State, begin: Callable[[State], None]) -> bool:
    wrong = checked(state, state.config)
    if wrong:
        if not any(event.code == "start_refused" for event in state.log):
            state.note("start_refused", field=wrong[0].field, why=wrong[0].code, price=state.price)
        return False
    state.start_price, state.started_at = state.price, state.at
    begin(state)
    return True


def command(state: State, word: Command, begin: Callable[[State], None]) -> bool:
    """A webhook's (or the owner's) word to start now."""
    if word.name != "start_deal" or state.status is not Status.WAITING:
        return False
    try_begin(state, begin)
    return True


def candles(state: State, fact: Candles) -> None:
    state.memory.seen = conditions.observe(state.config.start, state.memory.seen, fact)


def timeframes(state: State) -> dict[int, int]:
    return conditions.timeframes(state.config.start) if state.status is Status.WAITING else {}


def horizon(state: State) -> Horizon:
    """When the condition could turn true; at once while it holds and the start was refused."""
    if conditions.holds(state.config.start, state.price, state.at, state.memory.seen):
        return AT_ONCE
    below, above = conditions.band(state.config.start, state.price, state.at, state.memory.seen)
    return Horizon(below, above, conditions.next_close(state.config.start, state.at))


def dump(seen: Seen) -> list[Any]:
    return [[place, what.true, what.until, None if what.high is None else plain(what.high)] for place, what in seen.items()]


def load(rows: list[Any]) -> Seen:
    return {place: conditions.Seen(true, until, None if high is None else Decimal(high)) for place, true, until, high in rows}
