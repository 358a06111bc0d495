"""What the notifier and the API share: whether a user wants to be told, what they were told last, and messages put in the queue.

Rules
1. What was told moves on by compare-and-set; who loses was told by somebody else.
2. A message's id is made of whom, where and which: put in the queue twice it is one. What is queued never holds a code or a key.
"""

from __future__ import annotations

import secrets

from shared import notices
from shared.ids import derived
from shared.notices import Notice
from shared.schema import SCHEMA
from shared.stores import Document, Exists, Stale, Store
from shared.work import Work
from triggers.api.owned import all_bots

NOTIFICATIONS, KEY, TOLD = "notifications", "notification-key", "told"


def is_on(settings: Document) -> bool:
    """Whether there is a channel that anything could be told to."""
    return any(channel["enabled"] for channel in settings.get("channels", ()))


async def signing_key(store: Store, user_id: str) -> str:
    """What messages to the user's own addresses are signed with; made when first needed."""
    stored = await store.read("settings", user_id, KEY)
    if stored is None:
        made = {"id": KEY, "kind": KEY, "schema": SCHEMA, "sort": KEY, "key": secrets.token_urlsafe(32)}
        try:
            stored = await store.create("settings", user_id, made)
        except Exists:
            return await signing_key(store, user_id)
    return str(stored["key"])


async def begin(store: Store, user_id: str) -> None:
    """Nothing was to be told so far: what happens from here on is news."""
    stored = await store.read("settings", user_id, TOLD)
    bots = {bot["id"]: notices.state_of(bot) for bot in await all_bots(store, user_id)}
    await move_on(store, user_id, stored, {"held": {}, "number": 0, **(stored or {}), "bots": bots})


async def move_on(store: Store, user_id: str, stored: Document | None, told: Document) -> None:
    document = {"id": TOLD, "kind": TOLD, "schema": SCHEMA, "sort": TOLD, **told}
    if stored is None:
        await store.upsert("settings", user_id, document)
        return
    try:
        await store.replace("settings", user_id, {**document, "_etag": stored["_etag"]})
    except Stale:  # another watcher told the same
        return


async def queue_up(queue: Work, user_id: str, channel_id: str, number: str, own: list[Notice], now: int) -> str:
    """One message; the same number gives the same id. Returns the id of its delivery."""
    delivery = derived("dlv", user_id, channel_id, number)
    await queue.put(delivery, {"kind": "notify", "userId": user_id, "channel": channel_id, "id": delivery, "at": now, "notices": own})
    return delivery


async def queue_code(queue: Work, user_id: str, channel_id: str, at: int) -> str:
    """A code for the channel's address, derived again by who sends it. Returns the id of its delivery."""
    delivery = derived("dlv", user_id, channel_id, f"code {at}")
    await queue.put(delivery, {"kind": "code", "userId": user_id, "channel": channel_id, "id": delivery, "at": at, "notices": []})
    return delivery
