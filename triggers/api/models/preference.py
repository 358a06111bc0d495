"""What a user keeps for themselves: presets and where to be notified."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.read_model import Instant, ReadModel, Strategy
from shared.research import CandleSource, Range, RunMetrics
from strategy_core.number import Model, Num
from triggers.api.models.bot import Config, ObjectId

Occasion = Literal["started", "stopped", "error", "fill", "deal_closed", "guard_tripped", "alert_silent", "key_invalid"]


class BacktestOf(Model):
    """A finished run of the user's own that used exactly the preset's strategy and config."""

    backtest_id: ObjectId
    run: Annotated[int, Field(ge=0, le=100_000)] = 0


class PresetCreate(Model):
    """A plan without its market and account, to begin a bot with."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    strategy: Strategy
    config: Config
    backtest: BacktestOf | None = None


class PresetBacktest(ReadModel):
    """How the preset did: a copy, so that it stays when the backtest is deleted."""

    backtest_id: str
    run: int
    symbol: str
    source: CandleSource
    range: Range
    metrics: RunMetrics
    final_base: Num | None = None
    final_quote: Num | None = None
    at: Instant


class PresetView(ReadModel):
    id: str
    name: str
    strategy: Strategy
    config: Config
    backtest: PresetBacktest | None = None
    created_at: Instant


class PresetPage(Model):
    items: tuple[PresetView, ...]
    next: str | None = None


class Channel(Model):
    """Where messages go. `target`: an https address, or an e-mail address."""

    id: Annotated[str, Field(pattern=r"^[0-9a-z_]{1,40}$")]
    kind: Literal["url", "email"]
    target: Annotated[str, Field(min_length=3, max_length=500)]
    occasions: Annotated[tuple[Occasion, ...], Field(max_length=20)]
    enabled: bool = True


class Notifications(Model):
    """Instants of the day without messages are in the user's own zone."""

    channels: Annotated[tuple[Channel, ...], Field(max_length=10)] = ()
    time_zone: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_+\-/]+$")] = "UTC"
    quiet_from: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    quiet_until: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None


class Delivery(ReadModel):
    """One message to one channel. `failed` is tried again, `refused` and `given_up` are not; `detail` is a status or what went wrong."""

    id: str
    channel: str
    occasions: tuple[str, ...]
    status: Literal["delivered", "failed", "refused", "given_up"]
    detail: str
    attempts: int
    at: Instant


class DeliveryPage(Model):
    items: tuple[Delivery, ...]
    next: str | None = None


class SigningKey(Model):
    """`x-tickwise-signature: t=<seconds>,v1=<hex>` is HMAC-SHA256 of `<seconds>.<body>` with this key."""

    key: str


class TestSent(Model):
    delivery_id: str


class Revoked(Model):
    """Tokens issued before this instant are refused, everywhere within `within_s` seconds."""

    revoked_before: Instant
    within_s: int
