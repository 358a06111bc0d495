"""Webhooks, their inbox and their messages, as requests and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool

from shared.read_model import CloseMode, Instant, ReadModel
from shared.webhooks.signal import Action, Dialect
from strategy_core.number import Model
from triggers.api.models.bot import ObjectId
from triggers.api.models.common import WHOLE

Name = Annotated[str, Field(min_length=1, max_length=80)]
Bots = Annotated[tuple[ObjectId, ...], Field(min_length=1, max_length=20, description="The bots this webhook may command, and no other")]
Aliases = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=100)], ObjectId],
    Field(max_length=50, description="What another platform called a bot (3Commas `bot_id`, `bot_uuid`), and which of ours it is"),
]
LagS = Annotated[int, WHOLE, Field(ge=1, le=86_400, description="Seconds after which a dated alert is too old to act on")]
EveryS = Annotated[int, WHOLE, Field(ge=60, le=2_592_000, description="Tell me when no alert came for twice as long")]
Secret = Annotated[
    str, Field(min_length=8, max_length=2000, description="The secret your alerts already carry; left out, one is made for you")
]


class WebhookCreate(Model):
    name: Name
    dialect: Dialect = "tickwise"
    bots: Bots
    aliases: Aliases = {}
    secret: Secret | None = None
    max_lag_s: LagS = 300
    expected_every_s: EveryS | None = None
    close_mode: CloseMode = "keep"
    only_tradingview_ips: StrictBool = False
    only_tradingview_certificate: StrictBool = False


class WebhookPatch(Model):
    """What is left out stays as it is; `expected_every_s: 0` ends the heartbeat."""

    name: Name | None = None
    bots: Bots | None = None
    aliases: Aliases | None = None
    max_lag_s: LagS | None = None
    expected_every_s: Annotated[EveryS | Literal[0], WHOLE] | None = None
    close_mode: CloseMode | None = None
    only_tradingview_ips: StrictBool | None = None
    only_tradingview_certificate: StrictBool | None = None
    enabled: StrictBool | None = None


class WebhookView(ReadModel):
    """`url` is where the alert is sent. `has_secret` false: the dialect has no place for a secret, the URL alone lets a caller in."""

    id: str
    name: str
    dialect: Dialect
    bots: tuple[str, ...]
    aliases: dict[str, str] = {}
    max_lag_s: int
    expected_every_s: int | None = None
    close_mode: CloseMode
    only_tradingview_ips: bool
    only_tradingview_certificate: bool
    enabled: bool
    has_secret: bool
    own_secret: bool
    url: str
    silent: bool = False
    created_at: Instant
    rotated_at: Instant | None = None


class WebhookSecret(Model):
    """`secret` is shown here once; null where the dialect has none or the owner brought their own."""

    webhook: WebhookView
    secret: str | None


class RotateBody(Model):
    """`secret`: the owner's own from now on; left out, one is made."""

    secret: Secret | None = None


class WebhookPage(Model):
    items: tuple[WebhookView, ...]
    next: str | None = None


class Decision(Model):
    """What the bot made of one command. `pending`: its tick has not come yet."""

    bot_id: str
    command: str | None
    params: dict[str, Any] = {}
    status: Literal["pending", "done", "refused", "dry_run"]
    code: str | None = None
    orders: tuple[str, ...] = ()
    revision: int | None = None
    at: Instant | None = None


HitStatus = Literal["accepted", "duplicate", "rejected", "dry_run", "silent"]


class HitView(Model):
    """One alert as it arrived: what was understood, and what became of it. Secrets in `body` are blanked."""

    id: str
    webhook_id: str
    at: Instant
    dialect: Dialect
    status: HitStatus
    reason: str
    field: str | None = None
    action: str | None = None
    symbol: str | None = None
    body: str
    ignored: tuple[str, ...] = ()
    source_ip: str | None = None
    verified_origin: bool = False
    replay_of: str | None = None
    decisions: tuple[Decision, ...] = ()


class HitPage(Model):
    items: tuple[HitView, ...]
    next: str | None = None


class TryBody(Model):
    """An alert's text to try; nothing is sent to a bot and no secret is needed."""

    body: Annotated[str, Field(max_length=16_384)]


class TryAnswer(Model):
    """What the alert would do, signal by signal."""

    items: tuple[HitView, ...]


class Message(Model):
    """Text to paste into the alert's message box; `preview` is what TradingView would make of it."""

    action: Action
    title: str
    body: str
    preview: str


class MessagePage(Model):
    items: tuple[Message, ...]
    next: str | None = None


class AlertEvent(Model):
    eventId: str
    status: Literal["accepted", "duplicate", "rejected"]
    reason: str


class AlertTaken(Model):
    """The alert's commands are durable. An alert with several signals answers for each, in order."""

    eventId: str
    status: Literal["accepted", "duplicate"]
    events: tuple[AlertEvent, ...] = ()
