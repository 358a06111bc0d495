"""What a bot without a working state is told of itself, by its document: why a draft could not start, or that a bot lost its state.

Rules
1. The lines of its log come first (entities/drafts.py), the document after them.
2. Over the version that was read: a refusal that comes too late must not hide the bot a later start made.
3. A bot that is lost says so once; one that is being made again (shared/bot_document.py) and still is lost says so anew.
"""

from __future__ import annotations

from typing import Any

from orchestrators import alarms
from orchestrators.ledger_rows import tell_inbox, write_once
from orchestrators.outside import outside
from orchestrators.start_plan import AT_REST
from shared.bot_document import REBUILDING, STATE_LOST, WAKES
from shared.clock import iso
from shared.stores import Stale

Doc = dict[str, Any]


async def told_refusal(refusal: Doc) -> Doc | None:
    """{userId, botId, hit, reason, params, rows} -> the document as it is now; None where it does not apply. Errors: TimeoutError."""
    user_id, store = refusal["userId"], outside().store
    await tell_inbox(store, user_id, refusal["botId"], refusal, refusal["reason"], outside().now_ms())
    if refusal.get("rows"):
        await write_once(store, "events", user_id, refusal["rows"])
    stored = await store.read("bots", user_id, refusal["botId"])
    is_lost = refusal["reason"] == STATE_LOST
    if stored is None or (is_told(stored, refusal) if is_lost else stored["status"] != "draft"):
        return None
    document = {name: value for name, value in stored.items() if not name.startswith("_") and name not in WAKES}
    document |= {"status": "error", "lost_after": stored.get("lost_after", stored["revision"])} if is_lost else {}
    document |= {"reason": refusal["reason"], "reason_params": refusal["params"], "updated_at": iso(outside().now_ms())}
    document["revision"] += 1
    try:
        await store.replace("bots", user_id, {**document, "_etag": stored["_etag"]})
    except Stale:
        raise TimeoutError("the draft was changed meanwhile") from None
    alarms.quarantined(document)
    return document


def is_told(document: Doc, refusal: Doc) -> bool:
    """Whether its owner knows by now that the bot is lost."""
    is_known = document.get("reason") == STATE_LOST and REBUILDING not in document.get("reason_params", {})
    return document["status"] in AT_REST or (is_known and not refusal["params"])
