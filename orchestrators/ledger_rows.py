"""What of a publication must be stored before anything says that it is: the rows of the ledger, and now and then the bot's backup.

A fill and a line of the log are written once and never over each other. The fence: a row in the place of the next one of an epoch, put
there when its bot is made again. What the state before had still to write comes too late then and goes nowhere: the bot made again finds
it out anew (entities/rebuild.py), and twice it would be in the ledger for ever.

Where orders are claimed before they leave (orchestrators/sending.py), the fills they follow are stored before that, and the newest of them
bears the orders.

Whoever reports reads what came since the last report: every FOLD_EVERY fills the work queue is asked to read on, so that it is never much.
"""

from __future__ import annotations

from typing import Any

from entities.bot_state import SCHEMA
from shared.clock import iso
from shared.log import log
from shared.stores import Exists, Store
from shared.webhooks.decision import decision_row
from shared.work import Work, queue_fold

CONTAINERS = {"fill": "fills", "event": "events", "decision": "webhooks"}
BATCH = 100
FOLD_EVERY = 500
ONCE = ("fill", "event")
FENCE = "fence"
TRIES = 5
OLD_MS = 10_000

Doc = dict[str, Any]


class Fenced(Exception):
    """The bot was made again: a state before it writes no more."""


async def write_ledger(store: Store, user_id: str, publication: Doc) -> None:
    """Everything has a fixed id: written twice it is the same. The backup comes last: what it counts on is there.

    `stored`, beside the publication: the kinds of rows that are there already.
    """
    rows, stored = publication["rows"], publication.get("stored", ())
    for kind, container in CONTAINERS.items():
        own = [row for row in rows if row["kind"] == kind and kind not in stored]
        for start in range(0, len(own), BATCH):
            part = own[start : start + BATCH]
            await (write_once(store, container, user_id, part) if kind in ONCE else store.batch(container, user_id, part))
    if publication.get("backup"):
        await store.upsert("bots", user_id, publication["backup"])


async def is_overtaken(store: Store, user_id: str, document: Doc, now: int) -> bool:
    """Whether the document is old by now, as after a freeze, and its bot has a newer one, or none any more: a binding asks nobody."""
    if now - int(document["lastTickMs"]) < OLD_MS:
        return False
    stored = await store.read("bots", user_id, document["id"])
    return stored is None or int(stored["revision"]) > int(document["revision"])


async def tell_inbox(store: Store, user_id: str, bot_id: str, body: Doc, code: str, now: int) -> None:
    """For a command that came from an alert: what became of it. Written twice it is the same row."""
    if body.get("hit"):
        await store.upsert("webhooks", user_id, decision_row(body["hit"], bot_id, code, iso(now)))


async def write_fills(store: Store, user_id: str, fills: list[Doc], bears: Doc) -> bool:
    """The fills of a publication before the rest of it, the newest with what is about to be sent; whether this call wrote that one.

    Errors as write_once.
    """
    rows, written = [*fills[:-1], {**fills[-1], "sends": bears}], []
    for start in range(0, len(rows), BATCH):
        written = await write_once(store, CONTAINERS["fill"], user_id, rows[start : start + BATCH])
    return any(row is rows[-1] for row in written)


async def write_once(store: Store, container: str, user_id: str, rows: list[Doc]) -> list[Doc]:
    """Those of the rows that are not there yet: which they were. Errors: Fenced; TimeoutError when others keep writing them."""
    missing, first = rows, rows[0]
    for _ in range(TRIES):
        try:
            if missing:
                await store.create_all(container, user_id, missing)
            return missing
        except Exists:
            where = {"kind": first["kind"], "botId": first["botId"]}
            there = {row["id"] for row in await store.since(container, user_id, where, before(first["sort"]), len(rows))}
            missing = [row for row in rows if row["id"] not in there]
            found = await store.read(container, user_id, missing[0]["id"]) if missing else None
            if found is not None and found["kind"] == FENCE:
                raise Fenced(first["botId"]) from None
    raise TimeoutError("the ledger kept changing")


def before(sort: str) -> str:
    epoch, number = sort.split(":")
    return f"{epoch}:{int(number) - 1:08d}"


async def fence_off(store: Store, user_id: str, bot_id: str, epochs: range, next_ones: dict[str, int]) -> bool:
    """Keeps these epochs from writing more; `next_ones`: the number of the next row, by kind. False: there is such a row by now."""
    for kind, number in next_ones.items():
        for epoch in epochs:
            id_ = f"{bot_id}-{epoch}-{number:08d}"
            try:
                row = {"id": id_, "kind": FENCE, "sort": f"{epoch:04d}:{number:08d}", "schema": SCHEMA}
                await store.create(CONTAINERS[kind], user_id, row)
            except Exists:
                found = await store.read(CONTAINERS[kind], user_id, id_)
                if found is None or found["kind"] != FENCE:
                    return False
    return True


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
