"""Every running bot's horizon in memory, kept up with by one question a look: what was published since the last one.

Rules
1. It mirrors the `bots` documents of one store and forgets nothing but itself: a process that starts reads it anew.
2. What is asked for overlaps by OVERLAP_S, so that a document that became visible late is not missed; while nothing is published, what
   was read last is left alone after QUIET_S, by which clocks may differ. Once in a while all is read again, so that what was deleted goes.
3. A bot whose tick had begun before an earlier look ended, and was published after it, is judged by that look's prices, too.
4. A bot that is due stays due until a tick of it has begun since, whatever the price does meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from shared import watch
from shared.stores import Store

OVERLAP_S, QUIET_S = 10, 30
REBUILD_MS = 3_600_000
REMEMBERED_LOOKS = 12
Name = tuple[str, str]


class Row(NamedTuple):
    """What the watcher knows of one bot: (user, bot), its market, the edges strictly inside which nothing happens."""

    name: Name
    key: str
    below: float | None
    above: float | None
    until_ms: int | None
    ticked_ms: int
    urgent: str

    @classmethod
    def of(cls, found: dict[str, Any]) -> Row:
        return cls(
            (found["userId"], found["id"]), found["watchKey"], found.get("below"), found.get("above"), found.get("until_ms"),
            int(found.get("lastTickMs", 0)), found.get("urgent", ""),
        )  # fmt: skip

    def left(self, low: float, high: float) -> tuple[bool, bool]:
        """Whether the price left through the lower, the upper edge."""
        return self.below is not None and self.below >= low, self.above is not None and self.above <= high


class Seen(NamedTuple):
    """The prices of one market between two looks, and when the later one was."""

    at: int
    low: float
    high: float


class Market:
    """The bots of one market, with the edges nearest to the price."""

    def __init__(self) -> None:
        self.rows: dict[Name, Row] = {}
        self.looks: deque[Seen] = deque(maxlen=REMEMBERED_LOOKS)
        self._edges: tuple[float, float] | None = None

    def put(self, row: Row) -> None:
        self.rows[row.name], self._edges = row, None

    def drop(self, name: Name) -> None:
        if self.rows.pop(name, None) is not None:
            self._edges = None

    def crossed(self, seen: Seen, news: Iterable[Row]) -> list[tuple[Row, bool]]:
        """(bot, whether the edge it left through is urgent). `news` were published since the last look."""
        self.looks.append(seen)
        found = {row.name: row for row in self.rows.values()} if self._is_near(seen) else {}
        due = [(row, is_urgent(row, seen.low, seen.high)) for row in found.values() if any(row.left(seen.low, seen.high))]
        for row in news:
            since = [look for look in self.looks if look.at > row.ticked_ms]
            low, high = min((look.low for look in since), default=seen.low), max((look.high for look in since), default=seen.high)
            if row.name not in found and any(row.left(low, high)):
                due.append((row, is_urgent(row, low, high)))
        return due

    def _is_near(self, seen: Seen) -> bool:
        if self._edges is None:
            lower = max((row.below for row in self.rows.values() if row.below is not None), default=float("-inf"))
            upper = min((row.above for row in self.rows.values() if row.above is not None), default=float("inf"))
            self._edges = lower, upper
        return self._edges[0] >= seen.low or self._edges[1] <= seen.high


def is_urgent(row: Row, low: float, high: float) -> bool:
    """Whether what it left through is a trigger that only a tick can pull: a resting order fills without one."""
    through_lower, through_upper = row.left(low, high)
    return (through_lower and "below" in row.urgent) or (through_upper and "above" in row.urgent)


class WakeIndex:
    """`refresh`, then `crossed` for every market that was looked at, then `timed`."""

    def __init__(self) -> None:
        self.rows: dict[Name, Row] = {}
        self.markets: dict[str, Market] = {}
        self.due: dict[Name, tuple[int, bool]] = {}  # since when, urgent
        self._timed: set[Name] = set()
        self._newest_s = self._asked_s = self._built_ms = 0

    def __len__(self) -> int:
        return len(self.rows)

    async def refresh(self, store: Store, now: int) -> dict[str, list[Row]]:
        """Takes over what was published since the last time. Returns the news by market."""
        is_new = now - self._built_ms >= REBUILD_MS
        found = await watch.published(store, 0 if is_new else max(self._newest_s - OVERLAP_S, self._asked_s - QUIET_S))
        self._asked_s = now // 1000
        if is_new:
            alive = {(one["userId"], one["id"]) for one in found}
            for name in [name for name in self.rows if name not in alive]:
                self._drop(name)
            self._built_ms = now
        news: dict[str, list[Row]] = {}
        for one in found:
            self._newest_s = max(self._newest_s, int(one.get("_ts", 0)))
            row = self._take(one)
            if row is not None:
                news.setdefault(row.key, []).append(row)
        return news

    def _take(self, found: dict[str, Any]) -> Row | None:
        """The bot's row if it is news."""
        name = (found["userId"], found["id"])
        if not found.get("watchKey"):
            self._drop(name)
            return None
        row, old = Row.of(found), self.rows.get(name)
        if row == old:
            return None
        if old is not None and old.key != row.key:
            self._drop(name)
        self.rows[name] = row
        self.markets.setdefault(row.key, Market()).put(row)
        (self._timed.discard if row.until_ms is None else self._timed.add)(name)
        if name in self.due and row.ticked_ms >= self.due[name][0]:
            del self.due[name]
        return row

    def _drop(self, name: Name) -> None:
        row = self.rows.pop(name, None)
        if row is not None:
            self.markets[row.key].drop(name)
        self._timed.discard(name)
        self.due.pop(name, None)

    def crossed(self, key: str, low: Decimal, high: Decimal, now: int, news: Iterable[Row]) -> None:
        """Marks the bots of one market whose horizon the price left."""
        market = self.markets.get(key)
        if market is None:
            market = self.markets[key] = Market()
        for row, urgent in market.crossed(Seen(now, float(low), float(high)), news):
            self._mark(row.name, now, urgent)

    def timed(self, now: int) -> None:
        """Marks the bots whose wake-up time has come."""
        for name in self._timed:
            until = self.rows[name].until_ms
            if until is not None and until <= now:
                self._mark(name, now, False)

    def _mark(self, name: Name, now: int, urgent: bool) -> None:
        since, was_urgent = self.due.get(name, (now, False))
        self.due[name] = (since, urgent or was_urgent)
