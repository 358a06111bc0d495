"""The stored state of one bot: what it is, the core's state, what was sent, what is still to be published.

Rules
1. Plain JSON, money as strings, at most 16 KB for a bot of ordinary size.
2. `revision` grows by one with every publication (what the screen counts); `epoch` with every incarnation.
3. Rows of the ledger (fills, events) wait in `outbox` until a publish that carried them is known to have succeeded.
4. Events form a hash chain: `chain` is the number and the hash of the last one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from entities.sent import PAPER_WINDOW, VENUE_WINDOW, Book, Row, Window
from shared.clock import iso
from strategy_core import registry
from strategy_core.state import State
from strategy_core.trade import Event, Fact

SCHEMA = 1
REMEMBERED_EVENTS = 32
HOUR_MS = 3_600_000


@dataclass(slots=True)
class Bot:
    user_id: str
    record: dict[str, Any]
    core: State
    book: Book
    epoch: int
    started_at: int
    revision: int = 0
    cursor: tuple[int, str] = (0, "")
    done: list[str] = field(default_factory=list)
    chain: tuple[int, str] = (0, "")
    outbox: list[dict[str, Any]] = field(default_factory=list)
    fills: int = 0
    failures: int = 0
    quarantine: str | None = None
    stopped_at: int | None = None
    ticked_at: int = 0
    reserved: dict[str, str] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)  # by timeframe: the newest candle the core has seen
    funded: int = 0  # a perpetual's funding is known up to here
    liquidation: str | None = None  # where the venue would take the position, when it last had one
    liquidation_of: str | None = None  # the position that figure was given for
    adopted: dict[str, str] = field(default_factory=dict)  # orders of an earlier epoch, by key: their ids; "" for one that never was
    heir: list[Any] | None = None  # just made again (entities/rebuild.py): the epoch before, and the cursor its look back began at
    backed_up: int | None = None  # how many fills the last backup has
    belt: dict[str, Any] | None = None  # the stop the venue keeps (entities/belt.py), how many there were, whether it keeps any
    belts: int = 0
    belt_after: int = 0
    keeps_stops: bool = False
    belt_heirs: list[list[Any]] = field(default_factory=list)  # stops of an earlier epoch that may be at the venue
    went_back: bool = False  # in this step: the cursor stays where it was put
    is_hour_new: bool = False  # in this step: no step before it was in this hour of the clock
    facts: list[tuple[int, Fact]] = field(default_factory=list)  # of this step: how long the core's log was after each (entities/causes.py)
    heal: dict[str, Any] | None = None  # a look back under way (entities/heal.py)
    why: dict[str, str] = field(default_factory=dict)  # what a guard saw, while the status has the `reason` it gave (entities/causes.py)
    parts: dict[str, list[str]] = field(default_factory=dict)  # by order: amount and profit of a deal closed in part (entities/deals.py)

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def owner(self) -> str:
        return f"{self.user_id}|{self.id}"

    @property
    def origin(self) -> list[Any]:
        """What an order carries to tell whose it is (exchange.protocol.Origin)."""
        return [self.id, self.epoch, self.revision]

    def ticks(self, now: int) -> None:
        """A step at this instant."""
        self.is_hour_new = now // HOUR_MS != self.ticked_at // HOUR_MS
        self.ticked_at, self.facts = now, []

    def has_asked(self, view: dict[str, Any] | None) -> bool:
        """Whether this very state asked for the look, not one before it that was lost."""
        return view is None or view.get("epoch", self.epoch) == self.epoch

    def is_done(self, event_id: str) -> bool:
        return event_id in self.done

    def remember(self, event_id: str) -> None:
        self.done.append(event_id)
        del self.done[:-REMEMBERED_EVENTS]

    def say(self, events: tuple[Event, ...]) -> None:
        """Lines of the "why" log, each chained to the one before."""
        for event in events:
            line = chained(self.chain, event)
            self.chain = (line["seq"], line["hash"])
            self.put("event", line["seq"], line)

    def put(self, kind: str, number: int, row: dict[str, Any]) -> None:
        """A row of the ledger under an id that follows from the bot and the number."""
        self.outbox.append({**ledger_row(self.id, self.epoch, kind, number, row), "revision": self.revision + 1})

    def published(self, revision: int) -> None:
        self.outbox = [row for row in self.outbox if row["revision"] > revision]

    def dump(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "userId": self.user_id,
            "record": self.record,
            "core": registry.dump(self.core),
            "sent": {id_: row.dump() for id_, row in self.book.rows.items()},
            "epoch": self.epoch,
            "startedAt": self.started_at,
            "revision": self.revision,
            "cursor": list(self.cursor),
            "done": self.done,
            "chain": list(self.chain),
            "outbox": self.outbox,
            "fills": self.fills,
            "failures": self.failures,
            "quarantine": self.quarantine,
            "stoppedAt": self.stopped_at,
            "tickedAt": self.ticked_at,
            "reserved": self.reserved,
            "shown": self.shown,
            **({"funded": self.funded} if self.funded else {}),
            **({"parts": self.parts} if self.parts else {}),
            **({"why": self.why} if self.why else {}),
            **({"heal": self.heal} if self.heal else {}),
            **({"belt": [self.belt, self.belts, self.belt_after, *filter(None, [self.belt_heirs])]} if self.keeps_stops else {}),
            **({"adopted": self.adopted} if self.adopted else {}),
            **({"heir": self.heir} if self.heir else {}),
            **({"backedUp": self.backed_up} if self.backed_up is not None else {}),
            **({"liquidation": self.liquidation, "liquidationOf": self.liquidation_of} if self.liquidation else {}),
        }

    @classmethod
    def load(cls, data: dict[str, Any]) -> Bot:
        if data["schema"] != SCHEMA:
            raise ValueError(f"a stored bot of schema {data['schema']!r} cannot be read")
        rows = {id_: Row.load(row) for id_, row in data["sent"].items()}
        belt, belts, belt_after, *belt_heirs = data.get("belt", (None, 0, 0))
        return cls(
            user_id=data["userId"],
            record=data["record"],
            core=registry.load(data["core"]),
            book=Book(rows, window_of(data["record"])),
            epoch=data["epoch"],
            started_at=data["startedAt"],
            revision=data["revision"],
            cursor=(data["cursor"][0], data["cursor"][1]),
            done=data["done"],
            chain=(data["chain"][0], data["chain"][1]),
            outbox=data["outbox"],
            fills=data["fills"],
            failures=data["failures"],
            quarantine=data["quarantine"],
            stopped_at=data["stoppedAt"],
            ticked_at=data["tickedAt"],
            reserved=data["reserved"],
            shown=data["shown"],
            funded=data.get("funded", 0),
            liquidation=data.get("liquidation"),
            liquidation_of=data.get("liquidationOf"),
            parts=data.get("parts", {}),
            why=data.get("why", {}),
            heal=data.get("heal"),
            belt=belt,
            belts=belts,
            belt_after=belt_after,
            keeps_stops="belt" in data,
            belt_heirs=belt_heirs[0] if belt_heirs else [],
            adopted=data.get("adopted", {}),
            heir=data.get("heir"),
            backed_up=data.get("backedUp"),
        )


def window_of(record: dict[str, Any]) -> Window:
    """How long an order of this bot's venue is in doubt: the paper venue keeps deadlines to the millisecond."""
    return PAPER_WINDOW if record["exchange"] == "paper" else VENUE_WINDOW


def chained(chain: tuple[int, str], event: Event) -> dict[str, Any]:
    """The next line of a log after the one of this number and hash."""
    number, previous = chain[0] + 1, chain[1]
    line = {"seq": number, "code": event.code, "params": event.params, "at": iso(event.at)}
    mark = sha256((previous + json.dumps(line, sort_keys=True, ensure_ascii=True)).encode()).hexdigest()
    return {**line, "previous": previous, "hash": mark}


def ledger_row(bot_id: str, epoch: int, kind: str, number: int, row: dict[str, Any]) -> dict[str, Any]:
    name, sort = f"{bot_id}-{epoch}-{number:08d}", f"{epoch:04d}:{number:08d}"
    return {"id": name, "kind": kind, "botId": bot_id, "bot_id": bot_id, "sort": sort, "schema": SCHEMA, **row}
