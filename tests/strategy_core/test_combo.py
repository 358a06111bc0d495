"""COMBO, rule by rule: short scenarios with figures that can be followed by hand."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.number import plain
from strategy_core.trade import Candles, Command, Ended, Fill, Invalid, Look, PositionSeen, Rules, Side, Status

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
PLAIN: dict[str, Any] = {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "grid_levels": 5, "step_pct": "1"}


def rules(**more: Any) -> Any:
    fees = {"slippage_pct": "0", "min_notional": "1", "maker_fee": "0.0002", "taker_fee": "0.0005", "step": "0.01", "min_amount": "0.01"}
    return walks.market(future=True, **{**fees, **more})


def bot(*, market: dict[str, Any] | None = None, **config: Any) -> Any:
    return walks.Walk("COMBO", {**PLAIN, **config}, D(100), rules(**(market or {})), 1)


def go(walk: Any, *prices: str, jump: bool = False) -> Any:
    for price in prices:
        walk.at += 60_000
        walk.go(D(price), jump)
    return walk


def orders(walk: Any) -> dict[str, str]:
    """level -> price, exits with a minus sign for a sell that closes."""
    return {
        o.leg: ("x" if o.reduce_only else "e") + (plain(o.price) if o.price is not None else "market") for o in registry.orders(walk.state)
    }


def window(walk: Any) -> tuple[int, int]:
    return walk.state.memory.lo, walk.state.memory.hi


def command(walk: Any, name: str, **params: Any) -> None:
    walk.trades += 1
    registry.apply(walk.state, Command(name, params, walk.at, f"c{walk.trades}"))


def tell(walk: Any, leg: str, amount: str, *, generation: int | None = None, side: Side | None = None, price: str = "100") -> None:
    order = walk.state.book.orders.get(leg)
    walk.trades += 1
    fill = Fill(
        leg, generation or order.generation, side or order.side, D(price), D(amount), D(0), "USDT", f"t{walk.trades}", walk.at
    )  # fmt: skip
    registry.apply(walk.state, fill)
    walks.check_orders(walk.state)


def test_the_first_entry_is_the_anchor_of_the_ladder() -> None:
    walk = bot(market={"slippage_pct": "0.1"})
    assert orders(walk) == {"INIT": "emarket"} and walk.state.status is Status.STARTING
    go(walk, "100")
    assert walk.state.memory.anchor == D("100.1") and window(walk) == (-5, 5)
    assert orders(walk)["L1"] == "x101.11" and orders(walk)["L-1"] == "e99.1" and "L0" not in orders(walk)


def test_half_of_the_levels_are_exits_when_nothing_is_said() -> None:
    assert go(bot(grid_levels=None), "100").state.ledger.base == 5


def test_an_exit_brings_an_entry_below_and_an_entry_an_exit_above() -> None:
    walk = go(bot(), "100", "101")
    assert orders(walk)["L0"] == "e100" and "L1" not in orders(walk)
    go(walk, "98.9")
    assert orders(walk)["L1"] == "x101" and orders(walk)["L0"] == "x100" and "L-1" not in orders(walk)


def test_a_short_is_the_mirror_image() -> None:
    walk = go(bot(direction="short"), "100")
    assert walk.state.ledger.base == -5
    assert orders(walk)["L1"] == "x99" and orders(walk)["L-1"] == "e101"
    go(walk, "99")
    assert orders(walk)["L0"] == "e100" and walk.state.ledger.deals == 1


def test_a_partial_entry_gets_its_exit_only_for_what_filled() -> None:
    walk = go(bot(), "100")
    tell(walk, "L-1", "0.4", price="99")
    assert walk.state.book.orders["L0"].amount == D("0.4")
    tell(walk, "L-1", "0.6", price="99")
    assert walk.state.book.orders["L0"].amount == 1


def test_a_part_too_small_is_due_until_it_is_large_enough() -> None:
    walk = go(bot(market={"min_notional": "50"}), "100")
    tell(walk, "L-1", "0.4", price="99")
    assert "L0" not in orders(walk) and walk.state.memory.due == {"x0": D("0.4")}
    tell(walk, "L-1", "0.6", price="99")
    assert walk.state.book.orders["L0"].amount == 1 and walk.state.memory.due == {}


def test_news_out_of_order_never_puts_two_orders_on_a_level() -> None:
    walk = go(bot(), "100")
    tell(walk, "L2", "1", price="102.01")
    assert walk.state.memory.due == {"e1": D(1)} and orders(walk)["L1"] == "x101"
    tell(walk, "L1", "1", price="101")
    assert orders(walk)["L1"] == "e101" and orders(walk)["L0"] == "e100" and walk.state.memory.due == {}


# -- trailing ---------------------------------------------------------------------------------------------------------


def test_when_all_is_sold_and_the_price_goes_on_the_window_follows_with_one_unit() -> None:
    walk = go(bot(), "100", "106.5")
    assert orders(walk)["REFILL"] == "emarket" and window(walk) == (-3, 7)
    assert registry.horizon(walk.state).is_empty
    go(walk, "106.5")
    assert orders(walk)["L7"] == "x107.22" and "L6" not in orders(walk) and len(orders(walk)) == 10


def test_a_refill_that_ran_on_lays_the_window_again() -> None:
    walk = go(bot(), "100", "106.5", "109.5")
    assert window(walk) == (0, 10) and orders(walk)["L10"] == "x110.47" and walk.state.ledger.base == 1


def test_at_the_top_without_reaching_the_next_level_nothing_shifts() -> None:
    walk = go(bot(), "100", "105.2")
    assert window(walk) == (-5, 5) and registry.horizon(walk.state).above == D("106.16")


def test_without_refill_the_window_follows_and_nothing_is_bought() -> None:
    walk = go(bot(refill_on_shift=False), "100", "107.3")
    assert window(walk) == (-3, 7) and "L6" in orders(walk) and walk.state.ledger.base == 0
    assert len(orders(walk)) == 10 and all(what.startswith("e") for what in orders(walk).values())


def test_an_entry_during_the_refill_keeps_its_exit() -> None:
    walk = go(bot(), "100", "106.5", "104")
    assert walk.state.ledger.base == 3
    assert {leg for leg, what in orders(walk).items() if what[0] == "x"} == {"L5", "L6", "L7"}


def test_against_us_the_farthest_exit_comes_down_and_nothing_is_bought() -> None:
    walk = go(bot(), "100", "95.1")
    assert window(walk) == (-5, 5) and registry.horizon(walk.state).below == D("94.2")
    go(walk, "93.2")
    assert window(walk) == (-7, 3) and walk.state.ledger.base == 10
    assert orders(walk)["L-6"] == "x94.21" and "L5" not in orders(walk)
    go(walk, "94.3")
    assert orders(walk)["L-7"] == "e93.27"


def test_the_moved_exit_of_a_partly_filled_one_is_what_was_left() -> None:
    walk = go(bot(), "100", "95.1")
    tell(walk, "L5", "0.3", price="105.11")
    assert walk.state.book.orders["L5"].amount == 1 and walk.state.memory.due == {"e4": D("0.3")}
    go(walk, "94.1")
    assert walk.state.book.orders["L-5"].amount == D("0.7")


def test_a_window_whose_top_is_not_an_exit_does_not_move() -> None:
    walk = go(bot(), "100", "95.1")
    walk.state.book.drop("L5")
    go(walk, "94.1")
    assert window(walk) == (-5, 5)


# -- stop and take profit ---------------------------------------------------------------------------------------------


def test_the_stop_trails_the_best_price() -> None:
    walk = go(bot(stop_loss_pct="7"), "100", "103")
    assert registry.horizon(walk.state) == (D("102.01"), D("103"), None) or registry.horizon(walk.state).above == D("103")
    assert walk.state.rules.protection(walk.state) == (Side.SELL, D("95.79"), D("3"))
    go(walk, "95.79")
    assert orders(walk) == {"CLOSE": "xmarket"}
    go(walk, "95")
    assert (walk.state.status, walk.state.reason, walk.state.ledger.base) == (Status.STOPPED, "stop_loss", 0)


def test_a_short_stop_stands_above() -> None:
    walk = go(bot(direction="short", stop_loss_pct="7"), "100")
    assert walk.state.rules.protection(walk.state) == (Side.BUY, D("107"), D("5"))
    assert "CLOSE" in orders(go(walk, "107"))


def test_without_a_stop_there_is_nothing_to_protect() -> None:
    assert go(bot(), "100").state.rules.protection(go(bot(), "100").state) is None


@pytest.mark.parametrize(("direction", "target", "price"), [("long", "104", "104"), ("short", "96", "96")])
def test_take_profit_by_price(direction: str, target: str, price: str) -> None:
    walk = go(bot(direction=direction, take_profit_price=target), "100", price)
    assert (walk.state.status, walk.state.reason) == (Status.STOPPING, "take_profit")


@pytest.mark.parametrize("direction", ["long", "short"])
def test_take_profit_by_total(direction: str) -> None:
    walk = go(bot(direction=direction, take_profit_pct="4"), "100")
    below, above, _ = registry.horizon(walk.state)
    go(walk, "102.5" if direction == "long" else "97.5")
    assert walk.state.reason == "take_profit" and below is not None and above is not None


def test_stop_and_take_profit_wait_for_a_refill() -> None:
    walk = go(bot(take_profit_price="107", stop_loss_pct="7"), "100", "106.5")
    registry.apply(walk.state, Look(D("107"), walk.at))
    assert walk.state.status is Status.ACTIVE
    go(walk, "107")
    assert walk.state.status is Status.STOPPING


def test_flat_at_the_target_the_bot_is_stopped_at_once() -> None:
    walk = go(bot(take_profit_price="105.5"), "100", "105.6")
    assert (walk.state.status, walk.state.reason) == (Status.STOPPED, "take_profit")


def test_while_paused_the_stop_still_holds_but_nothing_shifts() -> None:
    walk = go(bot(stop_loss_pct="7"), "100")
    command(walk, "pause")
    go(walk, "106.5")
    assert window(walk) == (-5, 5)
    go(walk, "90")
    assert walk.state.status is Status.STOPPING


# -- commands and news ------------------------------------------------------------------------------------------------


def test_a_start_condition_is_waited_for() -> None:
    walk = bot(start={"type": "price", "operator": "less", "price": "98"})
    assert walk.state.status is Status.WAITING and registry.horizon(walk.state) == (D("98"), None, None)
    assert walk.state.rules.timeframes(walk.state) == {}
    registry.apply(walk.state, Candles(60_000, ((0, D(1), D(1), D(1), D(1)),), walk.at))
    go(walk, "97", "97")
    assert walk.state.memory.anchor == 97
    hook = bot(start="webhook")
    command(hook, "start_deal")
    assert orders(hook) == {"INIT": "emarket"}
    assert hook.state.rules.plan(hook.state) == {"unit_amount": "1", "initial_amount": "5"}


def test_added_margin_makes_later_orders_larger() -> None:
    walk = go(bot(), "100")
    command(walk, "add_funds", amount="100")
    sizes = {leg: plain(order.amount) for leg, order in walk.state.book.orders.items()}
    assert sizes["L-1"] == "1.5" and sizes["L1"] == "1" and walk.state.config.margin == 300
    go(walk, "101")
    assert walk.state.book.orders["L0"].amount == D("1.5")
    again = walks.registry.load(registry.dump(walk.state))
    assert again.memory.former == [1]
    command(walk, "add_funds", amount="0.01")
    assert walk.state.memory.unit == D("1.5")
    fresh = bot(start="webhook")
    command(fresh, "add_funds", amount="100")
    assert fresh.state.ledger.quote == 300


def test_an_edit_of_what_holds_now() -> None:
    walk = go(bot(), "100", "101")
    command(walk, "edit", changes={"stop_loss_pct": "5"})
    assert walk.state.memory.best == 101
    command(walk, "edit", changes={"stop_loss_pct": "6", "take_profit_price": "120"})
    assert walk.state.config.stop_loss_pct == 6


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"leverage": "3"}, "not_editable"),
        (None, "required"),
        ({"take_profit_price": "90"}, "take_profit_on_wrong_side"),
        ({"stop_loss_pct": "0.1"}, "out_of_range"),
        ({"what": 1}, "unknown_field"),
    ],
)
def test_an_edit_is_checked(changes: Any, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        command(go(bot(), "100"), "edit", changes=changes)


def test_a_refused_entry_is_due_and_asked_for_again() -> None:
    walk = go(bot(), "100")
    order = walk.state.book.orders["L-2"]
    registry.apply(walk.state, Ended("L-2", order.generation, 0, "rejected", D(0), walk.at, "insufficient_funds"))
    assert "L-2" not in orders(walk) and walk.state.memory.due == {"e-2": D(1)}
    go(walk, "101")
    assert "L-2" in orders(walk)
    order = walk.state.book.orders["L2"]
    registry.apply(walk.state, Ended("L2", order.generation, 0, "rejected", D(0), walk.at, "insufficient_funds"))
    assert walk.state.memory.due == {"x2": D(1)}


def test_a_refused_refill_is_no_level() -> None:
    walk = go(bot(), "100", "106.5")
    order = walk.state.book.orders["REFILL"]
    walk.state.rules.on_abandoned(walk.state, order)
    assert walk.state.memory.due == {}


def test_an_entry_that_filled_before_we_could_cancel_it_gets_an_exit() -> None:
    walk = go(bot(), "100")
    gone = walk.state.book.orders["L-5"]
    go(walk, "106.5", "106.5")
    tell(walk, "L-5", "1", generation=gone.generation, side=Side.BUY, price="95.14")
    assert walk.state.ledger.base == 2 and walk.state.memory.due == {} and orders(walk)["L-4"] == "x96.1"


def test_an_exit_that_filled_before_we_could_move_it_is_taken_off_the_others() -> None:
    walk = go(bot(), "100", "94.1")
    old = walk.state.book.orders["L4"]
    assert window(walk) == (-6, 4)
    tell(walk, "L5", "0.5", generation=1, side=Side.SELL, price="105.11")
    assert walk.state.book.orders["L-5"].amount == D("0.5")
    tell(walk, "L5", "0.8", generation=1, side=Side.SELL, price="105.11")
    exits = sum(o.amount for o in walk.state.book.orders.values() if o.reduce_only)
    assert exits == walk.state.ledger.base and walk.state.book.orders["L4"] == old


def test_news_of_no_level_is_only_booked() -> None:
    walk = go(bot(), "100")
    tell(walk, "INIT", "0.1", generation=1, side=Side.BUY)
    assert walk.state.ledger.base == D("5.1")


def test_a_late_exit_of_more_than_rests_takes_all_of_them() -> None:
    walk = go(bot(), "100")
    for leg in ("L2", "L3", "L4", "L5"):
        walk.state.book.drop(leg)
    walk.state.memory.hi = 5
    tell(walk, "L9", "2", generation=1, side=Side.SELL)
    assert not any(o.reduce_only for o in walk.state.book.orders.values())


def test_late_exits_leave_no_more_exits_than_units() -> None:
    walk = go(bot(), "100")
    old = walk.state.book.orders["L2"]
    walk.state.book.replace("L2", old.amount, walk.at)
    walk.state.ledger.base -= D("1.3")  # as after an exit that was booked elsewhere
    tell(walk, "L2", "0.5", generation=old.generation, side=Side.SELL, price="102.01")
    exits = {leg: order.amount for leg, order in walk.state.book.orders.items() if order.reduce_only}
    assert "L1" not in exits and exits["L2"] == D("0.2") and sum(exits.values()) == walk.state.ledger.base


def test_margin_added_before_the_first_entry_is_in_enlarges_only_the_entries() -> None:
    walk = bot()
    command(walk, "add_funds", amount="100")
    go(walk, "100")
    assert walk.state.book.orders["L1"].amount == 1 and walk.state.book.orders["L-1"].amount == D("1.5")


def test_a_combo_that_is_stopping_takes_no_more_money() -> None:
    walk = go(bot(), "100")
    command(walk, "stop", close_mode="quote")
    with pytest.raises(Invalid, match="not_allowed"):
        command(walk, "add_funds", amount="1")


def test_a_new_tick_of_the_venue_holds_for_the_next_order() -> None:
    walk = go(bot(), "100")
    registry.apply(walk.state, Rules(walk.state.market.model_copy(update={"price_tick": D("0.5")}), walk.at))
    for leg, price in (("L-1", "99"), ("L-2", "98.02")):
        order = walk.state.book.orders[leg]
        registry.apply(walk.state, Fill(leg, order.generation, order.side, D(price), order.amount, D(0), "USDT", leg, walk.at))
    assert orders(walk)["L-1"] == "x99.5" and orders(walk)["L2"] == "x102.01"


def test_the_reality_check_is_that_of_every_futures_bot() -> None:
    walk = go(bot(), "100")
    for _ in range(2):
        registry.apply(walk.state, PositionSeen(D(4), D(100), None, walk.at))
        walks.check_stored(walk.state)
    assert walk.state.status is Status.ERROR


# -- before the start -------------------------------------------------------------------------------------------------


def found(change: dict[str, Any], price: str = "100", **more: Any) -> list[tuple[str, str]]:
    return [(f.field, f.code) for f in registry.validate("COMBO", {**PLAIN, **change}, D(price), rules(**more))]


@pytest.mark.parametrize(
    ("change", "market", "expected"),
    [
        ({}, {}, []),
        ({"direction": "short"}, {}, []),
        ({"levels": 41}, {}, [("levels", "out_of_range")]),
        ({"grid_levels": 10}, {}, [("grid_levels", "out_of_range")]),
        ({"leverage": "20"}, {"max_leverage": "10"}, [("leverage", "leverage_too_high")]),
        ({"step_pct": "0.1"}, {"maker_fee": "0.001"}, [("step_pct", "step_below_fees")]),
        ({"take_profit_price": "100"}, {}, [("take_profit_price", "take_profit_on_wrong_side")]),
        ({"direction": "short", "take_profit_price": "101"}, {}, [("take_profit_price", "take_profit_on_wrong_side")]),
        ({}, {"tick": "5"}, [("step_pct", "levels_collide")]),
        ({}, {"min_notional": "95"}, [("margin", "below_min_notional")]),
        ({"margin": "1"}, {"min_notional": "0", "min_amount": "0", "step": "1"}, [("margin", "below_min_notional")]),
        ({"leverage": "28"}, {}, [("leverage", "liquidation_inside_ladder")]),
        ({"leverage": "30", "direction": "short"}, {}, [("leverage", "liquidation_inside_ladder")]),
        ({"stop_loss_pct": "25"}, {}, [("stop_loss_pct", "liquidation_inside_ladder")]),
        ({"stop_loss_pct": "25", "direction": "short"}, {}, [("stop_loss_pct", "liquidation_inside_ladder")]),
        ({"stop_loss_pct": "15", "direction": "short", "mmr_pct": "1"}, {}, []),
    ],
)
def test_what_is_wrong_is_said_with_its_field(change: dict[str, Any], market: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(change, **market) == expected


def test_combo_is_for_perpetuals() -> None:
    assert [f.code for f in registry.validate("COMBO", PLAIN, D(100), walks.market(future=False, maker_fee="0.0002"))] == ["wrong_market"]


@pytest.mark.parametrize(("change", "price"), [({}, "95.14"), ({"stop_loss_pct": "10"}, "90"), ({"direction": "short"}, "105.11")])
def test_the_preview_shows_every_order_and_the_worst_case(change: dict[str, Any], price: str) -> None:
    view = registry.preview("COMBO", {**PLAIN, **change}, D(100), rules())
    assert len(view.orders) == 11 and view.orders[0].leg == "INIT" and view.orders[0].amount == 5
    assert view.worst_case_price == D(price) and view.worst_case < 200 and view.plan["unit_amount"] == "1"
    assert view.warnings == ()


def test_cross_margin_and_a_narrow_step() -> None:
    view = registry.preview("COMBO", {**PLAIN, "margin_mode": "cross", "step_pct": "0.3"}, D(100), rules(maker_fee="0.001"))
    assert [w.code for w in view.warnings] == ["step_below_fees"]


def test_a_look_before_the_first_entry_is_in_decides_nothing() -> None:
    walk = bot(stop_loss_pct="7")
    registry.apply(walk.state, Look(D(50), walk.at))
    assert orders(walk) == {"INIT": "emarket"}


def test_one_strange_sighting_is_looked_at_again_at_once() -> None:
    walk = go(bot(), "100")
    registry.apply(walk.state, PositionSeen(D(4), D(100), None, walk.at))
    registry.apply(walk.state, Look(D(100), walk.at))
    assert registry.horizon(walk.state).is_empty


def test_what_candles_said_is_remembered_while_waiting() -> None:
    walk = bot(start={"type": "indicators", "indicators": [{"kind": "price_change", "timeframe": "1m", "operator": "less", "value": "-1"}]})
    rows = ((walk.at - 120_000, D(100), D(100), D(100), D(100)), (walk.at - 60_000, D(98), D(98), D(98), D(98)))
    registry.apply(walk.state, Candles(60_000, rows, walk.at))
    walks.check_stored(walk.state)
    again = registry.load(registry.dump(walk.state))
    registry.apply(again, Look(D(98), walk.at + 1))
    assert "INIT" in again.book.orders
