"""Searching a strategy's parameters: the space, what to try next, and what the trials say. Pure functions of their arguments.

Rules
1. Every dimension is a finite ladder of values, numbered from 0: what is tried is a tuple of numbers.
2. The same job, seed and results give the same suggestions: a plan that is made again is the same plan.
3. Bounds never leave the strategy's own JSON schema. A trial that could not start counts as worse than the worst that could.
"""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

from strategy_core.number import cut, dec, floor_to, plain

Doc = dict[str, Any]
LEVELS = 200  # values of a number without a step of its own
FINALISTS = 10
SIZES = ("quote", "base")  # units of money the owner commits: not searched unless asked for
HOLDS_PCT = 50


class SearchError(Exception):
    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{field}: {code}")
        self.code, self.field = code, field


def space_of(strategy: str, config: Doc, wanted: list[Doc]) -> list[Doc]:
    """The dimensions, checked against the schema; without any, every number of the config around its value. Errors: SearchError."""
    from strategy_core import registry

    fields = registry.schema(strategy)["properties"]
    found = [dimension(fields, one) for one in wanted] if wanted else around(fields, config)
    if not found:
        raise SearchError("nothing_to_search", "")
    if len({one["field"] for one in found}) < len(found):
        raise SearchError("twice", found[0]["field"])
    return found


def dimension(fields: Doc, one: Doc) -> Doc:
    name = one["field"]
    if name not in fields:
        raise SearchError("unknown_field", name)
    if one["choices"]:
        return {**one, "low": None, "high": None, "step": None, "whole": False}
    lowest, highest, whole = bounds(fields[name])
    if one["low"] is None or one["high"] is None:
        raise SearchError("required", name)
    low, high = dec(one["low"]), dec(one["high"])
    if not low < high or (lowest is not None and low < lowest) or (highest is not None and high > highest) or (one["log"] and low <= 0):
        raise SearchError("out_of_range", name)
    step = dec(one["step"]) if one["step"] is not None else default_step(low, high, whole)
    if step <= 0 or (whole and (step % 1 or low % 1)):
        raise SearchError("out_of_range", name)
    return {**one, "low": plain(low), "high": plain(high), "step": plain(step), "whole": whole, "choices": []}


def bounds(field: Doc) -> tuple[Decimal | None, Decimal | None, bool]:
    """Lowest, highest and whether only whole numbers are allowed."""
    kinds = [field, *field.get("anyOf", ())]
    low = next((kind[name] for kind in kinds for name in ("minimum", "exclusiveMinimum", "ge", "gt") if name in kind), None)
    high = next((kind[name] for kind in kinds for name in ("maximum", "le") if name in kind), None)
    whole = any(kind.get("type") == "integer" for kind in kinds)
    return None if low is None else dec(low), None if high is None else dec(high), whole


def default_step(low: Decimal, high: Decimal, whole: bool) -> Decimal:
    """A power of ten (times 1, 2 or 5) that makes at most LEVELS values."""
    raw = (high - low) / LEVELS
    power = Decimal(1).scaleb(raw.adjusted())
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= raw)
    return max(step, Decimal(1)) if whole else step


def around(fields: Doc, config: Doc) -> list[Doc]:
    """Numbers the config gives: prices within a tenth, others within half and twice their value."""
    found = []
    for name, field in fields.items():
        value = config.get(name)
        is_number = isinstance(value, str | int) and not isinstance(value, bool) and ("unit" in field) and field["unit"] not in SIZES
        if not is_number or not (number := dec(value)) > 0:
            continue
        lowest, highest, whole = bounds(field)
        low, high = (number * 9 / 10, number * 11 / 10) if field["unit"] == "price" else (number / 2, number * 2)
        low, high = max(low, lowest or low), min(high, highest or high)
        step = default_step(low, high, whole)
        low = max(floor_to(low, step), step)
        if low < high:
            found.append(
                {
                    "field": name,
                    "low": plain(low),
                    "high": plain(cut(high)),
                    "step": plain(step),
                    "log": False,
                    "choices": [],
                    "whole": whole,
                }
            )
    return found


def size_of(one: Doc) -> int:
    """How many values a dimension has."""
    if one["choices"]:
        return len(one["choices"])
    span = int((dec(one["high"]) - dec(one["low"])) // dec(one["step"])) + 1
    return min(span, LEVELS) if one["log"] else span


def value_of(one: Doc, k: int) -> Any:
    """The k-th value, as a config wants it."""
    if one["choices"]:
        return one["choices"][k]
    low, step, size = dec(one["low"]), dec(one["step"]), size_of(one)
    if one["log"] and size > 1:
        ratio = math.log(float(one["high"]) / float(one["low"])) * k / (size - 1)
        value = floor_to(low + (Decimal(repr(round(float(low) * math.exp(ratio), 12))) - low), step)
        value = max(value, low)
    else:
        value = low + step * k
    return int(value) if one["whole"] else plain(value)


def overrides(space: list[Doc], point: tuple[int, ...]) -> Doc:
    return {one["field"]: value_of(one, k) for one, k in zip(space, point, strict=True)}


def suggest(job: Doc, seed: int, tried: list[tuple[tuple[int, ...], float | None]], count: int) -> list[tuple[int, ...]]:
    """The next points. `tried`: earlier points with their objective (None: could not start). Empty when the grid is used up."""
    space, method = job["space"], job["method"]
    if method == "grid":
        return lattice(space, job["trials"])[len(tried) : len(tried) + count]
    if method == "random":
        return at_random(space, seed, len(tried) + count)[len(tried) :]
    return by_tpe(space, seed, tried, count)


def lattice(space: list[Doc], trials: int) -> list[tuple[int, ...]]:
    """An even grid of at most `trials` points: every dimension gets one more value in turn while there is room."""
    sizes, counts = [size_of(one) for one in space], [1] * len(space)
    grown = True
    while grown:
        grown = False
        for d in sorted(range(len(space)), key=lambda d: counts[d]):
            if counts[d] < sizes[d] and math.prod(counts) // counts[d] * (counts[d] + 1) <= trials:
                counts[d] += 1
                grown = True
                break
    axes = [[round(k * (size - 1) / max(count - 1, 1)) for k in range(count)] for size, count in zip(sizes, counts, strict=True)]
    return list(product(*axes))


def at_random(space: list[Doc], seed: int, count: int) -> list[tuple[int, ...]]:
    """The first `count` points of the seed's sequence, without repeats while there are others."""
    dice, seen, found = Random(seed), set(), []
    misses = 0
    while len(found) < count:
        point = tuple(dice.randrange(size_of(one)) for one in space)
        if point in seen and misses < 1000:
            misses += 1
            continue
        seen.add(point)
        found.append(point)
    return found


def by_tpe(space: list[Doc], seed: int, tried: list[tuple[tuple[int, ...], float | None]], count: int) -> list[tuple[int, ...]]:
    """Tree-structured Parzen estimator over what was tried; points asked for together keep apart from each other."""
    import warnings

    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler = optuna.samplers.TPESampler(seed=seed + len(tried), constant_liar=True, n_startup_trials=10)
        study = optuna.create_study(direction="maximize", sampler=sampler)
        names = [one["field"] for one in space]
        ladders: Any = {
            one["field"]: optuna.distributions.CategoricalDistribution(list(range(size_of(one))))
            if one["choices"]
            else optuna.distributions.IntDistribution(0, size_of(one) - 1)
            for one in space
        }
        known = [value for _, value in tried if value is not None]
        worst = min(known, default=0.0) - (max(known, default=0.0) - min(known, default=0.0) + 1.0)
        study.add_trials(
            [
                optuna.trial.create_trial(
                    params=dict(zip(names, point, strict=True)), distributions=ladders, value=worst if value is None else value
                )
                for point, value in tried
            ]
        )
        return [tuple(int(trial.params[name]) for name in names) for trial in (study.ask(ladders) for _ in range(count))]


def objective_of(run: Doc, objective: str) -> float | None:
    """What is maximised; None for a run that could not start. A ratio without a meaning counts as nothing gained: 0."""
    metrics = run.get("metrics")
    if metrics is None:
        return None
    value = {"pnl": metrics["pnl"]["total"], "worst_month": metrics.get("worst_month_pct")}.get(objective, metrics.get(objective))
    return 0.0 if value is None else float(value)


def comparable(metrics: Doc, objective: str) -> float:
    """The objective so that ranges of different length compare: a profit per year."""
    if objective == "pnl":
        return float(metrics["apr_pct"])
    return objective_of({"metrics": metrics}, objective) or 0.0


def finalists(runs: list[Doc], objective: str) -> list[Doc]:
    """The best trials, each configuration once, best first."""
    able = [(value, -run["run"], run) for run in runs if (value := objective_of(run, objective)) is not None]
    found: list[Doc] = []
    for _, _, run in sorted(able, key=lambda row: row[:2], reverse=True):
        if all(run["overrides"] != other["overrides"] for other in found):
            found.append(run)
        if len(found) == FINALISTS:
            break
    return found


def proof_of(finals: list[Doc], outside: list[Doc], objective: str) -> tuple[list[Doc], Doc | None]:
    """Finalists inside and outside the sample, and whether the best one looks over-fitted."""
    proofs = []
    for run, out in zip(finals, outside, strict=True):
        inner, outer = run["metrics"], out.get("metrics")
        proofs.append(
            {
                "overrides": run["overrides"], "in_sample": figure(comparable(inner, objective)), "metrics": inner, "out_metrics": outer,
                "out_of_sample": None if outer is None else figure(comparable(outer, objective)),
            }
        )  # fmt: skip
    return proofs, verdict(proofs) if proofs else None


def verdict(proofs: list[Doc]) -> Doc:
    first = proofs[0]
    inner, outer = float(first["in_sample"]), None if first["out_of_sample"] is None else float(first["out_of_sample"])
    kept = 100 * outer / inner if outer is not None and inner > 0 else None
    pairs = [(float(p["in_sample"]), float(p["out_of_sample"])) for p in proofs if p["out_of_sample"] is not None]
    ranks = spearman(pairs) if len(pairs) >= 4 else None
    warning = outer is None or (kept is not None and kept < HOLDS_PCT) or (inner <= 0 and outer < inner)
    return {
        "in_sample": first["in_sample"], "out_of_sample": first["out_of_sample"], "kept_pct": None if kept is None else figure(kept),
        "rank_correlation": None if ranks is None else figure(ranks), "warning": warning,
    }  # fmt: skip


def spearman(pairs: list[tuple[float, float]]) -> float | None:
    """Rank correlation; ties share their mean rank. None when one side does not vary."""

    def ranks(values: list[float]) -> list[float]:
        return [sum(1 for other in values if other < value) + (values.count(value) - 1) / 2 for value in values]

    a, b = ranks([pair[0] for pair in pairs]), ranks([pair[1] for pair in pairs])
    mean = (len(pairs) - 1) / 2
    top = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    bottom = math.sqrt(sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b))
    return top / bottom if bottom else None


def figure(value: float) -> str:
    return plain(Decimal(repr(value)))


def heat(runs: list[Doc], axes: tuple[str, str], objective: str, size: int) -> Doc:
    """The best objective over two fields; numbers are gathered into at most `size` bins, named by their lowest value."""
    rows = [
        (run, value)
        for run in runs
        if (value := objective_of(run, objective)) is not None and all(axis in run["overrides"] for axis in axes)
    ]
    labels = [bins([run["overrides"][axis] for run, _ in rows], size) for axis in axes]
    cells: dict[tuple[str, str], list[float]] = {}
    for run, value in rows:
        where = tuple(label[str(run["overrides"][axis])] for label, axis in zip(labels, axes, strict=True))
        cells.setdefault((where[0], where[1]), []).append(value)
    ordered = [list(dict.fromkeys(label.values())) for label in labels]
    return {
        "x": axes[0], "y": axes[1], "xs": ordered[0], "ys": ordered[1],
        "cells": [{"x": x, "y": y, "value": figure(max(values)), "trials": len(values)} for (x, y), values in sorted(cells.items())],
    }  # fmt: skip


def bins(values: list[Any], size: int) -> dict[str, str]:
    """Every value as text -> the label of its bin, in order."""
    if any(isinstance(value, bool) or not _is_number(value) for value in values):
        return {str(value): str(value) for value in sorted(values, key=str)}
    numbers = sorted({dec(value) for value in values})
    per = -(-len(numbers) // size) if numbers else 1
    return {plain(number): plain(numbers[k // per * per]) for k, number in enumerate(numbers)}


def _is_number(value: Any) -> bool:
    try:
        dec(value)
    except (TypeError, ValueError):
        return False
    return True
