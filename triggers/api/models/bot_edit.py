"""Changing a bot that exists: copies, edits while it runs, added money, deals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from shared.read_model import BotView, Instant
from strategy_core.number import Model, Num
from triggers.api.models.bot import Config, ObjectId, Symbol
from triggers.api.models.common import MONEY_GIVEN

Name = Annotated[str, Field(min_length=1, max_length=80)]
Money = Annotated[Num, Field(gt=0, le=10**15), MONEY_GIVEN]
Effective = Literal["now", "restart", "next_deal"]


class CloneBody(Model):
    """What differs from the original; left out, it is the same."""

    name: Name | None = None
    account_id: ObjectId | None = None
    symbol: Symbol | None = None


class EditBody(Model):
    """`config` holds the fields to change. `check_only` tells when each would take effect and sends nothing."""

    name: Name | None = None
    config: Config = {}
    check_only: StrictBool = False


class EditEffect(Model):
    """now: from the next look. restart: with a new ladder, at once. next_deal: the open deal keeps what it was opened with."""

    field: str
    effective: Effective


class EditAnswer(Model):
    """The edit is durable (`command_id` null: it was only checked); the bot's log says what became of it."""

    command_id: str | None
    status_url: str
    effects: tuple[EditEffect, ...]
    bot: BotView


class AddFundsBody(Model):
    """In the currency the bot is counted in."""

    amount: Money


class AddSafetyBody(Model):
    """One more order at market into the open deal; in the currency of the plan's sizes."""

    size: Money


class DealView(Model):
    """One round of a DCA bot, or one completed cell of a ladder: an order that came from a fill, filled in turn.

    `gross` is before fees, in the currency the bot is counted in; an open deal has no end yet. A cell opens when its closing order is made.
    """

    number: int | None
    status: Literal["open", "closed", "cancelled"]
    opened_at: Instant
    closed_at: Instant | None = None
    open_price: Num | None = None
    close_price: Num | None = None
    amount: Num | None = None
    reason: str | None = None
    gross: Num | None = None


class DealPage(Model):
    items: tuple[DealView, ...]
    next: str | None = None
