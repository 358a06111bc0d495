"""Studies of a finished backtest's run: bands instead of one number, as requests and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from shared.read_model import Instant, ReadModel
from shared.research import JobProgress, JobStatus
from strategy_core.number import Model, Num
from triggers.api.models.common import WHOLE

Method = Literal["monte_carlo", "walk_forward"]


class StudyCreate(Model):
    """`monte_carlo`: `paths` resampled price paths (blocks of `block_hours`, a quarter of the range at most) through the backtester.

    `walk_forward`: the range in windows of equal length; each is traded with the variant of the job that did best on the window before.
    """

    method: Method
    run: Annotated[int, WHOLE, Field(ge=0, le=100_000)] = 0
    paths: Annotated[int, WHOLE, Field(ge=10, le=500)] = 100
    block_hours: Annotated[int, WHOLE, Field(ge=1, le=720)] = 24
    seed: Annotated[int, WHOLE, Field(ge=0, le=2**31 - 1)] = 1
    windows: Annotated[int, WHOLE, Field(ge=2, le=52)] = 6


class StudyPoint(ReadModel):
    """Total profit at an instant: nine of ten paths lie between `low` and `high`."""

    at: Instant
    low: Num
    median: Num
    high: Num


class StudyBand(ReadModel):
    low: Num
    median: Num
    high: Num
    mean: Num


class StudyWindow(ReadModel):
    """A window and what was traded in it; figures are null where it could not start."""

    first: Instant
    last: Instant
    overrides: dict[str, Any] = {}
    roi_pct: Num | None = None
    max_drawdown_pct: Num | None = None
    sharpe: Num | None = None
    total: Num | None = None


class StudyView(ReadModel):
    """`points` of a monte_carlo, `windows` of a walk_forward; `figures`: roi_pct, max_drawdown_pct, sharpe over all of them."""

    id: str
    backtest_id: str
    method: Method
    run: int
    runs: int
    status: JobStatus
    error: str | None = None
    error_params: dict[str, str] = {}
    progress: JobProgress
    points: tuple[StudyPoint, ...] = ()
    windows: tuple[StudyWindow, ...] = ()
    figures: dict[str, StudyBand] = {}
    failed: int = 0
    created_at: Instant
    finished_at: Instant | None = None


class StudyPage(Model):
    items: tuple[StudyView, ...]
    next: str | None = None
