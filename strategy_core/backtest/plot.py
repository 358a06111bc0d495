"""A page that needs nothing but itself: price, levels, fills, equity, drawn on a canvas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from strategy_core import registry
from strategy_core.backtest.engine import Report
from strategy_core.backtest.metrics import equity_curve, metrics

_POINTS = 2000


def page(report: Report, title: str) -> str:
    """The HTML of a run."""
    data = json.dumps(_data(report, title)).replace("<", "\\u003c")
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return template.replace("__DATA__", data)


def _data(report: Report, title: str) -> dict[str, Any]:
    """What is drawn, thinned out to what a screen can show: per bucket the low, the high and the last value."""
    series = report.series
    n = len(series)
    starts = np.unique(np.linspace(0, n, min(n, _POINTS), endpoint=False).astype(int))
    ends = np.append(starts[1:], n) - 1
    total, _ = equity_curve(report)
    summary = registry.summary(report.state, report.last_price)
    return {
        "title": title,
        "currency": summary.currency,
        "t": series.times[starts].tolist(),
        "low": np.minimum.reduceat(series.lows, starts).tolist(),
        "high": np.maximum.reduceat(series.highs, starts).tolist(),
        "close": series.closes[ends].tolist(),
        "equity": [round(value, 8) for value in total[ends].tolist()],
        "fills": [[t.at, float(t.price), t.side.value, t.role] for t in report.trades[-20_000:]],
        "levels": sorted({float(order.price) for order in registry.orders(report.state) if order.price is not None}),
        "figures": {k: v for k, v in metrics(report).items() if not isinstance(v, dict)},
    }
