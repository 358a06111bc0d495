"""Entity `bot`: one bot's working state and its mutex. Key: `shared.ids.entity_key(user, bot)`.

start    {userId, record, market, price, at, cursor, epoch, event, reserved, now}  draft -> waiting | starting; or {refused: findings}
advance  see entities/advance.py                                                   facts -> intents
fail     {error, reason, now}                                         counts; the third, or one with a reason, puts the bot aside (error)
weigh    {event}                                                      what a command would take: {more, own}, by currency; nothing changes

Rules
1. Plain def, no I/O. Load, work on a copy, store once and last, then set the result: what raises leaves the state as it was.
2. What is stored is plain JSON without NaN; anything else raises before it is stored.
3. An operation that ran before changes nothing again: commands by event id, trades by trade id, orders by client order id.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import azure.durable_functions as df

from entities.advance import FINAL, advance, weigh
from entities.bot_state import Bot, window_of
from entities.operation import BotOperation
from entities.projection import status_of
from entities.sent import Book
from strategy_core import registry
from strategy_core.number import dec
from strategy_core.trade import Invalid, Market

MAX_FAILURES = 3
Stored = dict[str, Any]
Answer = dict[str, Any]

bp = df.Blueprint()


def bot(context: df.DurableEntityContext) -> None:
    stored, given = context.get_state(lambda: None), context.get_input()
    state, result = perform(BotOperation(context.operation_name), stored, given)
    if state is not None:
        json.dumps(state, allow_nan=False)  # refuses here what the platform could not store
        context.set_state(state)
    context.set_result(result)


def perform(operation: BotOperation, stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    """(the state to store or None for no change, the result). `stored` is left as it is."""
    return _OPERATIONS[operation](json.loads(json.dumps(stored)), given)


def _start(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    if stored is not None:  # started before: what is open is told again
        return _advance(stored, {"now": given["now"]})
    record, market = given["record"], Market.model_validate(given["market"])
    try:
        core = registry.start(record["strategy"], record["config"], dec(given["price"]), market, int(given["at"]))
    except Invalid as refused:
        return None, {"refused": [finding.model_dump(mode="json") for finding in refused.findings]}
    fresh = Bot(given["userId"], record, core, Book({}, window_of(record)), int(given["epoch"]), int(given["now"]))
    fresh.cursor = (int(given["cursor"][0]), given["cursor"][1])
    fresh.reserved = given["reserved"]
    result = advance(fresh, {"now": given["now"], "event": given["event"]})
    return fresh.dump(), result


def _advance(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    if stored is None:  # a draft, or deleted: there is nothing to advance
        return None, {"gone": True}
    mine = Bot.load(stored)
    result = advance(mine, given)
    mine.failures = 0 if mine.quarantine is None else mine.failures
    return mine.dump(), result


def _fail(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    if stored is None:
        return None, {"gone": True}
    mine = Bot.load(stored)
    if status_of(mine)[0] in FINAL:  # nothing is left that could fail
        return None, {"quarantined": False}
    mine.failures += 1
    if given.get("reason") or mine.failures >= MAX_FAILURES:
        mine.quarantine = given.get("reason") or "internal"
    result = advance(mine, {"now": given["now"]}) if mine.quarantine is not None else {}
    return mine.dump(), {**result, "quarantined": mine.quarantine is not None}


def _weigh(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    if stored is None:
        return None, {"gone": True}
    return None, weigh(Bot.load(stored), given["event"])


_OPERATIONS: dict[BotOperation, Callable[[Stored | None, dict[str, Any]], tuple[Stored | None, Answer]]] = {
    BotOperation.START: _start,
    BotOperation.ADVANCE: _advance,
    BotOperation.FAIL: _fail,
    BotOperation.WEIGH: _weigh,
}

bp.entity_trigger(context_name="context", entity_name="bot")(bot)
