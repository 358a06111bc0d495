"""Accounts as requests and pages."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Discriminator, Field, RootModel, SecretStr, Tag

from shared.read_model import AccountView
from strategy_core.number import Model, Num
from triggers.api.models.common import WHOLE

Currency = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")]
Label = Annotated[str, Field(min_length=1, max_length=80)]
Venue = Literal["binance", "bybit", "okx", "kraken", "coinbase", "kucoin", "bitget", "gate"]


class AccountCreate(Model):
    """A paper account: `market` is simulated, replay or an exchange whose public prices it trades on."""

    exchange: Literal["paper"]
    label: Label
    market: Annotated[str, Field(pattern=r"^[a-z0-9_]{2,40}$")] = "simulated"
    balances: Annotated[dict[Currency, Annotated[Num, Field(ge=0, le=10**15)]], Field(min_length=1, max_length=50)]
    speed: Annotated[int, WHOLE, Field(ge=1, le=10_000)] = 1
    latency_ms: Annotated[int, WHOLE, Field(ge=0, le=60_000, description="How long an order is on its way to the market")] = 0
    volume_share_pct: Annotated[Num, Field(gt=0, le=100)] | None = Field(
        default=None, description="The part of the traded volume one order can get, in percent; without it orders fill whole"
    )
    slippage_pct: Annotated[Num, Field(ge=0, le=10)] | None = Field(
        default=None, description="What a market order pays beyond the price, in percent; without it as the market has it"
    )


class Credentials(Model):
    """An API key that may trade and may not withdraw. It is kept in the vault alone and never shown again."""

    api_key: Annotated[SecretStr, Field(min_length=8, max_length=300)]
    secret: Annotated[SecretStr, Field(min_length=8, max_length=4_000)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=300)] | None = Field(
        default=None, description="The passphrase of the key, on okx, kucoin and bitget"
    )


class AccountConnect(Model):
    """An account with real money on an exchange."""

    exchange: Venue
    label: Label
    credentials: Credentials


def kind_of(body: Any) -> str:
    """Which of the two a body means to be."""
    exchange = body.get("exchange") if isinstance(body, dict) else getattr(body, "exchange", None)
    has_key = isinstance(body, dict) and "credentials" in body
    return "[live]" if has_key or exchange in get_args(Venue) else "[paper]"


class NewAccount(
    RootModel[Annotated[Annotated[AccountCreate, Tag("[paper]")] | Annotated[AccountConnect, Tag("[live]")], Discriminator(kind_of)]]
):
    """A paper account, or a live one with its key."""


class AccountPage(Model):
    items: tuple[AccountView, ...]
    next: str | None = None
