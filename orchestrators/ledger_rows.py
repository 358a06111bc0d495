"""What of a publication must be stored before anything says that it is: the rows of the ledger, and now and then the bot's backup.

Whoever reports reads what came since the last report: every FOLD_EVERY fills the work queue is asked to read on, so that it is never much.
"""

from __future__ import annotations

from typing import Any

from shared.log import log
from shared.stores import Store
from shared.work import Work, queue_fold

CONTAINERS = {"fill": "fills", "event": "events", "equity": "equity", "decision": "webhooks"}
BATCH = 100
FOLD_EVERY = 500

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


async def read_on(queue: Work | None, user_id: str, publication: Doc) -> None:
    """Asks for the bot's ledger to be folded on when its fills passed a multiple of FOLD_EVERY. Trouble never stops a tick."""
    new = sum(row["kind"] == "fill" for row in publication["rows"])
    fills = int(publication["document"].get("fills") or 0)
    mark = fills // FOLD_EVERY
    if queue is None or not new or mark == (fills - new) // FOLD_EVERY:
        return
    try:
        await queue_fold(queue, user_id, publication["document"]["id"], f"fills {mark}")
    except Exception as error:  # the next multiple asks again, and so does a report
        log("ledger.not_queued", error=type(error).__name__)
