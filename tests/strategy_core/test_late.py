"""Levels beyond the cap gone through in one look: what becomes of the one order that stands for them."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.trade import Ended, Fill, Look, Side, Status

_spec = util.spec_from_file_location("strategy_core_desk_late", Path(__file__).with_name("test_mechanics.py"))
assert _spec is not None and _spec.loader is not None
desks = util.module_from_spec(_spec)
_spec.loader.exec_module(desks)

D = Decimal


def fallen(**more: Any) -> Any:
    """Eight cells, four orders at most; the price fell to 88 through two levels that were not on the venue."""
    desk = desks.Desk("GRID", desks.GRID | {"cells": 8, "max_active_orders": 4} | more)
    desk.fill("INIT")
    desk.look("100")
    for leg in ("L3", "L2"):
        desk.fill(leg, price="88")
    desk.look("88")
    return desk


def total_of(desk: Any, side: Side) -> Decimal:
    return sum((order.amount for order in desk.state.book.orders.values() if order.side is side), D(0))


def test_the_rest_of_it_that_the_venue_will_not_have_goes_back_to_its_levels() -> None:
    desk = fallen(missing_orders="adopt")
    first, second = (order.leg for order, _ in desk.state.late)
    desk.fill("LATE", part=str(desk.state.late[0][1]), price="88")
    desk.end("LATE", "missing", filled=str(desk.state.book.filled["LATE"]))
    assert "LATE" not in desk.orders() and not desk.state.late
    assert set(desk.state.memory.parked) == {int(second[1:])} and first != second
    desk.look("88")
    walks_ok(desk)
    desk.fill("L4", price="100")
    assert second in desk.state.book.orders, "asked for again after the next fill"


def walks_ok(desk: Any) -> None:
    desks.walks.check_stored(desk.state)
    desks.walks.check_orders(desk.state)


def test_issued_anew_it_asks_for_less_when_a_part_of_the_old_one_comes_late() -> None:
    desk = fallen()
    old = desk.orders()["LATE"]
    desk.end("LATE", "missing")
    assert desk.orders()["LATE"].generation == old.generation + 1
    desk.fill("LATE", part="1", price="88", old=old)
    assert desk.orders()["LATE"].amount == old.amount - 1
    assert desk.state.late[0][1] == desk.state.late[0][0].amount - 1
    desk.fill("LATE", part=str(old.amount - 1), price="88", old=old)
    assert "LATE" not in desk.orders() and not desk.state.late
    desk.look("88")
    walks_ok(desk)


def test_an_ending_of_it_waits_for_its_last_part() -> None:
    desk = fallen()
    desk.end("LATE", "missing", filled="1")
    assert desk.orders()["LATE"].generation == 1
    desk.fill("LATE", part="1", price="88")
    assert (desk.orders()["LATE"].generation, desk.orders()["LATE"].amount) == (2, sum(due for _, due in desk.state.late))
    assert not desk.state.ending


def test_more_than_it_asked_for_is_only_booked() -> None:
    desk = fallen()
    order = desk.orders()["LATE"]
    before = desk.state.ledger.base
    fact = Fill("LATE", 1, Side.BUY, D(88), order.amount + D("0.5"), D(0), "USDT", "more", 99_000)
    registry.apply(desk.state, fact)
    assert desk.state.ledger.base == before + order.amount + D("0.5") and not desk.state.late
    spare = desk.state.free_base() - desk.state.memory.set_aside()
    assert D("0.5") <= spare < D("0.501"), "less than a step of it is the dust of the others"


def test_its_fee_in_a_third_coin_is_counted_once() -> None:
    desk = fallen()
    order = desk.orders()["LATE"]
    before = desk.state.ledger.third
    fact = Fill("LATE", 1, Side.BUY, D(88), order.amount, D("0.01"), "BNB", "third", 99_000, True, D("3"))
    registry.apply(desk.state, fact)
    assert desk.state.ledger.third - before == D(3)
    assert desk.state.ledger.fees["BNB"] == D("0.01")


def test_paused_its_parts_are_missed_one_by_one_and_mirrored_on_resume() -> None:
    desk = fallen()
    desk.say("pause")
    desk.fill("LATE", price="88")
    assert len(desk.state.missed) == 2
    sells = total_of(desk, Side.SELL)
    desk.say("resume")
    assert not desk.state.missed and total_of(desk, Side.SELL) > sells
    walks_ok(desk)


def test_the_window_does_not_move_while_it_is_out() -> None:
    desk = fallen(trail_down="shift", trail_down_limit="40", pump_guard=False)
    low = desk.state.memory.lo
    desk.look("70")
    assert desk.state.memory.lo == low
    desk.fill("LATE", price="70")
    desk.look("70")
    assert desk.state.memory.lo < low


@pytest.mark.parametrize("name", ["GRID", "BTD", "LOOP"])
def test_a_first_order_the_venue_will_not_have_leaves_a_ladder_of_what_there_is(name: str) -> None:
    config = {"GRID": desks.GRID, "BTD": desks.BTD | {"start_mode": "balanced"}, "LOOP": desks.LOOP}[name]
    desk = desks.Desk(name, config | {"missing_orders": "adopt"})
    order = desk.orders()["INIT"]
    part = (order.amount / 2).quantize(D("0.001"))
    desk.fill("INIT", part=str(part))
    registry.apply(desk.state, Ended("INIT", order.generation, 0, "missing", part, desk.at))
    assert desk.state.status is Status.STARTING and "INIT" not in desk.orders()
    registry.apply(desk.state, Look(D(100), desk.at + 1))
    assert desk.state.status is Status.ACTIVE and len(desk.orders()) > 2
    walks_ok(desk)
