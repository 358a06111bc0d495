"""What is told that no bot's document shows: a guard that tripped, a silent alert, a finished backtest, a parity report.

Rules
1. A notice is a document under an id of its cause: told twice it is one. Who has no channel gets none.
2. The notifier takes them in order and deletes them once their messages are in the queue; their ids are remembered, so that a kill in
   between repeats nothing.
"""

from __future__ import annotations

from typing import Any

from shared.clock import iso
from shared.ids import derived
from shared.notices import Notice
from shared.schema import SCHEMA
from shared.stores import Document, Store

KIND, SETTINGS = "notice", "notifications"
MOST = 100

Doc = dict[str, Any]


async def tell(store: Store, user_id: str, cause: str, notice: Notice, now: int) -> None:
    """`cause` names what happened, so that telling it again changes nothing."""
    wanted = await store.read("settings", user_id, SETTINGS)
    channels = (wanted or {}).get("settings", {}).get("channels", ())
    if not any(channel["enabled"] and notice.occasion in channel["occasions"] for channel in channels):
        return
    own = derived("notice", user_id, notice.occasion, cause)
    document = {"id": own, "kind": KIND, "schema": SCHEMA, "sort": f"{iso(now)}:{own}", "notice": list(notice)}
    await store.upsert("settings", user_id, document)


async def waiting(store: Store, user_id: str) -> list[Document]:
    """The oldest that were not told."""
    return await store.since("settings", user_id, {"kind": KIND}, "", MOST)


def notice_of(document: Document) -> Notice:
    return Notice(*document["notice"])
