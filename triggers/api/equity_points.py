"""The points of an equity curve grow coarse with age: all of a week, one an hour of three months, one a day of what is older.

Rules
1. Only what the fold of the ledger has read is thinned (triggers/api/analytics.py): its figures saw every point.
2. The last point of an hour, or of a day, is the one that stays. Age is counted back from the bot's newest point: a replay has a time of
   its own.
3. A message deletes at most MOST points and leaves the rest to the next. Deleted twice is deleted.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from shared.clock import ms_of
from shared.read_model import SCHEMA
from triggers.api.platform import Platform

DAY_MS, MOST, PAGE = 86_400_000, 2_000, 1_000

Doc = dict[str, Any]


class Grain(NamedTuple):
    """Beyond `age_ms` one point stays of those whose instants begin alike in so many characters."""

    name: str
    age_ms: int
    alike: int


GRAINS = (Grain("hour", 7 * DAY_MS, 13), Grain("day", 90 * DAY_MS, 10))


def document_id(bot_id: str) -> str:
    return f"thinned-{bot_id}"


async def thin(plat: Platform, user_id: str, bot_id: str, fold: Doc) -> str | None:
    """None once everything that is old enough is coarse; else the point at which the next message goes on."""
    if not fold["fine"]:
        return None
    newest, places = ms_of(fold["fine"][-1][0]), await places_of(plat, user_id, bot_id)
    before, gone = dict(places), list[str]()
    for grain in GRAINS:
        await grind(plat, user_id, bot_id, grain, (fold["equityAfter"], newest - grain.age_ms), places, gone)
    if places != before:
        document = {"id": document_id(bot_id), "kind": "thinned", "schema": SCHEMA, "sort": document_id(bot_id), "places": places}
        await plat.store.upsert("equity", user_id, document)
    return gone[-1] if len(gone) >= MOST else None


async def places_of(plat: Platform, user_id: str, bot_id: str) -> dict[str, str]:
    """Per grain the last point that needs no second look."""
    stored = await plat.store.read("equity", user_id, document_id(bot_id))
    return dict((stored or {}).get("places", {}))


async def grind(
    plat: Platform, user_id: str, bot_id: str, grain: Grain, end: tuple[str, int], places: dict[str, str], gone: list[str]
) -> None:
    """Points up to `end` (a place, an instant) in one grain. The place moves on; what was deleted is added to `gone`."""
    last: Doc | None = None
    while len(gone) < MOST:
        after = last["sort"] if last is not None else places.get(grain.name, "")
        rows = await plat.store.since("equity", user_id, {"kind": "equity", "botId": bot_id}, after, PAGE)
        for row in rows:
            if row["sort"] > end[0] or ms_of(row["at"]) >= end[1] or len(gone) >= MOST:
                return
            if last is not None and last["at"][: grain.alike] == row["at"][: grain.alike]:
                await plat.store.delete("equity", user_id, last["id"])
                gone.append(last["id"])
            elif last is not None:
                places[grain.name] = last["sort"]
            last = row
        if len(rows) < PAGE:
            return
