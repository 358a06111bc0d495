"""Which of the orders that are to be sent this run may send: the others were sent by an earlier one, or belong to an earlier bot.

Rules
1. A claim is a row that only one run can write. Orders that follow a fill are claimed by the row of the newest fill they are published
   with: it is written before they leave instead of afterwards, and bears them (`sends`: by client order id and attempt, as in
   shared/claims.py, the bot's revision and the stored order row). Everything else is claimed in the bot's document (shared/claims.py).
2. A run has the same work as the one before it, so it tries the same row. A row that bears other orders, or none, was written for an
   earlier round: this one is claimed in the document, by every run of it.
3. What the document has is claimed, also where a row would claim it: by a run of the release before this one, maybe.
4. An earlier bot finds a fence where its row would be (orchestrators/ledger_rows.py), or in the document, and claims nothing. A bot made
   again reads the rows of its fills after the fence is there: whatever was claimed is in them or in the document.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from orchestrators import native_stop
from orchestrators.ledger_rows import CONTAINERS, Fenced, write_fills
from orchestrators.outside import outside
from shared.claims import Sent, claim, is_open

Doc = dict[str, Any]
FILL = "fill"


class Claims(NamedTuple):
    """`mine`: those nobody had before. `stored`: the kinds of ledger rows of this round that are there by now."""

    mine: frozenset[str] = frozenset()
    stored: tuple[str, ...] = ()


async def claims_of(work: Doc) -> Claims:
    """Errors: TimeoutError."""
    sending = [intent for intent in work["intents"] if intent["kind"] in ("place", native_stop.PLACE) and intent["claim"]]
    if not sending:
        return Claims()
    sends = {intent["claim"]: [intent["origin"][2], intent["order"]] for intent in sending}
    epoch = min(intent["origin"][1] for intent in sending)
    fills = [row for row in (work["publication"] or {"rows": ()})["rows"] if row["kind"] == FILL]
    if not fills:
        return Claims(await in_document(work, sends, epoch))
    if not await is_open(outside().store, work["userId"], work["botId"], list(sends), epoch):
        return Claims()
    try:
        is_mine = await write_fills(outside().store, work["userId"], fills, sends)
    except Fenced:
        return Claims()
    if is_mine:
        return Claims(frozenset(sends), (FILL,))
    there = await outside().store.read(CONTAINERS[FILL], work["userId"], fills[-1]["id"])
    if there is None or sends.keys() & there.get("sends", {}).keys():
        return Claims(stored=(FILL,))
    return Claims(await in_document(work, sends, epoch), (FILL,))


async def in_document(work: Doc, sends: Doc, epoch: int) -> frozenset[str]:
    orders = {order_of(mark): row for mark, row in sends.items()}
    return await claim(outside().store, work["userId"], work["botId"], list(sends), orders, epoch, outside().now_ms())


def with_borne(sent: Sent, fills: list[Doc]) -> Sent:
    """What was sent, with what these fills bear: an order that was sent twice is told as it was at first."""
    found = dict(sent)
    for fill in fills:
        for mark, (revision, order) in fill.get("sends", {}).items():
            id_ = order_of(mark)
            if id_ not in found or found[id_][0] > revision:
                found[id_] = [revision, order]
    return found


def order_of(mark: str) -> str:
    """The client order id a claim is of."""
    return mark.rpartition(":")[0]
