"""What holds for every GRID, BTD and LOOP bot, whatever the market does."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategy_core import registry
from strategy_core.backtest import Series, run
from strategy_core.intent import Place, Sent, SentOrder, diff
from strategy_core.state import FINAL
from strategy_core.trade import Command, Fill, Invalid, Look, Side, client_order_id

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
quick = settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 10_000)
modes = st.sampled_from(("quote", "received"))


@st.composite
def grids(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    up, down = draw(st.sampled_from(("off", "shift", "extend"))), draw(st.sampled_from(("off", "shift", "extend")))
    config: dict[str, Any] = {
        "low": "90", "high": "110", "cells": draw(st.sampled_from((2, 4, 8))), "investment": draw(st.sampled_from(("400", "5000"))),
        "spacing": draw(st.sampled_from(("arithmetic", "geometric"))), "size_mode": draw(st.sampled_from(("quote", "base"))),
        "reinvest": draw(st.sampled_from(("fixed", "compound"))), "trail_up": up, "trail_down": down, "pump_guard": draw(st.booleans()),
        "reserve_pct": draw(st.sampled_from(("0", "0.5"))),
    }  # fmt: skip
    if up != "off":
        config |= {"trail_up_limit": draw(st.sampled_from(("125", "300"))), "trail_up_budget": "900"}
    if down != "off":
        config |= {"trail_down_limit": draw(st.sampled_from(("75", "20"))), "trail_down_budget": "900"}
    extras: list[dict[str, Any]] = [
        {"stop_loss_price": "80"},
        {"take_profit_price": "130"},
        {"take_profit_pct": "8"},
        {"max_active_orders": 4},
    ]
    for extra in draw(st.lists(st.sampled_from(extras), max_size=2)):
        config |= extra
    return "GRID", config


@st.composite
def btds(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    config: dict[str, Any] = {
        "low": "90", "high": "110", "cells": draw(st.sampled_from((3, 4, 8))), "investment": draw(st.sampled_from(("5", "40"))),
        "spacing": draw(st.sampled_from(("arithmetic", "geometric"))), "start_mode": draw(st.sampled_from(("sells_only", "balanced"))),
        "reinvest": draw(st.sampled_from(("fixed", "compound"))), "trail_up": draw(st.sampled_from(("off", "shift"))),
        "trail_down": draw(st.sampled_from(("off", "shift"))), "pump_guard": draw(st.booleans()),
    }  # fmt: skip
    extras: list[dict[str, Any]] = [
        {"stop_loss_price": "125"}, {"take_profit_price": "75"}, {"take_profit_pct": "8"}, {"max_active_orders": 4},
        {"trail_down_limit": "80"}, {"trail_up_limit": "130"},
    ]  # fmt: skip
    for extra in draw(st.lists(st.sampled_from(extras), max_size=2)):
        config |= extra
    return "BTD", config


@st.composite
def loops(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    config: dict[str, Any] = {
        "investment": draw(st.sampled_from(("800", "5000"))), "order_count": draw(st.sampled_from((10, 12))),
        "distance_pct": draw(st.sampled_from(("0.7", "1.5", "3"))), "exit_coin": draw(st.sampled_from(("quote", "base", "both"))),
    }  # fmt: skip
    extras: list[dict[str, Any]] = [
        {"low": "80"}, {"high": "125"}, {"max_expansion": 1}, {"max_expansion": 0}, {"take_profit_pct": "6"}, {"take_profit_price": "118"},
        {"equity_guard_pct": "5"}, {"equity_guard_pct": "4", "equity_guard_action": "pause"},
    ]  # fmt: skip
    for extra in draw(st.lists(st.sampled_from(extras), max_size=3)):
        config |= extra
    return "LOOP", config


bots = st.one_of(grids(), btds(), loops())


def _begin(bot: tuple[str, dict[str, Any]], seed: int, mode: str, **how: Any) -> Any:
    rules = walks.market(future=False, mode=mode, step=random.Random(seed).choice(("0.001", "0.01", "0.05")))
    try:
        return walks.Walk(bot[0], bot[1], D(100), rules, seed, **how)
    except Invalid:
        return None


@quick
@given(bots, seeds, modes, st.booleans())
def test_a_bot_never_wants_what_it_cannot_have(bot: tuple[str, dict[str, Any]], seed: int, mode: str, partial: bool) -> None:
    walk = _begin(bot, seed, mode, partial=partial, repeat=True)
    if walk is not None:
        walk.steps(60, 0.02)


@quick
@given(bots, seeds, modes)
def test_inside_the_horizon_nothing_changes(bot: tuple[str, dict[str, Any]], seed: int, mode: str) -> None:
    walk = _begin(bot, seed, mode)
    chooser = random.Random(seed)
    for _ in range(40 if walk is not None else 0):
        walk.step(0.015)
        if walk.state.needs_looks == 0:
            walks.check_horizon(walk.state, chooser)


@quick
@given(bots, seeds, modes, st.booleans())
def test_no_money_appears_or_vanishes(bot: tuple[str, dict[str, Any]], seed: int, mode: str, partial: bool) -> None:
    walk = _begin(bot, seed, mode, partial=partial)
    if walk is None:
        return
    walk.steps(60, 0.02)
    ledger = walk.state.ledger
    base, quote = ledger.put_base, ledger.put_quote
    for fill in walk.fills:
        sign = 1 if fill.side is Side.BUY else -1
        base += sign * fill.amount - (fill.fee if fill.fee_currency == "ABC" else 0)
        quote -= sign * fill.amount * fill.price + (fill.fee if fill.fee_currency == "USDT" else 0)
    assert (base, quote) == (ledger.base, ledger.quote)
    split = ledger.waterfall(walk.price)
    assert abs(split.cell_profit + split.inventory_pnl - split.fees + split.funding - split.total) < D("1e-15")
    assert split.total == ledger.total(walk.price)


@quick
@given(bots, seeds, modes)
def test_a_pause_of_any_kind_loses_nothing(bot: tuple[str, dict[str, Any]], seed: int, mode: str) -> None:
    """Fills while paused are booked; resuming makes their mirrors; what is wanted stays payable throughout."""
    walk = _begin(bot, seed, mode, partial=bool(seed % 2))
    if walk is None:
        return
    chooser = random.Random(seed)
    for n in range(12):
        walk.steps(4, 0.02)
        if walk.state.status in FINAL:
            return
        walk.tell(Command("pause", {"keep_orders": chooser.random() < 0.5}, walk.at, f"p{n}"))
        walk.steps(2, 0.02)
        walk.tell(Command("resume", {}, walk.at, f"r{n}"))
        walk.tell(Look(walk.price, walk.at))
    assert not walk.state.missed


@quick
@given(bots, seeds, modes, st.sampled_from(("keep", "quote", "base", "break_even", "partial")))
def test_a_stop_ends_with_nothing_resting(bot: tuple[str, dict[str, Any]], seed: int, mode: str, close: str) -> None:
    walk = _begin(bot, seed, mode)
    if walk is None:
        return
    walk.steps(25, 0.015)
    if walk.state.status in FINAL:
        return
    walk.tell(Command("stop", {"close_mode": close, "pct": "40"}, walk.at, "s"))
    for factor in ("1.001", "4", "0.1"):
        walk.go((walk.price * D(factor)).quantize(D("0.01")))
    assert walk.state.status in FINAL
    assert registry.orders(walk.state) == ()


@quick
@given(bots, seeds, modes)
def test_a_fill_faster_than_our_cancel_is_not_lost(bot: tuple[str, dict[str, Any]], seed: int, mode: str) -> None:
    """An order the strategy has dropped fills all the same: booked, and everything wanted is payable again."""
    walk = _begin(bot, seed, mode)
    if walk is None:
        return
    gone: dict[tuple[str, int], Any] = {}
    for n in range(30):
        before = {(o.leg, o.generation): o for o in registry.orders(walk.state)}
        walk.step(0.02)
        now = {(o.leg, o.generation) for o in registry.orders(walk.state)}
        filled = {(f.leg, f.generation) for f in walk.fills}
        gone |= {key: order for key, order in before.items() if key not in now and key not in filled and order.price is not None}
        if gone and n % 5 == 4:
            key, order = gone.popitem()
            ledger = walk.state.ledger
            total = (ledger.base, ledger.quote)
            can_pay = ledger.base >= order.amount if order.side is Side.SELL else ledger.quote >= order.amount * order.price * D("1.001")
            if can_pay:
                fee, coin = walks.fee_for(walk.market, order.side, order.price, order.amount, True)
                walk.tell(Fill(order.leg, order.generation, order.side, order.price, order.amount, fee, coin, f"late{n}", walk.at))
                assert (ledger.base, ledger.quote) != total


@quick
@given(bots, seeds, modes)
def test_the_order_in_which_fills_arrive_does_not_change_the_money(bot: tuple[str, dict[str, Any]], seed: int, mode: str) -> None:
    walk = _begin(bot, seed, mode)
    if walk is None:
        return
    walk.steps(15, 0.01)
    if walk.state.status in FINAL:
        return
    text = walks.stored(walk.state)
    limits = [order for order in registry.orders(walk.state) if order.price is not None]
    buys = sorted((o for o in limits if o.side is Side.BUY), key=lambda o: o.price, reverse=True)[:3]
    ends = []
    for order_of_news in (buys, buys[::-1]):
        state = registry.load(json.loads(text))
        for n, order in enumerate(order_of_news):
            amount = state.book.remaining(state.book.orders[order.leg])
            fee, coin = walks.fee_for(walk.market, order.side, order.price, amount, True)
            registry.apply(
                state, Fill(order.leg, order.generation, order.side, order.price, amount, fee, coin, f"x{order.leg}", walk.at + n)
            )
            walks.check_orders(state)
        ends.append((state.ledger.base, state.ledger.quote, len(state.ledger.fees)))
    assert ends[0] == ends[1]


@quick
@given(bots, seeds, modes)
def test_a_diff_carried_out_leaves_nothing_to_do(bot: tuple[str, dict[str, Any]], seed: int, mode: str) -> None:
    walk = _begin(bot, seed, mode)
    if walk is None:
        return
    sent: dict[str, SentOrder] = {}
    for _ in range(12):
        walk.step(0.02)
        wanted = {client_order_id("u|b", 1, order.key): order for order in registry.orders(walk.state)}
        for _ in range(3):
            resting = [id_ for id_, what in sent.items() if what.state is Sent.OPEN]
            for intent in diff(wanted, resting, sent):
                state = Sent.OPEN if isinstance(intent, Place) else Sent.OVER
                assert isinstance(intent, Place) == (intent.id not in sent)
                sent[intent.id] = SentOrder(intent.order, state)
        resting = [id_ for id_, what in sent.items() if what.state is Sent.OPEN]
        assert diff(wanted, resting, sent) == ()
        assert set(resting) == set(wanted)


@quick
@given(bots, seeds, modes)
def test_leaping_by_the_horizon_is_stepping_every_point(bot: tuple[str, dict[str, Any]], seed: int, mode: str) -> None:
    chooser = random.Random(seed)
    price, rows = D(100), []
    for n in range(160):
        opened = (price * D(repr(round(1 + chooser.gauss(0, 0.002), 5)))).quantize(D("0.01"))
        closed = (opened * D(repr(round(1 + chooser.gauss(0, 0.008), 5)))).quantize(D("0.01"))
        high = max(opened, closed) + D(chooser.randrange(0, 120)) / 100
        low = min(opened, closed) - D(chooser.randrange(0, 120)) / 100
        rows.append([1_640_995_200_000 + n * 60_000, str(opened), str(high), str(low), str(closed)])
        price = closed
    rules = walks.market(future=False, mode=mode, step=chooser.choice(("0.001", "0.05")))
    series = Series.of_rows(rows, 60_000)
    try:
        leaping = run(bot[0], bot[1], rules, series)
    except Invalid:
        return
    stepping = run(bot[0], bot[1], rules, series, every_point=True)
    assert leaping.trades == stepping.trades
    assert registry.orders(leaping.state) == registry.orders(stepping.state)
    assert (leaping.state.status, leaping.state.reason) == (stepping.state.status, stepping.state.reason)
    assert leaping.steps <= stepping.steps
