"""Two bots' orders side by side: who fared worse, what has no partner, and what is within tolerance."""

from decimal import Decimal

import pytest

from shared.clock import iso
from shared.parity import PAIR_MS, Orders, report
from tests.builders import MINUTE, T0

DAY = 86_400_000


def fill(order, at=T0, leg="B1", side="buy", price="100", amount="1", fee="0.1", currency="USDT"):
    return {
        "order_id": order, "leg": leg, "role": "grid", "side": side, "price": price, "amount": amount, "fee": fee, "fee_currency": currency,
        "symbol": "BTC/USDT", "at": iso(at),
    }  # fmt: skip


def compare(live, paper, first=T0 - DAY, last=T0 + DAY):
    sides = []
    for rows in (live, paper):
        orders = Orders()
        orders.take(rows)
        sides.append(orders)
    return report(*sides, first, last)


def test_the_same_orders_do_not_drift():
    rows = [fill("a"), fill("b", T0 + MINUTE, "S2", "sell", "105")]
    found = compare(rows, rows)
    assert (found["orders"], found["paired"], found["drifts"]) == (2, 2, [])
    assert (found["price_drift_pct"], found["fee_drift_pct"], found["amount_drift_pct"], found["delay_s"]) == ("0", "0", "0", "0")


def test_the_order_of_the_rows_does_not_matter():
    rows = [fill("a", T0 + k * MINUTE, amount="0.5") for k in range(3)]
    found = compare(rows[::-1], rows)
    assert (found["orders"], found["paired"], found["delay_s"]) == (1, 1, "0")


def test_worse_is_positive_on_either_side_and_weighed_by_money():
    live = [fill("a", price="101", amount="3"), fill("b", T0 + MINUTE, "S2", "sell", price="99", amount="1")]
    paper = [fill("x", price="100", amount="3"), fill("y", T0 + MINUTE, "S2", "sell", price="100", amount="1")]
    found = compare(live, paper)
    assert Decimal(found["price_drift_pct"]) == 1 and found["drifts"] == ["price"]
    better = compare([fill("a", price="99")], [fill("x", price="100")])
    assert Decimal(better["price_drift_pct"]) == -1


def test_parts_of_an_order_are_one_order():
    live = [fill("a", amount="0.4", price="100", fee="0.04"), fill("a", T0 + 5, amount="0.6", price="105", fee="0.063")]
    found = compare(live, [fill("x", price="103", fee="0.103")])
    assert (found["orders"], found["paired"], found["price_drift_pct"], found["fee_drift_pct"]) == (1, 1, "0", "0")


def test_fees_are_counted_in_quote_and_a_third_coin_stands_beside():
    found = compare([fill("a", fee="0.002", currency="BTC")], [fill("x")])
    assert (found["live_fee_pct"], found["paper_fee_pct"], found["drifts"]) == ("0.2", "0.1", ["fee"])
    third = compare([fill("a", fee="0.001", currency="BNB")], [fill("x", fee="0")])
    assert (third["other_fees"], third["fee_drift_pct"]) == ({"BNB": "0.001"}, "0")


def test_an_order_finds_the_nearest_of_its_leg_and_what_was_missed_is_counted():
    live = [fill("a"), fill("b", T0 + 3 * PAIR_MS)]
    paper = [fill("x", T0 + 2000), fill("y", T0 + 3 * PAIR_MS // 2), fill("z", T0 + 3 * PAIR_MS + 4000), fill("w", leg="B2")]
    found = compare(live, paper)
    assert (found["paired"], found["only_live"], found["only_paper"], found["delay_s"]) == (2, 0, 2, "-3")
    assert found["drifts"] == ["fill"]


def test_an_order_beside_the_border_is_not_missing():
    live, paper = [fill("a", T0 + DAY - 500)], [fill("x", T0 + DAY + 500)]
    assert [compare(live, paper, T0, T0 + DAY)[name] for name in ("paired", "only_live")] == [1, 0]
    assert compare(live, paper, T0 + DAY, T0 + 2 * DAY)["orders"] == 0


@pytest.mark.parametrize("name", ["price_drift_pct", "live_fee_pct", "delay_s"])
def test_without_orders_there_is_no_figure(name):
    found = compare([], [])
    assert (found[name], found["orders"], found["drifts"]) == (None, 0, [])
