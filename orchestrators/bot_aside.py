"""A message that was tried too often becomes a visible state: the bot waits for its owner, its open orders stay where they are.

A rebuild has raised the fence by then, and without it the bot sends nothing and writes nothing down: it is asked for again, by a command of
its own, at most REBUILDS times.

Deterministic; the instant comes with the input: {event, now}.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from entities.operation import BotOperation
from orchestrators.bot_tick import RETRY, bot, refuse, tell_lost

REASON = "event_failed"
REBUILDS = 3
AGAIN = ".again"  # between a command's id and the number of its repetition

bp = df.Blueprint()


def bot_aside(context: df.DurableOrchestrationContext) -> Generator[Any, Any, str]:
    given: dict[str, Any] = context.get_input()
    event = given["event"]
    failed = yield bot(context, event, BotOperation.FAIL, {"error": "dead_letter", "reason": REASON, "now": given["now"]})
    if (repeated := rebuild_again(event)) and (failed.get("gone") or failed["quarantined"]):
        yield context.call_activity_with_retry("again", RETRY, repeated)
    if failed.get("broken") or (failed.get("gone") and event["body"].get("name") == "rebuild" and repeated is None):
        return (yield from tell_lost(context, event))
    if failed.get("gone"):  # a draft: its start never came through
        yield from refuse(context, event, {"reason": REASON, "params": {}})
        return "refused"
    if not failed["quarantined"]:
        return "at rest"
    yield context.call_activity_with_retry("publish", RETRY, failed["publish"])
    return "quarantined"


def rebuild_again(event: dict[str, Any]) -> dict[str, Any] | None:
    """The same command under the next id; None for any other event, or when it was repeated often enough."""
    if event["kind"] != "command" or event["body"].get("name") != "rebuild":
        return None
    first, _, count = event["id"].partition(AGAIN)
    number = int(count or 0) + 1
    id_ = f"{first}{AGAIN}{number}"
    return {"userId": event["user_id"], "botId": event["bot_id"], "id": id_, "command": event["body"]} if number <= REBUILDS else None


bp.orchestration_trigger(context_name="context", orchestration="bot_aside")(bot_aside)
