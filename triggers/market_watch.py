"""Every few seconds: which bots did the market move, or the clock? One message for each.

Rules
1. The timer is a nudge: a slot may be lost, doubled or late. Two watchers at once send the same message ids.
2. A symbol's look continues where the last one ended, so that a spike between two looks is not missed.
3. A market that cannot be asked is skipped and named; the others are looked at.
"""

from __future__ import annotations

import azure.durable_functions as df
import azure.functions as func

from shared import watch
from shared.bus import BotEvent
from shared.errors import AppError
from shared.log import log, log_error
from triggers.api.platform import Platform, platform
from triggers.market_source import Path

SLOT_MS = 1_000
PATIENCE_MS = 15_000
MOST_REMEMBERED = 100_000

bp = df.Blueprint()
_nudged: dict[tuple[str, str], int] = {}  # when this process last woke a bot; forgetting it costs a message, no more


@bp.function_name("market_watch")
@bp.timer_trigger(arg_name="timer", schedule="%MARKET_WATCH_SCHEDULE%", run_on_startup=False, use_monitor=False)
async def market_watch(timer: func.TimerRequest) -> None:
    await look_at_markets(platform())


async def look_at_markets(plat: Platform) -> int:
    """Wakes every bot that is due and not on its way already. Returns how many."""
    now = plat.now_ms()
    due = set(await watch.timed(plat.store, now))
    for document in await watch.watched(plat.store):
        due |= await look_at_source(plat, document)
    slot = now // SLOT_MS
    woken = [one for one in sorted(due) if not is_on_its_way(one, now)]
    await plat.bus.send([BotEvent(one.user_id, one.bot_id, f"s{slot}", "market", now, {}) for one in woken])
    _nudged.update({(one.user_id, one.bot_id): now for one in woken})
    return len(woken)


def is_on_its_way(one: watch.Due, now: int) -> bool:
    """Whether a nudge sent not long ago has not begun its tick yet: a second one would only make the owner's commands wait behind it."""
    sent = _nudged.get((one.user_id, one.bot_id), 0)
    if len(_nudged) > MOST_REMEMBERED:
        _nudged.clear()
    return one.ticked_ms < sent and now - sent < PATIENCE_MS


async def look_at_source(plat: Platform, document: watch.Document) -> set[watch.Due]:
    path, source = Path(**document["path"]), document["source"]
    due: set[watch.Due] = set()
    reached: dict[str, int] = {}
    for symbol, since in document["symbols"].items():
        try:
            seen = await plat.markets.extremes(path, symbol, since)
        except AppError as error:
            log("watch.skipped", source=source, symbol=symbol, code=error.code)
            continue
        except Exception as error:  # one tenant's broken recording must not blind the others
            log_error("watch.failed", error, source=source, symbol=symbol)
            continue
        due |= set(await watch.crossed(plat.store, f"{source}|{symbol}", seen.low, seen.high))
        if seen.at != since:
            reached[symbol] = seen.at
    if reached:
        await watch.looked(plat.store, document, reached)
    return due
