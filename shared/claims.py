"""The right to send an order, given out once: what keeps an activity that runs twice from sending twice.

Problem: most venues refuse a known client order id only while that order is open. An activity whose host dies after the sending is run
again by the platform; were it to send again, an order that has filled meanwhile would be bought a second time. Looking it up first proves
nothing, because a venue may show an order late.

Rules
1. A claim is one sending: (client order id, attempt). It is on the disk before the order leaves.
2. Who finds it claimed does not send; the order's fate is looked up, and after the ambiguity window the entity may order a new attempt.
3. One document per bot, changed by compare-and-set; the newest KEPT claims are remembered, far more than can be under way.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.stores import Exists, Stale, Store

CONTAINER = "settings"
KEPT = 400
TRIES = 12


async def claim(store: Store, user_id: str, bot_id: str, marks: Sequence[str]) -> frozenset[str]:
    """Of these sendings, those that were nobody's before this call. Errors: TimeoutError when others are always faster."""
    name = f"claims-{bot_id}"
    for _ in range(TRIES):
        document = await store.read(CONTAINER, user_id, name)
        taken = document["marks"] if document is not None else []
        fresh = [mark for mark in marks if mark not in taken]
        if not fresh:
            return frozenset()
        changed = {"id": name, "kind": "claims", "sort": name, "marks": [*taken, *fresh][-KEPT:]}
        try:
            if document is None:
                await store.create(CONTAINER, user_id, changed)
            else:
                await store.replace(CONTAINER, user_id, {**changed, "_etag": document["_etag"]})
        except (Exists, Stale):
            continue
        return frozenset(fresh)
    raise TimeoutError("the claims of a bot kept changing")
