"""The right to send an order, given out once: what keeps an activity that runs twice from sending twice.

Problem: most venues refuse a known client order id only while that order is open. An activity whose host dies after the sending is run
again by the platform; were it to send again, an order that has filled meanwhile would be bought a second time. Looking it up first proves
nothing, because a venue may show an order late.

Rules
1. A claim is one sending: (client order id, attempt). It is on the disk before the order leaves, and the order with it.
2. Who finds it claimed does not send; the order's fate is looked up, and after the ambiguity window the entity may order a new attempt.
3. One document per bot, changed by compare-and-set. Claims are remembered for KEPT_MS at least, many times as long as an order may still be
   sent (entities/sent.py, VENUE_WINDOW), the newest KEPT of them; of orders the newest KEPT_ORDERS: what was sent and never published
   (entities/rebuild.py). It is written at every sending, and its size is what that costs.
4. What follows a fill is claimed by the fill's own row instead (orchestrators/sending.py), which is written anyway; this document is then
   only read.
5. The fence is the epoch of a bot made again: an epoch below it claims nothing any more. Every run of a rebuild raises it: no two share
   an epoch, whose orders would have the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from shared.clock import now_ms
from shared.stores import Exists, Stale, Store

CONTAINER = "settings"
KEPT, KEPT_MS = 400, 600_000
KEPT_ORDERS = 100
KEPT_COMMANDS = 8
TRIES = 12

T = TypeVar("T")
Doc = dict[str, Any]
Sent = dict[str, list[Any]]
"""By client order id: [the bot's revision it was committed after, its stored order row]."""


async def claim(
    store: Store, user_id: str, bot_id: str, marks: Sequence[str], orders: Mapping[str, list[Any]] | None = None, epoch: int = 0,
    now: int | None = None,
) -> frozenset[str]:  # fmt: skip
    """Of these sendings, those that were nobody's before this call. Errors: TimeoutError when others are always faster."""
    at = now_ms() if now is None else now

    def changed(document: Doc) -> tuple[Doc | None, frozenset[str]]:
        taken, known = turned(document, at), document.get("orders", {})
        fresh = [] if epoch < fence_of(document) else [mark for mark in marks if mark not in taken["marks"] and mark not in taken["older"]]
        if not fresh:
            return None, frozenset()
        newer = {id_: order for id_, order in (orders or {}).items() if id_ not in known}
        kept = list({**known, **newer}.items())[-max(KEPT_ORDERS, len(newer)) :]
        return {**taken, "marks": [*taken["marks"], *fresh][-KEPT:], "orders": dict(kept)}, frozenset(fresh)

    return await _change(store, user_id, bot_id, changed)


def turned(document: Doc, at: int) -> Doc:
    """The claims that count: those since `turned`, and those of the KEPT_MS or more before it."""
    marks, older, since = document["marks"], document.get("older", []), document.get("turned", at)
    return {"marks": [], "older": marks, "turned": at} if at - since >= KEPT_MS else {"marks": marks, "older": older, "turned": since}


async def raise_fence(store: Store, user_id: str, bot_id: str, above: int, run: str) -> tuple[int, Sent]:
    """(the epoch that may send from now on, what was sent by the others). `run`: see `run_of`. Errors: TimeoutError."""

    def changed(document: Doc) -> tuple[Doc | None, tuple[int, Sent]]:
        fence = next_fence(document.get("fence"), above, run)
        is_there = document.get("fence") == fence
        return None if is_there else {"fence": fence}, (fence[0], document.get("orders", {}))

    return await _change(store, user_id, bot_id, changed)


def run_of(command: str, number: int) -> str:
    """One run of a command that makes a bot again: a later one is another, for what the first one made may have acted, and be lost.

    Numbered by the deliveries of its message, and not by any instant: a host that was frozen in the first one may wake up in the second.
    """
    return f"{command}@{number}"


def next_fence(fence: list[Any] | None, above: int, run: str) -> list[Any]:
    """[epoch, run, the newest ones of the commands before it]: higher than every epoch there was.

    Errors: TimeoutError for a run that a later one of its command, or a later command, came after: a host that was frozen would fence off
    the bot they made again, for nothing.
    """
    highest, older = (int(fence[0]), [str(one) for one in fence[1:]]) if fence is not None else (0, [])
    if run in older[:1]:
        return [highest, *older]
    (command, number), names = _of_run(run), [_of_run(one)[0] for one in older]
    is_again = names[:1] == [command]
    if command in names and (not is_again or number <= _of_run(older[0])[1]):
        raise TimeoutError("the bot was made again since")
    return [max(above, highest) + 1, run, *older[is_again:][:KEPT_COMMANDS]]


def _of_run(run: str) -> tuple[str, int]:
    command, is_numbered, number = run.rpartition("@")
    return (command, int(number)) if is_numbered else (run, 0)


def fence_of(document: Doc) -> int:
    return int(document["fence"][0]) if document.get("fence") else 0


async def is_open(store: Store, user_id: str, bot_id: str, marks: Sequence[str], epoch: int) -> bool:
    """Whether the document has none of these claims, and no fence above this epoch."""
    document = await store.read(CONTAINER, user_id, name_of(bot_id))
    return document is None or (epoch >= fence_of(document) and not {*document["marks"], *document.get("older", ())}.intersection(marks))


def name_of(bot_id: str) -> str:
    return f"claims-{bot_id}"


async def _change(store: Store, user_id: str, bot_id: str, change: Callable[[Doc], tuple[Doc | None, T]]) -> T:
    name = name_of(bot_id)
    for _ in range(TRIES):
        stored = await store.read(CONTAINER, user_id, name)
        document: Doc = {"id": name, "kind": "claims", "sort": name, "marks": [], "orders": {}} if stored is None else stored
        changes, result = change(document)
        if changes is None:
            return result
        try:
            if stored is None:
                await store.create(CONTAINER, user_id, document | changes)
            else:
                await store.replace(CONTAINER, user_id, document | changes)
        except (Exists, Stale):
            continue
        return result
    raise TimeoutError("the claims of a bot kept changing")
