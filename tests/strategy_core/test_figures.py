"""The prices beside the orders: each strategy names those it has, as the worked examples of the strategies have them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from strategy_core import registry
from strategy_core.dca_profit import gross_profit
from strategy_core.number import dec
from strategy_core.state import State
from strategy_core.trade import Command, Fill, Look, Market, Order, Side

SPOT = Market(symbol="X/USDT", price_tick="0.01", amount_step="0.001", maker_fee="0.001", taker_fee="0.001")
PERPETUAL = Market(symbol="X/USDT:USDT", price_tick="0.01", amount_step="0.001", maker_fee="0.0002", taker_fee="0.0005")
DCA = {
    "base_order_size": "100", "take_profit_pct": "2", "take_profit_net": True,
    "custom_ladder": [{"deviation_pct": "5", "size": "100"}, {"deviation_pct": "10", "size": "200"}, {"deviation_pct": "15", "size": "400"}],
}  # fmt: skip
GRID = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "1000"}


def begun(name: str, config: dict[str, Any], market: Market, price: str = "100") -> State:
    """Started, its market order filled at the price."""
    state = registry.start(name, config, dec(price), market, 1_000)
    while any(order.price is None for order in registry.orders(state)):
        fill_next(state, price, market)
    return registry.apply(state, Look(dec(price), state.at + 1))


def fill_next(state: State, price: str, market: Market, only: Order | None = None) -> None:
    order = only or next(order for order in registry.orders(state) if order.price is None)
    at = state.at + 1
    cost = dec(price) * order.amount
    rate = market.taker_fee if only is None else market.maker_fee
    fee = cost * rate
    registry.apply(state, Fill(order.leg, order.generation, order.side, dec(price), order.amount, fee, "USDT", f"t{at}", at))


def resting(state: State, leg: str) -> Order:
    return next(order for order in registry.orders(state) if order.leg == leg)


def test_a_dca_deal_shows_its_average_and_the_next_orders_on_both_sides() -> None:
    state = begun("DCA", {**DCA, "stop_loss_pct": "20"}, SPOT)
    first = registry.figures(state)
    assert first["average"] == "100" and first["next_safety_price"] == "95" and first["stop_price"] == "80"
    assert first["take_profit_price"] == str(resting(state, "TP1").price)
    fill_next(state, "95", SPOT, resting(state, "SO1"))
    after = registry.figures(state)
    assert Decimal(after["average"]) < Decimal("97.5") and after["next_safety_price"] == "90"
    assert Decimal(after["average"]) < Decimal(after["break_even_price"]) < Decimal(after["take_profit_price"])


def test_between_two_deals_a_dca_bot_has_no_figures() -> None:
    state = registry.start("DCA", {**DCA, "start": {"type": "webhook"}}, dec("100"), SPOT, 1_000)
    assert registry.figures(state) == {}


def test_a_trailing_take_profit_shows_where_it_begins_and_then_where_it_sells() -> None:
    state = begun("DCA", {**DCA, "trailing_take_profit_pct": "1"}, SPOT)
    waiting = registry.figures(state)
    start = Decimal(waiting["trailing_start_price"])
    assert waiting["take_profit_price"] == waiting["trailing_start_price"] and "trailing_stop_price" not in waiting
    registry.apply(state, Look(start + 8, state.at + 1))
    begun_at = registry.figures(state)
    assert Decimal(begun_at["trailing_stop_price"]) == (start + 8) * Decimal("0.99") and "trailing_start_price" not in begun_at


def test_a_futures_deal_shows_where_the_venue_would_take_it() -> None:
    config = {
        "direction": "long", "base_order_margin": "100", "safety_order_margin": "100", "safety_orders": 1, "step_pct": "2",
        "take_profit_pct": "1", "leverage": "5",
    }  # fmt: skip
    state = begun("DCA_FUTURES", config, PERPETUAL)
    shown = registry.figures(state)
    assert shown["average"] == "100" and shown["take_profit_price"] == str(resting(state, "TP1").price)
    assert Decimal("80") < Decimal(shown["liquidation_price"]) < Decimal("81")


def test_a_grid_shows_where_it_stops_takes_profit_and_trails() -> None:
    trailing = {"trail_up": "shift", "trail_up_limit": "150"}
    state = begun("GRID", {**GRID, **trailing, "stop_loss_price": "80", "take_profit_pct": "5"}, SPOT)
    shown = registry.figures(state)
    assert shown["stop_price"] == "80" and shown["trail_up_price"] == "115"
    assert Decimal(shown["average"]) > 100
    target = Decimal(shown["take_profit_price"])
    assert registry.summary(state, target).waterfall.total >= 50 > registry.summary(state, target - Decimal("0.1")).waterfall.total


def test_leaving_at_the_break_even_price_nets_nought() -> None:
    state = begun("GRID", GRID, SPOT)
    price = Decimal(registry.figures(state)["break_even_price"])
    ledger = state.ledger
    left = ledger.quote + ledger.base * price * (1 - SPOT.maker_fee) - ledger.put_quote
    assert 0 <= left < ledger.base * SPOT.price_tick


def test_a_combo_shows_its_trailing_stop_and_its_liquidation() -> None:
    config = {"direction": "short", "margin": "200", "leverage": "5", "levels": 10, "step_pct": "1", "stop_loss_pct": "12"}
    state = begun("COMBO", config, PERPETUAL)
    shown = registry.figures(state)
    assert shown["stop_price"] == "112" and Decimal(shown["liquidation_price"]) > 115
    registry.apply(state, Look(dec("99.5"), state.at + 1))
    assert registry.figures(state)["stop_price"] == "111.44"


def test_a_loop_shows_its_entry_and_where_its_guard_acts() -> None:
    config = {"investment": "10000", "order_count": 10, "distance_pct": "1", "equity_guard_pct": "5", "take_profit_price": "130"}
    state = begun("LOOP", config, SPOT)
    shown = registry.figures(state)
    assert shown["entry_price"] == "100" and shown["take_profit_price"] == "130"
    at_guard = registry.summary(state, Decimal(shown["guard_price"])).waterfall.total
    assert Decimal("-501") < at_guard <= Decimal("-499")


def test_a_btd_counts_its_average_in_what_the_quote_was_sold_for() -> None:
    config = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "8", "stop_loss_price": "130"}
    state = begun("BTD", config, SPOT)
    assert registry.figures(state) == {"stop_price": "130", "trail_down_price": "95"}
    fill_next(state, "105", SPOT, resting(state, "L3"))
    shown = registry.figures(state)
    assert Decimal("104") < Decimal(shown["average"]) < Decimal("105")


def test_a_stopped_bot_has_no_figures() -> None:
    state = begun("GRID", GRID, SPOT)
    registry.apply(state, Command("stop", {"close_mode": "keep"}, state.at + 1, "c1"))
    assert registry.figures(state) == {} and resting_side(state) == set()


def resting_side(state: State) -> set[Side]:
    return {order.side for order in registry.orders(state)}


def test_a_short_deal_that_was_sold_and_not_yet_closed_has_its_gross_profit() -> None:
    """Nothing was bought back: no price difference is earned, whatever was sold."""
    config = {**DCA, "direction": "short", "custom_ladder": [{"deviation_pct": "5", "size": "100"}], "funds_base": "10"}
    state = begun("DCA", config, SPOT)
    assert gross_profit(state) == 0
    exit_ = resting(state, "TP1")
    assert exit_.price is not None
    before = state.ledger.cell
    half = (exit_.amount / 2).quantize(Decimal("0.001"))
    registry.apply(state, Fill("TP1", exit_.generation, exit_.side, exit_.price, half, Decimal(0), "USDT", "half", state.at + 1))
    entry = Decimal(100)
    assert gross_profit(state) == half - half * exit_.price / entry
    assert before == 0
