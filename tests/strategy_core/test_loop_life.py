"""LOOP in the corners of its life: parts too small, slices parked, a venue that raises its minimum; and its preview."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.loop_plan import levels_of
from strategy_core.trade import Rules, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_loop", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal


def loop(*, step: str = "0.001", mode: str = "quote", **more: Any) -> Any:
    desk = desks.Desk("LOOP", desks.LOOP | more, mode=mode, step=step, min_amount=step)
    desk.fill("INIT")
    desk.look("100")
    return desk


def ok(desk: Any) -> None:
    desks.walks.check_stored(desk.state)
    desks.walks.check_orders(desk.state)


def raise_minimum(desk: Any, notional: str) -> None:
    registry.apply(desk.state, Rules(desks.walks.market(future=False, min_notional=notional), desk.at))


def test_a_mirror_of_three_parts_grows_as_often_as_a_part_is_worth_an_order() -> None:
    desk = loop()
    desk.fill("S1", part="1")
    (mirror,) = [leg for leg in desk.orders() if leg not in {f"{side}{i}" for side in "BS" for i in range(1, 6)}]
    first = desk.orders()[mirror]
    desk.fill("S1", part="0.001")
    assert desk.orders()[mirror] == first, "a grain waits for more"
    ok(desk)
    desk.fill("S1", part="1")
    assert desk.orders()[mirror].amount > first.amount + 1
    desk.fill("S1")
    assert desk.state.memory.parts == {} and desk.state.memory.empty["S"] == [1]
    ok(desk)


def test_a_last_grain_that_makes_no_lot_leaves_the_mirror_as_it_is() -> None:
    desk = loop(step="0.1")
    amount = desk.orders()["S1"].amount
    desk.fill("S1", part=str(amount - D("0.1")))
    (mirror,) = [leg for leg in desk.orders() if leg[0] == "B" and int(leg[1:]) > 5]
    spent = desk.orders()[mirror].amount
    desk.fill("S1")
    grown = desk.orders()[mirror]
    assert spent <= grown.amount <= spent + D("0.2")
    desk.fill("B1", part=str(desk.orders()["B1"].amount - D("0.1")))
    there = desk.orders()["S1"]
    desk.fill("B1")
    assert desk.orders()["S1"].amount in (there.amount + D("0.1"), there.amount + D("0.2"))
    ok(desk)


def test_nothing_of_a_last_part_is_left_when_its_fee_takes_it_all() -> None:
    desk = loop(mode="received", step="0.1")
    order = desk.orders()["B1"]
    desk.fill("B1", part=str(order.amount - D("0.1")))
    (mirror,) = [leg for leg in desk.orders() if leg[0] == "S" and int(leg[1:]) > 5]
    before = desk.orders()[mirror]
    free = desk.state.free_base()
    assert free < D("0.1")
    fact = desks.Fill("B1", order.generation, Side.BUY, order.price, D("0.1"), D("0.0999"), "ABC", "last", desk.at)
    registry.apply(desk.state, fact)
    after = desk.orders()[mirror]
    assert after == before if free + D("0.0001") < D("0.1") else after.amount == before.amount + D("0.1")


def test_slices_too_small_for_the_venue_wait_and_are_placed_when_it_takes_them_again() -> None:
    desk = loop()
    raise_minimum(desk, "100000")
    desk.fill("S1")
    desk.fill("B1")
    desk.look("100")
    assert [what.side for what in desk.state.memory.parked] == [Side.BUY, Side.SELL]
    assert desk.state.memory.empty == {"B": [1], "S": [1]}
    assert [event.params["reason"] for event in desk.state.log if event.code == "parked"] == ["below_min_notional"] * 2
    desks.walks.check_stored(desk.state)
    parked = list(desk.state.memory.parked)
    desk.look("100.5")
    assert desk.state.memory.parked == parked, "tried, and kept in their order"
    raise_minimum(desk, "5")
    desk.look("100.4")
    assert desk.state.memory.parked == [] and {"B1", "S1"} <= set(desk.orders())
    ok(desk)


def test_the_guard_is_remembered_as_it_is() -> None:
    desk = loop(equity_guard_pct="1", equity_guard_action="pause")
    assert registry.load(json.loads(json.dumps(registry.dump(desk.state)))).memory.guard_off is False
    desk.look("90")
    assert desk.state.status is Status.PAUSED
    assert registry.load(json.loads(json.dumps(registry.dump(desk.state)))).memory.guard_off is True


def test_what_the_candles_of_a_start_said_survives_storage() -> None:
    condition = {"type": "indicators", "indicators": [{"kind": "rsi", "timeframe": "1m", "operator": "less", "value": "30"}]}
    desk = desks.Desk("LOOP", desks.LOOP | {"start": condition})
    rows = tuple((60_000 * k, D(100), D(100), D(100), D(200 - k)) for k in range(150))
    registry.apply(desk.state, desks.Candles(60_000, rows, 60_000 * 150))
    assert desk.state.memory.seen["0"].true
    again = registry.load(json.loads(json.dumps(registry.dump(desk.state))))
    assert again.memory.seen == desk.state.memory.seen


@pytest.mark.parametrize("mode", ["quote", "received"])
def test_the_worst_case_is_everything_bought_and_the_price_at_the_lowest(mode: str) -> None:
    market = desks.walks.market(future=False, mode=mode)
    shown = registry.preview("LOOP", desks.LOOP, D(100), market)
    buys = [order for order in shown.orders if order.side is Side.BUY and order.price is not None]
    first = shown.orders[0]
    lowest = min(order.price for order in buys)
    fee = D("0.001")
    paid = first.cost + sum(order.cost for order in buys)
    base = first.amount + sum(order.amount for order in buys)
    if mode == "quote":
        paid *= 1 + fee
    else:
        base *= 1 - fee
    assert (shown.funds_needed, shown.worst_case_price) == (paid, lowest)
    assert shown.worst_case == D(5000) - paid + base * lowest


def test_a_ladder_whose_lowest_level_is_at_nought_is_refused() -> None:
    config = desks.LOOP | {"distance_pct": "50", "investment": "5000"}
    codes = [finding.code for finding in registry.validate("LOOP", config, D("0.31"), desks.walks.market(future=False))]
    assert codes == ["levels_collide"]


def test_three_hundred_entries_later_the_first_levels_are_the_same() -> None:
    first = [levels_of(D(100), D(2), D("0.01")).buy(i) for i in range(1, 6)]
    for n in range(300):
        levels_of(D(1000 + n), D(2), D("0.01"))
    assert [levels_of(D(100), D(2), D("0.01")).buy(i) for i in range(1, 6)] == first
