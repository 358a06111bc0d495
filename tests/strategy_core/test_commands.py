"""Adding funds, editing a running bot, and starting on a condition: GRID, BTD and LOOP."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.trade import Candles, Command, Fill, Invalid, Look, Side, Status

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
GRID = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "1000"}
BTD = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "8"}
LOOP = {"investment": "5000", "order_count": 10, "distance_pct": "2"}


def begun(name: str, config: dict[str, Any], price: str = "100") -> Any:
    walk = walks.Walk(name, config, D(price), walks.market(future=False), 1)
    walk.go(D(price))
    return walk


def say(walk: Any, name: str, **params: Any) -> None:
    walk.tell(Command(name, params, walk.at, f"{name}{len(walk.state.commands)}"))


def amounts(walk: Any, side: Side) -> dict[str, Decimal]:
    return {o.leg: o.amount for o in registry.orders(walk.state) if o.side is side}


@pytest.mark.parametrize("mode", ["quote", "base"])
def test_added_funds_make_the_resting_buys_larger(mode: str) -> None:
    walk = begun("GRID", GRID | {"size_mode": mode})
    before = amounts(walk, Side.BUY)
    say(walk, "add_funds", amount="500")
    after = amounts(walk, Side.BUY)
    assert all(D("1.49") < after[leg] / before[leg] < D("1.51") for leg in before)
    assert (walk.state.ledger.put_quote, walk.state.config.investment) == (D(1500), D(1500))


def test_added_funds_make_the_resting_sells_of_a_btd_larger() -> None:
    walk = begun("BTD", BTD)
    say(walk, "add_funds", amount="4")
    assert amounts(walk, Side.SELL) == {"L3": D(6), "L4": D(6)}


def test_bad_amounts_are_refused() -> None:
    walk = begun("GRID", GRID)
    for amount in (None, 1.5, "0", "-1", "x"):
        with pytest.raises(Invalid):
            say(walk, "add_funds", amount=amount)
    with pytest.raises(Invalid):
        say(begun("LOOP", LOOP), "add_funds", amount="5")


@pytest.mark.parametrize(
    ("name", "config", "change"),
    [("GRID", GRID, {"stop_loss_price": "85"}), ("BTD", BTD, {"stop_loss_price": "120"}), ("LOOP", LOOP, {"take_profit_price": "130"})],
)
def test_an_edit_of_an_exit_takes_effect_now_and_moves_no_order(name: str, config: dict[str, Any], change: dict[str, Any]) -> None:
    walk = begun(name, config)
    before = registry.orders(walk.state)
    say(walk, "edit", **change)
    walk.go(D(100))
    assert registry.orders(walk.state) == before
    ((field, value),) = change.items()
    assert getattr(walk.state.config, field) == D(value)


def test_an_edit_is_checked_like_a_start() -> None:
    walk = begun("GRID", GRID)
    for change in ({"stop_loss_price": "101"}, {"stop_loss_price": 85.0}, {"cells": 9999}, {"investment": "5"}, {"colour": "red"}):
        before = walks.stored(walk.state)
        with pytest.raises(Invalid):
            say(walk, "edit", **change)
        assert walks.stored(walk.state) == before
    with pytest.raises(Invalid) as refused:
        say(begun("LOOP", LOOP), "edit", distance_pct="3")
    assert (refused.value.field, refused.value.code) == ("distance_pct", "not_editable")


@pytest.mark.parametrize(("name", "config", "change"), [
    ("GRID", GRID, {"low": "80", "high": "105"}), ("GRID", GRID, {"low": "98", "high": "130"}), ("GRID", GRID, {"reserve_pct": "0.6"}),
    ("BTD", BTD, {"low": "80", "high": "115"}), ("BTD", BTD, {"start_mode": "balanced"}),
])  # fmt: skip
def test_another_range_is_one_balancing_order_and_a_new_ladder(name: str, config: dict[str, Any], change: dict[str, Any]) -> None:
    walk = begun(name, config)
    say(walk, "pause", keep_orders=False)
    say(walk, "edit", **change)
    resting = registry.orders(walk.state)
    assert [o.leg for o in resting] == ["INIT"] or walk.state.status is Status.ACTIVE
    walk.go(D(100))
    walk.go(D(100))
    assert walk.state.status is Status.ACTIVE
    legs = [o.leg for o in registry.orders(walk.state)]
    assert len(legs) >= 2 and "INIT" not in legs
    prices = [o.price for o in registry.orders(walk.state)]
    assert min(prices) >= D(change.get("low", "90")) and max(prices) <= D(change.get("high", "110"))


@pytest.mark.parametrize(("name", "config"), [("GRID", GRID), ("BTD", BTD), ("LOOP", LOOP)])
def test_a_bot_waits_for_its_price(name: str, config: dict[str, Any]) -> None:
    walk = begun(name, config | {"start": {"type": "price", "operator": "less", "price": "98"}})
    assert walk.state.status is Status.WAITING and registry.orders(walk.state) == ()
    assert registry.horizon(walk.state).below == D(98)
    walk.go(D("97.5"))
    walk.go(D("97.5"))
    assert walk.state.status is Status.ACTIVE and walk.state.start_price == D("97.5")


def test_a_price_outside_the_range_refuses_the_start_and_waits_on() -> None:
    walk = begun("GRID", GRID | {"start": {"type": "price", "operator": "less", "price": "95"}})
    walk.go(D(80))
    assert walk.state.status is Status.WAITING
    assert "start_refused" in [event.code for event in registry.drain(walk.state)]
    walk.go(D(94))
    assert walk.state.status is Status.STARTING


def test_a_signal_starts_a_waiting_bot_and_no_other() -> None:
    walk = begun("BTD", BTD | {"start": "webhook"})
    assert walk.state.status is Status.WAITING
    say(walk, "start_deal")
    assert walk.state.status is Status.ACTIVE
    with pytest.raises(Invalid):
        say(walk, "start_deal")


def test_a_btd_buys_no_dip_before_it_is_one() -> None:
    walk = begun("BTD", BTD | {"start": {"type": "dip", "fall_pct": "5", "hours": 2}})
    assert registry.timeframes(walk.state) == {3_600_000: 2}
    walk.go(D(94))
    assert walk.state.status is Status.WAITING
    hour = walk.at // 3_600_000 * 3_600_000
    row = (hour - 3_600_000, D(100), D(101), D(99), D(100))
    registry.apply(walk.state, Candles(3_600_000, (row,), walk.at))
    walks.check_stored(walk.state)
    registry.apply(walk.state, Look(D("95.9"), walk.at))
    assert walk.state.status is Status.ACTIVE
    assert registry.timeframes(walk.state) == {}


@pytest.mark.parametrize(("name", "config"), [("GRID", GRID), ("BTD", BTD | {"start_mode": "balanced"}), ("LOOP", LOOP)])
def test_a_start_not_fully_filled_goes_on_with_what_it_has_after_a_minute(name: str, config: dict[str, Any]) -> None:
    walk = walks.Walk(name, config, D(100), walks.market(future=False), 1)
    order = registry.orders(walk.state)[0]
    fee, coin = walks.fee_for(walk.market, order.side, D(100), D(1), False)
    walk.tell(Fill(order.leg, 1, order.side, D(100), D(1), fee, coin, "a", walk.at))
    registry.apply(walk.state, Look(D(100), walk.at + 59_999))
    assert walk.state.status is Status.STARTING
    registry.apply(walk.state, Look(D(100), walk.at + 60_000))
    assert walk.state.status is Status.ACTIVE
    walks.check_orders(walk.state)
    assert {"size_reduced", "parked"} <= {event.code for event in registry.drain(walk.state)}
    walks.check_stored(walk.state)


def test_an_extension_up_is_paid_from_its_own_budget_until_it_is_spent() -> None:
    more = {"trail_up": "extend", "trail_up_limit": "200", "trail_up_budget": "600", "pump_guard": False}
    walk = begun("GRID", GRID | more)
    for price in ("105", "110", "116"):
        walk.go(D(price))
    state = walk.state
    assert (state.memory.lo, state.memory.hi) == (0, 5)
    assert state.memory.budget_up == D(600) - (state.ledger.put_quote - 1000) > 0
    assert "L4" in amounts(walk, Side.BUY)
    for price in ("121", "126", "131"):
        walk.go(D(price))
    assert (state.memory.hi, state.memory.ended_up) == (6, True)
    assert "budget_spent" in [event.code for event in registry.drain(state)]
    assert registry.horizon(state).above is None


def test_an_extension_down_buys_at_market_and_sells_one_level_up() -> None:
    more = {"trail_down": "extend", "trail_down_limit": "60", "trail_down_budget": "600", "pump_guard": False}
    walk = begun("GRID", GRID | more)
    for price in ("95", "90", "84"):
        walk.go(D(price))
    order = next(o for o in registry.orders(walk.state) if o.leg == "EXT")
    assert (order.side, order.price) == (Side.BUY, None)
    put = walk.state.ledger.put_quote
    walk.go(D("84"))
    assert walk.state.memory.lo == -1 and amounts(walk, Side.SELL)["L0"] == order.amount
    assert walk.state.ledger.put_quote - put == order.amount * D("84.02") * D("1.001")
    for price in ("79", "79", "74", "74", "69", "69"):
        walk.go(D(price))
    assert walk.state.memory.ended_down
    assert json.loads(walks.stored(walk.state))["memory"]["ended"] == [False, True]


def test_the_pump_guard_holds_trailing_back_for_one_quiet_window() -> None:
    walk = begun("GRID", GRID | {"trail_up": "shift", "trail_up_limit": "200"})
    assert registry.lookback_ms(walk.state) == 120_000
    for price in ("105", "110", "116"):
        walk.at += 1000
        walk.go(D(price))
    assert walk.state.memory.hi == 4
    assert "pump_guard" in [event.code for event in registry.drain(walk.state)]
    until = registry.horizon(walk.state).until
    assert until == walk.at + 60_000
    walk.at = until + 1
    walk.go(D(116))
    walk.at += 60_001
    walk.go(D(116))
    assert walk.state.memory.hi == 5


@pytest.mark.parametrize("name", ["GRID", "BTD"])
def test_a_moved_sell_that_fills_after_all_makes_the_others_smaller(name: str) -> None:
    """The window shifted down, the cancel of its top sell came too late: what it sold is no longer for sale."""
    more = {"trail_down": "shift", "trail_down_limit": "40", "pump_guard": False, "start_mode": "balanced"}
    if name == "GRID":
        del more["start_mode"]
    walk = begun(name, (GRID if name == "GRID" else BTD) | more)
    top = next(o for o in registry.orders(walk.state) if o.leg == "L4")
    for price in ("95", "90", "84"):
        walk.go(D(price))
    assert walk.state.memory.lo == -1
    fee, coin = walks.fee_for(walk.market, top.side, D(110), top.amount, True)
    walk.tell(Fill("L4", top.generation, top.side, D(110), top.amount, fee, coin, "late", walk.at))
    assert {"stray_fill", "size_reduced"} <= {event.code for event in registry.drain(walk.state)}
    assert walk.state.free_base() >= 0


def test_a_moved_buy_that_fills_after_all_makes_the_others_smaller() -> None:
    walk = begun("GRID", GRID | {"trail_up": "shift", "trail_up_limit": "200", "pump_guard": False})
    bottom = next(o for o in registry.orders(walk.state) if o.leg == "L0")
    for price in ("105", "110", "116"):
        walk.go(D(price))
    assert walk.state.memory.lo == 1
    fee, coin = walks.fee_for(walk.market, bottom.side, D(90), bottom.amount, True)
    walk.tell(Fill("L0", bottom.generation, bottom.side, D(90), bottom.amount, fee, coin, "late", walk.at))
    assert walk.state.free_quote() >= 0
    walk.steps(20, 0.02)


def test_a_loop_takes_the_farthest_order_back_for_a_fill_nobody_waited_for() -> None:
    walk = begun("LOOP", LOOP)
    walk.tell(Fill("S99", 1, Side.SELL, D(120), D("5"), D(0), "USDT", "odd", walk.at))
    walk.tell(Fill("B99", 1, Side.BUY, D(80), D("9"), D(0), "USDT", "odder", walk.at))
    assert walk.state.free_base() >= 0 and walk.state.memory.parked
    walk.steps(20, 0.02)


@pytest.mark.parametrize(("name", "config"), [("GRID", GRID | {"reinvest": "compound"}), ("BTD", BTD | {"reinvest": "compound"})])
def test_compound_puts_the_whole_of_what_came_into_the_next_order(name: str, config: dict[str, Any]) -> None:
    walk = begun(name, config)
    for price in ("105", "100", "105", "100"):
        walk.go(D(price))
    sold = [fill for fill in walk.fills if fill.side is Side.SELL]
    bought = [fill for fill in walk.fills if fill.side is Side.BUY and fill.price == 100][-1]
    assert bought.amount > sold[0].amount
