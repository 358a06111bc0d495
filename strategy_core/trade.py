"""The words of the trade: markets, orders, what happened (facts), what is asked for (intents), and the horizon.

Rules
1. Values here are cheap (NamedTuple): the hot path builds one only when something changed.
2. An order is known by (leg, generation, attempt). `leg` names the place, `generation` counts orders on it, `attempt` grows
   only after a venue's definite reject. Two different orders never share that key; the same wanted order always has the same.
3. A fact is past tense and carries its own instant (`at`, epoch milliseconds). The core never asks a clock.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from strategy_core.number import ZERO, Model, Num


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    LIMIT = "limit"
    MARKET = "market"


class Role(StrEnum):
    INITIAL = "initial"
    GRID = "grid"
    DCA = "dca"
    REFILL = "refill"
    LOOP = "loop"
    BASE = "base"
    SAFETY = "safety"
    TAKE_PROFIT = "take_profit"
    STOP_LOSS = "stop_loss"
    CLOSE = "close"


class FeeMode(StrEnum):
    RECEIVED = "received"  # a buy pays in base, a sell in quote
    QUOTE = "quote"


class Status(StrEnum):
    """`strategies.md` 1.5; the owner's view of a bot."""

    DRAFT = "draft"
    WAITING = "waiting"
    STARTING = "starting"
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    ERROR = "error"


class Market(Model):
    """A venue's rules for one symbol. Fees are fractions (0.001 is 0.1 %); `slippage_pct` only speaks to the simulator."""

    symbol: str
    price_tick: Num
    amount_step: Num
    min_amount: Num = ZERO
    min_notional: Num = ZERO
    maker_fee: Num
    taker_fee: Num
    fee_mode: FeeMode = FeeMode.QUOTE
    slippage_pct: Num = ZERO
    max_orders: int | None = None
    max_leverage: Num | None = None
    mmr_pct: Num | None = None  # maintenance margin rate of the venue's tier, percent

    @cached_property
    def base(self) -> str:
        return self.symbol.split("/")[0]

    @cached_property
    def quote(self) -> str:
        return self.symbol.split("/")[1].split(":")[0]

    @cached_property
    def is_future(self) -> bool:
        return ":" in self.symbol


class Order(NamedTuple):
    """What a strategy wants resting. `price` is None for a market order; `made_at` is the instant it was decided."""

    leg: str
    generation: int
    attempt: int
    side: Side
    type: OrderType
    price: Decimal | None
    amount: Decimal
    role: Role
    reduce_only: bool
    made_at: int

    @property
    def key(self) -> str:
        return f"{self.leg}|{self.generation}|{self.attempt}"


def client_order_id(owner: str, epoch: int, key: str) -> str:
    """32 lower-case hex characters: fits every first-rank venue or is spelled anew by its adapter. `owner` is "user|bot"."""
    return sha256(f"{owner}|{epoch}|{key}".encode()).hexdigest()[:32]


# -- facts ------------------------------------------------------------------------------------------------------------


class Fill(NamedTuple):
    """One execution of one order. `fee` is positive when paid, in `fee_currency`. Known by (venue, account, symbol, trade_id)."""

    leg: str
    generation: int
    side: Side
    price: Decimal
    amount: Decimal
    fee: Decimal
    fee_currency: str
    trade_id: str
    at: int
    maker: bool = True
    fee_value: Decimal = ZERO  # what a fee in a third coin was worth, in quote, at the time


class Ended(NamedTuple):
    """An order is over without being (fully) filled. `filled` is the venue's final figure, its fills arrive as Fill facts.

    reason: cancelled (we asked) | rejected (the venue said no; `detail` has its reason) | missing (someone else removed it) | expired
    """

    leg: str
    generation: int
    attempt: int
    reason: str
    filled: Decimal
    at: int
    detail: str = ""


class Look(NamedTuple):
    """The market as seen at one instant: triggers are judged here and only here."""

    price: Decimal
    at: int


class Candles(NamedTuple):
    """Closed candles of one timeframe, oldest first: rows (t_ms, open, high, low, close)."""

    timeframe_ms: int
    rows: tuple[tuple[int, Decimal, Decimal, Decimal, Decimal], ...]
    at: int


class Command(NamedTuple):
    """The owner's (or a signal's) word. `id` makes it idempotent.

    name: pause {keep_orders} | resume | stop {close_mode, pct} | add_funds {amount} | edit {changes} | start_deal |
    add_safety {size} | close_deal | cancel_deal
    """

    name: str
    params: dict[str, object]
    at: int
    id: str
    reason: str = "user"


class Funding(NamedTuple):
    """A funding payment on a perpetual: negative was paid, positive received. Known by (symbol, at)."""

    amount: Decimal
    at: int


class PositionSeen(NamedTuple):
    """The venue's own view of a futures position (signed amount), for the reality check."""

    amount: Decimal
    entry_price: Decimal | None
    liquidation_price: Decimal | None
    at: int


class Rules(NamedTuple):
    """The venue changed its rules for the symbol."""

    market: Market
    at: int


Fact = Fill | Ended | Look | Candles | Command | Funding | PositionSeen | Rules


# -- what the core answers --------------------------------------------------------------------------------------------


class Horizon(NamedTuple):
    """Strictly inside (below, above) and before `until` nothing would change. None is open on that side; empty: below == above."""

    below: Decimal | None
    above: Decimal | None
    until: int | None

    @property
    def is_empty(self) -> bool:
        return self.below is not None and self.below == self.above


class Event(NamedTuple):
    """One line of the "why" log: what happened, why, and with which figures (decimal strings)."""

    code: str
    params: dict[str, str]
    at: int


class Invalid(Exception):
    """The owner's configuration cannot run: all findings at once."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(f"{f.field}: {f.code}" for f in findings))
        self.findings = findings

    @property
    def field(self) -> str:
        return self.findings[0].field

    @property
    def code(self) -> str:
        return self.findings[0].code

    @property
    def params(self) -> dict[str, str]:
        return self.findings[0].params


class Finding(Model):
    """`strategies.md` 1.9: which field, which code, with which figures."""

    field: str
    code: str
    params: dict[str, str] = {}


class PlannedOrder(Model):
    """A row of the preview: one order the bot would have."""

    leg: str
    side: Side
    type: OrderType
    price: Num | None
    amount: Num
    cost: Num
    role: Role


class Preview(Model):
    """Everything the owner sees before a start. Money in the currency named beside it.

    `table` holds the strategy's own rows (DCA ladder, liquidation per depth ...) as strings; `plan` its own figures.
    """

    orders: tuple[PlannedOrder, ...]
    levels: tuple[tuple[Num, Num], ...] = ()
    currency: str
    funds_needed: Num
    funds_left: Num
    fees_to_open: Num
    break_even_step_pct: Num | None = None
    dust: Num = ZERO
    worst_case: Num
    worst_case_price: Num | None = None
    venue_orders: int
    plan: dict[str, str] = {}
    table: tuple[dict[str, str], ...] = ()
    warnings: tuple[Finding, ...] = ()
