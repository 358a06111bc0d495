"""A bot's working state as its ledger keeps it, so that a lost or broken entity can be made again.

Rules
1. The backup goes out with a publication: when the bot has none yet, when its log got a line (a command, a deal, a shift, a change of
   status), or every FILLS fills. What happened since is in the rows of its fills. A line that only names the orders of a step is no
   reason: there is one with nearly every fill, and a backup is the largest document a bot has.
2. It is never read by the bot itself; entities/rebuild.py is its one reader.
"""

from __future__ import annotations

from typing import Any

from entities.bot_state import Bot
from shared.bot_document import backup_id
from shared.read_model import SCHEMA
from strategy_core import registry

FILLS = 20
NO_REASON = "orders"  # entities/causes.py


def due(bot: Bot) -> bool:
    told = any(row["kind"] == "event" and row["code"] != NO_REASON for row in bot.outbox)
    return bot.backed_up is None or bot.fills - bot.backed_up >= FILLS or told


def backup_of(bot: Bot) -> dict[str, Any]:
    """The document of the bot as it is now."""
    bot.backed_up = bot.fills
    return {
        "id": backup_id(bot.id), "kind": "backup", "botId": bot.id, "sort": backup_id(bot.id), "schema": SCHEMA,
        "revision": bot.revision, "epoch": bot.epoch, "record": bot.record, "fills": bot.fills, "core": registry.dump(bot.core),
        "adopted": bot.adopted, "done": bot.done, "sent": {id_: row.dump() for id_, row in bot.book.rows.items()},
        "parts": bot.parts, "why": bot.why, "shown": bot.shown, "belt": bot.belt, "belts": bot.belts, "beltHeirs": bot.belt_heirs,
    }  # fmt: skip
