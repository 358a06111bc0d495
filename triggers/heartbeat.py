"""Timers for what the market does not wake: quiet bots, forgotten bots, old orchestrations.

heartbeat  every minute: its share of the bots that were not ticked for HEARTBEAT_S is looked at, ROUND bots to an orchestration
sweeper    every 15 minutes: bots that had no tick for longer than rest allows are named in the log and woken; finished ticks are purged,
           and what lies in the post is worked on

Each bot has its phase within the heartbeat, so that nothing has to be written for a bot that rests: a round that is lost is made up for
by the next heartbeat. Every RESTING_BEATS heartbeats a bot at rest gets a tick all the same.
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
from triggers.post_round import have_post_worked_on

KEEP_TICKS = timedelta(hours=1)
MINUTE_MS = 60_000
ROUND = 200
RESTING_BEATS, SILENT_BEATS = 24, 27

bp = df.Blueprint()


@bp.function_name("heartbeat")
@bp.timer_trigger(arg_name="timer", schedule="30 * * * * *", run_on_startup=False, use_monitor=False)
@bp.durable_client_input(client_name="client")
async def heartbeat(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    await look_at_quiet(platform(), client)


@bp.function_name("sweeper")
@bp.timer_trigger(arg_name="timer", schedule="0 */15 * * * *", run_on_startup=False, use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweeper(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    await sweep(platform(), client)


async def sweep(plat: Platform, client: df.DurableOrchestrationClient) -> None:
    silent = await wake_silent(plat)
    if silent:
        log("sweeper.silent_bots", logging.WARNING, count=silent)
    now = datetime.fromtimestamp(plat.now_ms() / 1000, UTC)
    await client.purge_instance_history_by(now - timedelta(days=7), now - KEEP_TICKS, [df.OrchestrationRuntimeStatus.Completed])
    await have_post_worked_on(plat, client)


async def look_at_quiet(plat: Platform, client: df.DurableOrchestrationClient) -> int:
    """Starts a round for every ROUND of the bots whose heartbeat is due in this minute. Returns how many bots that are."""
    now, every = plat.now_ms(), plat.settings.heartbeat_s * 1000
    minute, shares = now // MINUTE_MS, max(1, every // MINUTE_MS)
    share = minute % shares
    due = await watch.beating(plat.store, share / shares, (share + 1) / shares, now - every)
    beat = f"beat{minute // shares}"
    for first in range(0, len(due), ROUND):
        bots = [[one.user_id, one.bot_id] for one in due[first : first + ROUND]]
        given = {"bots": bots, "beat": beat, "tick_before": now - RESTING_BEATS * every}
        await client.start_new("quiet_round", f"round-{minute}-{first // ROUND}", given)
    return len(due)


async def wake_silent(plat: Platform) -> int:
    """Wakes running bots that even a bot at rest would have been ticked since. Returns how many."""
    now = plat.now_ms()
    every = plat.settings.heartbeat_s * 1000
    due = await watch.quiet(plat.store, now - SILENT_BEATS * every)
    await plat.bus.send([BotEvent(one.user_id, one.bot_id, f"sweep{now // every}", "heartbeat", now, {}) for one in due])
    return len(due)
