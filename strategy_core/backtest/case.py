"""Reading a case and its candles; everything wrong with them is said by field.

Rules
1. `BadCase` names the field and what is wrong with it. Nothing runs before everything was read.
2. CSV has a header with `timestamp_ms, open, high, low, close`; parquet the same columns (`ts`, `timestamp` and `time` will do).
3. Rows are counted from 0 after the header, both ends included. Missing minutes stay missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from strategy_core.backtest.series import Series
from strategy_core.config import findings
from strategy_core.number import Model, dec
from strategy_core.trade import Market

_TIMES = ("timestamp_ms", "ts", "timestamp", "time")
_PRICES = ("open", "high", "low", "close")
_NO_TIME = f"no column of {', '.join(_TIMES)}"
_NO_ROWS = "no rows in that range"
_RULES = (
    ("min_amount", 0, 10**15), ("min_notional", 0, 10**15), ("maker_fee", -1, 1), ("taker_fee", -1, 1), ("slippage_pct", 0, 100),
    ("max_orders", 1, 10**6), ("max_leverage", 1, 10**4), ("mmr_pct", 0, 100),
)  # fmt: skip
_A_MONTH = 28 * 86_400_000  # the shortest: candles of a month are not all as far apart as the longest
_SLICE = 50_000
_EXACT_DIGITS = 15


class BadCase(Exception):
    """`field: what is wrong`."""


class Data(Model):
    file: str
    first_row: int = Field(default=0, ge=0)
    last_row: int | None = Field(default=None, ge=0)


class Case(Model):
    """The input of a run. `expect` is what a test compares with; a run does not look at it."""

    name: str = ""
    strategy: str
    note: str = ""
    config: dict[str, Any]
    market: Market
    interval_ms: int = Field(default=60_000, gt=0, le=31 * 86_400_000)
    candles: list[list[Any]] | None = None
    data: Data | None = None
    expect: dict[str, Any] = {}


def read_case(path: Path) -> Case:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadCase(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadCase(f"{path}: not JSON ({error})") from error
    if not isinstance(raw, dict):
        raise BadCase(f"{path}: not a JSON object")
    try:
        case = Case.model_validate(raw)
    except ValidationError as error:
        raise BadCase("; ".join(f"{found.field}: {found.code}" for found in findings(Case, error))) from error
    wrong = list(_wrong_rules(case.market))
    if wrong:
        raise BadCase("; ".join(wrong))
    return case


def _wrong_rules(market: Market) -> Iterator[str]:
    """Rules no venue has, by field."""
    base, slash, quote = market.symbol.partition("/")
    if not (base and slash and quote.partition(":")[0]):
        yield "market.symbol: must be BASE/QUOTE"
    for name in ("price_tick", "amount_step"):
        if getattr(market, name) <= 0:
            yield f"market.{name}: out_of_range (above 0)"
    for name, least, most in _RULES:
        value = getattr(market, name)
        if value is not None and not least <= value < most:
            yield f"market.{name}: out_of_range (from {least}, below {most})"


def read_series(case: Case, case_path: Path, candles: Path | None) -> Series:
    """The candles of a case: of `--candles`, of its data file, or its own."""
    if candles is not None:
        return _checked(read_file(candles, case.interval_ms, 0, None))
    if case.data is not None:
        return _checked(read_file(case_path.parent / case.data.file, case.interval_ms, case.data.first_row, case.data.last_row))
    if not case.candles:
        raise BadCase("candles: required")
    for k, row in enumerate(case.candles):
        if len(row) < 5:
            raise BadCase(f"candles.{k}: needs t, open, high, low, close")
    try:
        return _checked(Series.of_rows(case.candles, case.interval_ms))
    except (TypeError, ValueError, OverflowError) as error:
        raise BadCase(_first_bad(case.candles)) from error


def _first_bad(rows: list[list[Any]]) -> str:
    """Which cell of a case's own candles is no decimal string (or no instant)."""
    for k, row in enumerate(rows):
        if not isinstance(row[0], int):
            return f"candles.{k}.t: not an integer"
        for name, value in zip(_PRICES, row[1:], strict=False):
            try:
                dec(value)
            except (TypeError, ValueError):
                return f"candles.{k}.{name}: not a decimal string"
    return "candles: t: out_of_range"


def read_file(path: Path, interval_ms: int, first: int, last: int | None) -> Series:
    if last is not None and last < first:
        raise BadCase(f"data.last_row: {last} comes before first_row {first}")
    if not path.exists() or path.is_dir():
        raise BadCase(f"data.file: {path} is no file" if path.exists() else f"data.file: {path} does not exist")
    try:
        return _read_parquet(path, interval_ms, first, last) if path.suffix == ".parquet" else _read_csv(path, interval_ms, first, last)
    except (ValueError, OSError) as error:
        raise BadCase(f"data.file: {path.name}: {error}") from error


def _read_parquet(path: Path, interval_ms: int, first: int, last: int | None) -> Series:
    from pyarrow.parquet import ParquetFile

    file = ParquetFile(path)
    names = file.schema_arrow.names
    when = next((name for name in _TIMES if name in names), None)
    if when is None:
        raise ValueError(_NO_TIME)
    missing = [name for name in _PRICES if name not in names]
    if missing:
        raise ValueError(f"no column {missing[0]}")
    length = None if last is None else last - first + 1

    def column(name: str) -> Any:
        return file.read(columns=[name], use_threads=False).column(0).slice(first, length).to_numpy()

    stamps = column(when)
    if stamps.dtype.kind == "M":
        stamps = stamps.astype("datetime64[ms]")
    if not len(stamps):
        raise ValueError(_NO_ROWS)
    if stamps.dtype.kind not in "iuM":
        raise ValueError(f"column {when}: not whole milliseconds")
    opens, highs, lows, closes = (np.ascontiguousarray(column(name), dtype=np.float64) for name in _PRICES)
    return Series(stamps.astype(np.int64, copy=False), (opens, highs, lows, closes), interval_ms)


def _read_csv(path: Path, interval_ms: int, first: int, last: int | None) -> Series:
    with path.open(encoding="utf-8-sig") as lines:
        where = _places(next(lines, ""))
        rows = islice(lines, first, None if last is None else last + 1)
        times: list[Any] = []
        columns: list[list[Any]] = [[], [], [], []]
        exact: list[list[Decimal]] | None = None
        long = False
        seen = first
        while part := [line.split(",") for line in islice(rows, _SLICE) if not line.isspace()]:
            times.append(_numbers(_cells(part, where[0], "time", seen), "time", np.int64, seen))
            for name, column, k in zip(_PRICES, columns, where[1:], strict=True):
                texts = _cells(part, k, name, seen)
                long = long or max(map(len, texts)) > _EXACT_DIGITS
                column.append(_numbers(texts, name, np.float64, seen))
            seen += len(part)
    if not times:
        raise ValueError(_NO_ROWS)
    if long:
        exact = _exact_csv(path, where[1:], first, last)
    arrays = [np.concatenate(column) for column in columns]
    return Series(np.concatenate(times), (arrays[0], arrays[1], arrays[2], arrays[3]), interval_ms, exact)


def _places(header: str) -> list[int]:
    """The columns of time, open, high, low and close."""
    names = [name.strip() for name in header.split(",")]
    when = next((name for name in _TIMES if name in names), None)
    if when is None:
        raise ValueError("empty" if not header.strip() else _NO_TIME)
    missing = [name for name in _PRICES if name not in names]
    if missing:
        raise ValueError(f"no column {missing[0]}")
    return [names.index(name) for name in (when, *_PRICES)]


def _cells(rows: list[list[str]], k: int, name: str, first: int) -> list[str]:
    """One column of some rows."""
    try:
        return [row[k].strip() for row in rows]
    except IndexError as error:
        short = next(n for n, row in enumerate(rows, start=first) if len(row) <= k)
        raise ValueError(f"row {short}: {name}: nothing there") from error


def _numbers(cells: list[str], name: str, kind: Any, first: int) -> NDArray[Any]:
    """The cells as numbers; the first that is none is named."""
    try:
        return np.array(cells, dtype=kind)
    except (ValueError, OverflowError) as error:
        bad = next(n for n, cell in enumerate(cells) if not _is_number(cell, kind))
        raise ValueError(f"row {first + bad}: {name}: {cells[bad][:40]!r} is not a number") from error


def _is_number(cell: str, kind: Any) -> bool:
    try:
        np.array(cell, dtype=kind)
    except (ValueError, OverflowError):
        return False
    return True


def _exact_csv(path: Path, where: list[int], first: int, last: int | None) -> list[list[Decimal]]:
    """The decimals themselves, for prices with more digits than a float carries."""
    with path.open(encoding="utf-8-sig") as lines:
        rows = [line.split(",") for line in islice(lines, first + 1, None if last is None else last + 2) if not line.isspace()]
    return [[Decimal(row[k].strip()) for row in rows] for k in where]


def _checked(series: Series) -> Series:
    """Prices positive and finite, low and high the extremes, time going forward."""
    columns = {"open": series.opens, "high": series.highs, "low": series.lows, "close": series.closes}
    for name, column in columns.items():
        bad = ~(np.isfinite(column) & (column > 0))
        if bad.any():
            raise BadCase(f"candles.{int(np.argmax(bad))}.{name}: out_of_range (a price is finite and above 0)")
    bad = (series.highs < np.maximum(series.opens, series.closes)) | (series.lows > np.minimum(series.opens, series.closes))
    if bad.any():
        raise BadCase(f"candles.{int(np.argmax(bad))}: high and low must enclose open and close")
    late = np.diff(series.times) <= 0
    if late.any():
        raise BadCase(f"candles.{int(np.argmax(late)) + 1}.t: time must go forward")
    near = np.diff(series.times) < min(series.interval_ms, _A_MONTH)
    if near.any():
        raise BadCase(f"candles.{int(np.argmax(near)) + 1}.t: closer to the one before than interval_ms")
    return series
