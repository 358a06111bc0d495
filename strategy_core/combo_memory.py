"""What a COMBO bot remembers between facts.

Rules
1. `due` is what a level still owes: "e-3" entries, "x4" exits, in base.
2. `origins` are the entry prices of units whose exit rests, by leg: they make cell profit, the first market entry never does.
3. `former` holds earlier sizes of a unit: an exit of one of those is followed by an entry of the present size.
4. `sized` is the price and the money a unit was made from when a ladder was laid anew; a first ladder's are the start price and the margin.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from strategy_core import waiting
from strategy_core.combo_plan import Config, Levels
from strategy_core.decimals import ONE, ZERO, plain
from strategy_core.trade import Market

_MONEY = ("unit", "first_unit", "initial", "paid", "anchor", "best")


class ComboMemory:
    __slots__ = (
        "unit",
        "first_unit",
        "initial",
        "paid",
        "anchor",
        "best",
        "lo",
        "hi",
        "refill",
        "due",
        "origins",
        "former",
        "sized",
        "levels",
        "seen",
        "unsure",
    )

    def __init__(self, config: Config, market: Market) -> None:
        self.unit = self.first_unit = ZERO
        self.initial = self.paid = ZERO  # the first market entry: its amount, and its cost so far
        self.anchor = self.best = ZERO  # zero until the first entry has filled
        self.lo, self.hi = config.up - config.levels, config.up
        self.refill: int | None = None  # the level reached when a unit is being bought again
        self.due: dict[str, Decimal] = {}
        self.origins: dict[str, Decimal] = {}
        self.former: list[Decimal] = []
        self.sized: tuple[Decimal, Decimal] | None = None
        self.levels = Levels(config, ONE, market)
        self.seen: waiting.Seen = {}
        self.unsure: int | None = None

    @property
    def is_laid(self) -> bool:
        return self.anchor > 0

    def forget_ladder(self, price: Decimal, worth: Decimal) -> None:
        """What belonged to the levels and sizes there were; `best` stays, for a stop does not loosen."""
        self.sized = (price, worth)
        self.unit = self.first_unit = self.initial = self.paid = self.anchor = ZERO
        self.refill = None
        self.due, self.origins, self.former = {}, {}, []

    def dump(self) -> dict[str, Any]:
        data: dict[str, Any] = {name: plain(getattr(self, name)) for name in _MONEY}
        data |= {"lo": self.lo, "hi": self.hi}
        if self.refill is not None:
            data["refill"] = self.refill
        if self.unsure is not None:
            data["unsure"] = self.unsure
        for name in ("due", "origins"):
            amounts: dict[str, Decimal] = getattr(self, name)
            if amounts:
                data[name] = {key: plain(value) for key, value in amounts.items()}
        if self.former:
            data["former"] = [plain(unit) for unit in self.former]
        if self.sized is not None:
            data["sized"] = [plain(part) for part in self.sized]
        if self.seen:
            data["seen"] = waiting.dump(self.seen)
        return data

    @classmethod
    def load(cls, data: dict[str, Any], config: Config, market: Market) -> ComboMemory:
        memory = cls(config, market)
        for name in _MONEY:
            setattr(memory, name, Decimal(data[name]))
        memory.lo, memory.hi = data["lo"], data["hi"]
        memory.refill, memory.unsure = data.get("refill"), data.get("unsure")
        memory.due = {key: Decimal(value) for key, value in data.get("due", {}).items()}
        memory.origins = {leg: Decimal(value) for leg, value in data.get("origins", {}).items()}
        memory.former = [Decimal(unit) for unit in data.get("former", ())]
        sized = data.get("sized")
        memory.sized = None if sized is None else (Decimal(sized[0]), Decimal(sized[1]))
        memory.seen = waiting.load(data.get("seen", []))
        if memory.is_laid:
            memory.levels = Levels(config, memory.anchor, market)
        return memory
