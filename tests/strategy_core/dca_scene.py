"""A DCA bot at 100 whose price is moved by hand: what the scenarios of `test_dca*.py` share."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

from strategy_core import registry
from strategy_core.number import plain
from strategy_core.trade import Command, Order

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
PLAIN = {
    "base_order_size": "100",
    "safety_order_size": "100",
    "safety_orders": 3,
    "step_pct": "5",
    "take_profit_pct": "2",
    "funds_quote": "2000",
}

STEPS = [{"pct": "1", "share_pct": "25"}, {"pct": "2", "share_pct": "25"}, {"pct": "3", "share_pct": "50"}]


def bot(*, mode: str = "quote", short: bool = False, price: str = "100", market: dict[str, Any] | None = None, **config: Any) -> Any:
    """A bot at 100 with no slippage; one path point a minute through `go`."""
    rules = walks.market(future=False, mode=mode, **{"slippage_pct": "0", "min_notional": "1", **(market or {})})
    fields = {**PLAIN, **config}
    if short:
        fields = {**fields, "direction": "short", "funds_quote": "0", "funds_base": "50", **config}
    return walks.Walk("DCA", fields, D(price), rules, 1)


def go(walk: Any, *prices: str, jump: bool = False) -> Any:
    for price in prices:
        walk.at += 60_000
        walk.go(D(price), jump)
    return walk


def wanted(walk: Any) -> dict[str, tuple[str, str]]:
    """leg -> (price or market, amount)."""
    return {o.leg: (plain(o.price) if o.price is not None else "market", plain(o.amount)) for o in registry.orders(walk.state)}


def order(walk: Any, leg: str) -> Order:
    return walk.state.book.orders[leg]


def command(walk: Any, name: str, reason: str = "user", **params: Any) -> None:
    walk.trades += 1
    registry.apply(walk.state, Command(name, params, walk.at, f"c{walk.trades}", reason))


def codes(walk: Any) -> list[str]:
    return [event.code for event in walk.state.log]
