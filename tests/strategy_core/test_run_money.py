"""The money of a run after every fill: what a ledger of its own makes of the same fills, whatever the bot counts in."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from strategy_core.backtest import run
from strategy_core.backtest.metrics import equity_curve, metrics
from strategy_core.backtest.money import Money
from strategy_core.ledger import Kind, Ledger
from strategy_core.trade import Fill, Side

_spec = util.spec_from_file_location("strategy_core_money_runs", Path(__file__).with_name("runs.py"))
assert _spec is not None and _spec.loader is not None
runs = util.module_from_spec(_spec)
_spec.loader.exec_module(runs)
_base = util.spec_from_file_location("strategy_core_money_base", Path(__file__).with_name("test_backtest.py"))
assert _base is not None and _base.loader is not None
base = util.module_from_spec(_base)
_base.loader.exec_module(base)

CASES = sorted(path.stem for path in (Path(__file__).parent / "cases").glob("*.json"))
DCA = {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 3, "step_pct": "1", "take_profit_pct": "1"}
EXTENDS = {
    **base.CONFIG, "low": "97", "high": "103", "pump_guard": False, "trail_up": "extend", "trail_down": "extend",
    "trail_up_budget": "500", "trail_down_budget": "500", "trail_up_limit": "120", "trail_down_limit": "80",
}  # fmt: skip


def followed(report: Any) -> tuple[list[list[float]], list[Decimal]]:
    """Held and idle before the first fill and after each, and what was realised, by a ledger that is told the fills alone."""
    own = report.state.ledger
    ledger = Ledger(own.kind, own.base_coin, own.quote_coin, own.put_base, own.put_quote)
    rows, realised = [], []
    for n, t in enumerate([None, *report.trades]):
        if t is not None:
            ledger.fold(Fill(t.leg, 1, t.side, t.price, t.amount, t.fee, t.fee_currency, str(n), t.at))
        held, idle = (ledger.quote, ledger.base) if own.kind is Kind.BASE else (ledger.base, ledger.quote)
        if own.kind is Kind.FUTURES:
            idle -= ledger.basis if held > 0 else -ledger.basis
        rows.append([float(held), float(idle)])
        realised.append(ledger.realised)
    return rows, realised


@pytest.mark.parametrize("name", CASES)
def test_the_columns_are_those_of_a_ledger_told_the_same_fills(name: str) -> None:
    report = runs.run_case(runs.load(name))
    rows, realised = followed(report)
    held, idle, put_held, put_idle = report.money.columns()
    np.testing.assert_allclose(np.column_stack((held, idle)), rows, rtol=1e-11, atol=1e-9)
    own = report.state.ledger
    given = (own.put_quote, own.put_base) if own.kind is Kind.BASE else (own.put_base, own.put_quote)
    assert set(zip(put_held, put_idle, strict=True)) == {(float(given[0]), float(given[1]))}
    changes = [after - before for before, after in zip(realised, realised[1:], strict=False)]
    money = report.money
    assert money.closed == sum(change != 0 for change in changes) and money.wins == sum(change > 0 for change in changes)
    assert abs(money.gains - sum(change for change in changes if change > 0)) < Decimal("1e-20")
    assert abs(money.losses + sum(change for change in changes if change < 0)) < Decimal("1e-20")


def test_money_that_comes_in_later_is_no_profit() -> None:
    report = run("GRID", EXTENDS, base.rules(), base.wavy())
    _, idle, _, put = report.money.columns()
    assert put[-1] == float(report.state.ledger.put_quote) > put[0] == float(base.CONFIG["investment"])
    assert idle[-1] == pytest.approx(float(report.state.ledger.quote), rel=1e-12)
    total, _ = equity_curve(report)
    found = metrics(report)
    assert total[-1] == pytest.approx(float(found["pnl"]["total"]), abs=1e-9)
    fall = np.maximum.accumulate(np.maximum(total, 0.0)) - total
    assert found["max_drawdown"] == pytest.approx(fall.max(), rel=1e-9)


@pytest.mark.parametrize("direction", ["long", "short"])
def test_what_was_given_in_both_coins_is_counted_in_both(direction: str) -> None:
    funds = {"funds_base": "20", "funds_quote": "5000"}
    report = run("DCA", {**DCA, **funds, "direction": direction}, base.rules(), base.wavy())
    total, exposure = equity_curve(report)
    assert total[0] == pytest.approx(0.0, abs=2.0) and total[-1] == pytest.approx(float(metrics(report)["pnl"]["total"]), abs=1e-9)
    assert exposure.min() > 0 and exposure.max() < 1


def test_figures_by_the_block_are_those_of_the_whole_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    report = run("GRID", base.CONFIG, base.rules(), base.wavy())
    whole = metrics(report)
    monkeypatch.setattr("strategy_core.backtest.metrics._BLOCK", 7)
    for name, value in metrics(report).items():
        assert value == (pytest.approx(whole[name], rel=1e-12) if isinstance(value, float) else whole[name]), name


def test_a_fill_that_realises_nothing_is_neither_won_nor_lost() -> None:
    ledger = Ledger(Kind.FUTURES, "ABC", "USDT", quote=Decimal(100))
    money = Money(ledger)
    for n, side in enumerate((Side.BUY, Side.SELL)):
        terms = money.of(side, Decimal(10), Decimal(1), True, Decimal(0), "USDT")
        ledger.fold(Fill("L1", n, side, Decimal(10), Decimal(1), Decimal(0), "USDT", str(n), n))
        money.after(terms)
        assert (money.closed, money.wins, money.gains, money.losses) == (0, 0, 0, 0)
    held, idle, _, _ = money.columns()
    assert (held.tolist(), idle.tolist()) == ([0.0, 1.0, 0.0], [100.0, 90.0, 100.0])


def test_a_trade_is_made_when_it_is_asked_for_and_once() -> None:
    report = run("GRID", base.CONFIG, base.rules(), base.wavy())
    trade = report.trades[0]
    assert report.trades[0] is trade and len(report.trades) == report.fills
    assert (trade.candle, trade.point, trade.side, trade.leg) == (0, 1, Side.BUY, "INIT")
