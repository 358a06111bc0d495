"""Panic and guards, as requests and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from shared.read_model import Instant
from strategy_core.number import Model, Num
from triggers.api.models.common import WHOLE, wrong

PanicMode = Literal["freeze", "cancel_all", "flatten"]
GuardKind = Literal[
    "drawdown_pct", "daily_loss", "exposure", "sudden_move_pct", "take_profit", "take_profit_pct", "stop_loss", "stop_loss_pct"
]
GuardMode = Literal["freeze", "cancel_all", "flatten", "stop"]
World = Literal["paper", "live"]


class PanicBody(Model):
    """freeze: no new orders, what rests stays. cancel_all: nothing rests. flatten: nothing rests and everything is sold."""

    mode: PanicMode


class PanicItem(Model):
    bot_id: str
    name: str
    command: Literal["pause", "stop"]
    command_id: str
    status_url: str


class PanicAnswer(Model):
    """Every command here is durable; each bot carries its own out at its next tick."""

    mode: PanicMode
    items: tuple[PanicItem, ...]


class Guard(Model):
    """One watch over all bots of a world (paper or live are never mixed).

    drawdown_pct: the running bots' profit fell by `limit` percent of their capital from its best. daily_loss: the profit since midnight UTC
    is `limit` of `currency` or more below zero. exposure: what is held is worth more than `limit` of `currency`.
    sudden_move_pct: a market moved by `limit` percent within `window_s`; only its bots are stopped.
    take_profit, stop_loss: what all bots together earned (lost) since the rule began to watch, or was armed again, reached `limit` of
    `currency`. take_profit_pct, stop_loss_pct: the same in percent of the most capital they had meanwhile.
    `mode` is a panic mode, or stop: the bots end and leave their coins. `account_id`: only the bots of one account.
    """

    id: Annotated[str, Field(pattern=r"^[0-9a-z_]{1,40}$")]
    kind: GuardKind
    world: World
    limit: Annotated[Num, Field(gt=0, le=10**15)]
    currency: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,20}$")] | None = None
    window_s: Annotated[int, WHOLE, Field(ge=60, le=3600)] = 300
    mode: GuardMode = "freeze"
    account_id: Annotated[str, Field(pattern=r"^[0-9a-z_]{1,40}$")] | None = None
    enabled: StrictBool = True

    @model_validator(mode="after")
    def needs_its_currency(self) -> Guard:
        if self.kind != "sudden_move_pct" and self.currency is None:
            raise wrong("currency", "required")
        return self


class GuardState(Model):
    """How a guard stands: its figure at the last look, and since when it has been tripped (null: it watches)."""

    id: str
    value: Num | None = None
    tripped_at: Instant | None = None


class Guards(Model):
    items: Annotated[tuple[Guard, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def has_unique_ids(self) -> Guards:
        ids = [guard.id for guard in self.items]
        for k, own in enumerate(ids):
            if own in ids[:k]:
                raise wrong(f"items.{k}.id", "twice")
        return self


class GuardsView(Model):
    items: tuple[Guard, ...]
    states: tuple[GuardState, ...]
    updated_at: Instant | None = None
