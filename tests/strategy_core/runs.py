"""Runs a case file through the backtester and says where it differs from what must come out."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from strategy_core.backtest import Report, Series, run
from strategy_core.number import plain
from strategy_core.trade import Market

HERE = Path(__file__).parent / "cases"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "reference" / "cases"


def load(name: str) -> dict[str, Any]:
    """A case of ours, or else the shared one."""
    local = HERE / f"{name}.json"
    return json.loads((local if local.exists() else SHARED / f"{name}.json").read_text())


def names(prefix: str) -> list[str]:
    """Our copies, and the shared cases where they are present."""
    found = {path.stem for folder in (HERE, SHARED) if folder.exists() for path in folder.glob(f"{prefix}-*.json")}
    return sorted(found)


def rows_of(case: dict[str, Any]) -> list[list[Any]]:
    if "candles" in case:
        return case["candles"]
    data = case["data"]
    with (SHARED / data["file"]).open() as lines:
        rows = list(csv.reader(lines))[1:]
    return rows[data["first_row"] : data["last_row"] + 1]


def run_case(case: dict[str, Any], *, every_point: bool = False) -> Report:
    series = Series.of_rows(rows_of(case), case["interval_ms"])
    return run(case["strategy"], case["config"], Market.model_validate(case["market"]), series, every_point=every_point)


def differences(case: dict[str, Any], report: Report) -> list[str]:
    """Every figure that is not as expected, in words."""
    expect, state = case["expect"], report.state
    said: list[str] = []

    def same(what: str, got: Any, wanted: Any) -> None:
        if got != wanted:
            said.append(f"{what}: got {got}, wanted {wanted}")

    fills = [
        [n, t.candle, t.point, t.side.value, plain(t.price), plain(t.amount), plain(t.fee), t.fee_currency, t.role]
        for n, t in enumerate(report.trades)
    ]
    for got, wanted in zip(fills, expect["fills"], strict=False):
        same("fill", got, wanted)
        if said:
            return said
    same("number of fills", len(fills), len(expect["fills"]))
    same("status", [state.status.value, state.reason], [expect["status"], expect["reason"]])
    for name, value in expect["plan"].items():
        same(name, report.plan.get(name), value)
    ledger = state.ledger
    for name, got, places in (("final_base", ledger.base, 12), ("final_quote", ledger.quote, 12), ("realised", ledger.realised, 8)):
        if abs(got - Decimal(expect[name])) > Decimal(10) ** -places:
            said.append(f"{name}: got {got}, wanted {expect[name]}")
    same("fees", {coin: plain(fee) for coin, fee in ledger.fees.items()}, expect["fees"])
    same("deals", ledger.deals, expect["deals"])
    rest = sorted(state.book.orders.values(), key=lambda o: (o.price or 0, o.side.value))
    same("open orders", [[o.side.value, plain(o.price or Decimal(0)), plain(o.amount), o.role.value] for o in rest], expect["open_orders"])
    return said
