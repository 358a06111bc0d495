"""What lies in the container `post`, worked on: the events of one bot one after the other, and tasks each alone.

Rules
1. Deterministic; one instance per bot (shared/post.py names it), so that two of a bot's events are never worked on at the same time.
2. An event whose tick failed keeps its place and is tried again after a pause; one that was tried too often puts its bot aside, as a dead
   letter does.
3. Bounded: whatever is left after MAX_EVENTS is found by whoever looks for what is due.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from orchestrators.bot_tick import RETRY
from orchestrators.outside import outside
from shared import post
from shared.log import log

MAX_EVENTS = 20

Doc = dict[str, Any]
Steps = Generator[Any, Any, Any]
bp = df.Blueprint()


def bot_inbox(context: df.DurableOrchestrationContext) -> Steps:
    """Input {user_id, bot_id, by}. Returns how many events were worked on."""
    given: Doc = context.get_input()
    settled: Doc = {}
    for number in range(MAX_EVENTS):
        found = yield context.call_activity_with_retry("next_event", RETRY, {**given, **settled})
        if found is None:
            return number
        settled = {"settled": found["event"]["id"], "is_done": (yield from is_worked_on(context, found))}
    yield context.call_activity_with_retry("settle_event", RETRY, {**given, **settled})
    return MAX_EVENTS


def is_worked_on(context: df.DurableOrchestrationContext, found: Doc) -> Steps:
    """One tick, or the putting aside of an event that was tried too often."""
    if found["is_given_up"]:
        yield context.call_sub_orchestrator("bot_aside", {"event": found["event"], "now": found["now"]})
        return True
    try:
        yield context.call_sub_orchestrator("bot_tick", found["event"] | found["trace"] | {"run": found["tries"]})
    except Exception:  # what it was is in the log of whoever raised it
        return False
    return True


def post_task(context: df.DurableOrchestrationContext) -> Steps:
    """Input {user_id, name}: one task, once; a failure is counted where it is kept."""
    yield context.call_activity("do_task", context.get_input())


@bp.activity_trigger(input_name="asked", activity="next_event")
async def next_event(asked: dict) -> dict | None:
    """Settles the event before, if there was one, and hands out the next one: {event, trace, tries, is_given_up, now}."""
    if "settled" in asked:
        await settle(asked)
    now = outside().now_ms()
    taken = await post.take(outside().store, asked["user_id"], asked["bot_id"], now, asked["by"])
    if taken is None:
        return None
    event = taken.event
    if taken.is_given_up:
        log("dead_letter", logging.ERROR, bot=event.bot_id, kind=event.kind, id=event.id)
    return taken._asdict() | {"event": event._asdict(), "now": now}


@bp.activity_trigger(input_name="asked", activity="settle_event")
async def settle_event(asked: dict) -> None:
    await settle(asked)


async def settle(asked: Doc) -> None:
    now = outside().now_ms()
    event = await post.settle(outside().store, asked["user_id"], asked["bot_id"], asked["settled"], now, asked["is_done"])
    if event is not None and asked["is_done"]:
        log("tick.published", kind=event.kind, late_ms=max(0, now - event.at))
    elif event is not None:
        log("tick.failed", bot=event.bot_id, id=event.id)


bp.orchestration_trigger(context_name="context", orchestration="bot_inbox")(bot_inbox)
bp.orchestration_trigger(context_name="context", orchestration="post_task")(post_task)
