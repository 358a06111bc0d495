"""Bots as requests and pages; what is read back is in shared/read_model.py."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StrictBool

from shared.read_model import BotView, CloseMode, EquityPoint, EventView, FillView, OrderView, Strategy
from strategy_core.number import Model, Num
from strategy_core.trade import Finding, Preview

Symbol = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,30}/[A-Za-z0-9]{1,30}(:[A-Za-z0-9]{1,30})?$")]
ObjectId = Annotated[str, Field(pattern=r"^[0-9a-z_]{1,40}$")]
Config = Annotated[
    dict[str, Any], Field(description="The fields of the strategy's schema (`GET /api/v1/strategies/{name}`); money is a string")
]


class BotPlan(Model):
    """What a preview needs. `price` replaces the market's own price; `name` is not looked at: a bot's body can be tried as it is."""

    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    account_id: ObjectId
    symbol: Symbol
    strategy: Strategy
    config: Config
    price: Annotated[Num, Field(gt=0)] | None = None


class BotCreate(Model):
    name: Annotated[str, Field(min_length=1, max_length=80)]
    account_id: ObjectId
    symbol: Symbol
    strategy: Strategy
    config: Config


class BotPatch(Model):
    """Only the name can be changed while a bot exists; `config` only while it is a draft or stopped."""

    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    config: Config | None = None


class StartBody(Model):
    pass


class PauseBody(Model):
    keep_orders: StrictBool = True


class StopBody(Model):
    close_mode: CloseMode = "keep"


class MarketView(Model):
    """The venue's rules the preview was computed with."""

    symbol: str
    base: str
    quote: str
    price_tick: Num
    amount_step: Num
    min_amount: Num
    min_notional: Num
    maker_fee: Num
    taker_fee: Num


class PreviewAnswer(Model):
    price: Num
    market: MarketView
    preview: Preview
    available: dict[str, Num]
    currency: str


class Verdict(Model):
    """`findings` stand against the bot; `warnings` do not."""

    valid: bool
    findings: tuple[Finding, ...]
    warnings: tuple[Finding, ...] = ()


class Accepted(Model):
    """The command is durable; `bot` is the state before it (a lost bot: that it is being made again), `status_url` shows the one after."""

    command_id: str
    status_url: str
    bot: BotView


class BotPage(Model):
    items: tuple[BotView, ...]
    next: str | None = None


class OrderPage(Model):
    items: tuple[OrderView, ...]
    next: str | None = None


class FillPage(Model):
    items: tuple[FillView, ...]
    next: str | None = None


class EventPage(Model):
    items: tuple[EventView, ...]
    next: str | None = None


class EquityPage(Model):
    items: tuple[EquityPoint, ...]
    next: str | None = None
