"""Bands of a configuration, computed in the computing process: resampled paths and walk-forward windows, through the backtester.

Rules
1. A path is decided by the job's seed and its number alone: whoever computes it, in whatever batch, makes the same one.
2. A window is configured on the candles before it and run on its own; no run sees what it was chosen on.
3. What cannot start leaves nothing and is counted.
"""

from __future__ import annotations

from typing import Any

from strategy_core.trade import Invalid, Market

Doc = dict[str, Any]
DOTS = 200
FIGURES = ("roi_pct", "max_drawdown_pct", "sharpe")


def paths(task: Doc, series: Any) -> Doc:
    """The curves and figures of some resampled paths; a curve has the same DOTS places on every path."""
    import numpy as np

    from strategy_core.backtest.engine import run
    from strategy_core.backtest.metrics import equity_curve, metrics
    from strategy_core.backtest.studies import resampled

    market = Market.model_validate(task["market"])
    rows: list[Doc | None] = []
    for number in range(task["first"], task["first"] + task["count"]):
        path = resampled(series, task["block"], np.random.default_rng([task["seed"], number]), float(market.price_tick))
        try:
            report = run(task["strategy"], task["config"], market, path)
        except Invalid:
            rows.append(None)
            continue
        total = equity_curve(report)[0]
        curve = [round(float(total[k]), 8) for k in places(len(series))]
        figures = metrics(report)
        rows.append({"curve": curve, "figures": {name: figures[name] for name in FIGURES}})
    at = [int(series.times[k]) + series.interval_ms - 1 for k in places(len(series))]
    return {"rows": rows, "at": at, "candles": len(series) * len(rows)}


def places(count: int) -> list[int]:
    """Evenly spread candles, the last one always among them."""
    import numpy as np

    return [int(k) for k in np.unique(np.linspace(0, count - 1, min(count, DOTS)).astype(int))]


def window(task: Doc, series: Any) -> Doc:
    """One step of a walk-forward: the configuration that did best before it, and how it did then."""
    from strategy_core.backtest.metrics import metrics
    from strategy_core.backtest.studies import grid_search, part

    market = Market.model_validate(task["market"])
    first, middle, last = (int(share * len(series) // task["parts"]) for share in (task["part"] - 1, task["part"], task["part"] + 1))
    configs = [{**task["config"], **overrides} for overrides in task["variants"]]
    chosen = grid_search(task["strategy"], configs, market)(part(series, first, middle)) if len(configs) > 1 else configs[0]
    tested = part(series, middle, last)
    found: Doc = {
        "first": int(tested.times[0]), "last": int(tested.times[-1]) + series.interval_ms,
        "overrides": task["variants"][configs.index(chosen)],
    }  # fmt: skip
    candles = (middle - first) * (len(configs) if len(configs) > 1 else 0) + len(tested)
    try:
        from strategy_core.backtest.engine import run

        figures = metrics(run(task["strategy"], chosen, market, tested))
    except Invalid:
        return {"window": found, "candles": candles}
    return {"window": found | {name: figures[name] for name in FIGURES} | {"total": figures["pnl"]["total"]}, "candles": candles}
