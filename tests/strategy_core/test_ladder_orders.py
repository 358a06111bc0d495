"""GRID and BTD order by order: what each part of a fill brings, what waits, what is tried again; with the figures."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.number import plain
from strategy_core.trade import Fill, Role, Rules, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_orders", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal


def grid(mode: str = "quote", **config: Any) -> Any:
    """90..110 in four cells at 100: buys 2.66@95 and 2.808@90, sells 2.527@105 and 2.406@110 (of 252.76 each)."""
    desk = desks.Desk("GRID", desks.GRID | config, mode=mode)
    desk.fill("INIT")
    desk.look("100")
    return desk


def btd(rules: dict[str, Any] | None = None, **config: Any) -> Any:
    """Eight coins over 90..110 in four cells at 100: sells of four at 105 and 110."""
    desk = desks.Desk("BTD", desks.BTD | config, **(rules or {}))
    if "INIT" in desk.orders():
        desk.fill("INIT")
    desk.look("100")
    return desk


def resting(desk: Any) -> dict[str, str]:
    return {leg: f"{order.side.value} {plain(order.amount)}" for leg, order in desk.orders().items()}


def stray(desk: Any, side: Side, amount: str, price: str = "100") -> None:
    desk.trades += 1
    registry.apply(desk.state, Fill("L9", 77, side, D(price), D(amount), D(0), "USDT", f"s{desk.trades}", desk.at))


def notes(desk: Any, code: str) -> list[dict[str, str]]:
    return [event.params for event in registry.drain(desk.state) if event.code == code]


def ok(desk: Any) -> None:
    desks.walks.check_stored(desk.state)
    desks.walks.check_orders(desk.state)


# -- GRID ---------------------------------------------------------------------------------------------------------------


def test_a_grid_rests_the_amounts_of_its_plan() -> None:
    """Q = (1000 - 0.1001) / (2.002 + 100.1 (1/100 + 1/105)) = 252.73398...: floor to lots of 0.001."""
    desk = grid()
    assert desk.state.memory.quote == D("252.73398769")
    assert resting(desk) == {"L1": "buy 2.66", "L0": "buy 2.808", "L3": "sell 2.527", "L4": "sell 2.406"}


def test_a_cell_is_counted_when_a_sell_that_came_from_a_buy_fills_part_by_part() -> None:
    desk = grid()
    desk.fill("L1")
    ledger, memory = desk.state.ledger, desk.state.memory
    assert memory.origins == {"L2": D("95.00")} and resting(desk)["L2"] == "sell 2.66"
    desk.fill("L2", part="1")
    assert (ledger.cell, ledger.deals) == (D(5), 0) and memory.sold == {"L2": (D(1), D("99.9"), D(1))}
    assert resting(desk)["L1"] == "buy 1"
    desk.fill("L2")
    assert (ledger.cell, ledger.deals) == (D("13.3"), 1) and memory.sold == {} and memory.origins == {}
    assert resting(desk)["L1"] == "buy 2.66"


def test_a_sell_of_the_first_purchase_is_no_cell() -> None:
    desk = grid()
    desk.fill("L3")
    assert (desk.state.ledger.cell, desk.state.ledger.deals) == (D(0), 0) and resting(desk)["L2"] == "buy 2.527"


def test_parts_too_small_for_an_order_are_held_until_they_make_one() -> None:
    """Five quote at least: 0.02 + 0.02 of base at 100 is four, a lot more makes it."""
    desk = grid(mode="received")
    whole = desk.orders()["L1"].amount
    start = desk.state.free_base()
    for part, held in (("0.02", "0.01998"), ("0.02", "0.03996")):
        desk.fill("L1", part=part)
        assert desk.state.memory.held == {2: D(held)} and "L2" not in desk.orders()
        ok(desk)
    desk.fill("L1", part="0.011")
    sold = desk.orders()["L2"]
    assert desk.state.memory.held == {} and sold.amount == (start + D("0.051") * D("0.999")).quantize(D("0.001"), "ROUND_FLOOR")
    desk.fill("L1")
    assert desk.orders()["L2"].amount == (start + whole * D("0.999")).quantize(D("0.001"), "ROUND_FLOOR")
    assert desk.state.memory.held == {} and desk.state.memory.origins == {"L2": D("95.00")}


def test_a_held_part_under_a_fee_in_quote_is_held_whole() -> None:
    desk = grid()
    desk.fill("L1", part="0.02")
    assert desk.state.memory.held == {2: D("0.02")}


def test_more_for_a_sell_averages_where_it_came_from() -> None:
    """A level whose sell came at 95 and is joined by base bought at 94: the origin is the mean by amount."""
    desk = grid()
    desk.fill("L1", part="1")
    desk.fill("L1", part="1", price="94")
    assert resting(desk)["L2"] == "sell 2" and desk.state.memory.origins["L2"] == D("94.5")
    desk.fill("L1", part="0.5", price="93")
    assert desk.state.memory.origins["L2"] == (D(189) + D("46.5")) / D("2.5")


def test_a_part_sold_under_the_minimum_is_bought_back_with_the_next() -> None:
    desk = grid()
    desk.fill("L3", part="0.04")
    assert "L2" not in desk.orders() and desk.state.memory.sold == {"L3": (D("0.04"), D("4.1958"), D(0))}
    desk.fill("L3", part="0.02")
    assert resting(desk)["L2"] == "buy 0.06" and desk.state.memory.sold == {"L3": (D("0.06"), D("6.2937"), D("0.06"))}
    desk.fill("L3")
    assert resting(desk)["L2"] == "buy 2.527" and desk.state.memory.sold == {}


def test_compound_buys_with_what_the_parts_brought() -> None:
    desk = grid(reinvest="compound")
    desk.fill("L3", part="1")
    assert resting(desk)["L2"] == "buy 1.047"  # 105 * 0.999 / 100.1 = 1.04790...
    desk.fill("L3")
    assert resting(desk)["L2"] == "buy 2.648"  # 2.527 * 105 * 0.999 / 100.1 = 2.64804...


def test_a_refused_sell_comes_back_with_its_origin_after_the_next_fill() -> None:
    desk = grid()
    desk.fill("L1")
    desk.end("L2", "rejected", detail="insufficient_funds")
    assert desk.state.memory.parked == {2: (D(0), D("95.00"))} and desk.state.memory.origins == {}
    desk.fill("L4", part="0.1")  # its buy finds the sell at L3: that place waits in its turn
    assert desk.state.memory.parked == {3: None} and resting(desk)["L2"] == "sell 2.66" and desk.state.memory.origins == {"L2": D("95.00")}
    ok(desk)


def test_a_refused_buy_comes_back_after_the_next_fill_at_its_planned_size() -> None:
    desk = grid()
    desk.end("L0", "rejected", detail="insufficient_funds")
    desk.fill("L3", part="0.1")
    assert desk.state.memory.parked == {} and resting(desk)["L0"] == "buy 2.808"
    ok(desk)


def test_a_sell_that_finds_a_buy_on_its_level_sets_its_base_aside() -> None:
    """L3 sold first wants a buy at L2; a late buy at L1 wants a sell there: its base waits, said once."""
    desk = grid()
    desk.fill("L3")
    assert resting(desk)["L2"] == "buy 2.527"
    registry.drain(desk.state)
    desk.fill("L1", part="1")
    desk.fill("L1")
    assert desk.state.memory.parked == {2: (D("1.660"), D("95.00"))} or desk.state.memory.parked == {2: (D("2.660"), D("95.00"))}
    assert notes(desk, "parked") == [{"leg": "L2", "side": "sell"}]
    ok(desk)


def test_late_fills_shrink_the_farthest_orders_to_what_is_left() -> None:
    desk = grid()
    registry.drain(desk.state)
    stray(desk, Side.SELL, "0.5")
    assert resting(desk)["L4"] == "sell 1.906" and resting(desk)["L3"] == "sell 2.527"
    assert notes(desk, "size_reduced") == [{"leg": "L4", "wanted": "2.406", "amount": "1.906"}]
    free = desk.state.free_quote()
    stray(desk, Side.BUY, "1")
    assert (
        resting(desk)["L0"]
        == f"buy {((D('2.808') * D('90.09') + free - 100) / D('90.09')).quantize(D('0.001'), 'ROUND_FLOOR').normalize():f}"
    )
    assert desk.state.free_quote() >= 0
    ok(desk)


def test_a_late_fill_that_just_uses_what_is_free_moves_nothing() -> None:
    desk = grid()
    before = desk.orders()
    stray(desk, Side.BUY, "1", str(desk.state.free_quote()))
    assert desk.state.free_quote() == 0 and desk.orders() == before
    desk.state.ledger.base = desk.state.book.sell_amount + 1
    stray(desk, Side.SELL, "1")
    assert desk.orders() == before
    stray(desk, Side.BUY, "1.001")
    assert desk.orders() != before


def test_an_extension_down_in_parts_is_held_and_then_sold_at_the_old_bottom() -> None:
    desk = grid(mode="received", trail_down="extend", trail_down_limit="60", trail_down_budget="600", pump_guard=False)
    desk.fill("L1")
    desk.fill("L0")
    desk.look("85")
    put, budget = desk.state.ledger.put_quote, desk.state.memory.budget_down
    wanted = desk.orders()["EXT"].amount
    desk.fill("EXT", part="1", price="85")
    assert desk.state.memory.held == {0: D("0.999")} and desk.state.memory.lo == 0 and "L0" not in desk.orders()
    assert (desk.state.ledger.put_quote, desk.state.memory.budget_down) == (put + 85, budget - 85)
    ok(desk)
    desk.fill("EXT", price="84")
    assert desk.state.memory.held == {} and desk.state.memory.lo == -1
    cost = 85 + (wanted - 1) * 84
    assert (desk.state.ledger.put_quote, desk.state.memory.budget_down) == (put + cost, budget - cost)
    assert desk.orders()["L0"].side is Side.SELL and desk.state.memory.origins["L0"] == 84
    ok(desk)


def test_an_extension_up_costs_its_size_with_the_fee() -> None:
    desk = grid(trail_up="extend", trail_up_limit="200", trail_up_budget="600", pump_guard=False)
    desk.fill("L3")
    desk.fill("L4")
    put = desk.state.ledger.put_quote
    desk.look("115")
    cost = D("2.297") * 110 * D("1.001")  # 252.73 / 110
    assert resting(desk)["L4"] == "buy 2.297" and desk.state.memory.budget_up == 600 - cost and desk.state.ledger.put_quote == put + cost
    assert [event.params for event in desk.state.log if event.code == "extend_up"] == [{"hi": "5", "paid": f"{cost.normalize():f}"}]


@pytest.mark.parametrize(("spare", "grows"), [("0", True), ("-0.00000001", False)])
def test_a_budget_that_just_pays_is_spent_and_one_a_hair_short_ends_it(spare: str, grows: bool) -> None:
    cost = D("2.297") * 110 * D("1.001")
    desk = grid(trail_up="extend", trail_up_limit="200", trail_up_budget=str(cost + D(spare)), pump_guard=False)
    desk.fill("L3")
    desk.fill("L4")
    desk.look("115")
    assert (desk.state.memory.hi == 5, desk.state.memory.ended_up) == (grows, not grows)
    assert ("budget_spent" in desk.events()) is not grows


def test_a_new_range_forgets_the_old_places_and_balances_for_the_fee_in_base() -> None:
    desk = grid(mode="received")
    desk.fill("L1", part="0.02")
    desk.end("L4", "rejected", detail="insufficient_funds")
    assert desk.state.memory.held and desk.state.memory.parked
    base, quote = desk.state.ledger.base, desk.state.ledger.quote
    desk.look("96")
    desk.say("edit", low="80", high="120")
    memory = desk.state.memory
    assert (memory.held, memory.parked, memory.origins, memory.sold) == ({}, {}, {}, {})
    assert desk.state.status is Status.STARTING and (memory.lo, memory.hi, memory.empty) == (0, 4, 2)
    need = memory.initial * D("0.999") - base
    (first,) = desk.orders().values()
    lots = (abs(need) / (D("0.999") if need > 0 else 1)).quantize(D("0.001"), "ROUND_CEILING" if need > 0 else "ROUND_FLOOR")
    assert (first.side, first.amount) == (Side.BUY if need > 0 else Side.SELL, lots) and base + quote / 96 > lots


# -- BTD ----------------------------------------------------------------------------------------------------------------


def test_a_btd_counts_a_cell_in_base_when_a_buy_that_came_from_a_sell_fills() -> None:
    desk = btd()
    desk.fill("L3")
    ledger, memory = desk.state.ledger, desk.state.memory
    assert resting(desk)["L2"] == "buy 4.191" and memory.origins == {"L2": D("4.000")}  # 4 * 105 * 0.999 / 100.1
    desk.fill("L2", part="1")
    assert ledger.cell == 1 - D(4) / D("4.191") and ledger.deals == 0
    desk.fill("L2")
    assert abs(ledger.cell - D("0.191")) < D("1e-24") and ledger.deals == 1 and memory.origins == {}
    assert resting(desk)["L3"] == "sell 4" and memory.sold == {}


def test_a_part_of_a_btds_sell_that_buys_nothing_yet_is_remembered() -> None:
    desk = btd()
    desk.fill("L3", part="0.04")  # 4.1958 quote: under the five of the venue
    assert "L2" not in desk.orders() and desk.state.memory.origins == {"L2": D("0.04")}
    desk.fill("L3", part="0.02")
    assert resting(desk)["L2"] == "buy 0.062" and desk.state.memory.origins == {"L2": D("0.06")}
    desk.fill("L3")
    assert resting(desk)["L2"] == "buy 4.191" and desk.state.memory.origins == {"L2": D("4.000")}


def test_a_last_part_that_buys_no_lot_more_leaves_the_buy_as_it_is() -> None:
    """Lots of 0.1: 3.9 sold at 100.21 buy 3.9 and leave 0.04; 0.1 sold at 99 brings 9.89 for a lot of 10.01."""
    desk = btd({"step": "0.1", "min_amount": "0.1"})
    desk.fill("L3", part="3.9", price="100.21")
    first = desk.orders()["L2"]
    assert first.amount == D("3.9")
    desk.fill("L3", part="0.1", price="99")
    assert desk.orders()["L2"] == first and desk.state.memory.origins == {"L2": D("4.0")}


def test_a_last_part_that_adds_no_base_leaves_the_sell_as_it_is() -> None:
    desk = btd()
    desk.fill("L3")
    desk.fill("L2", part="4.1")
    there = desk.orders()["L3"]
    assert there.amount == 4
    desk.fill("L2")
    assert desk.orders()["L3"] == there


def test_a_buy_that_finds_a_sell_on_its_level_waits_and_says_so_once() -> None:
    """The window came down to sells at 100 and 95; the one at 100 is sold first: its buy belongs where the other rests."""
    desk = btd(pump_guard=False)
    desk.look("90")
    assert resting(desk) == {"L2": "sell 4", "L1": "sell 4"} and (desk.state.memory.lo, desk.state.memory.hi) == (0, 2)
    registry.drain(desk.state)
    desk.fill("L2", part="2", price="100")
    desk.fill("L2", part="2", price="100")
    assert desk.state.memory.parked == {1: None} and notes(desk, "parked") == [{"leg": "L1", "side": "buy"}]
    assert desk.state.memory.origins == {"L1": D(4)}
    ok(desk)


def test_a_refused_sell_of_a_btd_comes_back_with_what_is_free() -> None:
    desk = btd()
    desk.end("L4", "rejected", detail="insufficient_funds")
    assert desk.state.memory.parked == {4: (D(0), None)}
    desk.fill("L3", part="1")
    assert desk.state.memory.parked == {} and resting(desk)["L4"] == "sell 4"
    ok(desk)


def test_parked_places_wait_while_they_are_taken_or_too_small() -> None:
    desk = btd()
    desk.end("L4", "rejected", detail="insufficient_funds")
    registry.apply(desk.state, Rules(desks.walks.market(future=False, min_notional="100000"), desk.at))
    desk.fill("L3", part="1")
    assert desk.state.memory.parked == {4: (D(0), None)}
    registry.apply(desk.state, Rules(desks.walks.market(future=False), desk.at))
    desk.state.book.place("L4", Side.SELL, D(110), D("0.5"), Role.GRID, desk.at)
    desk.fill("L3", part="1")
    assert 4 in desk.state.memory.parked, "its level is taken"


def test_late_fills_shrink_a_btds_farthest_orders() -> None:
    desk = btd()
    stray(desk, Side.SELL, "1")
    assert resting(desk) == {"L3": "sell 4", "L4": "sell 3"}
    assert notes(desk, "size_reduced") == [{"leg": "L4", "wanted": "4", "amount": "3"}]
    stray(desk, Side.SELL, "3")
    assert resting(desk) == {"L3": "sell 4"} and desk.state.memory.parked == {4: (D(0), None)}
    ok(desk)


def test_a_late_buy_of_all_that_is_free_moves_no_buy_of_a_btd() -> None:
    desk = btd(start_mode="balanced")
    before = desk.orders()
    free = desk.state.free_quote()
    stray(desk, Side.BUY, "1", str(free))
    assert desk.state.free_quote() == 0 and desk.orders() == before
    stray(desk, Side.BUY, "0.5", "90")
    assert (
        desk.state.free_quote() >= 0 and resting(desk)["L0"] != f"buy {plain(before['L0'].amount)}" and desk.orders()["L1"] == before["L1"]
    )


def test_a_range_begun_with_too_little_base_sells_what_there_is_and_says_so() -> None:
    """Another range wants 2 x 4.095; the balancing buy never fills: after a minute the four that are there are sold."""
    desk = btd()
    desk.fill("L3")
    desk.say("edit", low="80", high="120")
    assert desk.orders()["INIT"].amount == D("4.190")
    registry.drain(desk.state)
    desk.look("100", later=59_000)
    desk.look("100", later=1_000)
    assert desk.state.status is Status.ACTIVE and resting(desk) == {"L3": "sell 4"}
    events = registry.drain(desk.state)
    assert [event.params for event in events if event.code == "size_reduced" and event.params["leg"] == "L3"] == [
        {"leg": "L3", "wanted": "4.095", "amount": "4", "coin": "ABC"}
    ]
    assert [event.params for event in events if event.code == "parked"] == [{"leg": "L4", "side": "sell"}]
    assert desk.state.memory.parked == {4: (D(0), None)}
    ok(desk)


def test_a_paused_btd_watches_its_orders_and_exits_only() -> None:
    desk = btd(trail_up="shift", trail_down="shift", take_profit_price="80", stop_loss_price="130")
    desk.say("pause")
    desk.look("100")
    assert registry.horizon(desk.state) == (D(80), D(105), None)
    active = btd(trail_up="shift", trail_down="shift", take_profit_price="80", stop_loss_price="130")
    assert registry.horizon(active.state) == (D(95), D(105), None)


@pytest.mark.parametrize("name", ["GRID", "BTD"])
def test_the_guard_is_there_only_for_what_trails(name: str) -> None:
    plain = desks.GRID if name == "GRID" else desks.BTD | {"trail_down": "off"}
    for config, looks in (
        ({}, 0),
        ({"pump_guard": True}, 0),
        ({"trail_up": "shift", "trail_up_limit": "200"}, 120_000),
        ({"trail_down": "shift", "trail_down_limit": "40", "pump_guard_s": 30}, 60_000),
        ({"trail_up": "shift", "trail_up_limit": "200", "pump_guard": False}, 0),
    ):
        state = desks.Desk(name, plain | config).state
        assert (registry.lookback_ms(state), state.memory.guard is not None) == (looks, looks > 0), config


@pytest.mark.parametrize(("field", "asked"), [("trail_up_budget", "budget_up"), ("trail_down_budget", "budget_down")])
def test_a_bot_reserves_its_budgets_beside_its_investment(field: str, asked: str) -> None:
    side = field.removesuffix("_budget")
    config = {side: "extend", f"{side}_limit": "200" if side == "trail_up" else "40", field: "300"}
    desk = grid(**config)
    assert getattr(desk.state.memory, asked) == 300 and registry.reservation(desk.state) == {"USDT": "1300"}
    assert registry.reservation(grid().state) == {"USDT": "1000"}
    desk.say("edit", **{field: "350"})
    assert getattr(desk.state.memory, asked) == 350


def test_what_missed_sells_brought_is_not_free_until_their_buys_are_made() -> None:
    desk = grid()
    free = desk.state.free_quote()
    desk.say("pause")
    desk.fill("L3", part="1")
    assert desk.state.free_quote() == free
    registry.apply(desk.state, Fill("L3", 1, Side.SELL, D(105), D(1), D("0.1"), "BNB", "third", desk.at))
    assert desk.state.free_quote() == free, "a fee in another coin takes nothing from it"
    desk.say("resume")
    assert resting(desk)["L2"] == "buy 2"
