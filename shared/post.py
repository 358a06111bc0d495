"""Messages without a message service: what is to be done lies in the container `post` until it is done.

For a platform of a few hundred bots, where a Service Bus would cost more than everything else. One document per bot holds its events in the
order they came; one document per task holds work for later.

Rules
1. Events are appended by compare-and-set: the document's order is the order, and a repeat within REMEMBERED_MS vanishes.
2. The first event is handed out again and again until it is settled; the ones behind it wait. Each time is counted before the work begins.
3. `dueMs` says when somebody must look: at once, after a failure's pause, or when whoever took the event must be given up. A document
   without it has nothing to do.
4. Nudges are not kept where they can be started: the next look of the watcher makes up for one that is lost.
5. Who starts the work is in triggers/clock.py, or whoever sends and has a durable client at hand; starting twice is harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from shared.bus import NUDGES, BotEvent, Bus, ServiceBus, instance_id, lane, message_id
from shared.clock import now_ms
from shared.durable import DONE, RUNNING, durable, start_once
from shared.ids import entity_key, new_id
from shared.log import log
from shared.schema import SCHEMA
from shared.settings import Settings
from shared.stores import Document, Exists, Stale, Store
from shared.trace import here, span

POST = "post"
REMEMBERED_MS = 3_600_000  # as long as a tick of that name would be found (triggers/heartbeat.py)
MOST_REMEMBERED = 500
MOST_TRIES = 10
MOST_WAITING = 1_000
TAKEN_MS = 60_000
LONGEST_PAUSE_MS = 40_000
KEPT_S = 7 * 86_400  # an empty document ages
AT_ONCE = 8


class Full(Exception):
    """A bot has more events waiting than anybody could mean."""


class Taken(NamedTuple):
    """The event to work on now, the trace it came with, which try this is, and whether it was tried too often."""

    event: BotEvent
    trace: dict[str, str]
    tries: int
    is_given_up: bool


# -- events of one bot --------------------------------------------------------------------------------------------------


def inbox_instance(user_id: str, bot_id: str) -> str:
    """One orchestration per bot: it is what keeps two events of one bot apart."""
    return f"inbox-{entity_key(user_id, bot_id)}"


async def changed(store: Store, user_id: str, bot_id: str, change: Callable[[Document], int | None]) -> None:
    """The bot's document after `change`, which says when somebody must look, or None for nothing to write. A lost race is run again."""
    name = f"events-{bot_id}"
    while True:
        found = await store.read(POST, user_id, name)
        document = found or {"id": name, "kind": "events", "schema": SCHEMA, "botId": bot_id, "waiting": [], "done": []}
        due = change(document)
        if due is None:
            return
        aged = {key: value for key, value in document.items() if key not in ("dueMs", "ttl")}
        written = {**aged, "dueMs": due} if document["waiting"] else {**aged, "ttl": KEPT_S}
        try:
            await (store.create if found is None else store.replace)(POST, user_id, written)
            return
        except (Exists, Stale):
            continue


async def append(store: Store, user_id: str, bot_id: str, events: Sequence[BotEvent], now: int) -> None:
    """Behind what waits; those that wait already, or were done of late, are not added again. Errors: Full."""
    trace = here()

    def add(document: Document) -> int | None:
        document["done"] = [one for one in document["done"] if one[1] > now - REMEMBERED_MS][-MOST_REMEMBERED:]
        known = {one["event"]["id"] for one in document["waiting"]} | {one[0] for one in document["done"]}
        fresh = {event.id: event for event in events if event.id not in known}
        was_empty = not document["waiting"]
        document["waiting"] += [{"event": event._asdict(), "trace": trace, "tries": 0} for event in fresh.values()]
        if len(document["waiting"]) > MOST_WAITING:
            raise Full(bot_id)
        if not fresh:
            return None
        due: int = now if was_empty else document["dueMs"]
        return due

    await changed(store, user_id, bot_id, add)


async def take(store: Store, user_id: str, bot_id: str, now: int, by: str) -> Taken | None:
    """The first event, counted as tried; None while there is none, its pause is not over, or somebody else than `by` has it."""
    found: list[Taken] = []

    def count(document: Document) -> int | None:
        found.clear()
        if not document["waiting"] or (document["dueMs"] > now and document["waiting"][0].get("by") != by):
            return None
        first = document["waiting"][0]
        first |= {"tries": first["tries"] + 1, "by": by}
        found.append(Taken(BotEvent(**first["event"]), first["trace"], first["tries"], first["tries"] > MOST_TRIES))
        return now + TAKEN_MS

    await changed(store, user_id, bot_id, count)
    return found[0] if found else None


async def settle(store: Store, user_id: str, bot_id: str, event_id: str, now: int, is_done: bool) -> BotEvent | None:
    """The first event is done, and the next one's turn has come; or it failed, and its pause begins. None when it was settled before."""
    settled: list[BotEvent] = []

    def close(document: Document) -> int | None:
        settled.clear()
        if not document["waiting"] or document["waiting"][0]["event"]["id"] != event_id:
            return None
        settled.append(BotEvent(**document["waiting"][0]["event"]))
        if not is_done:
            document["waiting"][0].pop("by", None)
            return now + pause_ms(document["waiting"][0]["tries"])
        document["waiting"].pop(0)
        document["done"].append([event_id, now])
        return now

    await changed(store, user_id, bot_id, close)
    return settled[0] if settled else None


def pause_ms(tries: int) -> int:
    """A command must outlive a service that is away for minutes."""
    return min(1000 << min(max(tries - 1, 0), 10), LONGEST_PAUSE_MS)


class PostBus:
    """shared.bus.Bus over the container: nudges start their tick at once where a client is at hand, everything else is written first."""

    def __init__(self, store: Store, now_ms: Callable[[], int] = now_ms) -> None:
        self._store, self._now_ms = store, now_ms

    async def send(self, events: Sequence[BotEvent]) -> None:
        """Durable when it returns, but for nudges, which the next look makes up for. Errors: Full; whatever the store raises."""
        if not events:
            return
        client = durable.get()
        nudges: list[BotEvent] = []
        of_bots: dict[tuple[str, str], list[BotEvent]] = {}
        for event in events:
            is_started = client is not None and lane(event) == NUDGES
            (nudges if is_started else of_bots.setdefault((event.user_id, event.bot_id), [])).append(event)
        with span("post", kind="producer", messages=len(events)):
            await all_of([self._keep(client, *who, own) for who, own in of_bots.items()])
            await all_of([start_tick(client, event) for event in nudges])

    async def _keep(self, client: Any, user_id: str, bot_id: str, events: Sequence[BotEvent]) -> None:
        await append(self._store, user_id, bot_id, events, self._now_ms())
        if client is not None:
            await kick(client, user_id, bot_id)

    async def reach(self) -> object:
        return await self._store.read(POST, "nobody", "ready")


async def all_of(works: Sequence[Awaitable[object]]) -> None:
    """All of them, AT_ONCE at a time, whatever becomes of one. Errors: the first one's."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(work: Awaitable[object]) -> None:
        async with gate:
            await work

    for result in await asyncio.gather(*map(one, works), return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


def own_bus(settings: Settings, store: Store) -> Bus:
    """The bus that the settings ask for."""
    return ServiceBus(settings) if settings.has_service_bus else PostBus(store)


async def start_tick(client: Any, event: BotEvent) -> None:
    """A nudge's own orchestration, named after it: sent twice it is one tick."""
    await start_once(client, "bot_tick", instance_id(message_id(event)), event._asdict() | here(), RUNNING | DONE)


async def kick(client: Any, user_id: str, bot_id: str) -> None:
    """Has the bot's events worked on now. What fails here is made up for by whoever looks for what is due."""
    try:
        await start_once(client, "bot_inbox", inbox_instance(user_id, bot_id), {"user_id": user_id, "bot_id": bot_id, "by": new_id("by")})
    except Exception as error:
        log("post.not_kicked", bot=bot_id, error=type(error).__name__)


# -- work for later -----------------------------------------------------------------------------------------------------


class PostWork:
    """shared.work.Work over the container. A repeated id vanishes for as long as the document of the first one lives."""

    def __init__(self, store: Store, now_ms: Callable[[], int] = now_ms) -> None:
        self._store, self._now_ms = store, now_ms

    async def put(self, id: str, task: Mapping[str, Any], delay_s: int = 0) -> None:
        user_id, name, due = str(task["userId"]), f"task-{id}", self._now_ms() + delay_s * 1000
        try:
            await self._store.create(
                POST, user_id, {"id": name, "kind": "task", "schema": SCHEMA, "dueMs": due, "tries": 0, "task": dict(task)}
            )
        except Exists:
            return
        client = durable.get()
        if client is not None and not delay_s:
            await kick_task(client, user_id, name)


async def kick_task(client: Any, user_id: str, name: str) -> None:
    """Has a task done now; what fails here is made up for like `kick`."""
    try:
        await start_once(client, "post_task", f"{name}-{entity_key(user_id, name)}", {"user_id": user_id, "name": name})
    except Exception as error:
        log("post.not_kicked", task=name, error=type(error).__name__)


async def task_at(store: Store, user_id: str, name: str, now: int) -> Document | None:
    """A task that is due, counted as tried and out of others' way for a while; None when it is not to be done."""
    found = await store.read(POST, user_id, name)
    if found is None or found.get("dueMs", now + 1) > now:
        return None
    try:
        return await store.replace(POST, user_id, {**found, "tries": found["tries"] + 1, "dueMs": now + TAKEN_MS})
    except Stale:  # somebody else has it
        return None


async def task_over(store: Store, user_id: str, document: Document, now: int, is_done: bool) -> None:
    """Done, or given up: remembered for a while. Failed: tried again after a pause."""
    if is_done or document["tries"] >= MOST_TRIES:
        left = {name: value for name, value in document.items() if name not in ("dueMs", "task")}
        await store.upsert(POST, user_id, {**left, "ttl": REMEMBERED_MS // 1000})
    else:
        await store.upsert(POST, user_id, {**document, "dueMs": now + pause_ms(document["tries"])})
