"""One timer for a small platform: it looks at the markets, has the post worked on, and does now and then what other timers do.

A timer is billed a second each time, whatever it does in it; this one does everything in the second that the market's look pays for. In
its place a larger platform has market_watch, heartbeat, sweeper, guard_watch, alert_watch, notify_watch and twin_watch.

Rules
1. The market first, then the post, then what is due; one part's trouble, or slowness, must not keep the others from their turn for long.
2. When something was done last is remembered in memory alone: a new process does all of it at its first turn. Each may be done too often.
3. Orchestrations start here, so nudges need no queue: a nudge is its own tick, and one that is lost is sent again by a later look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import azure.durable_functions as df
import azure.functions as func

from shared.durable import with_client
from shared.log import log_error
from shared.work import own_queue
from triggers import guard_watch, heartbeat, market_watch, notify, twin_watch
from triggers.api.platform import Platform, platform
from triggers.post_round import have_post_worked_on

LONGEST_S = 20.0

Duty = Callable[[Platform, df.DurableOrchestrationClient], Awaitable[object]]
bp = df.Blueprint()


@bp.function_name("clock")
@bp.timer_trigger(arg_name="timer", schedule="%MARKET_WATCH_SCHEDULE%", run_on_startup=False, use_monitor=False)
@bp.durable_client_input(client_name="client")
async def clock(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    await turn(platform(), client, _last)


async def turn(plat: Platform, client: df.DurableOrchestrationClient, last: dict[str, int]) -> None:
    """One turn; `last` says in which stretch of time each duty was done last, and is changed."""
    with with_client(client):
        await done("market", market_watch.look_at_markets(plat))
        await done("post", have_post_worked_on(plat, client))
        for name, (every_s, duty) in DUTIES.items():
            stretch = plat.now_ms() // (every_s * 1000)
            if last.get(name) != stretch:
                last[name] = stretch
                await done(name, duty(plat, client))


async def done(name: str, duty: Awaitable[object]) -> None:
    try:
        await asyncio.wait_for(duty, LONGEST_S)
    except Exception as error:
        log_error("clock.failed", error, duty=name)


DUTIES: dict[str, tuple[int, Duty]] = {
    "guards": (20, lambda plat, client: guard_watch.watch_guards(plat)),
    "notices": (20, lambda plat, client: notify.look_at_users(plat, own_queue(plat))),
    "alerts": (60, lambda plat, client: guard_watch.watch_alerts(plat)),
    "heartbeat": (60, heartbeat.look_at_quiet),
    "sweeper": (900, heartbeat.sweep),
    "twins": (3600, lambda plat, client: twin_watch.look_at_twins(plat)),
}
_last: dict[str, int] = {}
