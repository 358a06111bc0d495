"""Messages to a bot that were given up: each puts its bot aside, so that its owner sees it.

Rules
1. The orchestration's instance id is the message's: a dead letter delivered twice puts its bot aside once.
2. A tick outlives its message: a host that dies again and again uses up the deliveries and loses nothing. Only a tick that failed,
   or never began, was given up; one still at it gives its letter back until it is known what became of it.
3. What cannot be read cannot be repaired by being read again: it is named in the log and done with.
"""

from __future__ import annotations

import asyncio
import logging

import azure.durable_functions as df
import azure.functions as func

from shared.bus import NUDGES, QUEUE, decode, instance_id
from shared.clock import now_ms
from shared.durable import DONE, RUNNING, status_of
from shared.log import log
from triggers.bot_events import LONGEST_POLL_S, WAIT_S

DEAD_LETTERS, DEAD_NUDGES = f"{QUEUE}/$DeadLetterQueue", f"{NUDGES}/$DeadLetterQueue"

bp = df.Blueprint()


class StillRunning(Exception):
    """The letter goes back and is delivered again."""


@bp.function_name("dead_letters")
@bp.service_bus_queue_trigger(
    arg_name="msg", connection="ServiceBus", queue_name=DEAD_LETTERS, is_sessions_enabled=False, auto_complete_messages=True
)
@bp.durable_client_input(client_name="client")
async def dead_letters(msg: func.ServiceBusMessage, client: df.DurableOrchestrationClient) -> None:
    await put_aside(msg.get_body(), str(msg.message_id), client)


@bp.function_name("dead_nudges")
@bp.service_bus_queue_trigger(
    arg_name="msg", connection="ServiceBus", queue_name=DEAD_NUDGES, is_sessions_enabled=False, auto_complete_messages=True
)
@bp.durable_client_input(client_name="client")
async def dead_nudges(msg: func.ServiceBusMessage, client: df.DurableOrchestrationClient) -> None:
    await put_aside(msg.get_body(), str(msg.message_id), client)


async def put_aside(body: bytes, message_id: str, client: df.DurableOrchestrationClient) -> None:
    try:
        event = decode(body)
    except (ValueError, KeyError, TypeError) as error:
        log("dead_letter.unreadable", logging.ERROR, message=message_id, error=type(error).__name__)
        return
    status = await settled_status(client, instance_id(message_id))
    if status in RUNNING:
        raise StillRunning(event.id)
    if status in DONE:
        log("dead_letter.carried_out", bot=event.bot_id, kind=event.kind, id=event.id)
        return
    log("dead_letter", logging.ERROR, bot=event.bot_id, kind=event.kind, id=event.id)
    instance = instance_id(message_id).replace("tick-", "aside-", 1)
    if not await status_of(client, instance):
        await client.start_new("bot_aside", instance, {"event": event._asdict(), "now": now_ms()})


async def settled_status(client: df.DurableOrchestrationClient, tick: str) -> str:
    """What became of the message's own tick; running when it still is after the wait."""
    waited = 0.0
    while (status := await status_of(client, tick)) in RUNNING and waited < WAIT_S:
        await asyncio.sleep(LONGEST_POLL_S)
        waited += LONGEST_POLL_S
    return status
