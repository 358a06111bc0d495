"""Every field a strategy remembers comes back from its stored form as it was, set or not; and the same of books, guards and ledgers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.book import Book
from strategy_core.combo_memory import ComboMemory
from strategy_core.conditions import Seen
from strategy_core.dca_ladder import Bought
from strategy_core.dca_memory import Memory, Phase
from strategy_core.grid_memory import GridMemory
from strategy_core.guard import Guard
from strategy_core.ladder import ladder_of
from strategy_core.ledger import Kind, Ledger
from strategy_core.loop_memory import LoopMemory, Origin, Part, Slice
from strategy_core.loop_plan import levels_of
from strategy_core.trade import Market, Role, Side

D = Decimal
SPOT = Market(symbol="X/USDT", price_tick="0.01", amount_step="0.001", maker_fee="0.001", taker_fee="0.001")
PERPETUAL = SPOT.model_copy(update={"symbol": "X/USDT:USDT"})
GRID = registry.parse("GRID", {"low": "90", "high": "110", "cells": 4, "investment": "1000"})
LOOP = registry.parse("LOOP", {"investment": "5000", "order_count": 10, "distance_pct": "2"})
COMBO = registry.parse("COMBO", {"direction": "long", "margin": "200", "leverage": "5", "levels": 10, "step_pct": "1"})
DCA = registry.parse(
    "DCA", {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 2, "step_pct": "5", "take_profit_pct": "2"}
)
SEEN = {"0": Seen(True, 5, None), "1": Seen(False, 7, D("1.5"))}


def again(memory: Any, config: Any, market: Market) -> Any:
    """Through JSON and back."""
    data = json.loads(json.dumps(memory.dump()))
    loaded = type(memory).load(data, config) if isinstance(memory, Memory) else type(memory).load(data, config, market)
    assert loaded.dump() == memory.dump()
    return loaded


def differ(one: Any, other: Any, *, apart_from: tuple[str, ...] = ()) -> list[str]:
    return [name for name in type(one).__slots__ if name not in apart_from and getattr(one, name) != getattr(other, name)]


# -- DCA ----------------------------------------------------------------------------------------------------------------

DCA_VALUES: dict[str, Any] = {
    "phase": Phase.CLOSING, "factor": D("1.5"), "extra": D("2.5"), "best": D("101"), "peak": D("102"), "target": D("103"),
    "first_p0": D("104"), "left_base": D("0.5"), "left_quote": D("0.25"), "funding_before": D("-3"), "filled": 1, "laid": 2,
    "resting": 3, "steps_done": 4, "below_since": 0, "closed_at": 0, "unsure": 1, "asked": 1, "last_deal": 1,
    "entry": Bought(D(1), D(2), D(3), D(4)), "base": Bought(D(5), D(6), D(7), D(8)), "exit": Bought(D(9), D(10), D(11), D(12)),
    "start_seen": SEEN, "safety_seen": {"2": Seen(True, 1)}, "close_seen": {"3": Seen(True, 2, D(9))}, "parked": [2, 1],
    "pending": {"step_pct": "3"}, "exit_reason": "stop_loss",
}  # fmt: skip


def test_a_deal_that_has_not_begun_comes_back_as_it_was() -> None:
    fresh = Memory(DCA)
    assert differ(fresh, again(fresh, DCA, SPOT)) == []
    assert fresh.dump() == {"phase": "idle", "factor": "1", "extra": "1"}
    assert (fresh.factor, fresh.extra, fresh.filled, fresh.laid, fresh.resting, fresh.steps_done) == (1, 1, 0, 0, 0, 0)


@pytest.mark.parametrize("name", DCA_VALUES)
def test_each_field_of_a_deal_comes_back_alone(name: str) -> None:
    memory = Memory(DCA)
    setattr(memory, name, DCA_VALUES[name])
    loaded = again(memory, DCA, SPOT)
    assert getattr(loaded, name) == DCA_VALUES[name] and differ(memory, loaded) == []


def test_all_fields_of_a_deal_come_back_together() -> None:
    assert {*DCA_VALUES, "config", "_levels"} == set(Memory.__slots__), "a field without a value here"
    memory = Memory(DCA)
    for name, value in DCA_VALUES.items():
        setattr(memory, name, value)
    assert differ(memory, again(memory, DCA, SPOT)) == []
    memory.forget_deal()
    kept = {"first_p0", "left_base", "left_quote", "closed_at", "unsure", "asked", "last_deal", "start_seen", "pending"}
    assert {name for name, value in DCA_VALUES.items() if getattr(memory, name) == value} == kept


# -- GRID, BTD ----------------------------------------------------------------------------------------------------------


def grid_memory() -> GridMemory:
    return GridMemory(ladder_of(GRID, SPOT), lo=0, hi=4, empty=2, quote=None, base=None, initial=D(0))


GRID_VALUES: dict[str, Any] = {
    "lo": -1, "hi": 5, "empty": 3, "quote": D("250.5"), "base": D("2.5"), "initial": D("4.9"), "origins": {"L3": D("95.5")},
    "parked": {1: None, 2: (D(0), None), 3: (D("0.5"), D("95"))}, "held": {2: D("0.1")}, "sold": {"L3": (D(1), D("105.5"), D("0.5"))},
    "budget_up": D(5), "budget_down": D(7), "ended_up": True, "ended_down": True, "seen": SEEN,
}  # fmt: skip


def test_a_new_ladder_comes_back_as_it_was() -> None:
    fresh = grid_memory()
    assert differ(fresh, again(fresh, GRID, SPOT)) == []
    assert set(fresh.dump()) == {"window", "sizes", "origins"}
    assert (fresh.ended_up, fresh.ended_down, fresh.budget_up, fresh.budget_down) == (False, False, 0, 0)


@pytest.mark.parametrize("name", GRID_VALUES)
def test_each_field_of_a_ladder_comes_back_alone(name: str) -> None:
    memory = grid_memory()
    setattr(memory, name, GRID_VALUES[name])
    loaded = again(memory, GRID, SPOT)
    assert getattr(loaded, name) == GRID_VALUES[name] and differ(memory, loaded) == []


def test_a_ladder_laid_anew_forgets_its_places_and_keeps_its_money() -> None:
    found_anew = {"ladder", "sizes", "guard", "watched", "rounded", "bids", "asks", "gains"}
    assert {*GRID_VALUES, *found_anew} == set(GridMemory.__slots__), "a field without a value here"
    memory = grid_memory()
    for name, value in GRID_VALUES.items():
        setattr(memory, name, value.copy() if isinstance(value, dict) else value)
    assert memory.set_aside() == D("0.6") and memory.has_parked_buys()
    memory.forget()
    assert (memory.origins, memory.parked, memory.held, memory.sold) == ({}, {}, {}, {})
    assert (memory.ended_up, memory.ended_down) == (False, False)
    assert (memory.budget_up, memory.budget_down, memory.lo, memory.hi, memory.seen) == (D(5), D(7), -1, 5, SEEN)
    assert memory.set_aside() == 0 and not memory.has_parked_buys()


def test_parked_sells_are_no_parked_buys() -> None:
    memory = grid_memory()
    memory.parked = {2: (D(0), None), 3: (D("0.5"), D("95"))}
    assert not memory.has_parked_buys() and memory.set_aside() == D("0.5")


def test_a_guard_comes_back_with_what_it_saw() -> None:
    memory = grid_memory()
    memory.guard = Guard(60, 3, D(2))
    for price, at in (("100", 1_000), ("103", 2_000), ("101", 3_000)):
        memory.guard.look(D(price), at)
    memory.guard.fill(2_500)
    guard = again(memory, GRID, SPOT).guard
    assert (guard.window, guard.limit, guard.ratio) == (60_000, 3, D("0.02"))
    assert guard.dump() == memory.guard.dump() == {
        "highs": [[2_000, "103"], [3_000, "101"]], "lows": [[1_000, "100"], [3_000, "101"]], "fills": [2_500], "until": 62_000,
    }  # fmt: skip


# -- LOOP ---------------------------------------------------------------------------------------------------------------

LOOP_VALUES: dict[str, Any] = {
    "slice": D("498.5"), "unit": D("4.98"), "initial": D("24.9"), "half": 6, "known": {"B": 7, "S": 8}, "empty": {"B": [1, 6], "S": [2]},
    "parked": [Slice(Side.BUY, D("10.5"), None), Slice(Side.SELL, D("0.5"), Origin(D(99), True)), Slice(Side.SELL, D(1), Origin(D(98), False))],
    "origins": {"B6": Origin(D(102), True), "S6": Origin(D(98), False)},
    "parts": {"S1": Part(D(0), "B6"), "B1": Part(D("0.5"), None)}, "seen": SEEN, "guard_off": True,
}  # fmt: skip


def loop_memory() -> LoopMemory:
    return LoopMemory(levels_of(D(100), D(2), D("0.01")), 5)


def test_a_new_loop_comes_back_as_it_was() -> None:
    fresh = loop_memory()
    loaded = again(fresh, LOOP, SPOT)
    assert differ(fresh, loaded) == [] and loaded.levels.entry == 100 and fresh.known == {"B": 5, "S": 5}


@pytest.mark.parametrize("name", LOOP_VALUES)
def test_each_field_of_a_loop_comes_back_alone(name: str) -> None:
    assert {*LOOP_VALUES, "levels"} == set(LoopMemory.__slots__), "a field without a value here"
    memory = loop_memory()
    setattr(memory, name, LOOP_VALUES[name])
    loaded = again(memory, LOOP, SPOT)
    assert getattr(loaded, name) == LOOP_VALUES[name] and differ(memory, loaded) == []


# -- COMBO --------------------------------------------------------------------------------------------------------------

COMBO_VALUES: dict[str, Any] = {
    "unit": D("1.5"), "first_unit": D("1.25"), "initial": D(5), "paid": D("500.5"), "anchor": D("100.1"), "best": D("101.5"),
    "lo": -4, "hi": 6, "refill": 0, "due": {"x4": D("0.5"), "e-3": D("0.25")}, "origins": {"L1": D("99.5")}, "former": [D(1), D("1.2")],
    "sized": (D("99.5"), D("187.25")),
    "seen": SEEN, "unsure": 1,
}  # fmt: skip


def test_a_new_combo_comes_back_as_it_was() -> None:
    fresh = ComboMemory(COMBO, PERPETUAL)
    loaded = again(fresh, COMBO, PERPETUAL)
    assert differ(fresh, loaded, apart_from=("levels",)) == [] and not loaded.is_laid and loaded.levels.anchor == 1
    assert (fresh.lo, fresh.hi) == (-5, 5)


@pytest.mark.parametrize("name", COMBO_VALUES)
def test_each_field_of_a_combo_comes_back_alone(name: str) -> None:
    assert {*COMBO_VALUES, "levels"} == set(ComboMemory.__slots__), "a field without a value here"
    memory = ComboMemory(COMBO, PERPETUAL)
    setattr(memory, name, COMBO_VALUES[name])
    loaded = again(memory, COMBO, PERPETUAL)
    assert getattr(loaded, name) == COMBO_VALUES[name] and differ(memory, loaded, apart_from=("levels",)) == []
    assert loaded.levels.anchor == (memory.anchor or 1), "the ladder is that of the anchor"
    assert loaded.is_laid is (name == "anchor")


# -- books --------------------------------------------------------------------------------------------------------------


def test_a_book_comes_back_order_by_order_with_its_sums() -> None:
    book = Book(cap=3)
    book.place("a", Side.BUY, D(99), D(1), Role.GRID, 1)
    book.place("b", Side.BUY, D(99), D(2), Role.GRID, 2)
    book.place("c", Side.SELL, D(101), D(3), Role.DCA, 3, True)
    book.place("d", Side.SELL, None, D(4), Role.CLOSE, 4, True, 2)
    book.place("e", Side.BUY, None, D(5), Role.INITIAL, 5)
    book.take(book.orders["b"], D("0.5"))
    book.drop("e")
    book.place("e", Side.BUY, None, D(6), Role.INITIAL, 6)
    book.floor = 4
    for settled in (False, True):
        if settled:
            assert book.settle(D(100))
        loaded = Book.load(json.loads(json.dumps(book.dump())))
        assert list(loaded.orders.items()) == list(book.orders.items())
        for name in ("filled", "buys", "sells", "markets", "buy_cost", "sell_amount", "cap", "virtual", "dirty", "floor", "generations"):
            assert getattr(loaded, name) == getattr(book, name), name
        assert loaded.dump() == book.dump() and loaded.dirty is not settled
    assert (book.buy_cost, book.sell_amount) == (99 + 99 * D("1.5"), D(7))


def test_of_a_hundred_legs_that_went_no_id_ever_comes_twice() -> None:
    book = Book()
    seen = set()
    for n in range(1200):
        leg = f"L{n % 600}"
        order = book.place(leg, Side.BUY, D(1), D(1), Role.GRID, n)
        assert order.key not in seen
        seen.add(order.key)
        book.drop(leg)
    assert len(book.generations) <= 257 and book.floor > 0


@pytest.mark.parametrize("resting", [0, 40])
def test_a_book_remembers_256_legs_beyond_those_that_rest(resting: int) -> None:
    book = Book()
    for n in range(resting):
        book.place(f"R{n}", Side.SELL, D(200 + n), D(1), Role.GRID, n)
    for n in range(256):
        book.place(f"G{n}", Side.BUY, D(1), D(1), Role.GRID, n)
        book.drop(f"G{n}")
    assert len(book.generations) == 256 + resting and book.floor == 0
    book.place("one more", Side.BUY, D(1), D(1), Role.GRID, 999)
    book.drop("one more")
    book.place("and one", Side.BUY, D(1), D(1), Role.GRID, 999)
    assert len(book.generations) < 256 + resting and book.floor == 1
    assert all(f"R{n}" in book.generations for n in range(resting))


def test_a_capped_book_rests_the_nearest_and_of_equally_near_the_oldest() -> None:
    book = Book(cap=2)
    book.place("far", Side.BUY, D(90), D(1), Role.GRID, 1)
    book.place("low", Side.BUY, D(95), D(1), Role.GRID, 3)
    book.place("high", Side.SELL, D(105), D(1), Role.GRID, 2)
    book.place("near", Side.SELL, D(104), D(1), Role.GRID, 4)
    assert [order.leg for order in book.resting(D(100))] == ["high", "near"] and not book.dirty
    assert [order.leg for order in book.resting(D(90))] == ["high", "near"], "chosen anew only when the orders change"
    book.drop("far")
    assert [order.leg for order in book.resting(D(90))] == ["low", "near"]


@pytest.mark.parametrize("side", list(Side))
def test_of_three_orders_at_one_price_any_can_go_from_behind_a_better_one(side: Side) -> None:
    for gone in ("old", "middle", "young"):
        book = Book()
        for at, leg in enumerate(("old", "middle", "young")):
            book.place(leg, side, D(100), D(at + 1), Role.GRID, at)
        book.place("better", side, D(101 if side is Side.BUY else 99), D(1), Role.GRID, 9)
        book.drop(gone)
        index = book.buys if side is Side.BUY else book.sells
        left = [leg for leg in ("young", "middle", "old") if leg != gone]
        assert [order.leg for order in index] == [*left, "better"]


# -- ledgers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Kind))
def test_a_ledger_comes_back_figure_by_figure(kind: Kind) -> None:
    ledger = Ledger(kind, "X", "USDT", base=D(3), quote=D(4))
    assert differ(ledger, Ledger.load(json.loads(json.dumps(ledger.dump())), "X", "USDT")) == []
    names = ("base", "quote", "put_base", "put_quote", "basis", "realised", "cell", "fees_value", "third", "funding")
    for place, name in enumerate(names, start=1):
        setattr(ledger, name, D(place) / 8)
    ledger.fees, ledger.deals = {"X": D("0.1"), "BNB": D("0.2")}, 7
    assert differ(ledger, Ledger.load(json.loads(json.dumps(ledger.dump())), "X", "USDT")) == []
