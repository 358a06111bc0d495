"""When which channel is told what: at once, in a digest, or after the quiet hours. Pure.

Rules
1. What a channel does not get now is held for it, merged (two fills and three fills are five), at most MOST_HELD notices.
2. Critical notices never wait for a digest; through quiet hours they go only when their owner said so.
3. A digest goes out once its hour or its day has turned since the first notice was held; days turn at `digest_at`, in the user's zone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.notices import Notice, is_quiet, is_wanted, severity_of, zone_of

MOST_HELD = 100
HOUR_MS = 3_600_000
CRITICAL = 2

Doc = dict[str, Any]


class Plan(NamedTuple):
    """Per channel what goes out now, and what is held: {channel: {"since": ms, "notices": [...]}}."""

    now: dict[str, list[Notice]]
    held: dict[str, Doc]


def plan(settings: Doc, held: dict[str, Doc], found: list[Notice], now: int) -> Plan:
    quiet = is_quiet(settings, now)
    send: dict[str, list[Notice]] = {}
    keep: dict[str, Doc] = {}
    for channel in settings.get("channels", ()):
        if not channel["enabled"]:
            continue
        own = [one for one in found if is_wanted(channel, one)]
        before = held.get(channel["id"], {"since": now, "notices": []})
        is_digest = channel.get("digest", "none") != "none"
        at_once = [one for one in own if _goes_now(settings, one, quiet, is_digest)]
        waiting = merged([Notice(*one) for one in before["notices"]], [one for one in own if one not in at_once])
        if waiting and not quiet and is_due(settings, channel, before["since"], now):
            at_once, waiting = merged(waiting, at_once), []
        if at_once:
            send[channel["id"]] = at_once
        if waiting:
            keep[channel["id"]] = {"since": before["since"], "notices": [list(one) for one in waiting]}
    return Plan(send, keep)


def _goes_now(settings: Doc, notice: Notice, quiet: bool, is_digest: bool) -> bool:
    is_critical = severity_of(notice.occasion) >= CRITICAL
    if quiet:
        return is_critical and bool(settings.get("critical_in_quiet_hours"))
    return is_critical or not is_digest


def is_due(settings: Doc, channel: Doc, since: int, now: int) -> bool:
    """Whether what was held since then goes out now."""
    if channel.get("digest") == "hourly":
        return now // HOUR_MS > since // HOUR_MS
    if channel.get("digest") == "daily":
        return since < last_turn(settings, now)
    return True


def last_turn(settings: Doc, now: int) -> int:
    """The last instant at which the user's digest was to go out."""
    hour, minute = (int(part) for part in settings.get("digest_at", "08:00").split(":"))
    local = datetime.fromtimestamp(now / 1000, zone_of(settings))
    turn = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if turn > local:
        turn = (turn.replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=turn.tzinfo)  # the wall clock's day, not 24 hours
    return int(turn.timestamp() * 1000)


def merged(before: list[Notice], later: list[Notice]) -> list[Notice]:
    """Counts of the same bot and occasion added up, the newest figures kept; the oldest are dropped above MOST_HELD."""
    found: dict[tuple[str, str, str], Notice] = {}
    for one in (*before, *later):
        key = (one.occasion, one.bot_id, one.name if not one.bot_id else "")
        known = found.pop(key, None)
        if known is not None and "count" in one.params:
            count = int(known.params.get("count", "1")) + int(one.params["count"])
            one = one._replace(params=one.params | {"count": str(count)})
        found[key] = one
    return list(found.values())[-MOST_HELD:]
