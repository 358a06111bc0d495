"""What is written down of a bot: enough to make its state again (entities/rebuild.py)."""

from __future__ import annotations

from typing import Any

from shared.bot_document import backup_id
from shared.stores import Store

Doc = dict[str, Any]
MOST_FILLS = 2_000


async def rebuild_plan(store: Store, user_id: str, document: Doc) -> Doc:
    """{document, backup, fills, last}, or {refused} for a bot that never had a backup."""
    bot_id = document["id"]
    backup = await store.read("bots", user_id, backup_id(bot_id))
    if backup is None:
        return {"refused": {"reason": "no_backup", "params": {}}}
    after = f"{int(backup['epoch']):04d}:{int(backup['fills']):08d}"
    fills = await store.since("fills", user_id, {"kind": "fill", "botId": bot_id}, after, MOST_FILLS)
    log = await store.page("events", user_id, {"kind": "event", "botId": bot_id}, 1)
    last = {"seq": log.items[0]["seq"], "hash": log.items[0]["hash"]} if log.items else None
    plain = {name: value for name, value in document.items() if not name.startswith("_")}
    return {"document": plain, "backup": backup, "fills": fills, "last": last}
