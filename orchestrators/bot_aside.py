"""A message that was tried too often becomes a visible state: the bot waits for its owner, its open orders stay where they are.

Deterministic; the instant comes with the input: {event, now}.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from entities.operation import BotOperation
from orchestrators.bot_tick import RETRY, bot, refuse

REASON = "event_failed"

bp = df.Blueprint()


def bot_aside(context: df.DurableOrchestrationContext) -> Generator[Any, Any, str]:
    given: dict[str, Any] = context.get_input()
    event = given["event"]
    failed = yield bot(context, event, BotOperation.FAIL, {"error": "dead_letter", "reason": REASON, "now": given["now"]})
    if failed.get("gone"):  # a draft: its start never came through
        yield from refuse(context, event, {"reason": REASON, "params": {}})
        return "refused"
    if not failed["quarantined"]:
        return "at rest"
    yield context.call_activity_with_retry("publish", RETRY, failed["publish"])
    return "quarantined"


bp.orchestration_trigger(context_name="context", orchestration="bot_aside")(bot_aside)
