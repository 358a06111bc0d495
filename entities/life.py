"""What happens to a bot: its entity's operations, each (the stored state, what was given) -> (what to store or None, the result).

Apart from the shell (entities/bot.py), which every instance of the app loads: what a strategy needs is loaded by the first operation.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from entities import drafts
from entities.advance import FINAL, advance, weigh
from entities.bot_state import Bot, window_of
from entities.operation import BotOperation
from entities.projection import status_of
from entities.sent import Book
from strategy_core import registry
from strategy_core.number import dec
from strategy_core.trade import Invalid, Market

MAX_FAILURES = 3
GONE: dict[str, Any] = {"gone": True}
BROKEN = GONE | {"broken": True}
Stored = dict[str, Any]
Answer = dict[str, Any]


def start(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    if not drafts.is_draft(stored):  # started before: what is open is told again
        return advanced(stored, {"now": given["now"], "aloud": True})
    record, market = given["record"], Market.model_validate(given["market"])
    try:
        core = registry.start(record["strategy"], record["config"], dec(given["price"]), market, int(given["at"]))
    except Invalid as refused:
        return None, {"refused": [finding.model_dump(mode="json") for finding in refused.findings]}
    fresh = Bot(given["userId"], record, core, Book({}, window_of(record)), int(given["epoch"]), int(given["now"]))
    fresh.cursor = (int(given["cursor"][0]), given["cursor"][1])
    drafts.take_over(fresh, stored)
    fresh.reserved, fresh.keeps_stops = given["reserved"], bool(given.get("keeps_stops"))
    result = advance(fresh, {"now": given["now"], "event": given["event"]})
    return fresh.dump(), result


def read(stored: Stored | None) -> Bot | Answer:
    """The bot; what to answer for a draft or a deleted one, and for a state that cannot be read: that its owner is told."""
    if drafts.is_draft(stored):
        return GONE
    try:
        return Bot.load(stored)
    except Exception:  # whatever broke it: it would break every operation, the one that puts the bot aside as well
        return BROKEN


def advanced(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    mine = read(stored)
    if not isinstance(mine, Bot):
        return None, mine
    result = advance(mine, given)
    mine.failures = 0 if mine.quarantine is None else mine.failures
    return mine.dump(), result


def fail(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    mine = read(stored)
    if not isinstance(mine, Bot):
        return None, mine
    if status_of(mine)[0] in FINAL:  # nothing is left that could fail
        return None, {"quarantined": False}
    mine.failures += 1
    if given.get("reason") or mine.failures >= MAX_FAILURES:
        mine.quarantine = given.get("reason") or "internal"
    try:
        result = advance(mine, {"now": given["now"], "aloud": True}) if mine.quarantine is not None else {}
    except Exception:  # a state that cannot take even this step is as good as none
        return None, BROKEN
    return mine.dump(), {**result, "quarantined": mine.quarantine is not None}


def rebuild(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    from entities import rebuild as again

    if again.number(stored, "epoch") >= int(given["epoch"]):  # made before, perhaps by a later run: what is open is told again
        return advanced(stored, {"now": given["now"]})
    mine, result = again.rebuild(json.loads(json.dumps(given)), stored)
    return mine.dump(), result


def weighed(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, Answer]:
    mine = read(stored)
    return None, (weigh(mine, given["event"]) if isinstance(mine, Bot) else mine)


OPERATIONS: dict[BotOperation, Callable[[Stored | None, dict[str, Any]], tuple[Stored | None, Answer]]] = {
    BotOperation.START: start,
    BotOperation.REFUSE: drafts.refuse,
    BotOperation.ADVANCE: advanced,
    BotOperation.FAIL: fail,
    BotOperation.REBUILD: rebuild,
    BotOperation.WEIGH: weighed,
}
