"""Messages to a bot that were given up: each puts its bot aside, so that its owner sees it.

Rules
1. The orchestration's instance id is the message's: a dead letter delivered twice puts its bot aside once.
2. What cannot be read cannot be repaired by being read again: it is named in the log and done with.
"""

from __future__ import annotations

import logging

import azure.durable_functions as df
import azure.functions as func

from shared.bus import QUEUE, decode
from shared.clock import now_ms
from shared.log import log
from triggers.bot_events import instance_id, status_of

DEAD_LETTERS = f"{QUEUE}/$DeadLetterQueue"

bp = df.Blueprint()


@bp.function_name("dead_letters")
@bp.service_bus_queue_trigger(
    arg_name="msg", connection="ServiceBus", queue_name=DEAD_LETTERS, is_sessions_enabled=False, auto_complete_messages=True
)
@bp.durable_client_input(client_name="client")
async def dead_letters(msg: func.ServiceBusMessage, client: df.DurableOrchestrationClient) -> None:
    await put_aside(msg.get_body(), str(msg.message_id), client)


async def put_aside(body: bytes, message_id: str, client: df.DurableOrchestrationClient) -> None:
    try:
        event = decode(body)
    except (ValueError, KeyError, TypeError) as error:
        log("dead_letter.unreadable", logging.ERROR, message=message_id, error=type(error).__name__)
        return
    log("dead_letter", logging.ERROR, bot=event.bot_id, kind=event.kind, id=event.id)
    instance = instance_id(message_id).replace("tick-", "aside-", 1)
    if not await status_of(client, instance):
        await client.start_new("bot_aside", instance, {"event": event._asdict(), "now": now_ms()})
