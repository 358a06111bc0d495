"""What the owner sees before a start, in full and to the last digit: orders, funds, fees, worst case; reckoned by hand from strategies.md."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from strategy_core import registry
from strategy_core.trade import Fill, Look, Market, Preview

D = Decimal
GRID = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "1000"}
BTD = {"low": "90", "high": "110", "cells": 4, "spacing": "arithmetic", "investment": "8"}
LOOP = {"investment": "5000", "order_count": 10, "distance_pct": "2"}
COMBO = {"margin": "200", "leverage": "5", "levels": 10, "grid_levels": 6, "step_pct": "1"}
DCA = {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 2, "step_pct": "5", "take_profit_pct": "2"}
FUTURES = {
    "base_order_margin": "100", "safety_order_margin": "100", "safety_orders": 2, "step_pct": "2", "take_profit_pct": "1", "leverage": "5",
}  # fmt: skip
STEP = (1 / D("0.999") ** 2 - 1) * 100  # what a cell of 0.1 % fees must cover


def spot(**more: Any) -> Market:
    fields = {"min_amount": "0.01", "min_notional": "1", "maker_fee": "0.001", "taker_fee": "0.002"}
    return Market.model_validate({"symbol": "X/USDT", "price_tick": "0.01", "amount_step": "0.01", **fields, **more})


def perpetual(**more: Any) -> Market:
    fees = {"maker_fee": "0.0002", "taker_fee": "0.0005"}
    return spot(symbol="X/USDT:USDT", amount_step="0.001", min_amount="0.001", **{**fees, **more})


def shown(name: str, config: dict[str, Any], market: Market) -> Preview:
    return registry.preview(name, config, D(100), market)


def orders(preview: Preview) -> list[str]:
    """leg side price amount cost role, one line per order."""
    rows = [row.model_dump(mode="json") for row in preview.orders]
    assert all(row["type"] == ("market" if row["price"] is None else "limit") for row in rows)
    return [" ".join(str(row[name]) for name in ("leg", "side", "price", "amount", "cost", "role")) for row in rows]


def money(preview: Preview) -> dict[str, Any]:
    names = ("currency", "funds_needed", "funds_left", "fees_to_open", "dust", "worst_case", "worst_case_price", "venue_orders")
    return {name: getattr(preview, name) for name in names}


def near(value: Decimal, wanted: str) -> bool:
    """Equal to the last digit written down."""
    return round(value, len(wanted.partition(".")[2])) == D(wanted)


# -- GRID ---------------------------------------------------------------------------------------------------------------


def test_a_grid_of_equal_costs() -> None:
    """Q = (1000 - 0.01 * 100.5 * 1.002) / (2 * 1.001 + 100.5 * 1.002 * (1/100 + 1/105)) = 251.75808625."""
    found = shown("GRID", GRID, spot())
    assert found.plan == {"order_quote": "251.75808625", "initial_amount": "4.9", "empty_level": "2"}
    assert orders(found) == [
        "INIT buy None 4.9 490 initial",
        "L1 buy 95 2.65 251.75 grid",
        "L0 buy 90 2.79 251.1 grid",
        "L3 sell 105 2.51 263.55 grid",
        "L4 sell 110 2.39 262.9 grid",
    ]
    assert [plain for plain, _ in found.levels] == [D(90), D(95), D(100), D(105), D(110)]
    needed = D("490") * D("1.002") + (D("251.75") + D("251.1")) * D("1.001")
    assert money(found) == {
        "currency": "USDT",
        "funds_needed": needed,
        "funds_left": 1000 - needed,
        "fees_to_open": D("0.98"),
        "dust": D(0),
        "worst_case": 1000 - needed + (D("4.9") + D("2.65") + D("2.79")) * 90,
        "worst_case_price": D(90),
        "venue_orders": 4,
    }
    assert near(found.break_even_step_pct, "0.20030040") and near(STEP, "0.20030040") and found.warnings == ()


def test_a_grid_of_equal_amounts_with_fees_in_base_and_a_stop_inside() -> None:
    """a = (1000 - 1.005) / (185 + 2 * 100.5 / 0.998) = 2.585...; the buy at 90 lies under the stop and is never had."""
    found = shown("GRID", GRID | {"size_mode": "base", "stop_loss_price": "92"}, spot(fee_mode="received"))
    assert found.plan == {"order_amount": "2.58", "initial_amount": "5.18", "empty_level": "2"}
    assert orders(found) == [
        "INIT buy None 5.18 518 initial",
        "L1 buy 95 2.58 245.1 grid",
        "L0 buy 90 2.58 232.2 grid",
        "L3 sell 105 2.58 270.9 grid",
        "L4 sell 110 2.58 283.8 grid",
    ]
    assert money(found) == {
        "currency": "USDT",
        "funds_needed": D("995.3"),
        "funds_left": D("4.7"),
        "fees_to_open": D("1.036"),
        "dust": D("0.00964"),  # 5.18 * 0.998 - 5.16
        "worst_case": D("949.62952"),  # 1000 - 518 - 245.1 + (5.16964 + 2.58 * 0.999) * 92
        "worst_case_price": D(92),
        "venue_orders": 4,
    }


def test_a_stop_on_a_level_counts_that_levels_buy() -> None:
    found = shown("GRID", GRID | {"stop_loss_price": "90"}, spot())
    assert found.worst_case == shown("GRID", GRID, spot()).worst_case


@pytest.mark.parametrize(("most", "shown_orders"), [(None, 4), (4, 4)])
def test_a_venue_sees_no_more_orders_than_may_rest(most: int | None, shown_orders: int) -> None:
    assert shown("GRID", GRID | {"max_active_orders": most}, spot()).venue_orders == shown_orders
    assert shown("GRID", GRID | {"cells": 8, "max_active_orders": most}, spot()).venue_orders == (most or 8)
    assert shown("BTD", BTD | {"cells": 12, "max_active_orders": most}, spot()).venue_orders == (most or 6)


@pytest.mark.parametrize("mode", ["quote", "received"])
@pytest.mark.parametrize("size", ["quote", "base"])
def test_the_worst_case_of_a_grid_is_what_it_is_worth_with_every_buy_filled(mode: str, size: str) -> None:
    market = spot(fee_mode=mode)
    found = shown("GRID", GRID | {"size_mode": size}, market)
    assert found.worst_case == _worth_after_all_buys("GRID", GRID | {"size_mode": size}, market, D(90))
    loop = shown("LOOP", LOOP, market)
    assert loop.worst_case == _worth_after_all_buys("LOOP", LOOP, market, loop.worst_case_price)


def _worth_after_all_buys(name: str, config: dict[str, Any], market: Market, lowest: Decimal) -> Decimal:
    """The bot itself: its market order at 100, then each buy it has at its own price."""
    state = registry.start(name, config, D(100), market, 0)
    for number, leg in enumerate(["INIT", *(row.leg for row in shown(name, config, market).orders if row.side == "buy" and row.price)]):
        order = state.book.orders[leg]
        price, rate = (D(100), market.taker_fee) if order.price is None else (order.price, market.maker_fee)
        in_base = market.fee_mode == "received"
        fee, coin = (order.amount * rate, "X") if in_base else (order.amount * price * rate, "USDT")
        registry.apply(state, Fill(leg, order.generation, order.side, price, order.amount, fee, coin, f"t{number}", number + 1))
        registry.apply(state, Look(D(100), number + 1))
    return state.ledger.value(lowest)


# -- BTD ----------------------------------------------------------------------------------------------------------------


def test_a_btd_that_only_sells() -> None:
    found = shown("BTD", BTD, spot())
    assert orders(found) == ["L3 sell 105 4 420 grid", "L4 sell 110 4 440 grid"]
    assert found.plan == {"order_amount": "4", "empty_level": "2", "initial_amount": "0"} and len(found.levels) == 5
    assert {**money(found), "worst_case": None} == {
        "currency": "X", "funds_needed": D(8), "funds_left": D(0), "fees_to_open": D(0), "dust": D(0), "worst_case": None,
        "worst_case_price": D(110), "venue_orders": 2,
    }  # fmt: skip
    assert near(found.worst_case, "7.79474290909091")  # 860 * 0.999 buys back at 110, taker 0.2 %
    assert near(found.break_even_step_pct, "0.20030040")


def test_a_balanced_btd_with_a_stop_above_and_fees_in_what_is_received() -> None:
    """down = 100 * 0.995 * 0.998 = 99.301; a = (8 - 0.01) / (2 + 195 / 99.301) = 2.0157...; 3.947 are sold at once."""
    found = shown("BTD", BTD | {"start_mode": "balanced", "stop_loss_price": "130"}, spot(fee_mode="received", maker_fee="0.003"))
    assert orders(found) == [
        "INIT sell None 3.95 395 initial",
        "L1 buy 95 2.11 200.45 grid",
        "L0 buy 90 2.12 190.8 grid",
        "L3 sell 105 2.01 211.05 grid",
        "L4 sell 110 2.01 221.1 grid",
    ]
    assert found.plan == {"order_amount": "2.01", "empty_level": "2", "initial_amount": "3.95"}
    assert {**money(found), "worst_case": None} == {
        "currency": "X", "funds_needed": D("7.97"), "funds_left": D("0.03"), "fees_to_open": D("0.0079"), "dust": D("0.03"),
        "worst_case": None, "worst_case_price": D(130), "venue_orders": 4,
    }  # fmt: skip
    got = (D("211.05") + D("221.1")) * D("0.997") + 395 * D("0.998")
    assert abs(found.worst_case - (D("0.03") + got * D("0.998") / 130)) < D("1e-24")
    assert near(found.break_even_step_pct, "0.602710840646")


# -- LOOP ---------------------------------------------------------------------------------------------------------------


def test_a_loop_with_fees_in_what_is_received() -> None:
    """slice = (5000 - 0.01 * 100 * 1.005) / (5 + 5 * 1.005 / 0.998) = 498.15247229."""
    found = shown("LOOP", LOOP, spot(fee_mode="received"))
    assert found.plan == {"slice_quote": "498.15247229", "sell_amount": "4.98", "initial_amount": "24.95"}
    assert orders(found) == [
        "INIT buy None 24.95 2495 initial",
        "S1 sell 102 4.98 507.96 loop",
        "S2 sell 104.04 4.98 518.1192 loop",
        "S3 sell 106.13 4.98 528.5274 loop",
        "S4 sell 108.25 4.98 539.085 loop",
        "S5 sell 110.41 4.98 549.8418 loop",
        "B1 buy 98 5.08 497.84 loop",
        "B2 buy 96.04 5.18 497.4872 loop",
        "B3 buy 94.11 5.29 497.8419 loop",
        "B4 buy 92.23 5.4 498.042 loop",
        "B5 buy 90.39 5.51 498.0489 loop",
    ]
    assert money(found) == {
        "currency": "USDT",
        "funds_needed": D("4984.26"),
        "funds_left": D("15.74"),
        "fees_to_open": D("4.99"),
        "dust": D("0.0001"),
        "worst_case": D("15.74") + (D("24.9001") + D("26.46") * D("0.999")) * D("90.39"),
        "worst_case_price": D("90.39"),
        "venue_orders": 10,
    }
    assert near(found.break_even_step_pct, "0.20030040") and found.warnings == ()


def test_a_loop_with_fees_in_quote() -> None:
    found = shown("LOOP", LOOP, spot())
    assert found.plan == {"slice_quote": "497.90518871", "sell_amount": "4.97", "initial_amount": "24.85"}
    bought = sum(row.cost for row in found.orders if row.leg[0] == "B")
    assert found.funds_needed == D("2485") * D("1.002") + bought * D("1.001")
    assert found.funds_left == 5000 - found.funds_needed and found.fees_to_open == D("4.97") and found.dust == 0


@pytest.mark.parametrize(("distance", "warned"), [("9.7151", True), ("9.7152", False)])
def test_a_distance_under_twice_the_fees_is_warned_of(distance: str, warned: bool) -> None:
    """A maker fee of 2.34375 % makes a pair cost 1 / 0.9765625^2 - 1 = 4.8576 %, exactly."""
    found = shown("LOOP", LOOP | {"distance_pct": distance}, spot(maker_fee="0.0234375")).warnings
    assert [(row.field, row.code) for row in found] == ([("distance_pct", "step_below_fees")] if warned else [])
    assert all(row.params == {"step_pct": "9.7151", "needed_pct": "4.8576"} for row in found)


# -- COMBO --------------------------------------------------------------------------------------------------------------


def test_a_long_combo() -> None:
    found = shown("COMBO", COMBO | {"direction": "long"}, perpetual())
    assert orders(found) == [
        "INIT buy None 6 600 initial",
        "L1 sell 101 1 101 grid",
        "L2 sell 102.01 1 102.01 grid",
        "L3 sell 103.04 1 103.04 grid",
        "L4 sell 104.07 1 104.07 grid",
        "L5 sell 105.11 1 105.11 grid",
        "L6 sell 106.16 1 106.16 grid",
        "L-1 buy 99 1 99 dca",
        "L-2 buy 98.02 1 98.02 dca",
        "L-3 buy 97.05 1 97.05 dca",
        "L-4 buy 96.09 1 96.09 dca",
    ]
    assert len(found.levels) == 11 and found.levels[0] == (D("96.09"), D("96.10")) and found.levels[-1] == (D("106.15"), D("106.16"))
    # average 99.016; at 96.09 ten units have lost 29.26, the entry cost 0.30, leaving costs 0.48045
    assert money(found) == {
        "currency": "USDT", "funds_needed": D(200), "funds_left": D(0), "fees_to_open": D("0.3"), "dust": D(0),
        "worst_case": D("169.95955"), "worst_case_price": D("96.09"), "venue_orders": 10,
    }  # fmt: skip
    assert near(found.break_even_step_pct, "0.0400120032008")  # 1 / 0.9998^2 - 1
    # 99.016 * (1 - 1/5) / (1 - 0.005 - 0.0005)
    assert found.plan == {"unit_amount": "1", "initial_amount": "6", "liquidation": "79.6508798391151332", "notional": "1000"}


def test_a_short_combo_on_cross_margin_with_a_stop() -> None:
    found = shown("COMBO", COMBO | {"direction": "short", "margin_mode": "cross", "stop_loss_pct": "6"}, perpetual())
    assert (
        orders(found)[:2] == ["INIT sell None 6 600 initial", "L1 buy 99 1 99 grid"] and orders(found)[-1] == "L-4 sell 104.07 1 104.07 dca"
    )
    assert found.levels[0] == (D("104.07"), D("104.06")) and found.levels[-1] == (D("94.21"), D("94.20"))
    # average 101.012; at the stop at 106 it has lost 49.88, the entry cost 0.30, leaving costs 0.53
    assert (found.worst_case, found.worst_case_price, found.fees_to_open) == (D("149.29"), D(106), D("0.3"))
    # 20 a unit of margin: (101.012 + 20) / 1.0055
    assert found.plan["liquidation"] == "120.35007458975634"
    fixed = shown("COMBO", COMBO | {"direction": "short", "mmr_pct": "2"}, perpetual(mmr_pct="1")).plan["liquidation"]
    assert near(D(fixed), "118.77942185")  # 101.012 * 1.2 / 1.0205: the owner's figure goes before the venue's
    venue = shown("COMBO", COMBO | {"direction": "short"}, perpetual(mmr_pct="1")).plan["liquidation"]
    assert near(D(venue), "119.95487382")  # 101.012 * 1.2 / 1.0105


# -- DCA ----------------------------------------------------------------------------------------------------------------


def table(found: Preview) -> list[list[str]]:
    return [list(row.values()) for row in found.table]


def test_a_long_deal_with_a_stop_of_its_average_and_fees_in_base() -> None:
    found = shown("DCA", DCA | {"stop_loss_pct": "15", "stop_loss_of": "average"}, spot(amount_step="0.001", fee_mode="received"))
    assert orders(found) == [
        "BO buy None 1 100 base",
        "SO1 buy 95 1.052 99.94 safety",
        "SO2 buy 90 1.111 99.99 safety",
        "TP1 sell 102.31 1 102.31 take_profit",
    ]
    # 300 / 3.16374... = 94.8243...; 15 % below it all that was received is sold: 3.16374 * 0.998 * 80.6007 * 0.998 = 253.98102
    assert money(found) == {
        "currency": "USDT", "funds_needed": D("299.93"), "funds_left": D(0), "fees_to_open": D("0.2"), "dust": D(0),
        "worst_case": D("253.91102"), "worst_case_price": D("80.6007393715341959"), "venue_orders": 3,
    }  # fmt: skip
    assert near(found.break_even_step_pct, "0.3007015031")  # 1 / (0.998 * 0.999) - 1
    assert found.plan == {"levels": "2"}
    assert table(found) == [
        ["0", "100", "100", "100", "100", "102.306715533168439", "2.30671553316843898"],
        ["1", "95", "100", "200", "97.4358974358974359", "99.6834664169333508", "4.92996464940352716"],
        ["2", "90", "100", "300", "94.8243992606284658", "97.011728407607041", "7.79080934178560114"],
    ]


def test_a_short_deal_with_a_stop_counts_in_base() -> None:
    found = shown("DCA", DCA | {"direction": "short", "stop_loss_pct": "20", "funds_base": "4"}, spot(amount_step="0.001"))
    assert orders(found) == [
        "BO sell None 1 100 base",
        "SO1 sell 105 0.952 99.96 safety",
        "SO2 sell 110 0.909 99.99 safety",
        "TP1 buy 97.74 1 97.74 take_profit",
    ]
    assert {**money(found), "worst_case": None} == {
        "currency": "X", "funds_needed": D("2.861"), "funds_left": D("1.139"), "fees_to_open": D("0.002"), "dust": D(0),
        "worst_case": None, "worst_case_price": D(120), "venue_orders": 3,
    }  # fmt: skip
    sold = 1 + D(100) / 105 + D(100) / 110
    assert near(found.worst_case, str(round(4 - sold + 300 * D("0.998") / (120 * D("1.002")), 12)))
    assert near(found.break_even_step_pct, "0.3003003003")  # 1.002 / 0.999 - 1
    assert table(found)[1] == ["1", "105", "100", "200", "102.439024390243902", "100.12942581091792", "4.63864208484007623"]


def test_a_short_deal_before_fees_with_fees_in_base() -> None:
    found = shown("DCA", DCA | {"direction": "short", "take_profit_net": False}, spot(amount_step="0.001", fee_mode="received"))
    assert orders(found)[-1] == "TP1 buy 98 1 98 take_profit"
    assert (found.funds_needed, found.funds_left) == (D("2.861"), D(0))
    sold = 1 + D(100) / 105 + D(100) / 110
    assert near(found.worst_case, str(round(D("2.861") - sold + 300 * D("0.998") * D("0.998") / 110, 12)))
    assert found.worst_case_price == 110 and near(found.break_even_step_pct, "0.3007015031")
    assert table(found)[2] == ["2", "110", "100", "300", "104.841149773071104", "102.744326777609682", "6.59606656580937973"]


def test_the_window_of_a_deal_is_what_the_venue_sees() -> None:
    assert shown("DCA", DCA | {"max_active_safety_orders": 1}, spot(amount_step="0.001")).venue_orders == 2
    assert shown("DCA", DCA | {"safety_orders": 0}, spot(amount_step="0.001")).venue_orders == 1


def test_a_reservation_larger_than_the_plan_is_partly_left() -> None:
    found = shown("DCA", DCA | {"funds_quote": "1000"}, spot(amount_step="0.001"))
    needed = 100 * D("1.002") + (D("99.94") + D("99.99")) * D("1.001")
    assert (found.funds_needed, found.funds_left) == (needed, 1000 - needed)


def test_a_long_futures_deal() -> None:
    found = shown("DCA_FUTURES", FUTURES, perpetual())
    assert orders(found) == [
        "BO buy None 5 500 base",
        "SO1 buy 98 5.102 499.996 safety",
        "SO2 buy 96 5.208 499.968 safety",
        "TP1 sell 101.08 5 505.4 take_profit",
    ]
    # margin 300 and a taker fee on 1499.964 of notional; at 96 with all filled: -1500.75 + 1500/97.9727... * 96 * 0.9995
    assert money(found) == {
        "currency": "USDT", "funds_needed": D("300.749982"), "funds_left": D(0), "fees_to_open": D("0.25"), "dust": D(0),
        "worst_case": D("269.061002408163265"), "worst_case_price": D(96), "venue_orders": 3,
    }  # fmt: skip
    assert near(found.break_even_step_pct, "0.070014002800560")  # 1.0005 / 0.9998 - 1
    assert found.plan == {"levels": "2", "max_safe_leverage": "28.1389258970000459"}  # 1 / (1 - 96 / 98.98... * 0.9945)
    assert table(found)[2][5:] == ["99.0217938061369564", "3.14770188139266287", "1500", "78.8116925791101265", "5", "true"]


def test_a_short_futures_deal_in_steps() -> None:
    steps = [{"pct": "1", "share_pct": "50"}, {"pct": "2", "share_pct": "50"}]
    found = shown("DCA_FUTURES", FUTURES | {"direction": "short", "take_profit_pct": None, "take_profit_steps": steps}, perpetual())
    assert orders(found) == [
        "BO sell None 5 500 base",
        "SO1 sell 102 4.901 499.902 safety",
        "SO2 sell 104 4.807 499.928 safety",
        "TP1 buy 98.93 5 494.65 take_profit",  # the first step: 499.75 * 0.99 / (5 * 1.0002)
    ]
    assert (found.funds_needed, found.worst_case, found.worst_case_price) == (D("300.749915"), D("269.431091470588235"), D(104))
    assert found.plan["max_safe_leverage"] == "28.1945534756697589"
    # the table shows the last step: 499.75 * 0.98 / (5 * 1.0002), ten percent of the margin
    assert table(found)[0] == ["0", "100", "100", "100", "100", "97.9314137172565487", "2.06858628274345131", "500", "119.343610144206862", "10", "true"]  # fmt: skip


# -- a band that closes -------------------------------------------------------------------------------------------------


def _worst(name: str, config: dict[str, Any], market: Market, **stops: str) -> list[tuple[Decimal | None, bool]]:
    """(price, whether the figure changed) of the worst case when the band closes, and when it keeps."""
    plain = shown(name, config, market)
    found = [shown(name, {**config, **stops, "stop_close_mode": mode}, market) for mode in ("base" if name == "BTD" else "quote", "keep")]
    return [(one.worst_case_price, one.worst_case != plain.worst_case) for one in found]


@pytest.mark.parametrize(
    ("name", "config", "market", "stops", "edge", "otherwise"),
    [
        ("GRID", GRID, spot(), {"stop_below_price": "92"}, "92", "90"),
        ("GRID", {**GRID, "stop_loss_price": "93"}, spot(), {"stop_below_price": "92"}, "93", "93"),
        ("BTD", BTD, spot(), {"stop_above_price": "108"}, "108", "110"),
        ("BTD", {**BTD, "stop_loss_price": "105"}, spot(), {"stop_above_price": "108"}, "105", "105"),
        ("LOOP", LOOP, spot(), {"stop_below_price": "95"}, "95", "90.39"),
        ("COMBO", COMBO, perpetual(), {"stop_below_price": "97"}, "97", "96.09"),
        ("COMBO", {**COMBO, "direction": "short"}, perpetual(), {"stop_above_price": "103"}, "103", "104.07"),
        ("COMBO", COMBO, perpetual(), {"stop_above_price": "103"}, "96.09", "96.09"),
    ],
)
def test_the_worst_case_is_at_the_edge_of_a_band_that_closes(
    name: str, config: dict[str, Any], market: Market, stops: dict[str, str], edge: str, otherwise: str
) -> None:
    (closing, moved), (keeping, still) = _worst(name, config, market, **stops)
    assert (closing, keeping) == (D(edge), D(otherwise)) and moved is (edge != otherwise) and not still


def test_what_a_loop_is_worth_at_the_edge_counts_the_buys_met_on_the_way() -> None:
    """Buys at 98 and 96.04 were met; what the start bought and they brought is worth 95 each."""
    found = shown("LOOP", {**LOOP, "stop_below_price": "95", "stop_close_mode": "quote"}, spot())
    first, *rows = found.orders
    met = [row for row in rows if row.side == "buy" and row.price is not None and row.price >= 95]
    assert [row.price for row in met] == [D(98), D("96.04")]
    spent = first.cost * D("1.002") + sum(row.cost for row in met) * D("1.001")
    assert found.worst_case == 5000 - spent + (first.amount + sum(row.amount for row in met)) * 95
