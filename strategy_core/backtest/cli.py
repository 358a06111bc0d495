"""`python -m strategy_core.backtest CASE.json [--candles FILE] [--json] [--plot FILE.html]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from strategy_core import registry
from strategy_core.backtest.case import BadCase, Case, read_case, read_series
from strategy_core.backtest.engine import Progress, Report, run
from strategy_core.number import plain
from strategy_core.trade import Invalid

LONG = 200_000


def main(arguments: Sequence[str] | None = None) -> int:
    """0: it ran. 2: the case is wrong, and stderr says which field."""
    options = _parser().parse_args(arguments)
    try:
        case = read_case(options.case)
        series = read_series(case, options.case, options.candles)
        if options.plot is not None and not options.plot.absolute().parent.is_dir():
            raise BadCase(f"--plot: {options.plot.parent} is no directory")
        report = run(case.strategy, case.config, case.market, series, progress=_progress(len(series)))
    except BadCase as error:
        print(error, file=sys.stderr)
        return 2
    except Invalid as invalid:
        for finding in invalid.findings:
            figures = ", ".join(f"{name} {value}" for name, value in finding.params.items())
            where = finding.field if finding.field == "strategy" else f"config.{finding.field}"
            print(f"{where}: {finding.code}" + (f" ({figures})" if figures else ""), file=sys.stderr)
        return 2
    if options.plot is not None:
        from strategy_core.backtest.plot import page

        try:
            options.plot.write_text(page(report, case.name or case.strategy), encoding="utf-8")
        except OSError as error:
            print(f"--plot: {options.plot}: {error.strerror}", file=sys.stderr)
            return 2
    if options.json:
        print(json.dumps(answer(report)))
    else:
        _print(case, report)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="strategy_core.backtest", description="Runs one bot over candles, as it would trade.")
    parser.add_argument("case", type=Path, metavar="CASE.json")
    parser.add_argument("--candles", type=Path, help="CSV or parquet instead of the case's own candles")
    parser.add_argument("--json", action="store_true", help="one JSON object: the keys of `expect`, and `metrics`")
    parser.add_argument("--plot", type=Path, metavar="FILE.html", help="a page with price, levels, fills and equity")
    return parser


def _progress(candles: int) -> Progress | None:
    """A bar on stderr while a long run goes on in front of somebody."""
    if candles < LONG or not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.progress import Progress as Bar

    bar = Bar(console=Console(stderr=True), transient=True)
    task = bar.add_task("candles", total=candles)
    bar.start()

    def tell(done: int, total: int) -> None:
        bar.update(task, completed=done)
        if done >= total:
            bar.stop()

    return tell


def answer(report: Report) -> dict[str, Any]:
    """A run as plain JSON, in the words of a case's `expect`."""
    from strategy_core.backtest.metrics import metrics

    state, ledger = report.state, report.state.ledger
    return {
        "status": state.status.value,
        "reason": state.reason,
        "plan": report.plan,
        "fills": [
            [n, t.candle, t.point, t.side.value, plain(t.price), plain(t.amount), plain(t.fee), t.fee_currency, t.role]
            for n, t in enumerate(report.trades)
        ],
        "final_base": plain(ledger.base),
        "final_quote": plain(ledger.quote),
        "realised": plain(ledger.realised),
        "fees": {coin: plain(fee) for coin, fee in ledger.fees.items()},
        "deals": ledger.deals,
        "last_price": plain(report.last_price),
        "open_orders": open_orders(report),
        "metrics": metrics(report),
    }


def open_orders(report: Report) -> list[list[str | None]]:
    """`[side, price, amount, role]` by price, then side; `amount` is what remains."""
    book = report.state.book
    wanted = sorted(registry.orders(report.state), key=lambda order: (order.price is None, order.price or 0, order.side.value))
    return [
        [order.side.value, None if order.price is None else plain(order.price), plain(book.remaining(order)), order.role.value]
        for order in wanted
    ]


def _print(case: Case, report: Report) -> None:
    """Fills and figures for people."""
    found = answer(report)
    out = [f"{case.strategy} {case.name}".strip(), f"status {found['status']}" + (f" ({found['reason']})" if found["reason"] else "")]
    out.append(f"{'#':>6} {'candle':>7} {'pt':>2} {'side':4} {'price':>14} {'amount':>14} {'fee':>16} role")
    rows = found["fills"] if len(found["fills"]) <= 60 else [*found["fills"][:30], None, *found["fills"][-30:]]
    for row in rows:
        if row is None:
            out.append(f"   ... {len(found['fills']) - 60} more")
            continue
        n, candle, point, side, price, amount, fee, coin, role = row
        out.append(f"{n:>6} {candle:>7} {point:>2} {side:4} {price:>14} {amount:>14} {fee:>10} {coin:5} {role}")
    out.append(f"base {found['final_base']}  quote {found['final_quote']}  deals {found['deals']}  realised {found['realised']}")
    figures = found["metrics"]
    pnl, coin = figures.pop("pnl"), figures.pop("currency")
    out.append("  ".join(f"{name} {value}" for name, value in pnl.items()) + f"  [{coin}]")
    for name, value in figures.items():
        out.append(f"{name:18} {'-' if value is None else value if isinstance(value, str) else format(value, '.4g')}")
    print("\n".join(out))
