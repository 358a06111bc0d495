"""A durable count per user and minute, for what costs a tenant dearly when it runs away: proofs of keys, starts with real money.

Rules
1. The count is a document of the user: every process takes from the same one, by compare-and-set.
2. The document holds the present minute alone; nothing is left to clean up.
3. Other requests are limited per process (shared/limit.py): each instance lets through the user's share, so a tenant gets at most that
   share times the instances. No money depends on it.
"""

from __future__ import annotations

from shared.errors import AppError
from shared.stores import Exists, Stale, Store

CONTAINER = "settings"
MINUTE_MS = 60_000
TRIES = 8


async def take(store: Store, user_id: str, name: str, most: int, now_ms: int) -> None:
    """One of `most` in this minute. Errors: AppError 429 naming the limit; also when others keep being faster."""
    minute, key = now_ms // MINUTE_MS, f"quota-{name}"
    for _ in range(TRIES):
        document = await store.read(CONTAINER, user_id, key)
        taken = int(document["taken"]) if document is not None and document["minute"] == minute else 0
        if taken >= most:
            break
        counted = {"id": key, "kind": "quota", "sort": key, "minute": minute, "taken": taken + 1}
        try:
            if document is None:
                await store.create(CONTAINER, user_id, counted)
            else:
                await store.replace(CONTAINER, user_id, {**counted, "_etag": document["_etag"]})
        except (Exists, Stale):
            continue
        return
    wait_s = (MINUTE_MS - now_ms % MINUTE_MS) // 1000 + 1
    raise AppError(429, "too_many_requests", params={"limit": str(most), "of": name, "per": "minute", "retry_after_s": str(wait_s)})
