"""What a DCA bot remembers between facts: where it is in a deal, and the sums of that deal.

Rules
1. A deal's sums count its own fills only; what earlier deals left in the ledger is swept with the next exit, not counted twice.
2. Stored compactly: what is zero or empty is left out.
3. A fill of an earlier deal that arrives between two deals belongs to the next one, cost and all.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from strategy_core.conditions import Seen
from strategy_core.dca_config import AnyDca
from strategy_core.dca_ladder import Bought, Level, ladder
from strategy_core.decimals import ONE, ZERO, plain
from strategy_core.ledger import Ledger
from strategy_core.trade import Fill, Side

NOTHING: Final = Bought(ZERO, ZERO, ZERO, ZERO)


class Phase(StrEnum):
    IDLE = "idle"  # no deal
    OPENING = "opening"  # the base order is out
    OPEN = "open"
    CLOSING = "closing"  # the market exit is out


_MONEY = ("factor", "extra", "best", "peak", "target", "first_p0", "left_base", "left_quote", "funding_before")
_COUNTS = ("filled", "laid", "resting", "steps_done", "below_since", "closed_at", "unsure")
_SWITCHES = ("asked", "last_deal")
_SUMS = ("entry", "base", "exit")
_SEEN = ("start_seen", "safety_seen", "close_seen")


class Memory:
    """`entry`/`exit` are what the deal bought or sold, gross and net; `base` is the base order's part of `entry`."""

    __slots__ = ("phase", *_MONEY, *_COUNTS, *_SWITCHES, *_SUMS, *_SEEN, "parked", "pending", "exit_reason", "config", "_levels")

    phase: Phase
    factor: Decimal | None  # scale of this deal's sizes: reinvestment, risk reduction
    extra: Decimal | None  # scale of its unfilled orders: money added during the deal
    best: Decimal | None  # best path point since the base order filled (trailing stop)
    peak: Decimal | None  # best path point since the trailing take profit was reached
    target: Decimal | None  # price at which the trailing take profit is reached
    first_p0: Decimal | None  # the first deal's base price: the plan shown beside it
    left_base: Decimal | None  # coins of cancelled deals: the owner's now, never sold by the bot
    left_quote: Decimal | None
    funding_before: Decimal | None  # funding booked before this deal
    filled: int  # safety orders of the ladder that are done
    laid: int  # safety orders of the ladder that had their turn
    resting: int
    steps_done: int
    below_since: int | None  # since when the stop holds
    closed_at: int | None
    unsure: int | None  # looks in a row at which the venue's position was another than ours
    asked: int  # a webhook or the owner asked for a deal
    last_deal: int  # the bot stops when this deal ends
    entry: Bought
    base: Bought
    exit: Bought
    start_seen: dict[str, Seen]
    safety_seen: dict[str, Seen]
    close_seen: dict[str, Seen]
    parked: list[int]  # safety orders that could not be paid for, retried after each fill
    pending: dict[str, Any]  # edits that wait for the deal's end
    exit_reason: str | None

    def __init__(self, config: AnyDca) -> None:
        self.config = config  # what the ladder of the deal under way is made from
        self._levels: tuple[Level, ...] | None = None
        self.left_base = self.left_quote = self.first_p0 = None
        self.closed_at = self.unsure = None
        self.asked = self.last_deal = 0
        self.start_seen, self.pending = {}, {}
        self.forget_deal()

    def forget_deal(self) -> None:
        """Between two deals."""
        self.phase = Phase.IDLE
        self.factor = self.extra = ONE
        self.best = self.peak = self.target = self.below_since = self.exit_reason = self.funding_before = None
        self.filled = self.laid = self.resting = self.steps_done = 0
        self.entry = self.base = self.exit = NOTHING
        self.parked = []
        self.safety_seen, self.close_seen = {}, {}

    @property
    def levels(self) -> tuple[Level, ...]:
        """The safety orders as planned, nearest first."""
        if self._levels is None:
            self._levels = ladder(self.config)
        return self._levels

    def use(self, config: AnyDca) -> None:
        """The next deal's ladder is that of another configuration."""
        self.config, self._levels = config, None

    @property
    def p0(self) -> Decimal:
        """Average price of the base order."""
        return self.base.cost / self.base.amount

    def dump(self) -> dict[str, Any]:
        data: dict[str, Any] = {"phase": self.phase.value}
        for name in _MONEY:
            value = getattr(self, name)
            if value is not None:
                data[name] = plain(value)
        for name in (*_COUNTS, *_SWITCHES, "exit_reason", "parked", "pending"):
            value = getattr(self, name)
            if value or (value == 0 and name in ("below_since", "closed_at")):
                data[name] = value
        for name in _SUMS:
            total: Bought = getattr(self, name)
            if total is not NOTHING:
                data[name] = [plain(x) for x in total]
        for name in _SEEN:
            seen: dict[str, Seen] = getattr(self, name)
            if seen:
                data[name] = {place: [s.true, s.until, None if s.high is None else plain(s.high)] for place, s in seen.items()}
        return data

    @classmethod
    def load(cls, data: dict[str, Any], config: AnyDca) -> Memory:
        memory = cls(config)
        memory.phase = Phase(data["phase"])
        for name in _MONEY:
            text = data.get(name)
            setattr(memory, name, None if text is None else ONE if text == "1" else Decimal(text))
        for name in (*_COUNTS, *_SWITCHES, "exit_reason", "parked", "pending"):
            if name in data:
                setattr(memory, name, data[name])
        for name in _SUMS:
            if name in data:
                setattr(memory, name, Bought(*map(Decimal, data[name])))
        for name in _SEEN:
            rows = data.get(name, {})
            setattr(
                memory, name, {p: Seen(true, until, None if high is None else Decimal(high)) for p, (true, until, high) in rows.items()}
            )
        return memory


def booked(total: Bought, fill: Fill, ledger: Ledger) -> Bought:
    """The sums with one more fill: gross, and what left and came after fees in the market's own coins."""
    cost = fill.price * fill.amount
    base_fee = fill.fee if fill.fee_currency == ledger.base_coin else ZERO
    quote_fee = fill.fee if fill.fee_currency == ledger.quote_coin else ZERO
    if fill.side is Side.BUY:
        paid, got = cost + quote_fee, fill.amount - base_fee
    else:
        paid, got = fill.amount + base_fee, cost - quote_fee
    return Bought(total.cost + cost, total.amount + fill.amount, total.paid + paid, total.got + got)
