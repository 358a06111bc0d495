"""One event of one bot becomes one tick, and the session waits for it.

What there is to work on is looked at here, before there is a tick: an event with nothing to do costs no orchestration.

Rules
1. The orchestration's instance id is the message id: a message delivered twice finds its tick started or done.
2. The message is completed only after the tick has: events of one bot are never worked on at the same time while all goes well.
3. Nudges come on a queue and a session of their own; a tick of either lane leaves the other's harmless.
4. Waiting is bounded below the lock; a tick that takes longer gives the message back, and the next delivery waits for the same instance.
"""

from __future__ import annotations

import asyncio

import azure.durable_functions as df
import azure.functions as func

from orchestrators.activities import is_command, observed
from shared.bus import NUDGES, QUEUE, decode, instance_id
from shared.clock import now_ms
from shared.durable import DONE, RUNNING, status_of
from shared.log import log
from shared.trace import KEY, here, span

WAIT_S = 50.0
LONGEST_PAUSE_S = 40.0
FIRST_POLL_S, LONGEST_POLL_S = 0.05, 1.0

bp = df.Blueprint()


class TickFailed(Exception):
    """The message goes back to its session, and after its last delivery to the dead letters."""


@bp.function_name("bot_events")
@bp.service_bus_queue_trigger(
    arg_name="msg", connection="ServiceBus", queue_name=QUEUE, is_sessions_enabled=True, auto_complete_messages=True
)
@bp.durable_client_input(client_name="client")
async def bot_events(msg: func.ServiceBusMessage, client: df.DurableOrchestrationClient) -> None:
    await work_on(msg, client)


@bp.function_name("bot_nudges")
@bp.service_bus_queue_trigger(
    arg_name="msg", connection="ServiceBus", queue_name=NUDGES, is_sessions_enabled=True, auto_complete_messages=True
)
@bp.durable_client_input(client_name="client")
async def bot_nudges(msg: func.ServiceBusMessage, client: df.DurableOrchestrationClient) -> None:
    await work_on(msg, client)


async def work_on(msg: func.ServiceBusMessage, client: df.DurableOrchestrationClient) -> None:
    event = decode(msg.get_body())
    try:
        with span("work on", parent_of(msg), "consumer", event=event.kind, bot=event.bot_id):
            run = msg.delivery_count or 1
            told = await run_tick(client, instance_id(msg.message_id), event._asdict() | here() | {"run": run}, run == 1)
    except Exception:
        await asyncio.sleep(pause_before_return(msg.delivery_count or 1))
        raise
    log(told, kind=event.kind, late_ms=max(0, now_ms() - event.at))


def parent_of(msg: func.ServiceBusMessage) -> str | None:
    """Who sent the message, as a traceparent; not every host tells a message's own properties."""
    try:
        return (msg.application_properties or {}).get(KEY)
    except (AttributeError, TypeError):
        return None


def pause_before_return(deliveries: int) -> float:
    """A message that comes back at once is soon a dead letter, and a command must outlive a service that is away for minutes."""
    return min(2.0 ** (deliveries - 1), LONGEST_PAUSE_S)


async def run_tick(client: df.DurableOrchestrationClient, instance: str, event: dict[str, object], is_first: bool = False) -> str:
    """Starts the tick unless it was, and waits for it; what to log of it. Errors: TickFailed."""
    status = "" if is_first else await status_of(client, instance)
    if status in DONE:
        return "tick.repeated"
    if status not in RUNNING:
        seen = await looked(event)
        if is_first and seen is not None and seen["idle"]:  # after a tick that failed there may be more to do than can be looked at
            return "tick.idle"
        await client.start_new("bot_tick", instance, event if seen is None else event | {"seen": seen})
    waited, pause = 0.0, FIRST_POLL_S
    while waited < WAIT_S:
        await asyncio.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, LONGEST_POLL_S)
        status = await status_of(client, instance)
        if status in DONE:
            return "tick.published"
        if status not in RUNNING:
            log("tick.failed", instance=instance, status=status)
            raise TickFailed(status)
    raise TickFailed("timeout")


async def looked(event: dict[str, object]) -> dict[str, object] | None:
    """What the tick has to work on; None where it should ask by itself, with the patience it has.

    A rebuild's look fences off the bot there is: only the run that then makes it again may take it.
    """
    if is_command(event, "rebuild"):
        return None
    try:
        return await observed(event)
    except Exception as error:
        log("tick.unseen", error=type(error).__name__)
        return None
