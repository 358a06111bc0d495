"""Timers for what the market does not wake: quiet bots, forgotten bots, old orchestrations.

heartbeat  every minute: bots not ticked for HEARTBEAT_S get an event
sweeper    every 15 minutes: bots silent for three heartbeats are named in the log and woken under another id; finished ticks are purged
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func

from shared import watch
from shared.bus import BotEvent
from shared.log import log
from triggers.api.platform import Platform, platform

KEEP_TICKS = timedelta(hours=1)

bp = df.Blueprint()


@bp.function_name("heartbeat")
@bp.timer_trigger(arg_name="timer", schedule="30 * * * * *", run_on_startup=False, use_monitor=False)
async def heartbeat(timer: func.TimerRequest) -> None:
    await wake_quiet(platform(), 1, "beat")


@bp.function_name("sweeper")
@bp.timer_trigger(arg_name="timer", schedule="0 */15 * * * *", run_on_startup=False, use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweeper(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    silent = await wake_quiet(platform(), 3, "sweep")
    if silent:
        log("sweeper.silent_bots", logging.WARNING, count=silent)
    now = datetime.now(UTC)
    await client.purge_instance_history_by(now - timedelta(days=7), now - KEEP_TICKS, [df.OrchestrationRuntimeStatus.Completed])


async def wake_quiet(plat: Platform, beats: int, kind: str) -> int:
    """Wakes running bots that had no tick for so many heartbeats. Returns how many."""
    now = plat.now_ms()
    every = plat.settings.heartbeat_s * 1000
    due = await watch.quiet(plat.store, now - beats * every)
    await plat.bus.send([BotEvent(one.user_id, one.bot_id, f"{kind}{now // every}", "heartbeat", now, {}) for one in due])
    return len(due)
