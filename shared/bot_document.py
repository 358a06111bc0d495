"""The document of a bot in the `bots` container: its read model, its orders, and what the market watcher asks for."""

from __future__ import annotations

from typing import Any

from shared.clock import iso
from shared.schema import SCHEMA

RECORD = ("id", "name", "account_id", "exchange", "market", "symbol", "strategy", "config", "created_at", "sort", "source")
"""What a bot is, as opposed to how it fares: given at creation and kept by its entity."""
STATE_LOST = "state_lost"
"""The reason of a bot whose document says that it runs while its entity's state is gone: it can be rebuilt."""
REBUILDING = "rebuilding_since"
"""Beside that reason once its owner has asked for it: since when. `rebuild` beside it says why that could not be."""

WAKES = ("startingMs", "below", "above", "until_ms", "wakeMs", "urgent")
"""Why a bot would be started or looked at: without a state only the heartbeat looks at it."""


def draft(bot_id: str, fields: dict[str, Any], account: dict[str, Any], now: int) -> dict[str, Any]:
    """A bot that does nothing yet. `fields`: name, account_id, symbol, strategy, config."""
    at = iso(now)
    return {
        **fields,
        "id": bot_id,
        "kind": "bot",
        "schema": SCHEMA,
        "sort": f"{at}:{bot_id}",
        "exchange": account["exchange"],
        "market": account["market"],
        "source": source_key(account),
        "status": "draft",
        "revision": 0,
        "epoch": 0,
        "created_at": at,
        "updated_at": at,
    }


def backup_id(bot_id: str) -> str:
    """Where the bot's working state is kept beside its document (entities/backup.py)."""
    return f"{bot_id}-backup"


def source_key(account: dict[str, Any]) -> str:
    """What determines the path of prices: bots with the same key see the same market."""
    if not account.get("paper", True):
        return f"live:{account['exchange']}"
    if account["market"] == "replay":
        return f"replay:{account['id']}"
    return f"simulated:{account['speed']}" if account["market"] == "simulated" else str(account["market"])
