"""Bots that were deleted: what reports need of them stays, so that history survives them, their account and its keys.

Rules
1. It is written before the bot goes: between the two both are there, and the bot counts.
2. A draft leaves nothing: it never traded.
"""

from __future__ import annotations

from typing import Any

from shared.clock import iso
from shared.errors import not_found
from shared.read_model import SCHEMA
from shared.stores import Store
from triggers.api.owned import all_bots
from triggers.api.platform import Platform

KIND = "past_bot"
KEPT = (
    "id", "kind", "name", "symbol", "exchange", "market", "source", "strategy", "account_id", "epoch", "fills", "status", "started_at",
    "stopped_at", "pnl", "holdings",
)  # fmt: skip

Doc = dict[str, Any]


def past_id(bot_id: str) -> str:
    return f"past-{bot_id}"


async def remember(plat: Platform, user_id: str, bot: Doc) -> None:
    """The bot is about to be deleted."""
    if not bot.get("pnl"):
        return
    sort = f"{iso(plat.now_ms())}:{bot['id']}"
    kept = {name: bot[name] for name in KEPT if name in bot}
    document = {"id": past_id(bot["id"]), "kind": KIND, "schema": SCHEMA, "sort": sort, "botId": bot["id"], "bot": kept}
    await plat.store.upsert("bots", user_id, document)


async def find(store: Store, user_id: str, bot_id: str) -> Doc | None:
    """The bot, or what is left of it."""
    bot = await store.read("bots", user_id, bot_id)
    if bot is not None and bot.get("kind") == "bot":
        return bot
    past = await store.read("bots", user_id, past_id(bot_id))
    return None if past is None else dict(past["bot"])


async def need(store: Store, user_id: str, bot_id: str) -> Doc:
    """Errors: AppError 404."""
    bot = await find(store, user_id, bot_id)
    if bot is None:
        raise not_found("bot")
    return bot


async def all_ever(store: Store, user_id: str) -> list[Doc]:
    """Every bot of the user, and what is left of those that are gone."""
    found = await all_bots(store, user_id)
    known, cursor = {bot["id"] for bot in found}, None
    while True:
        page = await store.page("bots", user_id, {"kind": KIND}, 200, cursor)
        found += [dict(row["bot"]) for row in page.items if row["botId"] not in known]
        cursor = page.next
        if cursor is None:
            return found
