"""What a run was worth: the waterfall exactly, everything statistical in floats.

Rules
1. Money figures come from the ledger and are exact; ratios, drawdowns and deviations are floats over the candles' closes.
2. A ratio without a meaning (no variance, no loss, no time) is None, never infinity.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategy_core import registry
from strategy_core.backtest.engine import Report
from strategy_core.backtest.series import Series
from strategy_core.decimals import plain
from strategy_core.ledger import Kind

YEAR_MS = 365 * 86_400_000
DAY_MS = 86_400_000
_BLOCK = 1 << 13  # candles looked at together: what is made of them stays in the processor's cache
_candle_of = itemgetter(0)
Floats = NDArray[Any]


class _Curve:
    """What the bot's money came to in the numeraire, at the closes of any candles."""

    def __init__(self, report: Report) -> None:
        self.kind, self.closes = report.state.ledger.kind, report.series.closes
        self.held, self.idle, self.put_held, self.put_idle = report.money.columns()
        # the candle from which on each row of them holds
        self.starts = np.concatenate(([0], np.fromiter(map(_candle_of, report.rows), np.int64, report.fills)))
        self.is_put_constant = not self.put_held.any() and bool((self.put_idle == self.put_idle[0]).all())

    def between(self, first: int, end: int) -> tuple[Floats, Floats, Any]:
        """Of the candles [first, end): what was in the market, what all of it was worth, what had been given for it."""
        a, b = np.searchsorted(self.starts, (first + 1, end)).tolist()
        spans = np.diff(np.concatenate(([first], self.starts[a:b], [end])))
        closes = self.closes[first:end]

        def over(column: Floats) -> Floats:
            return np.repeat(column[a - 1 : b], spans)

        market, worth = self._priced(over(self.held), closes), over(self.idle)
        worth += market
        if self.kind is Kind.FUTURES:
            np.abs(market, out=market)
        if self.is_put_constant:
            return market, worth, self.put_idle[0]
        return market, worth, over(self.put_idle) + self._priced(over(self.put_held), closes)

    def totals(self, candles: Any) -> Floats:
        """Total PnL at the closes of some candles."""
        rows = np.searchsorted(self.starts, candles, side="right") - 1
        total: Floats = self._priced(self.held[rows] - self.put_held[rows], self.closes[candles]) + (self.idle - self.put_idle)[rows]
        return total

    def _priced(self, held: Floats, closes: Floats) -> Floats:
        return np.divide(held, closes, out=held) if self.kind is Kind.BASE else np.multiply(held, closes, out=held)


def equity_curve(report: Report) -> tuple[Floats, Floats]:
    """Total PnL and exposure (share of the money in the market) at every candle's close, in the numeraire."""
    market, worth, put = _Curve(report).between(0, len(report.series))
    exposure = np.divide(market, worth, out=market, where=worth > 0)
    worth -= put
    return worth, exposure


def metrics(report: Report) -> dict[str, Any]:
    """The figures a run is judged by: strings are money, numbers are ratios or percent."""
    summary = registry.summary(report.state, report.last_price)
    put = float(summary.put_in) or 1.0
    series, money, curve = report.series, report.money, _Curve(report)
    span = max(int(series.times[-1]) + series.interval_ms - int(series.times[0]), 1)
    roi = float(summary.waterfall.total) / put
    drawdown, drawdown_pct, exposure = _walked(curve, put)
    returns, per_year = _returns(series, curve, put)
    apr = roi * YEAR_MS / span
    return {
        "pnl": {name: plain(value) for name, value in summary.waterfall._asdict().items()},
        "currency": summary.currency,
        "roi_pct": roi * 100,
        "apr_pct": apr * 100,
        "max_drawdown": drawdown,
        "max_drawdown_pct": drawdown_pct,
        "sharpe": _ratio(returns, returns, per_year),
        "sortino": _ratio(returns, np.minimum(returns, 0.0), per_year),
        "calmar": apr * 100 / drawdown_pct if drawdown_pct else None,
        "win_rate_pct": 100 * money.wins / money.closed if money.closed else None,
        "profit_factor": float(money.gains / money.losses) if money.losses else None,
        "exposure_pct": exposure * 100,
        "worst_month_pct": _worst_month(series, curve, put),
        "fills": report.fills,
        "fees_paid": plain(summary.waterfall.fees),
        "hodl": plain(summary.hodl),
        "vs_hodl": plain(summary.waterfall.total - summary.hodl),
        "days": span / DAY_MS,
        "steps": report.steps,
    }


def _walked(curve: _Curve, put: float) -> tuple[float, float, float]:
    """The deepest fall from a peak, in money and in percent of the peak's worth, and the exposure on average."""
    peak, deepest, percent, exposed = put, 0.0, 0.0, 0.0
    n = len(curve.closes)
    for first in range(0, n, _BLOCK):
        market, worth, given = curve.between(first, min(first + _BLOCK, n))
        exposed += float(np.divide(market, worth, out=market, where=worth > 0).sum())
        worth += put - given
        top, bottom = float(worth.max()), float(worth.min())
        if top > peak:
            peaks = np.maximum.accumulate(np.maximum(worth, peak))
            fall = np.subtract(peaks, worth, out=worth)
            peak, deepest = top, max(deepest, float(fall.max()))
            percent = max(percent, float(np.divide(fall, peaks, out=fall).max()))
        else:
            deepest, percent = max(deepest, peak - bottom), max(percent, (peak - bottom) / peak)
    return deepest, percent * 100, exposed / n


def _returns(series: Series, curve: _Curve, put: float) -> tuple[Floats, float]:
    """Returns per day (per candle on runs of under ten days) and how many make a year."""
    ends = series.day_ends()
    period = DAY_MS
    if len(ends) < 10:
        ends, period = np.arange(len(series)), series.interval_ms
    return _changes(curve, ends, put), YEAR_MS / period


def _worst_month(series: Series, curve: _Curve, put: float) -> float:
    """The smallest change of worth within a calendar month (UTC), in percent of the worth it began with."""
    times = series.times
    first, last = (times[k].astype("datetime64[ms]").astype("datetime64[M]") for k in (0, -1))
    month = np.timedelta64(1, "M")
    starts = np.arange(first + month, last + month).astype("datetime64[ms]").astype(np.int64)
    ends = np.append(np.searchsorted(times, starts), len(times)) - 1
    return float(np.min(_changes(curve, ends, put))) * 100


def _changes(curve: _Curve, ends: Any, put: float) -> Floats:
    """The worth from one of these candles' closes to the next, as shares of what it was; the first from the start."""
    worth = np.concatenate(([put], curve.totals(ends) + put))
    change: Floats = np.diff(worth) / np.where(worth[:-1] > 0, worth[:-1], 1.0)
    return change


def _ratio(returns: Floats, risk: Floats, per_year: float) -> float | None:
    deviation = float(np.sqrt(np.mean(risk**2) - (np.mean(risk) ** 2 if risk is returns else 0.0)))
    return float(np.mean(returns)) / deviation * per_year**0.5 if deviation > 1e-15 else None
