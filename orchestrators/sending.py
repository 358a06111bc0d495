"""Which of the orders that are to be sent this run may send: the others were sent by an earlier one, or belong to an earlier bot."""

from __future__ import annotations

from typing import Any

from orchestrators import native_stop
from orchestrators.outside import outside
from shared.claims import claim

Doc = dict[str, Any]


async def claims_of(work: Doc) -> frozenset[str]:
    """The claims among the intents that nobody had before. Errors: TimeoutError."""
    sending = [intent for intent in work["intents"] if intent["kind"] in ("place", native_stop.PLACE) and intent["claim"]]
    if not sending:
        return frozenset()
    orders, epochs = {}, set()
    for intent in sending:
        _, epoch, revision = intent["origin"]
        orders[intent["id"]] = [revision, intent["order"]]
        epochs.add(epoch)
    marks, now = [intent["claim"] for intent in sending], outside().now_ms()
    return await claim(outside().store, work["userId"], work["botId"], marks, orders, min(epochs), now)
