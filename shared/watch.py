"""The market watcher's questions: which markets are watched, and whose horizon was crossed.

Rules
1. This is the one place that asks across partitions; only timers call it, never a request.
2. A watched market is a platform document (`settings`, user "platform"): where its path comes from and how far it was looked at.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from shared.stores import Document, Exists, Stale, Store

PLATFORM = "platform"
MAX_DUE = 5_000
MAX_BOTS = 1_000_000

CROSSED = "SELECT c.id, c.userId, c.lastTickMs FROM c WHERE c.watchKey = @key AND (c.below >= @low OR c.above <= @high)"
TIMED = "SELECT c.id, c.userId, c.lastTickMs FROM c WHERE c.until_ms <= @now"
QUIET = "SELECT c.id, c.userId, c.lastTickMs FROM c WHERE c.lastTickMs <= @then AND IS_DEFINED(c.watchKey)"
BEATING = (
    "SELECT c.id, c.userId, c.lastTickMs FROM c WHERE c.beat >= @from AND c.beat < @to AND c.lastTickMs <= @then AND IS_DEFINED(c.watchKey)"
)
GUARDED = "SELECT c.id, c.userId FROM c WHERE c.guardsActive = true"
PUBLISHED = "SELECT c.id, c.userId, c.watchKey, c.below, c.above, c.until_ms, c.lastTickMs, c.urgent, c._ts FROM c WHERE c._ts >= @since"
WAITING = "SELECT c.id, c.userId, c.kind, c.botId FROM c WHERE c.dueMs <= @now"
SILENT = "SELECT c.id, c.userId FROM c WHERE c.dueMs <= @now"


class Due(NamedTuple):
    """A bot to wake, and when its last published tick began."""

    user_id: str
    bot_id: str
    ticked_ms: int = 0


async def crossed(store: Store, key: str, low: Decimal, high: Decimal) -> list[Due]:
    """Bots of one market (`source|symbol`) whose horizon the price left."""
    return await _due(store, CROSSED, {"@key": key, "@low": float(low), "@high": float(high)})


async def timed(store: Store, now: int) -> list[Due]:
    """Bots whose wake-up time has come."""
    return await _due(store, TIMED, {"@now": now})


async def quiet(store: Store, then: int) -> list[Due]:
    """Running bots that were not ticked since `then`."""
    return await _due(store, QUIET, {"@then": then})


async def beating(store: Store, start: float, end: float, then: int) -> list[Due]:
    """Running bots of one share of the heartbeat's phases that were not ticked since `then`."""
    rows = await store.across("bots", BEATING, {"@from": start, "@to": end, "@then": then}, MAX_BOTS)
    return [Due(row["userId"], row["id"], row["lastTickMs"]) for row in rows]


async def published(store: Store, since_s: int) -> list[Document]:
    """What the watcher must know of every bot whose document was written since a second of the store's clock; 0: of all."""
    return await store.across("bots", PUBLISHED, {"@since": since_s}, MAX_BOTS)


async def guarded(store: Store) -> list[str]:
    """Users with a guard that can still trip."""
    return [row["userId"] for row in await store.across("settings", GUARDED, {}, MAX_DUE)]


async def silent(store: Store, now: int) -> list[Due]:
    """Webhooks whose expected alert may be overdue (the id is the webhook's)."""
    return [Due(row["userId"], row["id"]) for row in await store.across("webhooks", SILENT, {"@now": now}, MAX_DUE)]


async def waiting(store: Store, now: int) -> list[Document]:
    """Documents of the post that somebody must look at: {id, userId, kind, botId}."""
    return await store.across("post", WAITING, {"@now": now}, MAX_DUE)


async def _due(store: Store, statement: str, parameters: dict[str, Any]) -> list[Due]:
    return [Due(row["userId"], row["id"], row.get("lastTickMs", 0)) for row in await store.across("bots", statement, parameters, MAX_DUE)]


async def watched(store: Store) -> list[Document]:
    return list((await store.page("settings", PLATFORM, {"kind": "watch"}, 1000)).items)


async def watch(store: Store, source: str, path: dict[str, Any], symbol: str) -> None:
    """From now on the watcher looks at this market. Asked twice it is watched once."""
    name = "watch-" + source.replace(":", "-")
    while True:
        document = await store.read("settings", PLATFORM, name)
        try:
            if document is None:
                await store.create(
                    "settings",
                    PLATFORM,
                    {"id": name, "kind": "watch", "sort": name, "source": source, "path": path, "symbols": {symbol: 0}},
                )
            elif symbol not in document["symbols"]:
                await store.replace("settings", PLATFORM, {**document, "symbols": {**document["symbols"], symbol: 0}})
            return
        except (Exists, Stale):
            continue


async def looked(store: Store, document: Document, symbols: dict[str, int]) -> None:
    """How far each symbol was looked at. Losing a race only means that the next look begins earlier."""
    try:
        await store.replace("settings", PLATFORM, {**document, "symbols": {**document["symbols"], **symbols}})
    except Stale:
        return
