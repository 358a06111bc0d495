"""A bot that is paused without its orders is left alone: no price it has no use for wakes it, and what it missed stays a short list."""

from __future__ import annotations

from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.mechanics import MISSED_APART
from strategy_core.trade import Command, Fill, Look

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
LADDER: dict[str, Any] = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic"}
CONFIGS: dict[str, dict[str, Any]] = {
    "GRID": {**LADDER, "investment": "1000", "reserve_pct": "0"},
    "BTD": {**LADDER, "investment": "8", "reserve_pct": "0"},
    "LOOP": {"investment": "5000", "order_count": 10, "distance_pct": "2", "reserve_pct": "0"},
    "COMBO": {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "grid_levels": 5, "step_pct": "1"},
}


def started(name: str, **more: Any) -> Any:
    walk = walks.Walk(name, {**CONFIGS[name], **more}, D(100), walks.market(future=name == "COMBO"), 1)
    walk.at += 60_000
    walk.go(D(100), False)
    return walk


def say(walk: Any, name: str, **params: Any) -> None:
    walk.trades += 1
    registry.apply(walk.state, Command(name, params, walk.at, f"c{walk.trades}"))


def band_at(walk: Any, price: str) -> Any:
    walk.at += 5_000
    registry.apply(walk.state, Look(D(price), walk.at))
    return registry.horizon(walk.state)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("price", ["70", "95", "100", "105", "140"])
def test_a_bot_paused_without_its_orders_waits_for_no_order(name, price):
    walk = started(name)
    say(walk, "pause", keep_orders=False)
    below, above, until = band_at(walk, price)
    assert (below is None or below < D(price)) and (above is None or above > D(price)) and until is None
    say(walk, "resume")
    assert registry.orders(walk.state)


def test_its_stop_is_watched_all_the_same():
    walk = started("GRID", stop_loss_price="80", take_profit_price="140")
    say(walk, "pause", keep_orders=False)
    assert tuple(band_at(walk, "92")) == (D(80), D(140), None)


@pytest.mark.parametrize("price", ["95", "130"])
def test_the_window_of_a_paused_combo_stays_where_it_is_and_wakes_nobody(price):
    walk = started("COMBO")
    say(walk, "pause", keep_orders=True)
    for leg in [order.leg for order in registry.orders(walk.state) if order.price is not None]:
        fill(walk, leg)
    below, above, _ = band_at(walk, price)
    assert (below, above) == (None, None)


def fill(walk: Any, leg: str, part: Decimal | None = None) -> None:
    order = walk.state.book.orders[leg]
    walk.trades, walk.at = walk.trades + 1, walk.at + 1
    amount = walk.state.book.remaining(order) if part is None else part
    assert order.price is not None
    given = (order.side, order.price, amount, D(0), "USDT", f"t{walk.trades}", walk.at, True)
    registry.apply(walk.state, Fill(leg, order.generation, *given))


def test_an_order_filled_in_many_parts_while_paused_is_one_missed_mirror_and_the_money_is_the_same():
    walk, whole = started("GRID"), started("GRID")
    order = next(one for one in registry.orders(walk.state) if one.side.value == "buy")
    for each in (walk, whole):
        say(each, "pause", keep_orders=True)
    step = walk.state.market.amount_step
    for _ in range(MISSED_APART * 2):
        fill(walk, order.leg, step)
    fill(walk, order.leg)
    fill(whole, order.leg)
    assert len(walk.state.missed) <= MISSED_APART + 1
    assert sum(one.fill.amount for one in walk.state.missed) == order.amount
    for each in (walk, whole):
        say(each, "resume")
    told = [sorted((one.leg, one.side, one.price) for one in registry.orders(each.state)) for each in (walk, whole)]
    assert told[0] == told[1]
    assert walk.state.missed == [] and walk.state.ledger.base == whole.state.ledger.base


def test_parts_of_one_order_join_their_own_pile_not_that_of_another():
    walk = started("GRID")
    say(walk, "pause", keep_orders=True)
    first, second = [one for one in registry.orders(walk.state) if one.side.value == "buy"][:2]
    fill(walk, first.leg)
    for _ in range(MISSED_APART * 2):
        fill(walk, second.leg, walk.state.market.amount_step)
    fill(walk, second.leg)
    piles = {leg: sum(one.fill.amount for one in walk.state.missed if one.taken.order.leg == leg) for leg in (first.leg, second.leg)}
    assert piles == {first.leg: first.amount, second.leg: second.amount}
