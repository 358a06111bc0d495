"""The process that computes: one task per line on standard input, one answer per line on standard output.

`python -m orchestrators.compute_worker`

Rules
1. It ends when its input ends, so it never outlives the app, however that died.
2. It reads candles from disk and knows no store, no account and no key. Nothing but answers goes to standard output.
3. A run is the command line's: the same series, the same engine, the same figures.
4. It gives way to whatever trades: the host and its worker come first (`nice`).
"""

from __future__ import annotations

import json
import os
import sys
from collections import OrderedDict
from pathlib import Path
from time import perf_counter
from typing import Any

from shared.clock import iso
from shared.job import POINTS
from shared.research import figure
from strategy_core.number import plain
from strategy_core.trade import Invalid, Market

Doc = dict[str, Any]
SERIES_KEPT = 3
GIVES_WAY = 10
_series: OrderedDict[str, Any] = OrderedDict()


def main() -> None:
    os.nice(GIVES_WAY)
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # whatever prints by accident must not look like an answer
    for line in sys.stdin:
        answers.write(json.dumps(answer(json.loads(line)), allow_nan=False) + "\n")
        answers.flush()


def answer(task: Doc) -> Doc:
    try:
        return {"ok": TASKS[task["do"]](task)}
    except Exception as error:
        return {"error": type(error).__name__, "detail": str(error)[:500]}


# -- candles ------------------------------------------------------------------------------------------------------------


def make_candles(task: Doc) -> Doc:
    """A piece of the simulated market on disk."""
    from exchange.history import Piece, make_simulated

    piece, folder = Piece(*task["piece"]), Path(task["folder"])
    if piece.file(folder).exists():
        return {"candles": 0}
    return {"candles": make_simulated(piece, folder, task["seed"])}


def look_at_recording(task: Doc) -> Doc:
    """The first and the last instant of a recording, and how many candles it holds."""
    series = recording(task["file"], task["folder"])
    return {"first": int(series.times[0]), "last": int(series.times[-1]) + series.interval_ms, "candles": len(series)}


def recording(file: str, folder: str) -> Any:
    """A recording as a series: read from its text once per machine, then shared by every process (exchange/history.py)."""
    import numpy as np

    from exchange.history import mapped, put_down
    from strategy_core.backtest.case import read_file
    from strategy_core.backtest.series import Series

    seen = Path(file).stat()
    name = f"{file}|{seen.st_mtime_ns}|{seen.st_size}"

    def read() -> Any:
        found = mapped(name, Path(folder))
        series = read_file(Path(file), 60_000, 0, None) if found is None else Series(*found, 60_000)
        if found is None and series.exact is None:  # prices that no float carries stay with the process that read them
            put_down(name, Path(folder), series.times, (series.opens, series.highs, series.lows, series.closes))
        gaps = np.diff(series.times)
        series.interval_ms = int(gaps.min()) if len(gaps) else 60_000
        return series

    return kept(name, read)


def series_of(candles: Doc) -> Any:
    """The candles of a range: of a recording, or of pieces."""
    from strategy_core.backtest.series import Series

    first, last = candles["first"], candles["last"]

    def read() -> Any:
        if candles["kind"] == "recording":
            return cut(recording(candles["file"], candles["folder"]), first, last)
        from exchange.history import Piece, load

        times, columns = load([Piece(*piece) for piece in candles["pieces"]], Path(candles["folder"]), first, last)
        return Series(times, columns, 60_000)

    return kept(json.dumps(candles, sort_keys=True), read)


def cut(series: Any, first: int, last: int) -> Any:
    import numpy as np

    from strategy_core.backtest.series import Series

    a, b = (int(k) for k in np.searchsorted(series.times, [first, last]))
    if (a, b) == (0, len(series)):
        return series
    columns = tuple(column[a:b] for column in (series.opens, series.highs, series.lows, series.closes))
    exact = [column[a:b] for column in series.exact] if series.exact is not None else None
    return Series(series.times[a:b], (columns[0], columns[1], columns[2], columns[3]), series.interval_ms, exact)


def kept(key: str, read: Any) -> Any:
    if key not in _series:
        _series[key] = read()
        while len(_series) > SERIES_KEPT:
            _series.popitem(last=False)
    _series.move_to_end(key)
    return _series[key]


# -- runs ---------------------------------------------------------------------------------------------------------------


def run_all(task: Doc) -> Doc:
    """The figures of runs in their order, for a job of few runs also fills and curves: those that begin within `budget_s`, at least one."""
    series, market = series_of(task["candles"]), Market.model_validate(task["market"])
    began = perf_counter()
    items, details = [], {}
    if not len(series):
        return {"items": [], "details": {}, "candles": 0, "seconds": 0, "empty": True}
    for run, overrides in task["runs"]:
        if items and task["budget_s"] is not None and perf_counter() - began >= task["budget_s"]:
            break
        item: Doc = {"run": run, "range": task["range"], "overrides": overrides}
        try:
            report = one_run(task["strategy"], {**task["config"], **overrides}, market, series)
        except Invalid as wrong:
            items.append(item | {"refused": [finding.model_dump(mode="json") for finding in wrong.findings]})
            continue
        items.append(item | result_of(report) | {"kept": task["keep"]})
        if task["keep"]:
            details[str(run)] = {"fills": fills_of(report), "equity": curve_of(report)}
    return {"items": items, "details": details, "candles": len(series) * len(items), "seconds": perf_counter() - began}


def one_run(strategy: str, config: Doc, market: Market, series: Any) -> Any:
    from strategy_core.backtest.engine import run

    return run(strategy, config, market, series)


def result_of(report: Any) -> Doc:
    """The command line's answer without its lists, statistics as plain digits."""
    from strategy_core.backtest.metrics import metrics

    state, ledger = report.state, report.state.ledger
    figures = metrics(report)
    figures.pop("steps")
    said = {name: value if isinstance(value, str | dict) or name == "fills" else figure(value) for name, value in figures.items()}
    return {
        "status": state.status.value,
        "reason": state.reason,
        "final_base": plain(ledger.base),
        "final_quote": plain(ledger.quote),
        "realised": plain(ledger.realised),
        "deals": ledger.deals,
        "last_price": plain(report.last_price),
        "metrics": said | {"candles": len(report.series)},
    }


def fills_of(report: Any) -> list[Doc]:
    return [
        {
            "n": n, "at": iso(t.at), "candle": t.candle, "point": t.point, "side": t.side.value, "price": plain(t.price),
            "amount": plain(t.amount), "fee": plain(t.fee), "fee_currency": t.fee_currency, "role": t.role,
        }
        for n, t in enumerate(report.trades)
    ]  # fmt: skip


def curve_of(report: Any) -> list[Doc]:
    """The total at evenly spread closes, the last one always among them."""
    import numpy as np

    from strategy_core.backtest.metrics import equity_curve

    series = report.series
    total = equity_curve(report)[0]
    picked = np.unique(np.linspace(0, len(series) - 1, min(len(series), POINTS)).astype(int)).tolist()
    ends = series.interval_ms - 1
    return [
        {"at": iso(int(series.times[k]) + ends), "price": plain(series.price(k, 3)), "total": figure(round(float(total[k]), 8))}
        for k in picked
    ]


def study_paths(task: Doc) -> Doc:
    from orchestrators.compute_studies import paths

    return paths(task, series_of(task["candles"]))


def study_window(task: Doc) -> Doc:
    from orchestrators.compute_studies import window

    return window(task, series_of(task["candles"]))


TASKS = {"candles": make_candles, "recording": look_at_recording, "runs": run_all, "paths": study_paths, "window": study_window}

if __name__ == "__main__":
    main()
