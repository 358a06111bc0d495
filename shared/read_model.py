"""Read models: what Cosmos keeps for the screen and what the API and the live feed show, one shape for all three.

Rules
1. A read model is never decided on; the bot's entity decides. Every one carries the bot's `revision`.
2. Money is a decimal string, an instant ISO 8601 UTC.
3. Stored documents carry more than their read model (`userId`, `schema`, the watch fields): `of_document` takes only the read part.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from shared.schema import SCHEMA as SCHEMA
from strategy_core.number import ZERO, Model, Num
from strategy_core.trade import OrderType, Role, Side, Status

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Strategy = Literal["GRID", "DCA", "BTD", "COMBO", "LOOP", "DCA_FUTURES"]
CloseMode = Literal["keep", "quote", "base", "break_even"]


class ReadModel(Model):
    """Validators are built at the first use: a cold start needs few of them."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def of_document(cls, document: dict[str, Any]) -> Self:
        return cls.model_validate({name: document[name] for name in cls.model_fields if name in document})


class Pnl(ReadModel):
    """The waterfall: cell_profit + inventory_pnl - fees + funding = total, in `currency`, at `price`. `put_in` is the owner's money."""

    cell_profit: Num
    inventory_pnl: Num
    fees: Num
    funding: Num
    total: Num
    hodl: Num | None = None
    total_pct: Num | None = None
    put_in: Num | None = None
    currency: str
    price: Num
    at: Instant


class HorizonView(ReadModel):
    """Strictly between the prices and before the instant nothing would change."""

    below: Num | None = None
    above: Num | None = None
    until: Instant | None = None


class Holdings(ReadModel):
    """What the bot itself owns now, orders included."""

    base: Num
    quote: Num
    base_currency: str
    quote_currency: str


Figures = Annotated[
    dict[str, Num],
    Field(
        description="The prices to watch, each there only while the bot has it: `average` (of what is held, or of the open deal),"
        " `break_even_price`, `stop_price`, `take_profit_price` (the nearest), `liquidation_price`, `next_safety_price`,"
        " `trailing_start_price` (where a trailing take profit begins), `trailing_stop_price` (where it sells once it has),"
        " `native_stop_price` (of the stop the exchange itself keeps),"
        " `trail_up_price` and `trail_down_price` (what moves a ladder), `guard_price` (LOOP's equity guard), `entry_price` (LOOP's entry)"
    ),
]


class BotView(ReadModel):
    """A bot as its owner sees it. A bot that does not run says why: `reason` with its `reason_params`."""

    id: str
    name: str
    account_id: str
    exchange: str
    market: str
    symbol: str
    strategy: Strategy
    config: dict[str, Any]
    status: Status
    reason: str | None = None
    reason_params: dict[str, str] = {}
    revision: int = 0
    epoch: int = 0
    created_at: Instant
    updated_at: Instant
    started_at: Instant | None = None
    stopped_at: Instant | None = None
    last_tick_at: Instant | None = None
    price: Num | None = None
    pnl: Pnl | None = None
    holdings: Holdings | None = None
    horizon: HorizonView | None = None
    reserved: dict[str, Num] = {}
    open_orders: int = 0
    fills: int = 0
    deals: int = 0
    figures: Figures = {}


class OrderView(ReadModel):
    """An order the bot has out. `pending`: committed, the exchange has not confirmed it yet."""

    id: str
    leg: str
    role: Role
    side: Side
    type: OrderType
    price: Num | None
    amount: Num
    status: Literal["pending", "open", "cancelling", "over"]
    reduce_only: bool
    made_at: Instant


class FillView(ReadModel):
    id: str
    bot_id: str
    revision: int
    order_id: str
    trade_id: str
    symbol: str
    leg: str
    role: Role | None = None
    side: Side
    price: Num
    amount: Num
    cost: Num
    fee: Num
    fee_currency: str
    maker: bool
    at: Instant


class EventView(ReadModel):
    """One line of the "why" log. `hash` covers the line and `previous`: the chain shows a missing or changed line."""

    id: str
    bot_id: str
    revision: int
    seq: int
    code: str
    params: dict[str, str]
    at: Instant
    previous: str
    hash: str


class EquityPoint(ReadModel):
    id: str
    bot_id: str
    revision: int
    at: Instant
    price: Num
    total: Num
    currency: str


class BalanceView(ReadModel):
    """`reserved` is promised to bots; `free` and `used` are the venue's words."""

    currency: str
    free: Num
    used: Num
    total: Num
    reserved: Num = ZERO


class AccountView(ReadModel):
    """`key_account_proved`: the key is of the account the first one was of, by the venue's word; false where the venue has no word for it,
    null on paper."""

    id: str
    exchange: str
    label: str
    market: str
    speed: int = 1
    latency_ms: int = 0
    volume_share_pct: Num | None = None
    slippage_pct: Num | None = None
    paper: bool
    created_at: Instant
    balances: tuple[BalanceView, ...] = ()
    key_hint: str | None = None
    key_score: int | None = None
    key_ip_restricted: bool | None = None
    key_problem: str | None = None
    key_account_proved: bool | None = None
    verified_at: Instant | None = None
    balances_at: Instant | None = None
