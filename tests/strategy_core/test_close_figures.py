"""Leaving with figures: how much a close buys or sells, where a break-even limit stands, fees in a third coin, what a late fill changes."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.trade import Fill, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_close", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal
LOT, TICK = D("0.001"), D("0.01")
DCA = {"base_order_size": "100", "safety_orders": 0, "take_profit_pct": "2", "funds_quote": "2000"}
SMALL = {"base_order_margin": "10", "safety_orders": 0, "take_profit_pct": "2", "leverage": "5", "funds_quote": "100"}


def down(value: Decimal, step: Decimal) -> Decimal:
    return value.quantize(step, "ROUND_FLOOR")


def up(value: Decimal, step: Decimal) -> Decimal:
    return value.quantize(step, "ROUND_CEILING")


def begun(name: str, config: dict[str, Any], mode: str = "quote", taker: str = "0.002") -> Any:
    desk = desks.Desk(name, config, mode=mode, taker_fee=taker)
    for leg in ("INIT", "BO"):
        if leg in desk.orders():
            desk.fill(leg)
    desk.look("100")
    return desk


def close(desk: Any, mode: str, **params: Any) -> Any:
    """The one order of a stop."""
    desk.say("stop", close_mode=mode, **params)
    (order,) = desk.state.book.orders.values()
    return order


@pytest.mark.parametrize("mode", ["quote", "received"])
@pytest.mark.parametrize(
    ("name", "config", "reserve"), [("GRID", desks.GRID, "0"), ("GRID", desks.GRID | {"reserve_pct": "2"}, "2"), ("DCA", DCA, "0.5")]
)
def test_leaving_into_base_keeps_the_reserve_and_the_taker_fee_back(name: str, config: Any, reserve: str, mode: str) -> None:
    desk = begun(name, config, mode)
    order = close(desk, "base")
    each = 100 * (1 + D(reserve) / 100) * (D("1.002") if mode == "quote" else 1)
    assert (order.side, order.price, order.amount) == (Side.BUY, None, down(desk.state.ledger.quote / each, LOT))


@pytest.mark.parametrize("pct", ["100", "37.5"])
def test_leaving_in_part_sells_that_share_in_whole_lots(pct: str) -> None:
    desk = begun("GRID", desks.GRID, "received")
    order = close(desk, "partial", pct=pct)
    assert (order.side, order.price, order.amount) == (Side.SELL, None, down(desk.state.ledger.base * D(pct) / 100, LOT))


@pytest.mark.parametrize("third", ["0", "5"])
def test_break_even_of_a_grid_pays_fees_of_every_coin_back(third: str) -> None:
    desk = begun("GRID", desks.GRID)
    desk.look("96")
    desk.state.ledger.third = D(third)
    ledger = desk.state.ledger
    order = close(desk, "break_even")
    assert order.price == up((1000 + D(third) - ledger.quote) / (ledger.base * D("0.999")), TICK)
    assert (order.side, order.amount) == (Side.SELL, down(ledger.base, LOT))


@pytest.mark.parametrize("mode", ["quote", "received"])
@pytest.mark.parametrize("third", ["0", "5"])
def test_break_even_of_a_btd_buys_back_what_it_gave(mode: str, third: str) -> None:
    desk = begun("BTD", desks.BTD, mode)
    desk.fill("L3")
    desk.look("120")
    desk.state.ledger.third = D(third)
    ledger = desk.state.ledger
    order = close(desk, "break_even")
    kept, cost = (D(1), D("1.001")) if mode == "quote" else (D("0.999"), D(1))
    price = down((ledger.quote - D(third)) * kept / (4 * cost), TICK)
    assert (order.side, order.price, order.amount) == (Side.BUY, price, down(ledger.quote / (price * cost), LOT))


@pytest.mark.parametrize(("direction", "falls_to"), [("long", "99"), ("short", "101")])
@pytest.mark.parametrize("third", ["0", "0.25"])
def test_break_even_of_half_a_coin_on_a_perpetual(direction: str, falls_to: str, third: str) -> None:
    market = desks.walks.market(future=True, slippage_pct="0", min_notional="1", maker_fee="0.0002", taker_fee="0.0005")
    walk = desks.walks.Walk("DCA_FUTURES", SMALL | {"direction": direction}, D(100), market, 1)
    walk.go(D(100))
    walk.tell(desks.Look(D(falls_to), walk.at + 1))
    walk.state.ledger.third = D(third)
    registry.apply(walk.state, desks.Command("stop", {"close_mode": "break_even"}, walk.at + 1, "s"))
    (order,) = registry.orders(walk.state)
    lost = D("0.025") + D(third)  # the entry's fee, and the other coin's
    price = up((50 + lost) / (D("0.5") * D("0.9998")), TICK) if direction == "long" else down((50 - lost) / (D("0.5") * D("1.0002")), TICK)
    assert (order.side, order.price, order.amount, order.reduce_only) == (
        Side.SELL if direction == "long" else Side.BUY,
        price,
        D("0.5"),
        True,
    )


def test_a_late_fill_moves_a_break_even_close_and_leaves_one_order() -> None:
    desk = begun("GRID", desks.GRID)
    desk.look("96")
    first = close(desk, "break_even")
    registry.apply(desk.state, Fill("L1", 1, Side.BUY, D(95), D(1), D("0.095"), "USDT", "late", desk.at))
    (again,) = desk.state.book.orders.values()
    ledger = desk.state.ledger
    assert (again.leg, again.generation, again.side) == ("CLOSE", first.generation + 1, Side.SELL)
    assert again.price == up((1000 - ledger.quote) / (ledger.base * D("0.999")), TICK) < first.price
    assert again.amount == first.amount + 1 and desk.state.book.sells == [again] and not desk.state.book.markets


def test_a_late_sell_of_everything_leaves_nothing_to_close() -> None:
    desk = begun("GRID", desks.GRID)
    order = close(desk, "quote")
    registry.apply(desk.state, Fill("L3", 1, Side.SELL, D(105), order.amount, D(0), "USDT", "late", desk.at))
    assert (desk.state.status, desk.state.book.orders) == (Status.STOPPED, {})


def test_without_a_loss_there_is_no_break_even_and_the_bot_sells_at_market() -> None:
    desk = begun("GRID", desks.GRID)
    desk.look("104")
    order = close(desk, "break_even")
    assert (order.side, order.price, order.amount) == (Side.SELL, None, down(desk.state.ledger.base, LOT))
