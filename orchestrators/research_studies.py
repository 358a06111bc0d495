"""Studies of a finished backtest's run: what there is to compute, and the bands that come of it. Pure.

monte_carlo    `runs` resampled price paths through the backtester, a few to a task: the curve's band and the figures'
walk_forward   `runs` windows, each configured on the one before it: what every window came to, and the figures' band over them
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.clock import iso
from strategy_core.number import plain

STUDY = "study"
FIGURES = ("roi_pct", "max_drawdown_pct", "sharpe")
LOW, MIDDLE, HIGH = 5, 50, 95

Doc = dict[str, Any]


def tasks(job: Doc) -> list[Doc]:
    size = job["batchSize"] if job["method"] == "monte_carlo" else 1
    return [{"do": STUDY, "first": first, "count": min(size, job["runs"] - first)} for first in range(0, job["runs"], size)]


def ask(job: Doc, task: Doc, candles: Doc) -> Doc:
    """What a computing process is asked for one task."""
    given = {name: job[name] for name in ("strategy", "market", "config")} | {"candles": candles}
    if job["method"] == "monte_carlo":
        return {**given, "do": "paths", "first": task["first"], "count": task["count"], "seed": job["seed"], "block": job["block"]}
    return {**given, "do": "window", "part": task["first"] + 1, "parts": job["runs"] + 1, "variants": job["variants"]}


def gathered(job: Doc, parts: list[Doc]) -> Doc:
    """The answer of a study out of its parts, in their order."""
    if job["method"] == "walk_forward":
        windows = [window_of(part["window"]) for part in parts]
        rows = [part["window"] for part in parts if "roi_pct" in part["window"]]
        return {"points": [], "windows": windows, "figures": figures_of(rows), "failed": len(parts) - len(rows)}
    rows = [row for part in parts for row in part["rows"]]
    able = [row for row in rows if row is not None]
    at = parts[0]["at"] if parts else []
    points = [{"at": iso(when), **band([row["curve"][k] for row in able])} for k, when in enumerate(at)] if able else []
    return {"points": points, "windows": [], "figures": figures_of([row["figures"] for row in able]), "failed": len(rows) - len(able)}


def window_of(window: Doc) -> Doc:
    shown = {"first": iso(window["first"]), "last": iso(window["last"]), "overrides": window["overrides"]}
    return shown | {name: said(window.get(name)) for name in (*FIGURES, "total")}


def figures_of(rows: list[Doc]) -> Doc:
    """Each figure's band; a figure that no run has is left out."""
    found = {name: [row[name] for row in rows if row.get(name) is not None] for name in FIGURES}
    return {name: {**band(values), "mean": said(sum(values) / len(values))} for name, values in found.items() if values}


def band(values: list[float]) -> Doc:
    ordered = sorted(values)
    return {name: said(percentile(ordered, share)) for name, share in (("low", LOW), ("median", MIDDLE), ("high", HIGH))}


def percentile(ordered: list[float], share: int) -> float:
    """Between the two nearest, in proportion."""
    place = (len(ordered) - 1) * share / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def said(value: Any) -> str | None:
    return None if value is None else plain(Decimal(repr(round(float(value), 8))))
