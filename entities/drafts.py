"""What the entity keeps of a bot that has not started: the lines of its log, each a start that was refused.

refuse   {bot, event, reason, params} -> {rows: the newest lines, to be stored; none once the bot has started}

Rules
1. Such a state is no bot: for every other operation it is a draft, as if there were none.
2. The chain is the entity's alone: the state that a later start makes goes on behind it, and publishes the lines once more with its own, in
   case nobody stored them. Their ids are fixed.
3. The same command is refused for the same reason once.
"""

from __future__ import annotations

from typing import Any, TypeGuard

from entities import causes
from entities.bot_state import SCHEMA, Bot, chained, ledger_row

KEPT = 8
REFUSALS = "refusals"
Stored = dict[str, Any]
Rows = list[dict[str, Any]]


def is_draft(stored: Any) -> TypeGuard[Stored | None]:
    return stored is None or (isinstance(stored, dict) and REFUSALS in stored)


def rows_of(stored: Stored | None) -> Rows:
    return list(stored[REFUSALS]) if stored is not None else []


def refuse(stored: Stored | None, given: dict[str, Any]) -> tuple[Stored | None, dict[str, Any]]:
    if not is_draft(stored):
        return None, {"rows": []}
    rows, event = rows_of(stored), given["event"]
    line = causes.refused(event, given["reason"], given["params"], int(event["at"]))
    if any(is_same(row, line.params) for row in rows):
        return None, {"rows": rows}
    said = chained((rows[-1]["seq"], rows[-1]["hash"]) if rows else (0, ""), line)
    rows.append({**ledger_row(given["bot"], 0, "event", said["seq"], said), "revision": 0})
    return {"schema": SCHEMA, REFUSALS: rows[-KEPT:]}, {"rows": rows[-KEPT:]}


def is_same(row: dict[str, Any], params: dict[str, str]) -> bool:
    return all(row["params"].get(name) == params.get(name) for name in ("command_id", "code"))


def take_over(bot: Bot, stored: Stored | None) -> None:
    """The log of the draft becomes the beginning of the bot's."""
    rows = rows_of(stored)
    if rows:
        bot.chain = (rows[-1]["seq"], rows[-1]["hash"])
        bot.outbox = [{**row, "revision": bot.revision + 1} for row in rows]
