"""The documents of a user that routes name: theirs, or 404. Another user's is not told from one that is not there. And all their bots."""

from __future__ import annotations

from typing import Any

from shared.errors import not_found
from shared.stores import Store


async def need_account(store: Store, user_id: str, account_id: str, field: str | None = None) -> dict[str, Any]:
    """The account's document, or 404: also for an account of someone else. `field` is where a body or query names it."""
    document = await store.read("accounts", user_id, account_id)
    if document is None or document.get("kind") != "account":
        raise not_found("account", field)
    return document


async def need_bot(store: Store, user_id: str, bot_id: str, is_glance: bool = False, field: str | None = None) -> dict[str, Any]:
    """The bot's document, or 404: also for a bot of someone else. A glance is enough to know that it is there. `field` as above."""
    document = await (store.glance if is_glance else store.read)("bots", user_id, bot_id)
    if document is None or document.get("kind") != "bot":
        raise not_found("bot", field)
    return document


async def all_bots(store: Store, user_id: str) -> list[dict[str, Any]]:
    """Every bot of the user, however many there are."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = await store.page("bots", user_id, {"kind": "bot"}, 200, cursor)
        found += page.items
        cursor = page.next
        if cursor is None:
            return found
