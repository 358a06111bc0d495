"""A futures position left at break-even, and what a LOOP keeps of its guard through storage."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.trade import Command, Status

_spec = util.spec_from_file_location("strategy_core_desk_too", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal
FUTURES = {
    "leverage": "5", "base_order_margin": "100", "safety_order_margin": "100", "safety_orders": 3, "step_pct": "2", "take_profit_pct": "1",
    "funds_quote": "1000",
}  # fmt: skip


def opened(direction: str) -> Any:
    """Five coins at 100, long or short, fees of 0.02 and 0.05 %."""
    market = desks.walks.market(future=True, slippage_pct="0", min_notional="1", maker_fee="0.0002", taker_fee="0.0005")
    walk = desks.walks.Walk("DCA_FUTURES", {**FUTURES, "direction": direction}, D(100), market, 1)
    walk.at += 60_000
    walk.go(D(100))
    return walk


@pytest.mark.parametrize(("direction", "side", "falls_to"), [("long", "sell", "99.5"), ("short", "buy", "100.5")])
def test_break_even_of_a_futures_position_ends_at_nought(direction: str, side: str, falls_to: str) -> None:
    walk = opened(direction)
    walk.at += 60_000
    walk.go(D(falls_to))
    registry.apply(walk.state, Command("stop", {"close_mode": "break_even"}, walk.at, "stop-1"))
    (order,) = registry.orders(walk.state)
    assert (order.leg, order.side.value, order.reduce_only, order.amount) == ("CLOSE", side, True, abs(walk.state.ledger.base))
    assert order.price is not None and order.price != D(falls_to)
    walk.at += 60_000
    walk.go(order.price)
    assert walk.state.status is Status.STOPPED and walk.state.ledger.base == 0
    total = walk.state.ledger.total(order.price)
    assert 0 <= total < walk.market.price_tick * order.amount, "as near to nought as the tick allows, and not below"


@pytest.mark.parametrize("direction", ["long", "short"])
def test_break_even_of_a_futures_position_in_profit_leaves_at_market_or_better(direction: str) -> None:
    walk = opened(direction)
    price = D("100.9") if direction == "long" else D("99.1")
    walk.at += 60_000
    walk.go(price)
    registry.apply(walk.state, Command("stop", {"close_mode": "break_even"}, walk.at, "stop-1"))
    walk.at += 60_000
    walk.go(price)
    assert walk.state.status is Status.STOPPED and walk.state.ledger.base == 0
    assert walk.state.ledger.total(price) > 0


def test_a_loop_comes_back_from_storage_with_its_guard_as_it_was() -> None:
    desk = desks.Desk("LOOP", desks.LOOP)
    again = registry.load(registry.dump(desk.state))
    assert again.memory.guard_off is desk.state.memory.guard_off is False
