"""Share links, as requests and answers; `SharedPlan` is all that a stranger sees."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, model_validator

from shared.read_model import Instant, ReadModel, Strategy
from strategy_core.number import Model, Num
from triggers.api.models.bot import ObjectId
from triggers.api.models.common import WHOLE, wrong

Days = Annotated[int, WHOLE, Field(ge=1, le=3_650)]


class ShareCreate(Model):
    """A bot or a preset. `with_performance`: how it did, in percent. `with_amounts` false: without the sizes of your money."""

    bot_id: ObjectId | None = None
    preset_id: ObjectId | None = None
    with_performance: StrictBool = False
    with_amounts: StrictBool = True
    expires_in_days: Days | None = None

    @model_validator(mode="after")
    def names_one(self) -> Self:
        if self.bot_id is None and self.preset_id is None:
            raise wrong("bot_id", "required")
        if self.bot_id is not None and self.preset_id is not None:
            raise wrong("preset_id", "not_with_bot")
        return self


class ShareView(ReadModel):
    """What was shared. The link itself is shown once, when it is made."""

    id: str
    kind: Literal["bot", "preset"]
    name: str
    with_performance: bool
    with_amounts: bool
    created_at: Instant
    expires_at: Instant | None = None


class ShareMade(Model):
    """`token` opens `GET /api/v1/shared/{token}`; `url` is the page that shows it. Neither can be shown again."""

    share: ShareView
    token: str
    url: str


class SharePage(Model):
    items: tuple[ShareView, ...]
    next: str | None = None


class SharedPerformance(Model):
    """In percent and ratios, never in money. `source` says whether a bot traded it or a backtest computed it."""

    source: Literal["live", "paper", "backtest"]
    days: Num | None = None
    roi_pct: Num | None = None
    apr_pct: Num | None = None
    max_drawdown_pct: Num | None = None
    sharpe: Num | None = None
    sortino: Num | None = None
    win_rate_pct: Num | None = None
    profit_factor: Num | None = None


class SharedPlan(Model):
    """A plan somebody shared. `left_out`: fields of the config they kept to themselves."""

    name: str
    symbol: str | None
    strategy: Strategy
    config: dict[str, Any]
    left_out: tuple[str, ...]
    performance: SharedPerformance | None
    shared_at: Instant
