"""BTD beyond its cases: trailing limits, parts, another range, more money; and the base-counted ledger's fees."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.ledger import Kind, Ledger
from strategy_core.trade import Fill, Side

_spec = util.spec_from_file_location("strategy_core_desk", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal


def btd(**more: Any) -> Any:
    """Eight coins at 100 over 90..110 in four cells: sells of four at 105 and 110."""
    desk = desks.Desk("BTD", desks.BTD | more)
    desk.look("100")
    return desk


def resting(desk: Any) -> dict[str, tuple[str, str, str]]:
    return {leg: (order.side.value, str(order.price), str(order.amount)) for leg, order in desk.orders().items()}


def test_the_ladder_follows_the_price_up_to_its_limit_and_no_further() -> None:
    desk = btd(trail_up="shift", trail_up_limit="120", pump_guard=False)
    desk.fill("L3")
    desk.fill("L4")
    desk.look("114.99")
    assert set(desk.orders()) == {"L2", "L3"}
    desk.look("115")
    assert set(desk.orders()) == {"L3", "L4"}
    assert registry.horizon(desk.state) == (D("110.00"), D("120.00"), None)
    desk.look("140")
    assert set(desk.orders()) == {"L4", "L5"}
    assert registry.horizon(desk.state) == (D("115.00"), None, None)


def test_the_ladder_follows_the_price_down_to_its_limit_and_no_further() -> None:
    desk = btd(trail_down="shift", trail_down_limit="80", pump_guard=False)
    desk.look("95.01")
    assert set(desk.orders()) == {"L3", "L4"}
    desk.look("95")
    assert resting(desk) == {"L3": ("sell", "105.00", "4.000"), "L2": ("sell", "100.00", "4.000")}
    desk.look("70")
    assert resting(desk) == {"L0": ("sell", "90.00", "4.000"), "L-1": ("sell", "85.00", "4.000")}
    assert registry.horizon(desk.state) == (None, D("85.00"), None)


def test_without_limits_the_ladder_follows_as_far_as_prices_go() -> None:
    up = btd(trail_up="shift", pump_guard=False)
    up.fill("L3")
    up.fill("L4")
    up.look("200")
    assert max(order.price for order in up.orders().values()) == D("195.00")
    down = btd(trail_down="shift", pump_guard=False)
    down.look("1")
    assert min(order.price for order in down.orders().values()) == D("10.00")
    assert registry.horizon(down.state).below is None  # the next level would be at nought


def test_a_buy_in_parts_is_for_sale_as_it_comes_and_ends_at_the_planned_size() -> None:
    desk = btd()
    desk.fill("L3")
    assert resting(desk)["L2"] == ("buy", "100.00", "4.191")
    desk.fill("L2", "0.7")
    assert resting(desk)["L3"] == ("sell", "105.00", "0.7")
    desk.fill("L2", "0.5")
    assert resting(desk)["L3"] == ("sell", "105.00", "1.2")
    desk.fill("L2")
    assert resting(desk)["L3"] == ("sell", "105.00", "4.000")
    assert "L2" not in desk.orders()


def test_a_sell_in_parts_buys_what_each_part_brought() -> None:
    desk = btd()
    desk.fill("L3", "0.7")
    assert resting(desk)["L2"] == ("buy", "100.00", "0.733")  # 0.7 * 105 * 0.999 / 100.1
    desk.fill("L3")
    assert resting(desk)["L2"] == ("buy", "100.00", "4.191")


def test_another_range_counts_what_the_quote_would_buy() -> None:
    desk = btd()
    desk.fill("L3")
    desk.say("edit", low="80", high="120")
    # worth 4 + 419.58 * 0.999 / 100 = 8.1916: two sells of 4.095, four of which are there
    assert resting(desk) == {"INIT": ("buy", "None", "4.190")}


def test_another_range_of_a_grid_counts_what_the_base_would_bring() -> None:
    desk = desks.grid()
    desk.fill("L1")
    desk.say("edit", low="80", high="120")
    # worth 253.254 + 7.593 * 100 * 0.999 = 1011.79: 258.57 each, 2.585 + 2.350 of base wanted
    assert resting(desk) == {"INIT": ("sell", "None", "2.658")}


def test_money_added_twice_grows_from_what_there_was() -> None:
    desk = btd()
    desk.say("add_funds", amount="8")
    desk.say("add_funds", amount="8")
    assert desk.state.config.investment == D("24")
    assert {amount for _, _, amount in resting(desk).values()} == {"12.000"}
    assert desk.state.ledger.put_base == D("24")


@pytest.mark.parametrize(
    ("side", "fee", "coin", "worth"),
    [(Side.BUY, "0.002", "BTC", "0.002"), (Side.SELL, "0.2", "USDT", "0.002"), (Side.BUY, "0.2", "USDT", "0.002")],
)
def test_fees_of_a_ledger_counted_in_base_are_counted_in_base(side: Side, fee: str, coin: str, worth: str) -> None:
    ledger = Ledger(Kind.BASE, "BTC", "USDT", base=D("10"), quote=D("1000"))
    ledger.fold(Fill("L1", 1, side, D("100"), D("2"), D(fee), coin, "t", 1))
    assert ledger.fees_value == D(worth)
    assert ledger.fees == {coin: D(fee)}
