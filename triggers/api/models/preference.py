"""What a user keeps for themselves: presets and where to be notified."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from shared.read_model import Instant, ReadModel, Strategy
from shared.research import CandleSource, Range, RunMetrics
from strategy_core.number import Model, Num
from triggers.api.models.bot import Config, ObjectId

Occasion = Literal[
    "started", "stopped", "error", "fill", "deal_closed", "guard_tripped", "alert_silent", "key_invalid", "backtest_finished",
    "parity_report", "parity_drift",
]  # fmt: skip
Severity = Literal["info", "warning", "critical"]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


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
    """Where messages go. `target`: an https address, or an e-mail address (your own, or one you confirm).

    `min_severity`: error, guard_tripped and key_invalid are critical; stopped, alert_silent and parity_drift are warnings; the rest is
    info. With a `digest` everything but what is critical comes together, once an hour or a day.
    """

    id: Annotated[str, Field(pattern=r"^[0-9a-z_]{1,40}$")]
    kind: Literal["url", "email"]
    target: Annotated[str, Field(min_length=3, max_length=500)]
    occasions: Annotated[tuple[Occasion, ...], Field(max_length=20)]
    enabled: StrictBool = True
    min_severity: Severity = "info"
    digest: Literal["none", "hourly", "daily"] = "none"


class Notifications(Model):
    """Instants of the day are in the user's own zone. Between `quiet_from` and `quiet_until` nothing is sent; it comes afterwards."""

    channels: Annotated[tuple[Channel, ...], Field(max_length=10)] = ()
    time_zone: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_+\-/]+$")] = "UTC"
    quiet_from: Clock | None = None
    quiet_until: Clock | None = None
    critical_in_quiet_hours: StrictBool = False
    digest_at: Clock = "08:00"


class MailAddress(Model):
    """`confirmed_at` null: nothing is sent to it before its owner has entered the code it was sent."""

    address: str
    confirmed_at: Instant | None


class Addresses(Model):
    items: tuple[MailAddress, ...]
    next: str | None = None


class Code(Model):
    code: Annotated[str, Field(pattern=r"^[0-9]{8}$")]


DeliveryStatus = Literal["delivered", "failed", "refused", "given_up"]


class Delivery(ReadModel):
    """One message to one channel. `failed` is tried again, `refused` and `given_up` are not; `detail` is a status or what went wrong."""

    id: str
    channel: str
    occasions: tuple[str, ...]
    status: DeliveryStatus
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


class CodeSent(Model):
    delivery_id: str


class Revoked(Model):
    """Tokens issued before this instant are refused, everywhere within `within_s` seconds."""

    revoked_before: Instant
    within_s: int
