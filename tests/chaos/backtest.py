"""The same candles, nobody killed: what the bot must have done, fill for fill."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from strategy_core import registry
from strategy_core.backtest import Series, run
from strategy_core.number import plain
from strategy_core.trade import Market
from tests.chaos.exports import Ledger
from tests.chaos.market import BEGIN, MINUTE, QUIET, RULES, Candle

Figures = tuple[str, ...]


def differences(ledger: Ledger, rows: list[Candle], symbol: str = "BTC/USDT") -> list[str]:
    """The bot was started in the quiet minutes, where every point has the same price; so its run begins anywhere in them."""
    market = Market.model_validate({**RULES, "symbol": symbol})
    report = run(ledger.bot["strategy"], ledger.bot["config"], market, Series.of_rows(rows, MINUTE))
    wanted = [figures_of(trade) for trade in report.trades]
    had = [figures_of_fill(fill) for fill in ledger.fills]
    found = [f"{len(had)} fills, the backtest has {len(wanted)}"] if len(had) != len(wanted) else []
    for i, (ours, theirs) in enumerate(zip(had, wanted, strict=False)):
        if ours != theirs:
            found.append(f"fill {i}: {ours}, the backtest has {theirs}")
            break
    resting = sorted((o["leg"], o["side"], o["price"], o["amount"]) for o in ledger.orders)
    expected = sorted(
        (o.leg, o.side.value, "" if o.price is None else plain(o.price), plain(o.amount)) for o in registry.orders(report.state)
    )
    return found if resting == expected else [*found, f"the resting orders differ: {resting} and {expected}"]


def figures_of(trade: Any) -> Figures:
    at = "quiet" if trade.at < BEGIN + QUIET * MINUTE else str(trade.at)
    return (trade.leg, trade.side.value, plain(trade.price), plain(trade.amount), plain(trade.fee), trade.fee_currency, at)


def figures_of_fill(fill: dict[str, Any]) -> Figures:
    at = round(datetime.fromisoformat(fill["at"]).timestamp() * 1000)
    when = "quiet" if at < BEGIN + QUIET * MINUTE else str(at)
    return (fill["leg"], fill["side"], fill["price"], fill["amount"], fill["fee"], fill["fee_currency"], when)
