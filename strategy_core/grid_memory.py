"""What a GRID remembers: its window, its sizes, where each sell came from, and what waits to be placed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from strategy_core import waiting
from strategy_core.decimals import ONE, ZERO, floor_to, plain
from strategy_core.guard import Guard
from strategy_core.ladder import LadderConfig, ladder_of
from strategy_core.levels import Ladder
from strategy_core.trade import Market

# what was asked of a level (price, amount, and the factor, which is another object whenever the market's rules change), and what came of it
Ask = tuple[Decimal, Decimal, Decimal]
Bid = tuple[Decimal, Decimal, Decimal, Decimal, Decimal]  # ... cost, and what it takes of the quote
Gain = tuple[Decimal, Decimal, Decimal, Decimal]  # price, origin, amount: the gain


class Watched:
    """What every fill and look asks of a configuration, at hand: a model's field costs three times as much."""

    __slots__ = ("config", "stop_loss", "profit", "percent", "is_trailing", "is_fixed")

    def __init__(self, config: Any) -> None:
        self.config = config
        self.stop_loss: Decimal | None = config.stop_loss_price
        self.profit: Decimal | None = config.take_profit_price
        self.percent: Decimal | None = config.take_profit_pct
        self.is_trailing: bool = config.trail_up != "off" or config.trail_down != "off"
        self.is_fixed: bool = config.reinvest == "fixed"


class GridMemory:
    """`parked`: level -> None for a buy, (base set aside, origin) for a sell. `held`: base of a part not yet for sale, by its level.

    `origins`: what the base of a resting sell was bought for; `sold`: executed, proceeds and mirrored so far of a sell in parts.
    """

    __slots__ = (
        "ladder", "lo", "hi", "empty", "quote", "base", "initial", "sizes", "origins", "parked", "held", "sold",
        "budget_up", "budget_down", "ended_up", "ended_down", "guard", "seen", "watched", "rounded", "bids", "asks", "gains",
    )  # fmt: skip

    def __init__(self, ladder: Ladder, lo: int, hi: int, empty: int, quote: Decimal | None, base: Decimal | None, initial: Decimal) -> None:
        self.ladder = ladder
        self.lo, self.hi, self.empty = lo, hi, empty
        self.quote, self.base, self.initial = quote, base, initial
        self.sizes: dict[int, Decimal] = {}
        self.origins: dict[str, Decimal] = {}
        self.parked: dict[int, tuple[Decimal, Decimal | None] | None] = {}
        self.held: dict[int, Decimal] = {}
        self.sold: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
        self.budget_up = self.budget_down = ZERO
        self.ended_up = self.ended_down = False
        self.guard: Guard | None = None
        self.seen: waiting.Seen = {}
        self.watched: Watched | None = None
        # the last answers: cells are mostly of one size, so that the same is asked again and again
        self.rounded: tuple[Decimal, Decimal, Decimal] = (ZERO, ONE, ZERO)  # an amount and a step: the amount on the step
        self.bids: dict[int, Bid] = {}
        self.asks: dict[int, Ask] = {}
        self.gains: dict[str, Gain] = {}

    def watch(self, config: Any) -> Watched:
        """Made anew when the owner changed something."""
        found = self.watched
        if found is None or found.config is not config:
            found = self.watched = Watched(config)
        return found

    def lots_of(self, amount: Decimal, step: Decimal) -> Decimal:
        """The amount, down to a multiple of the step."""
        before, by, found = self.rounded
        if by is not step or before != amount:
            found = floor_to(amount, step)
            self.rounded = (amount, step, found)
        return found

    def gain(self, leg: str, price: Decimal, origin: Decimal, amount: Decimal) -> Decimal:
        """What selling the amount brings over what it was bought for."""
        known = self.gains.get(leg)
        if known is None or known[0] is not price or known[1] is not origin or known[2] is not amount:
            known = self.gains[leg] = (price, origin, amount, (price - origin) * amount)
        return known[3]

    def forget(self) -> None:
        """A new ladder: nothing of the old one's places is kept."""
        self.origins.clear()
        self.parked.clear()
        self.held.clear()
        self.sold.clear()
        self.ended_up = self.ended_down = False

    def set_aside(self) -> Decimal:
        """Base that belongs to a level though no order shows it."""
        held = sum(self.held.values(), ZERO)
        return held + sum((what[0] for what in self.parked.values() if what is not None), ZERO)

    def has_parked_buys(self) -> bool:
        return any(what is None for what in self.parked.values())

    def dump(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "window": [self.lo, self.hi, self.empty],
            "sizes": [None if size is None else plain(size) for size in (self.quote, self.base, self.initial)],
            "origins": {leg: plain(price) for leg, price in self.origins.items()},
        }
        if self.parked:
            data["parked"] = [
                [j] if what is None else [j, plain(what[0]), None if what[1] is None else plain(what[1])] for j, what in self.parked.items()
            ]
        if self.held:
            data["held"] = [[j, plain(amount)] for j, amount in self.held.items()]
        if self.sold:
            data["sold"] = {leg: [plain(part) for part in parts] for leg, parts in self.sold.items()}
        if self.budget_up or self.budget_down:
            data["budgets"] = [plain(self.budget_up), plain(self.budget_down)]
        if self.ended_up or self.ended_down:
            data["ended"] = [self.ended_up, self.ended_down]
        if self.guard is not None:
            data["guard"] = self.guard.dump()
        if self.seen:
            data["seen"] = waiting.dump(self.seen)
        return data

    @classmethod
    def load(cls, data: dict[str, Any], config: LadderConfig, market: Market) -> GridMemory:
        quote, base, initial = (None if size is None else Decimal(size) for size in data["sizes"])
        lo, hi, empty = data["window"]
        memory = cls(ladder_of(config, market), lo, hi, empty, quote, base, initial or ZERO)
        memory.origins = {leg: Decimal(price) for leg, price in data["origins"].items()}
        for j, *what in data.get("parked", ()):
            memory.parked[j] = (Decimal(what[0]), None if what[1] is None else Decimal(what[1])) if what else None
        memory.held = {j: Decimal(amount) for j, amount in data.get("held", ())}
        memory.sold = {leg: (Decimal(a), Decimal(b), Decimal(c)) for leg, (a, b, c) in data.get("sold", {}).items()}
        memory.budget_up, memory.budget_down = (Decimal(text) for text in data.get("budgets", ("0", "0")))
        memory.ended_up, memory.ended_down = data.get("ended", (False, False))
        memory.seen = waiting.load(data.get("seen", []))
        if "guard" in data:
            memory.guard = Guard(config.pump_guard_s, config.pump_guard_fills, config.pump_guard_pct).load(data["guard"])
        return memory
