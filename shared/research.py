"""Backtests and optimisations as documents and read models: what the API stores, activities fill in and the screen shows.

Rules
1. A job is one document (`bt_...`, `opt_...`); what is large lies beside it under ids made from it (`part_id`), never inside it.
2. A figure of a run is the backtester's own, digit for digit, as a decimal string.
3. Every part has a fixed id and is written whole: written twice it is the same.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from shared.read_model import Instant, ReadModel, Strategy
from strategy_core.number import Num, plain
from strategy_core.trade import Finding

JobStatus = Literal["queued", "running", "cancelling", "cancelled", "done", "failed"]
Objective = Literal["pnl", "calmar", "sharpe", "worst_month"]
Method = Literal["grid", "random", "tpe"]


class CandleSource(ReadModel):
    """Where candles come from: the simulated market, the recording behind a replay account, or a venue's public history."""

    kind: Literal["simulated", "replay", "exchange"]
    account_id: str | None = None
    exchange: str | None = None


class Range(ReadModel):
    """Candles that open at or after `first` and before `last`."""

    first: Instant
    last: Instant


class JobProgress(ReadModel):
    """`done` of `total` parts; `candles_per_s` and `eta_s` are estimates of the last report, null before there is one."""

    phase: Literal["queued", "candles", "runs", "proof", "over"] = "queued"
    percent: int = 0
    done: int = 0
    total: int = 0
    candles_per_s: int | None = None
    eta_s: int | None = None
    at: Instant


class RunPnl(ReadModel):
    cell_profit: Num
    inventory_pnl: Num
    fees: Num
    funding: Num
    total: Num


class RunMetrics(ReadModel):
    """The backtester's figures. A ratio without a meaning (no loss, no variance) is null."""

    pnl: RunPnl
    currency: str
    roi_pct: Num
    apr_pct: Num
    max_drawdown: Num
    max_drawdown_pct: Num
    sharpe: Num | None = None
    sortino: Num | None = None
    calmar: Num | None = None
    win_rate_pct: Num | None = None
    profit_factor: Num | None = None
    exposure_pct: Num
    worst_month_pct: Num | None = None
    fills: int
    fees_paid: Num
    hodl: Num
    vs_hodl: Num
    days: Num
    candles: int


class RunView(ReadModel):
    """One configuration over one range. `refused` says why it could not start."""

    run: int
    range: int = 0
    overrides: dict[str, Any] = {}
    refused: tuple[Finding, ...] = ()
    status: str | None = None
    reason: str | None = None
    final_base: Num | None = None
    final_quote: Num | None = None
    realised: Num | None = None
    deals: int | None = None
    last_price: Num | None = None
    metrics: RunMetrics | None = None
    kept: bool = False


class BacktestView(ReadModel):
    """`kept`: fills and equity of the runs are there to be read (jobs of few runs)."""

    id: str
    name: str
    strategy: Strategy
    symbol: str
    source: CandleSource
    timeframe: Literal["1m"] = "1m"
    config: dict[str, Any]
    ranges: tuple[Range, ...]
    runs: int
    kept: bool = False
    status: JobStatus
    error: str | None = None
    error_params: dict[str, str] = {}
    progress: JobProgress
    best: RunView | None = None
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None = None


class Dimension(ReadModel):
    """One field that is searched: numbers from `low` to `high` (in `step`s, or on a `log` scale), or one of `choices`."""

    field: str
    low: Num | None = None
    high: Num | None = None
    step: Num | None = None
    log: bool = False
    choices: tuple[str | int | bool, ...] = ()
    whole: bool = False


class Proof(ReadModel):
    """A finalist over the candles the search never saw."""

    overrides: dict[str, Any]
    in_sample: Num
    out_of_sample: Num | None = None
    metrics: RunMetrics | None = None
    out_metrics: RunMetrics | None = None


class Overfit(ReadModel):
    """Whether what was found holds outside: `kept_pct` of the objective survived; below half, `warning` is true."""

    in_sample: Num
    out_of_sample: Num | None = None
    kept_pct: Num | None = None
    rank_correlation: Num | None = None
    warning: bool


class OptimisationView(ReadModel):
    id: str
    name: str
    strategy: Strategy
    symbol: str
    source: CandleSource
    config: dict[str, Any]
    space: tuple[Dimension, ...]
    method: Method
    objective: Objective
    trials: int
    split_pct: int
    ranges: tuple[Range, ...]
    status: JobStatus
    error: str | None = None
    error_params: dict[str, str] = {}
    progress: JobProgress
    best: RunView | None = None
    proofs: tuple[Proof, ...] = ()
    overfit: Overfit | None = None
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None = None


class BacktestFill(ReadModel):
    """One fill of a run: the candle and the path point (0 open .. 3 close) it happened at."""

    n: int
    at: Instant
    candle: int
    point: int
    side: str
    price: Num
    amount: Num
    fee: Num
    fee_currency: str
    role: str


class BacktestPoint(ReadModel):
    """Total profit at a candle's close, in the run's currency."""

    at: Instant
    price: Num
    total: Num


def figure(value: float | int | None) -> str | None:
    """A statistic as plain digits, all of them."""
    return None if value is None else plain(Decimal(repr(value)))
