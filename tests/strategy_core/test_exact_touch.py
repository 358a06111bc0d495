"""Every price that makes a bot act: a tick before it nothing happens, at it the bot acts, and its horizon names exactly that price."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.state import AT_ONCE
from strategy_core.trade import Status

_spec = util.spec_from_file_location("strategy_core_desk_touch", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal
TICK = D("0.01")
COMBO: dict[str, Any] = {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "grid_levels": 5, "step_pct": "1"}
DCA: dict[str, Any] = {"base_order_size": "100", "safety_orders": 0, "take_profit_pct": "2", "funds_quote": "2000"}


class Futures(desks.Desk):
    """A desk on a perpetual, fees as at a venue."""

    def __init__(self, name: str, config: dict[str, Any], price: str = "100") -> None:
        fees = {
            "slippage_pct": "0",
            "min_notional": "1",
            "maker_fee": "0.0002",
            "taker_fee": "0.0005",
            "step": "0.01",
            "min_amount": "0.01",
        }
        self.market = desks.walks.market(future=True, **fees)
        self.state = registry.start(name, config, D(price), self.market, 0)
        self.at, self.trades = 0, 0


def begun(name: str, **config: Any) -> Any:
    """Started at 100, its market order filled there, and judged."""
    plain = {"GRID": desks.GRID, "BTD": desks.BTD, "LOOP": desks.LOOP, "COMBO": COMBO, "DCA": DCA}[name]
    desk = (Futures if name == "COMBO" else desks.Desk)(name, plain | config)
    for leg in ("INIT", "BO"):
        if leg in desk.orders():
            desk.fill(leg)
    desk.look("100")
    return desk


def touched(desk: Any, price: str, acted: Callable[[], bool], *, from_above: bool, named: bool = True) -> None:
    """`price` is the edge of the horizon on its side; a tick before it nothing, at it the deed."""
    band = registry.horizon(desk.state)
    assert not named or (band.below if from_above else band.above) == D(price), band
    desk.look(str(D(price) + (TICK if from_above else -TICK)))
    assert not acted(), "a tick too early"
    desk.look(price)
    assert acted()


def ends(desk: Any, reason: str) -> Callable[[], bool]:
    return lambda: desk.state.status in (Status.STOPPING, Status.STOPPED) and desk.state.reason == reason


# -- stops and targets at a price ----------------------------------------------------------------------------------------

PRICES = [
    ("GRID", {"stop_loss_price": "97"}, "97", True, "stop_loss"),
    ("GRID", {"stop_loss_price": "95"}, "95", True, "stop_loss"),
    ("GRID", {"take_profit_price": "103"}, "103", False, "take_profit"),
    ("GRID", {"take_profit_price": "105"}, "105", False, "take_profit"),
    ("BTD", {"stop_loss_price": "103"}, "103", False, "stop_loss"),
    ("BTD", {"stop_loss_price": "105"}, "105", False, "stop_loss"),
    ("BTD", {"take_profit_price": "97"}, "97", True, "take_profit"),
    ("BTD", {"take_profit_price": "97", "start_mode": "balanced"}, "97", True, "take_profit"),
    ("BTD", {"take_profit_price": "95", "start_mode": "balanced"}, "95", True, "take_profit"),
    ("LOOP", {"take_profit_price": "101"}, "101", False, "take_profit"),
    ("LOOP", {"take_profit_price": "102"}, "102", False, "take_profit"),
    ("COMBO", {"take_profit_price": "100.5"}, "100.5", False, "take_profit"),
    ("COMBO", {"take_profit_price": "99.5", "direction": "short"}, "99.5", True, "take_profit"),
    ("COMBO", {"stop_loss_pct": "0.5"}, "99.5", True, "stop_loss"),
    ("COMBO", {"stop_loss_pct": "0.5", "direction": "short"}, "100.5", False, "stop_loss"),
]


@pytest.mark.parametrize(("name", "config", "price", "from_above", "reason"), PRICES)
def test_a_stop_or_target_acts_at_its_price_and_not_before(name: str, config: Any, price: str, from_above: bool, reason: str) -> None:
    desk = begun(name, **config)
    touched(desk, price, ends(desk, reason), from_above=from_above)


BEYOND = [  # a stop behind the nearest order, or a target behind it, is not the edge
    ("GRID", {"stop_loss_price": "93"}, "95", "105"),
    ("GRID", {"take_profit_price": "107"}, "95", "105"),
    ("BTD", {"stop_loss_price": "107", "start_mode": "balanced"}, "95", "105"),
    ("BTD", {"take_profit_price": "93", "start_mode": "balanced"}, "95", "105"),
    ("LOOP", {"take_profit_price": "103"}, "98", "102"),
    ("COMBO", {"take_profit_price": "102"}, "99", "101"),
    ("COMBO", {"take_profit_price": "98", "direction": "short"}, "99", "101"),
]


@pytest.mark.parametrize(("name", "config", "below", "above"), BEYOND)
def test_what_lies_behind_the_nearest_order_is_not_the_edge(name: str, config: Any, below: str, above: str) -> None:
    assert registry.horizon(begun(name, **config).state) == (D(below), D(above), None)


def test_stop_goes_before_target_where_both_hold() -> None:
    """A grid edited so that both hold at one price: the stop is judged first."""
    desk = begun("GRID", stop_loss_price="97", take_profit_price="103")
    desk.state.config = desk.state.config.model_copy(update={"take_profit_price": D("96")})
    desk.look("96.5")
    assert desk.state.reason == "stop_loss"


# -- targets and guards on the total --------------------------------------------------------------------------------------


def _total(desk: Any, price: Decimal) -> Decimal:
    return desk.state.ledger.total(price)


TOTALS = [
    ("GRID", {"take_profit_pct": "1"}, D(10), "take_profit", False),
    ("LOOP", {"take_profit_pct": "0.5"}, D(25), "take_profit", False),
    ("LOOP", {"equity_guard_pct": "1", "equity_guard_action": "close"}, D(-50), "equity_guard", True),
    ("COMBO", {"take_profit_pct": "1"}, D(2), "take_profit", False),
    ("COMBO", {"take_profit_pct": "1", "direction": "short"}, D(2), "take_profit", True),
]


@pytest.mark.parametrize(("name", "config", "total", "reason", "from_above"), TOTALS)
def test_a_target_or_guard_on_the_total_acts_at_the_first_tick_that_meets_it(
    name: str, config: Any, total: Decimal, reason: str, from_above: bool
) -> None:
    desk = begun(name, **config)
    band = registry.horizon(desk.state)
    edge = band.below if from_above else band.above
    assert edge is not None
    away = D("1e-20")
    if total > 0:
        assert _total(desk, edge * (1 + (-away if from_above else away))) >= total
    else:
        assert _total(desk, edge * (1 - away)) <= total
    short_of = edge * (1 + (away if from_above else -away))
    assert (_total(desk, short_of) < total) if total > 0 else (_total(desk, short_of) > total)
    first = edge.quantize(TICK, "ROUND_FLOOR" if from_above else "ROUND_CEILING")
    touched(desk, str(first), ends(desk, reason), from_above=from_above, named=False)


def test_a_btd_takes_profit_when_its_base_has_grown_by_its_percent() -> None:
    """Eight coins; four were sold at 105 (419.58 net): at P they are worth 4 + 419.58 / P; 8.08 at 102.838..."""
    desk = begun("BTD", take_profit_pct="1", trail_down="off")
    assert registry.horizon(desk.state).below is None
    desk.fill("L3", price="105")
    desk.look("104")
    edge = registry.horizon(desk.state).below
    assert edge is not None and abs(edge - D("419.58") / D("4.08")) < D("1e-18") and edge >= D("419.58") / D("4.08")
    desk.say("edit", take_profit_pct="5")
    desk.look("104")
    assert registry.horizon(desk.state).below == D(100), "the buy at 100 is nearer than 95.36"


def test_a_btd_figures_what_it_needs_from_what_it_was_given_and_what_fees_took() -> None:
    desk = begun("BTD", take_profit_pct="1")
    desk.fill("L3", price="105")
    desk.state.ledger.third = D("1.58")  # fees in a third coin
    desk.state.ledger.put_quote = D(8)
    desk.state.band = None
    desk.look("104")
    edge = registry.horizon(desk.state).below
    assert edge is not None and abs(edge - D(410) / D("4.08")) < D("1e-18")
    reached = desk.state.ledger.total(edge - D("1e-9")) >= D("0.08")
    assert reached and desk.state.ledger.total(edge + D("1e-9")) < D("0.08")


def test_without_base_or_quote_to_move_a_total_there_is_no_such_price() -> None:
    grid = begun("GRID", take_profit_pct="50")
    sold = grid.state.ledger.base
    grid.fill("L3")
    grid.fill("L4")
    assert sold > 0 and grid.state.ledger.base == 0
    grid.look("110")
    assert registry.horizon(grid.state) == (D(105), None, None)
    btd = begun("BTD", take_profit_pct="1")
    assert registry.horizon(btd.state) == (D(95), D(105), None), "no quote yet: only the trailing edge and the first sell"


# -- the window -----------------------------------------------------------------------------------------------------------


def _moved(desk: Any, code: str) -> Callable[[], bool]:
    return lambda: code in [event.code for event in desk.state.log]


@pytest.mark.parametrize("mode", ["shift", "extend"])
def test_a_grids_window_goes_up_at_the_next_level_up_to_its_limit(mode: str) -> None:
    budget = {"trail_up_budget": "300"} if mode == "extend" else {}
    desk = begun("GRID", trail_up=mode, trail_up_limit="115", pump_guard=False, **budget)
    assert registry.horizon(desk.state).above == D(105)
    desk.fill("L3")
    desk.fill("L4")
    desk.look("110")
    touched(desk, "115", _moved(desk, f"{mode}_up"), from_above=False)
    assert desk.orders()["L4"].side is desks.Side.BUY and desk.state.memory.hi == 5
    assert registry.horizon(desk.state).above is None, "120 lies beyond the limit"


@pytest.mark.parametrize("mode", ["shift", "extend"])
def test_a_grids_window_goes_down_at_the_next_level_down_to_its_limit(mode: str) -> None:
    budget = {"trail_down_budget": "300"} if mode == "extend" else {}
    desk = begun("GRID", trail_down=mode, trail_down_limit="85", pump_guard=False, **budget)
    desk.fill("L1")
    desk.fill("L0")
    desk.look("90")
    acted = _moved(desk, "shift_down") if mode == "shift" else lambda: "EXT" in desk.orders()
    touched(desk, "85", acted, from_above=True)
    if mode == "extend":
        desk.fill("EXT")
        desk.look("85")
    assert desk.orders()["L0"].side is desks.Side.SELL and desk.state.memory.lo == -1
    assert registry.horizon(desk.state).below is None, "80 lies beyond the limit"


@pytest.mark.parametrize(
    ("config", "sold", "price", "from_above", "code"),
    [
        ({"trail_up": "shift", "trail_up_limit": "115", "pump_guard": False}, True, "115", False, "shift_up"),
        ({"trail_down": "shift", "trail_down_limit": "95", "pump_guard": False}, False, "95", True, "shift_down"),
    ],
)
def test_a_btds_window_moves_at_the_next_level_and_its_limit_is_included(
    config: Any, sold: bool, price: str, from_above: bool, code: str
) -> None:
    config = {"low": "100", "high": "110", "cells": 2, **config} if code == "shift_down" else config
    desk = begun("BTD", **config)
    for leg in ("L3", "L4") if sold else ():
        desk.fill(leg)
    desk.look("101")
    touched(desk, price, _moved(desk, code), from_above=from_above)
    band = registry.horizon(desk.state)
    assert (band.below if from_above else band.above) is None


@pytest.mark.parametrize(("direction", "price", "from_above"), [("long", "106.16", False), ("short", "94.20", True)])
def test_a_combos_window_follows_at_the_level_beyond_its_top(direction: str, price: str, from_above: bool) -> None:
    desk = begun("COMBO", direction=direction)
    for level in range(1, 6):
        desk.fill(f"L{level}")
    desk.look(str(D(price) + (TICK if from_above else -TICK)))
    touched(desk, price, _moved(desk, "shifted"), from_above=from_above)
    assert desk.state.memory.refill == 6 and registry.horizon(desk.state) == AT_ONCE


@pytest.mark.parametrize(("direction", "price", "from_above"), [("long", "94.20", True), ("short", "106.16", False)])
def test_a_combos_window_comes_down_when_its_entries_are_spent(direction: str, price: str, from_above: bool) -> None:
    desk = begun("COMBO", direction=direction)
    for level in range(1, 6):
        desk.fill(f"L-{level}")
    desk.look("95.2" if from_above else "105.0")
    touched(desk, price, _moved(desk, "shifted"), from_above=from_above)
    event = next(event for event in desk.state.log if event.code == "shifted")
    assert event.params == {"direction": "against", "lo": "-6", "hi": "4"}
    order = desk.orders()["L-5"]
    assert order.reduce_only and order.amount == 1


# -- a deal -----------------------------------------------------------------------------------------------------------------


def _closes(desk: Any, reason: str) -> Callable[[], bool]:
    return lambda: desk.state.memory.exit_reason == reason


def deal(short: bool = False, **config: Any) -> Any:
    own = {"direction": "short", "funds_quote": "0", "funds_base": "50"} if short else {}
    return begun("DCA", **{**own, **config})


@pytest.mark.parametrize("short", [False, True])
def test_a_stop_of_the_base_price_acts_at_it(short: bool) -> None:
    desk = deal(short, stop_loss_pct="10")
    price = "110" if short else "90"
    touched(desk, price, _closes(desk, "stop_loss"), from_above=not short)


@pytest.mark.parametrize("short", [False, True])
def test_a_stop_of_the_average_acts_at_it(short: bool) -> None:
    """100 at 100 and 100 at 95 (105): 1 + 1.052 for 199.94 (0.952 for 199.96), average 97.4366 (102.4385)."""
    ladder = {"safety_orders": 1, "safety_order_size": "100", "step_pct": "5"}
    desk = deal(short, stop_loss_pct="20", stop_loss_of="average", **ladder)
    desk.fill("SO1")
    desk.look("105" if short else "95")
    average = desk.state.memory.entry.average
    wanted = average * (D("1.2") if short else D("0.8"))
    band = registry.horizon(desk.state)
    assert (band.above if short else band.below) == wanted
    edge = wanted.quantize(TICK, "ROUND_CEILING" if short else "ROUND_FLOOR")
    touched(desk, str(edge), _closes(desk, "stop_loss"), from_above=not short, named=False)


@pytest.mark.parametrize("short", [False, True])
def test_a_trailing_target_begins_at_its_price_and_sells_at_its_pullback(short: bool) -> None:
    desk = deal(short, trailing_take_profit_pct="1", take_profit_net=False)
    target = "98" if short else "102"
    touched(desk, target, lambda: desk.state.memory.peak == D(target), from_above=short)
    best = "90" if short else "110"
    desk.look(best)
    back = "90.9" if short else "108.9"
    touched(desk, back, _closes(desk, "take_profit"), from_above=not short)


@pytest.mark.parametrize("short", [False, True])
def test_a_trailing_stop_follows_the_best_price(short: bool) -> None:
    desk = deal(short, stop_loss_pct="10", trailing_stop=True, take_profit_pct="50", take_profit_net=False)
    desk.look("80" if short else "120")
    desk.look("82" if short else "118")
    touched(desk, "88" if short else "108", _closes(desk, "stop_loss"), from_above=not short)


@pytest.mark.parametrize(("bound", "outside", "edge"), [("min_price", "98.99", "99"), ("max_price", "101.01", "101")])
def test_no_deal_begins_outside_its_bounds_and_one_does_on_them(bound: str, outside: str, edge: str) -> None:
    desk = desks.Desk("DCA", DCA | {bound: edge}, price=outside)
    assert desk.orders() == {} and desk.state.status is Status.WAITING
    band = registry.horizon(desk.state)
    assert (band.above if bound == "min_price" else band.below) == D(edge)
    desk.look(edge)
    assert "BO" in desk.orders()


@pytest.mark.parametrize(("operator", "before", "price"), [("less", "99.01", "99"), ("greater", "100.99", "101")])
@pytest.mark.parametrize("name", ["GRID", "BTD", "LOOP", "COMBO", "DCA"])
def test_a_price_to_start_at_is_included(name: str, operator: str, before: str, price: str) -> None:
    desk = begun(name, start={"type": "price", "operator": operator, "price": price})
    assert desk.state.status is Status.WAITING and desk.orders() == {}
    band = registry.horizon(desk.state)
    assert band == ((D(price), None, None) if operator == "less" else (None, D(price), None))
    desk.look(before)
    assert desk.state.status is Status.WAITING and desk.orders() == {}
    desk.look(price)
    assert desk.state.status is not Status.WAITING and desk.orders()


def test_a_pause_between_deals_lasts_to_the_millisecond() -> None:
    desk = deal(cooldown_s=60)
    desk.fill("TP1")
    desk.look("101", later=1)
    closed = desk.state.memory.closed_at
    assert closed == desk.at - 1 and registry.horizon(desk.state) == (None, None, closed + 60_000)
    desk.look("101", later=59_998)
    assert desk.orders() == {}
    desk.look("101", later=1)
    assert "BO" in desk.orders()


def test_a_stop_with_patience_closes_when_it_has_held_that_long() -> None:
    desk = deal(stop_loss_pct="10", stop_loss_timeout_s=30)
    desk.look("90")
    since = desk.at
    assert desk.state.memory.below_since == since and registry.horizon(desk.state).until == since + 30_000
    assert registry.horizon(desk.state).above == D(90), "back above it the patience begins anew"
    desk.look("90.01", later=5_000)
    assert desk.state.memory.below_since is None
    desk.look("90", later=1_000)
    since = desk.at
    desk.look("80", later=29_999)
    assert desk.state.memory.exit_reason is None
    desk.look("80", later=1)
    assert desk.at == since + 30_000 and desk.state.memory.exit_reason == "stop_loss"
