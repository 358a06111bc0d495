"""What a run was worth: the waterfall exactly, everything statistical in floats.

Rules
1. Money figures come from the ledger and are exact; ratios, drawdowns and deviations are floats over the candles' closes.
2. A ratio without a meaning (no variance, no loss, no time) is None, never infinity.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategy_core import registry
from strategy_core.backtest.engine import Report
from strategy_core.ledger import Kind
from strategy_core.number import plain

YEAR_MS = 365 * 86_400_000
DAY_MS = 86_400_000
_TRIED = 256  # numbers after which it is known whether they come again
Floats = NDArray[Any]


def equity_curve(report: Report) -> tuple[Floats, Floats]:
    """Total PnL and exposure (share of the money in the market) at every candle's close, in the numeraire."""
    kind, closes = report.state.ledger.kind, report.series.closes
    candles = np.array([0, *(trade.candle for trade in report.trades), len(closes)])
    after = np.diff(candles)  # candles for which a row's money holds
    opening = dict(zip(("base", "quote", "basis", "put"), _opening(report), strict=True))

    def money(name: str) -> Any:
        return np.concatenate(([opening[name]], _floats([getattr(trade, name) for trade in report.trades])))

    def over_time(column: Any) -> Floats:
        return np.repeat(column, after)

    base, quote, put = money("base"), money("quote"), money("put")
    if kind is Kind.BASE:
        held = over_time(quote)
        held /= closes
        worth = over_time(base)
        worth += held
    else:
        held = over_time(base)
        held *= closes
        worth = over_time(quote - np.sign(base) * money("basis") if kind is Kind.FUTURES else quote)
        worth += held
        np.abs(held, out=held)
    exposure = np.divide(held, worth, out=held, where=worth > 0)
    worth -= put[0] if (put == put[0]).all() else over_time(put)
    return worth, exposure


def _floats(values: list[Decimal]) -> Any:
    """A number that comes again and again, as what an owner gave or what a grid holds, is turned into a float once."""
    known = _Known()
    found = np.fromiter(map(known.__getitem__, values[:_TRIED]), np.float64)
    rest = map(known.__getitem__ if len(known) * 2 < len(found) else float, values[_TRIED:])
    return np.concatenate((found, np.fromiter(rest, np.float64)))


class _Known(dict[Decimal, float]):
    def __missing__(self, value: Decimal) -> float:
        found = self[value] = float(value)
        return found


def _opening(report: Report) -> tuple[float, float, float, float]:
    """Money before the first fill."""
    ledger = report.state.ledger
    put = report.trades[0].put if report.trades else (ledger.put_base or ledger.put_quote)
    given = float(put)
    return (given, 0.0, 0.0, given) if ledger.put_base else (0.0, given, 0.0, given)


def metrics(report: Report) -> dict[str, Any]:
    """The figures a run is judged by: strings are money, numbers are ratios or percent."""
    summary = registry.summary(report.state, report.last_price)
    total, exposure = equity_curve(report)
    put = float(summary.put_in) or 1.0
    series = report.series
    span = max(int(series.times[-1]) + series.interval_ms - int(series.times[0]), 1)
    roi = float(summary.waterfall.total) / put
    drawdown, drawdown_pct = _drawdown(total, put)
    returns, per_year = _returns(report, total, put)
    gains, losses, wins, closed = _closed(report)
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
        "win_rate_pct": 100 * wins / closed if closed else None,
        "profit_factor": float(gains / losses) if losses else None,
        "exposure_pct": float(exposure.mean()) * 100,
        "worst_month_pct": _worst_month(report, total, put),
        "fills": len(report.trades),
        "fees_paid": plain(summary.waterfall.fees),
        "hodl": plain(summary.hodl),
        "vs_hodl": plain(summary.waterfall.total - summary.hodl),
        "days": span / DAY_MS,
        "steps": report.steps,
    }


def _drawdown(total: Floats, put: float) -> tuple[float, float]:
    """The deepest fall from a peak, in money and in percent of the peak's worth."""
    worth = total + put
    peak = np.maximum(worth, put)
    np.maximum.accumulate(peak, out=peak)
    fall = np.subtract(peak, worth, out=worth)
    deepest = float(np.max(fall))
    return deepest, float(np.max(np.divide(fall, peak, out=fall, where=peak > 0))) * 100


def _returns(report: Report, total: Floats, put: float) -> tuple[Floats, float]:
    """Returns per day (per candle on runs of under ten days) and how many make a year."""
    series = report.series
    ends = series.day_ends()
    period = DAY_MS
    if len(ends) < 10:
        ends, period = np.arange(len(total)), series.interval_ms
    worth = np.concatenate(([put], (total + put)[ends]))
    change = np.diff(worth) / np.where(worth[:-1] > 0, worth[:-1], 1.0)
    return change, YEAR_MS / period


def _worst_month(report: Report, total: Floats, put: float) -> float:
    """The smallest change of worth within a calendar month (UTC), in percent of the worth it began with."""
    times = report.series.times
    first, last = (times[k].astype("datetime64[ms]").astype("datetime64[M]") for k in (0, -1))
    month = np.timedelta64(1, "M")
    starts = np.arange(first + month, last + month).astype("datetime64[ms]").astype(np.int64)
    ends = np.append(np.searchsorted(times, starts), len(times)) - 1
    worth = np.concatenate(([put], total[ends] + put))
    return float(np.min(np.diff(worth) / np.where(worth[:-1] > 0, worth[:-1], 1.0))) * 100


def _ratio(returns: Floats, risk: Floats, per_year: float) -> float | None:
    deviation = float(np.sqrt(np.mean(risk**2) - (np.mean(risk) ** 2 if risk is returns else 0.0)))
    return float(np.mean(returns)) / deviation * per_year**0.5 if deviation > 1e-15 else None


def _closed(report: Report) -> tuple[Decimal, Decimal, int, int]:
    """Gains, losses, winners and all, of the fills that realised something."""
    gains = losses = last = Decimal(0)
    wins = closed = 0
    for trade in report.trades:
        if trade.realised is last:  # nothing was realised: most fills
            continue
        change = trade.realised - last
        last = trade.realised
        if change:
            closed += 1
            if change > 0:
                wins += 1
                gains += change
            else:
                losses -= change
    return gains, losses, wins, closed
