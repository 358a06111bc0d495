"""Accounts as requests and pages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.read_model import AccountView
from strategy_core.number import Model, Num

Currency = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")]


class AccountCreate(Model):
    """A paper account: `market` is simulated, replay or an exchange whose public prices it trades on."""

    exchange: Literal["paper"]
    label: Annotated[str, Field(min_length=1, max_length=80)]
    market: Annotated[str, Field(pattern=r"^[a-z0-9_]{2,40}$")] = "simulated"
    balances: Annotated[dict[Currency, Annotated[Num, Field(ge=0, le=10**15)]], Field(min_length=1, max_length=50)]
    speed: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 1


class AccountPage(Model):
    items: tuple[AccountView, ...]
    next: str | None = None
