"""What of a publication must be stored before anything says that it is: the rows of the ledger, and now and then the bot's backup."""

from __future__ import annotations

from typing import Any

from shared.stores import Store

CONTAINERS = {"fill": "fills", "event": "events", "equity": "equity", "decision": "webhooks"}
BATCH = 100

Doc = dict[str, Any]


async def write_ledger(store: Store, user_id: str, publication: Doc) -> None:
    """Everything has a fixed id: written twice it is the same. The backup comes last: what it counts on is there."""
    rows = [*publication["rows"], *([publication["equity"]] if publication["equity"] else [])]
    for kind, container in CONTAINERS.items():
        own = [row for row in rows if row["kind"] == kind]
        for start in range(0, len(own), BATCH):
            await store.batch(container, user_id, own[start : start + BATCH])
    if publication.get("backup"):
        await store.upsert("bots", user_id, publication["backup"])
