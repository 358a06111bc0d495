"""The port to an exchange account: what every implementation (paper, ccxt, a fake) promises.

Rules
1. A write answers with an Outcome; UNKNOWN is an answer: "we asked and do not know". Nothing is ever re-sent here.
2. Reads raise an ExchangeError named after what the caller must do.
3. Money is Decimal, instants are epoch milliseconds, ids are ours (`client_order_id`) beside the venue's (`order_id`).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Protocol

from strategy_core.trade import Horizon, Market, Order, Side


class ExchangeError(Exception):
    """Root of what an exchange can answer.

    Unavailable        nothing happened; try again later (network before sending, maintenance, reads)
      RateLimited      ... after `retry_after_ms`
    OutcomeUnknown     we asked and heard nothing: look up by client_order_id, never re-send
    Rejected           the exchange said no, for `reason`
    NotFound           no such order (not: "never placed")
    Unauthorized       pause the account and tell its owner
    Unsupported        a capability we should have checked: our bug
    """


class Unavailable(ExchangeError):
    pass


class RateLimited(Unavailable):
    def __init__(self, message: str, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms


class OutcomeUnknown(ExchangeError):
    pass


class Rejected(ExchangeError):
    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason


class NotFound(ExchangeError):
    pass


class Unauthorized(ExchangeError):
    pass


class Unsupported(ExchangeError):
    pass


class Result(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    EXPIRED = "expired"  # not sent: the intent's deadline had passed


class Outcome(NamedTuple):
    """The answer to a write. `reason` (rejects): insufficient_funds, below_minimum, precision, would_take, closed, bad_symbol,
    rate_limited, unauthorized, expired, not_found, too_many_orders, reduce_only, other. `message` names currency and amounts."""

    result: Result
    order_id: str | None = None
    reason: str | None = None
    message: str = ""


class OrderStatus(StrEnum):
    OPEN = "open"
    FILLED = "closed"  # ccxt's word for filled
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"


class OrderReport(NamedTuple):
    client_order_id: str
    order_id: str
    symbol: str
    side: Side
    price: Decimal | None
    amount: Decimal
    filled: Decimal
    status: OrderStatus
    at: int

    @property
    def is_over(self) -> bool:
        return self.status is not OrderStatus.OPEN


class Trade(NamedTuple):
    """One execution on the account (ccxt `fetch_my_trades`). `client_order_id` may be unknown to the venue: then `order_id` tells."""

    trade_id: str
    order_id: str
    client_order_id: str | None
    symbol: str
    side: Side
    price: Decimal
    amount: Decimal
    fee: Decimal
    fee_currency: str
    maker: bool
    at: int


class Cursor(NamedTuple):
    """Where the last look ended: `at` on the market's path (ms), `trade_id` the newest trade seen. Opaque to callers but for `at`."""

    at: int
    trade_id: str = ""


class Point(NamedTuple):
    """The market's price at one instant."""

    at: int
    price: Decimal


class View(NamedTuple):
    """What one look found, in the order it happened: `trades` first, then the price at `point`.

    `more`: the look ended early at a point where something happened; look again from `cursor` before going to sleep.
    `open_ids`: client order ids of the caller's orders that rest now. `ended`: the caller's orders that are over.
    """

    point: Point
    trades: tuple[Trade, ...]
    open_ids: tuple[str, ...]
    ended: tuple[OrderReport, ...]
    cursor: Cursor
    more: bool


class Balance(NamedTuple):
    free: Decimal
    used: Decimal

    @property
    def total(self) -> Decimal:
        return self.free + self.used


class Position(NamedTuple):
    """A perpetual position: `amount` signed, in base."""

    symbol: str
    amount: Decimal
    entry_price: Decimal | None
    liquidation_price: Decimal | None
    leverage: Decimal | None
    margin_mode: str | None


class Origin(NamedTuple):
    """Whose order it is: its bot in which incarnation, and the revision it was committed after."""

    bot: str
    epoch: int
    revision: int


class Placement(NamedTuple):
    """An order as it is sent. `signed_at` and `deadline` (ms) pin its life; `order.made_at` is the instant it was decided.

    Perpetuals: the bot's `margin_mode` and `leverage`; on some venues the order itself carries them. A `post_only` order never takes:
    the venue refuses it (`would_take`) or ends it without a fill.
    """

    client_order_id: str
    symbol: str
    order: Order
    signed_at: int
    deadline: int
    margin_mode: str | None = None
    leverage: Decimal | None = None
    post_only: bool = False
    origin: Origin | None = None  # the paper venue keeps it: no order of an epoch below the bot's fence is taken


class Exchange(Protocol):
    """One account on one venue."""

    async def market(self, symbol: str) -> Market:
        """The venue's rules. Errors: Unavailable, Rejected("bad_symbol")."""
        ...

    async def balances(self) -> dict[str, Balance]: ...

    async def place(self, placement: Placement) -> Outcome: ...

    async def cancel(self, symbol: str, client_order_id: str, order_id: str | None) -> Outcome:
        """ACCEPTED means asked, not over: `look_up` tells. REJECTED("not_found") is no proof either."""
        ...

    async def look_up(self, symbol: str, client_order_id: str, order_id: str | None) -> OrderReport | None:
        """The order's last known state wherever the venue keeps it, or None: not found (not: never placed)."""
        ...

    async def look(self, symbol: str, since: Cursor, mine: tuple[str, ...], horizon: Horizon) -> View:
        """My trades and ended orders since the cursor, and the price. `mine`: client order ids believed to be on the venue."""
        ...

    async def position(self, symbol: str) -> Position | None:
        """None on spot or when flat. Errors: Unsupported on venues without perpetuals."""
        ...

    async def prepare(self, symbol: str, leverage: Decimal, margin_mode: str) -> Position | None:
        """Sets one-way mode, margin mode and leverage, reads them back; Rejected("mode_mismatch") when they differ."""
        ...

    async def close(self) -> None: ...


class NativeStops(Protocol):
    """An optional capability: stops the venue itself keeps and triggers on its mark price. There when `keeps_stops` is there and true."""

    @property
    def keeps_stops(self) -> bool: ...

    async def place_stop(self, placement: Placement, stop_price: Decimal) -> Outcome:
        """A reduce-only market order of the placement's side and amount, triggered at `stop_price`."""
        ...

    async def look_up_stop(self, symbol: str, client_order_id: str) -> OrderReport | None:
        """OPEN while it waits; once triggered the order it became, with that order's id. None: not found (not: never placed)."""
        ...

    async def cancel_stop(self, symbol: str, client_order_id: str) -> Outcome:
        """ACCEPTED means asked, not over: `look_up_stop` tells."""
        ...
