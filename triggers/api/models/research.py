"""Backtests and optimisations as requests and pages; what is read back is in shared/research.py."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from shared.clock import ms_of
from shared.read_model import Instant, Strategy
from shared.research import (
    BacktestFill,
    BacktestPoint,
    BacktestView,
    CandleSource,
    Dimension,
    Method,
    Objective,
    OptimisationView,
    RunView,
)
from strategy_core.number import Model, Num
from triggers.api.models.bot import Config, ObjectId, Symbol
from triggers.api.models.common import INSTANT, WHOLE, wrong

Name = Annotated[str, Field(max_length=80)]
MAX_RUNS, MAX_RANGES = 1000, 60
SHORTEST_MS = 3_600_000


class SourceIn(CandleSource):
    account_id: ObjectId | None = None
    exchange: Annotated[str, Field(pattern=r"^[a-z0-9_]{2,40}$")] | None = None

    @model_validator(mode="after")
    def has_its_name(self) -> Self:
        if self.kind == "replay" and self.account_id is None:
            raise wrong("account_id", "required")
        if self.kind == "exchange" and self.exchange is None:
            raise wrong("exchange", "required")
        return self


class RangeIn(Model):
    """Candles that open at or after `first` and before `last`; at least an hour."""

    first: Annotated[str, INSTANT, Field(max_length=40, json_schema_extra={"format": "date-time"})]
    last: Annotated[str, INSTANT, Field(max_length=40, json_schema_extra={"format": "date-time"})]

    @model_validator(mode="after")
    def goes_forward(self) -> Self:
        if ms_of(self.last) - ms_of(self.first) < SHORTEST_MS:
            raise wrong("last", "out_of_range")
        return self


class BacktestCreate(Model):
    """Every variant (the config with its overrides) over every range; none: the config itself. A replay without `ranges`: all of it."""

    name: Name = ""
    strategy: Strategy
    symbol: Symbol
    source: SourceIn
    timeframe: Literal["1m"] = "1m"
    config: Config
    ranges: Annotated[tuple[RangeIn, ...], Field(max_length=MAX_RANGES)] = ()
    variants: Annotated[tuple[dict[str, Any], ...], Field(max_length=MAX_RUNS)] = ()


class DimensionIn(Dimension):
    field: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$")]
    choices: Annotated[tuple[str | int | bool, ...], Field(max_length=50)] = ()


class OptimisationCreate(Model):
    """`space` empty: every number of the config within half and twice its value. `split_pct`: how much of the range the search sees."""

    name: Name = ""
    strategy: Strategy
    symbol: Symbol
    source: SourceIn
    config: Config
    range: RangeIn | None = None
    space: Annotated[tuple[DimensionIn, ...], Field(max_length=8)] = ()
    method: Method = "tpe"
    objective: Objective = "pnl"
    trials: Annotated[int, WHOLE, Field(ge=4, le=MAX_RUNS)] = 100
    split_pct: Annotated[int, WHOLE, Field(ge=30, le=95)] = 70
    seed: Annotated[int, WHOLE, Field(ge=0, le=2**31)] = 1


class BacktestPage(Model):
    items: tuple[BacktestView, ...]
    next: str | None = None


class RunPage(Model):
    items: tuple[RunView, ...]
    next: str | None = None


class BacktestFillPage(Model):
    items: tuple[BacktestFill, ...]
    next: str | None = None


class BacktestEquity(Model):
    items: tuple[BacktestPoint, ...]
    next: str | None = None


class BandDot(Model):
    at: Instant
    low: Num
    median: Num
    high: Num


class BacktestBand(Model):
    """Profit resampled in blocks over `paths` curves: nine of ten lie between `low` and `high`. Too few points: no items."""

    items: tuple[BandDot, ...]
    paths: int
    next: str | None = None


class OptimisationPage(Model):
    items: tuple[OptimisationView, ...]
    next: str | None = None


class HeatCell(Model):
    """The best objective found near (x, y); `trials` fell into it."""

    x: str
    y: str
    value: Num
    trials: int


class HeatMap(Model):
    x: str
    y: str
    xs: tuple[str, ...]
    ys: tuple[str, ...]
    cells: tuple[HeatCell, ...]


class BotFrom(Model):
    """A draft's content for `POST /api/v1/bots`: only account and name are missing."""

    symbol: str
    strategy: Strategy
    config: dict[str, Any]
