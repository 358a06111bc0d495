"""Entity `bot`: one bot's working state and its mutex. Key: `shared.ids.entity_key(user, bot)`.

start    {userId, record, market, price, at, cursor, epoch, event, reserved, now}  -> waiting | starting; or {refused: findings}
refuse   see entities/drafts.py                                                    a draft stays one, its log says why
advance  see entities/advance.py                                                   facts -> intents
fail     {error, reason, now}                                         counts; the third, or one with a reason, puts the bot aside (error)
rebuild  see entities/rebuild.py                                              a lost or broken state -> one of the next epoch
weigh    {event}                                                      what a command would take: {more, own, is_done}; nothing changes

Rules
1. Plain def, no I/O. Load, work on a copy, store once and last, then set the result: what raises leaves the state as it was.
2. What is stored is plain JSON without NaN; anything else raises before it is stored.
3. An operation that ran before changes nothing again: commands by event id, trades by trade id, orders by client order id.
"""

from __future__ import annotations

import json
import marshal
from typing import Any

import azure.durable_functions as df

from entities.operation import BotOperation

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
    from entities.life import OPERATIONS

    return OPERATIONS[operation](marshal.loads(marshal.dumps(stored)), given)  # the quickest copy of plain values there is


bp.entity_trigger(context_name="context", entity_name="bot")(bot)
