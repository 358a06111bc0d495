"""The heartbeat of resting bots: an activity looks at many, and only those that something happened to get a tick.

Rules
1. Looking changes nothing: a paper book is not written, no entity hears of it, the published document stays as it is.
2. Whoever is not certainly at rest gets a tick: an order in doubt, a fill, an ended order, a price outside the horizon, a perpetual (its
   funding is folded by ticks), a bot put aside, or one that had none for long.
3. Ticks go on meanwhile, and nobody waits for a round: few at a time are looked at, with a pause before each. The activity itself pauses: a
   billed run lasts a second at least, so that short runs with timers between them would cost more. A round of 200 takes twenty seconds
   where the venue answers at once, and little over a minute where it needs a second.
4. No activity comes near the time a function may take (host.json), whatever a venue does: PART bots are looked at by one, LOOK_S at most
   each. A round that takes longer than ROUND_TIME begins no further part: its bots are looked at by the next heartbeat.
5. What fails here fails again in the bot's own tick, where it counts; a venue that is away is named and asked at the next heartbeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrators.activities import is_at_rest
from orchestrators.outside import outside
from orchestrators.own_account import account_of
from orchestrators.start_plan import AT_REST
from shared.bus import BotEvent
from shared.log import log, log_error
from shared.transient import is_transient

AT_ONCE, PAUSE_S = 4, 0.4
PART, LOOK_S = 40, 8.0
ROUND_TIME = timedelta(minutes=2)
Doc = dict[str, Any]
bp = df.Blueprint()


def quiet_round(context: df.DurableOrchestrationContext) -> Generator[Any, Any, int]:
    """Input {bots: [[user, bot], …], beat, tick_before}: the heartbeat's name, and since when a bot may have had no tick."""
    around: Doc = context.get_input()
    bots, woken, ends = around["bots"], 0, context.current_utc_datetime + ROUND_TIME
    for first in range(0, len(bots), PART):
        if context.current_utc_datetime < ends:
            woken += yield context.call_activity("look_around", {**around, "bots": bots[first : first + PART]})
    return woken


@bp.activity_trigger(input_name="around", activity="look_around")
async def look_around(around: dict) -> int:
    """Sends a heartbeat to every bot of the part that is not at rest. Returns how many."""
    accounts: dict[tuple[str, str], Doc] = {}
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, user_id: str, bot_id: str) -> bool:
        async with gate:
            await asyncio.sleep(PAUSE_S * min(number, AT_ONCE) / AT_ONCE)  # one after the other also at the beginning
            return await within(needs_a_tick(user_id, bot_id, int(around["tick_before"]), accounts), bot_id)

    needs = await asyncio.gather(*(one(number, *name) for number, name in enumerate(around["bots"])))
    now = outside().now_ms()
    woken = [BotEvent(*name, around["beat"], "heartbeat", now, {}) for name, needed in zip(around["bots"], needs, strict=True) if needed]
    await outside().bus.send(woken)
    return len(woken)


async def within(look: Coroutine[Any, Any, bool], bot_id: str) -> bool:
    """What a look says in LOOK_S; one that takes longer is made at the next heartbeat."""
    try:
        return await asyncio.wait_for(look, LOOK_S)
    except TimeoutError as error:
        log("heartbeat.skipped", bot=bot_id, error=type(error).__name__)
        return False


async def needs_a_tick(user_id: str, bot_id: str, tick_before: int, accounts: dict[tuple[str, str], Doc]) -> bool:
    try:
        document = await outside().store.read("bots", user_id, bot_id)
        if document is None or document["status"] in (*AT_REST, "draft"):
            return False
        if is_unsettled(document) or document["lastTickMs"] <= tick_before:
            return True
        name = (user_id, document["account_id"])
        account = accounts.get(name) or accounts.setdefault(name, await account_of(user_id, document))
        return await is_at_rest(user_id, account, document) is False
    except Exception as error:
        if is_transient(error):
            log("heartbeat.skipped", bot=bot_id, error=type(error).__name__)
            return False
        log_error("heartbeat.broken", error, bot=bot_id)
        return True


def is_unsettled(document: Doc) -> bool:
    """Whether its own document says that there is something to do, or that looking is not enough."""
    doubtful = any(order["status"] != "open" for order in document.get("orders") or ())
    return doubtful or document["status"] == "error" or "wakeMs" in document or bool(document["look"].get("future"))


bp.orchestration_trigger(context_name="context", orchestration="quiet_round")(quiet_round)
