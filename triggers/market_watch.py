"""Every few seconds: which bots did the market move, or the clock? One message for each, the most urgent first.

Rules
1. The timer is a nudge: a slot may be lost, doubled or late. Two watchers at once send the same message ids.
2. A symbol's look continues where the last one ended, so that a spike between two looks is not missed. How far it looked is kept in
   memory; it is written, after the messages are durable, once STORED_EVERY_MS have passed, sooner when one of the market's bots was
   woken. Who starts anew begins at what was written: what it looks at twice costs a message, no more.
3. A market that cannot be asked is skipped and named; the others are looked at.
4. What is urgent goes first: triggers that only a tick can pull before orders that rest at the venue anyway.
5. A message waits in its queue as long as it takes: it is sent again only when those before it should have had their ticks long ago. In a
   storm a second one for everybody would be twice the work.
"""

from __future__ import annotations

import logging
from typing import NamedTuple
from zlib import crc32

import azure.durable_functions as df
import azure.functions as func

from shared import watch
from shared.bus import BotEvent
from shared.errors import AppError
from shared.log import log, log_error
from triggers.api.platform import Platform, platform
from triggers.market_source import Extremes, Path
from triggers.wake_index import Name, WakeIndex

SLOT_MS = 1_000
PATIENCE_MS = 15_000
LONGEST_PATIENCE_MS = 900_000
SLOWEST_A_SECOND = 40  # ticks of a host that has nothing else to do
SILENT_AFTER = 6  # nudges in vain: a quarter of an hour
STORED_EVERY_MS, STORED_SOON_MS = 60_000, 15_000

bp = df.Blueprint()


@bp.function_name("market_watch")
@bp.timer_trigger(arg_name="timer", schedule="%MARKET_WATCH_SCHEDULE%", run_on_startup=False, use_monitor=False)
async def market_watch(timer: func.TimerRequest) -> None:
    await look_at_markets(platform())


class Nudge(NamedTuple):
    """When a bot was last sent one, how often in vain, and how long that one may take."""

    at: int = 0
    vain: int = 0
    patience_ms: int = 0


class Memory:
    """What one process knows between two looks; all of it can be found again."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.store: object = None
        self.index = WakeIndex()
        self.nudged: dict[Name, Nudge] = {}
        self.reached: dict[tuple[str, str], int] = {}
        self.stored_ms: dict[str, int] = {}

    def of(self, store: object) -> Memory:
        """This memory, empty if it was of another store."""
        if self.store is not store:
            self.clear()
            self.store = store
        return self


_memory = Memory()


async def look_at_markets(plat: Platform) -> int:
    """Wakes every bot that is due and not on its way already. Returns how many."""
    memory = _memory.of(plat.store)
    looks = [(document, await look_at_source(plat, memory, document)) for document in await watch.watched(plat.store)]
    now = plat.now_ms()  # a tick that began before may not have seen what was just seen
    news = await memory.index.refresh(plat.store, now)
    for document, seen in looks:
        for symbol, extremes in seen.items():
            key = f"{document['source']}|{symbol}"
            memory.index.crossed(key, extremes.low, extremes.high, now, news.get(key, ()))
    memory.index.timed(now)
    woken = [memory.index.rows[name] for name in in_order(memory) if not is_on_its_way(memory, name, now)]
    slot = now // SLOT_MS
    await plat.bus.send([BotEvent(*row.name, f"s{slot}", "market", now, {}) for row in woken])
    for row in woken:
        memory.nudged[row.name] = following(memory.nudged.get(row.name, Nudge()), row.ticked_ms, now, len(memory.index.due))
    if silent := sum(memory.nudged[row.name].vain >= SILENT_AFTER for row in woken):
        log("sweeper.silent_bots", logging.WARNING, count=silent)
    for document, seen in looks:
        await keep(plat, memory, document, seen, {row.key for row in woken})
    return len(woken)


def in_order(memory: Memory) -> list[Name]:
    """Whoever is due: urgent ones first, then who has waited longest."""
    return sorted(memory.index.due, key=lambda name: (not memory.index.due[name][1], memory.index.due[name][0], name))


def is_on_its_way(memory: Memory, name: Name, now: int) -> bool:
    """Whether a nudge sent not long ago has not begun its tick yet: a second one would only make the next ones wait behind it."""
    last = memory.nudged.get(name, Nudge())
    return memory.index.rows[name].ticked_ms < last.at and now - last.at < last.patience_ms


def following(last: Nudge, ticked_ms: int, now: int, due: int) -> Nudge:
    """The nudge sent now, with so many bots due."""
    vain = last.vain + 1 if ticked_ms < last.at else 0
    return Nudge(now, vain, min((PATIENCE_MS << min(vain, 10)) + due // SLOWEST_A_SECOND * 1_000, LONGEST_PATIENCE_MS))


async def look_at_source(plat: Platform, memory: Memory, document: watch.Document) -> dict[str, Extremes]:
    """The extremes of every symbol since it was last looked at."""
    path, source = Path(**document["path"]), document["source"]
    found: dict[str, Extremes] = {}
    for symbol, stored in document["symbols"].items():
        try:
            found[symbol] = await plat.markets.extremes(path, symbol, max(stored, memory.reached.get((source, symbol), 0)))
        except AppError as error:
            log("watch.skipped", source=source, symbol=symbol, code=error.code)
        except Exception as error:  # one tenant's broken recording must not blind the others
            log_error("watch.failed", error, source=source, symbol=symbol)
    return found


async def keep(plat: Platform, memory: Memory, document: watch.Document, seen: dict[str, Extremes], woken: set[str]) -> None:
    """Remembers how far each symbol was looked at, and writes it where it is worth a write."""
    source, now, stored = document["source"], plat.now_ms(), document["symbols"]
    memory.reached.update({(source, symbol): extremes.at for symbol, extremes in seen.items()})
    is_new = any(not stored[symbol] for symbol in seen)
    patience = STORED_SOON_MS if any(f"{source}|{symbol}" in woken for symbol in seen) else STORED_EVERY_MS
    if is_new or now - memory.stored_ms.setdefault(source, now - share_of(source)) >= patience:
        reached = {symbol: extremes.at for symbol, extremes in seen.items() if extremes.at != stored[symbol]}
        if reached:
            await watch.looked(plat.store, document, reached)
        memory.stored_ms[source] = now


def share_of(source: str) -> int:
    """A process that begins with many sources writes some of their places in every look, not all of them in one a minute."""
    return crc32(source.encode()) % STORED_EVERY_MS
