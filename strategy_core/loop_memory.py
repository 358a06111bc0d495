"""What a LOOP remembers: its entry, how far its levels are known, which of them are empty, and the slices without a place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from strategy_core import waiting
from strategy_core.decimals import ZERO, plain
from strategy_core.loop_plan import Config, Levels, levels_of
from strategy_core.trade import Market, Side


class Origin(NamedTuple):
    """The fill an order came from: its price, and whether the pair it makes is still open to be counted."""

    price: Decimal
    opens: bool


class Slice(NamedTuple):
    """Money that waits for a level: quote for a buy, base for a sell."""

    side: Side
    money: Decimal
    origin: Origin | None


class Part(NamedTuple):
    """An order filled in parts: money received and not yet placed, and the leg its mirror rests on."""

    money: Decimal
    mirror: str | None


class LoopMemory:
    """`known` and `empty` by the first letter of the legs: B and S."""

    __slots__ = ("levels", "slice", "unit", "initial", "half", "known", "empty", "parked", "origins", "parts", "seen", "guard_off")

    def __init__(self, levels: Levels, half: int) -> None:
        self.levels = levels
        self.slice = self.unit = self.initial = ZERO
        self.half = half
        self.known = {"B": half, "S": half}
        self.empty: dict[str, list[int]] = {"B": [], "S": []}
        self.parked: list[Slice] = []
        self.origins: dict[str, Origin] = {}
        self.parts: dict[str, Part] = {}
        self.seen: waiting.Seen = {}
        self.guard_off = False  # the guard has paused the bot once and waits for the loss to shrink

    def dump(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "entry": plain(self.levels.entry),
            "sizes": [plain(self.slice), plain(self.unit), plain(self.initial)],
            "half": self.half,
            "known": self.known,
            "empty": self.empty,
            "origins": {leg: [plain(origin.price), origin.opens] for leg, origin in self.origins.items()},
        }
        if self.parked:
            data["parked"] = [
                [what.side.value, plain(what.money), *([] if what.origin is None else [plain(what.origin.price), what.origin.opens])]
                for what in self.parked
            ]
        if self.parts:
            data["parts"] = {leg: [plain(part.money), part.mirror] for leg, part in self.parts.items()}
        if self.seen:
            data["seen"] = waiting.dump(self.seen)
        if self.guard_off:
            data["guard_off"] = True
        return data

    @classmethod
    def load(cls, data: dict[str, Any], config: Config, market: Market) -> LoopMemory:
        memory = cls(levels_of(Decimal(data["entry"]), config.distance_pct, market.price_tick), data["half"])
        memory.slice, memory.unit, memory.initial = (Decimal(size) for size in data["sizes"])
        memory.known, memory.empty = dict(data["known"]), {side: list(found) for side, found in data["empty"].items()}
        memory.origins = {leg: Origin(Decimal(price), opens) for leg, (price, opens) in data["origins"].items()}
        for side, money, *origin in data.get("parked", ()):
            memory.parked.append(Slice(Side(side), Decimal(money), Origin(Decimal(origin[0]), origin[1]) if origin else None))
        memory.parts = {leg: Part(Decimal(money), mirror) for leg, (money, mirror) in data.get("parts", {}).items()}
        memory.seen = waiting.load(data.get("seen", []))
        memory.guard_off = data.get("guard_off", False)
        return memory
