"""Bands instead of one number: walk-forward over time, Monte-Carlo over resampled time.

Rules
1. Every run is a run of the backtester; nothing here knows a strategy.
2. Monte-Carlo resamples returns in blocks, so that what belongs together stays together; the seed decides everything.
3. A configuration that cannot start on some window is a run without a result, and is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from strategy_core.backtest.engine import Report, run
from strategy_core.backtest.metrics import metrics
from strategy_core.backtest.series import Series
from strategy_core.trade import Invalid, Market

Configure = Callable[[Series], dict[str, Any]]


class Window(NamedTuple):
    """One step of a walk-forward: candles [start, end) tested, and what came of it (None: it could not start)."""

    start: int
    end: int
    config: dict[str, Any]
    figures: dict[str, Any] | None


class Band(NamedTuple):
    """A figure's distribution over many runs."""

    low: float
    median: float
    high: float
    mean: float
    runs: int
    failed: int


def part(series: Series, start: int, end: int) -> Series:
    """The candles [start, end) as a series of their own."""
    columns = (series.opens[start:end], series.highs[start:end], series.lows[start:end], series.closes[start:end])
    exact = None if series.exact is None else [column[start:end] for column in series.exact]
    return Series(series.times[start:end], columns, series.interval_ms, exact)


def walk_forward(name: str, configure: Configure, market: Market, series: Series, *, train: int, test: int) -> list[Window]:
    """Configures on `train` candles, runs on the next `test`, moves on by `test`; no run sees what it was configured on."""
    found: list[Window] = []
    at = train
    while at + test <= len(series):
        config = configure(part(series, at - train, at))
        found.append(Window(at, at + test, config, _figures(name, config, market, part(series, at, at + test))))
        at += test
    return found


def grid_search(name: str, configs: Sequence[dict[str, Any]], market: Market, key: str = "roi_pct") -> Configure:
    """A `configure` for `walk_forward`: of some configurations the one that did best on the training candles."""

    def choose(series: Series) -> dict[str, Any]:
        scored = [(figures[key], n) for n, config in enumerate(configs) if (figures := _figures(name, config, market, series)) is not None]
        return configs[max(scored)[1]] if scored else configs[0]

    return choose


def monte_carlo(
    name: str, config: dict[str, Any], market: Market, series: Series, *, runs: int, block: int, seed: int, key: str = "roi_pct"
) -> Band:
    """The 5 %, 50 % and 95 % of a figure over `runs` resampled paths."""
    random = np.random.default_rng(seed)
    values: list[float] = []
    for _ in range(runs):
        figures = _figures(name, config, market, resampled(series, block, random, float(market.price_tick)))
        if figures is not None and figures[key] is not None:
            values.append(figures[key])
    if not values:
        return Band(0.0, 0.0, 0.0, 0.0, 0, runs)
    low, median, high = (float(value) for value in np.percentile(values, (5, 50, 95)))
    return Band(low, median, high, float(np.mean(values)), len(values), runs - len(values))


def resampled(series: Series, block: int, random: np.random.Generator, tick: float) -> Series:
    """A path of the same length from blocks of this one's candles, each candle relative to the close before it; prices on the tick."""
    n = len(series)
    before = np.concatenate((series.opens[:1], series.closes[:-1]))
    starts = random.integers(0, max(n - block, 1), size=n // block + 1)
    picks = (starts[:, None] + np.arange(block)[None, :]).ravel()[:n] % n
    level = series.opens[0] * np.concatenate(([1.0], np.cumprod(series.closes[picks] / before[picks])[:-1]))

    def on_tick(column: Any) -> Any:
        steps = np.maximum(np.round(level * (column[picks] / before[picks]) / tick), 1.0)
        return np.round(steps * tick, 10)

    opens, highs, lows, closes = (on_tick(column) for column in (series.opens, series.highs, series.lows, series.closes))
    highs, lows = np.maximum(np.maximum(opens, highs), closes), np.minimum(np.minimum(opens, lows), closes)
    return Series(series.times, (opens, highs, lows, closes), series.interval_ms)


def _figures(name: str, config: dict[str, Any], market: Market, series: Series) -> dict[str, Any] | None:
    try:
        report: Report = run(name, config, market, series)
    except Invalid:
        return None
    return metrics(report)
