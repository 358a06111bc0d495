"""Tax lots: worked examples by hand, and what holds in any order of buys and sells."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.tax import TaxYear


def fill(side, amount, price, at, fee="0", coin="USDT", symbol="BTC/USDT", bot="b"):
    return {
        "side": side, "amount": str(amount), "price": str(price), "at": f"{at}T00:00:00.000Z", "fee": fee, "fee_currency": coin,
        "symbol": symbol, "bot_id": bot, "trade_id": f"{at}{side}", "leg": "x",
    }  # fmt: skip


BUYS = [fill("buy", 1, 100, "2023-01-01"), fill("buy", 1, 300, "2023-02-01"), fill("buy", 1, 200, "2024-01-01")]
SELL = fill("sell", "1.5", 400, "2024-06-01")


def year(method, fills, number=2024):
    book = TaxYear(method, number)
    return [row for one in fills for row in book.fold(one)]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("fifo", [("2023-01-01", "1", "400", "100", "300"), ("2023-02-01", "0.5", "200", "150", "50")]),
        ("hifo", [("2023-02-01", "1", "400", "300", "100"), ("2024-01-01", "0.5", "200", "100", "100")]),
        ("average", [("", "1.5", "600", "300", "300")]),
    ],
)
def test_the_lots_of_one_sale(method, expected):
    rows = year(method, [*BUYS, SELL])
    assert [(row["acquired_at"][:10], row["amount"], row["proceeds"], row["cost"], row["gain"]) for row in rows] == expected


def test_only_the_year_asked_for_but_lots_of_all_years():
    early = fill("sell", 1, 150, "2023-03-01")
    rows = year("fifo", [*BUYS[:2], early, SELL])
    assert [(row["disposed_at"][:4], row["acquired_at"][:10]) for row in rows] == [("2024", "2023-02-01"), ("2024", "")]
    assert rows[1]["is_cost_known"] == "false" and rows[1]["gain"] == ""
    assert [row["gain"] for row in year("fifo", [*BUYS[:2], early], 2023)] == ["50"]


def test_fees_in_quote_cost_and_fees_in_base_shrink_the_lot():
    rows = year("fifo", [fill("buy", 1, 100, "2024-01-01", "1"), fill("sell", 1, 200, "2024-01-02", "2")])
    assert [(row["proceeds"], row["cost"], row["gain"]) for row in rows] == [("198", "101", "97")]
    rows = year("fifo", [fill("buy", 1, 100, "2024-01-01", "0.01", "BTC"), fill("sell", "0.99", 200, "2024-01-02")])
    assert [(row["amount"], row["cost"], row["gain"]) for row in rows] == [("0.99", "100", "98")]
    [row] = year("fifo", [fill("buy", 1, 100, "2024-01-01"), fill("sell", 1, 200, "2024-01-02", "0.1", "BNB")])
    assert (row["gain"], row["other_fee"], row["other_fee_currency"]) == ("100", "0.1", "BNB")


def test_an_emptied_average_begins_anew():
    rows = year(
        "average",
        [
            fill("buy", 1, 100, "2024-01-01"),
            fill("sell", 1, 110, "2024-01-02"),
            fill("buy", 2, 50, "2024-01-03"),
            fill("sell", 1, 60, "2024-01-04"),
        ],
    )
    assert [row["gain"] for row in rows] == ["10", "10"]


def test_a_perpetual_gains_by_its_average_entry():
    perp = "BTC/USDT:USDT"
    rows = year("fifo", [fill("sell", 1, 100, "2024-01-01", symbol=perp), fill("buy", 1, 80, "2024-01-02", symbol=perp)])
    assert [(row["method"], row["gain"]) for row in rows] == [("position", "20")]


def test_a_purchase_after_everything_was_sold_starts_anew():
    steps = [
        fill("buy", 1, 100, "2024-01-01"),
        fill("sell", 1, 120, "2024-01-02"),
        fill("buy", 1, 90, "2024-01-03"),
        fill("sell", 1, 95, "2024-01-04"),
    ]
    assert [row["gain"] for row in year("hifo", steps)] == ["20", "5"]


amounts = st.integers(1, 50).map(lambda n: Decimal(n) / 10)


@given(
    st.lists(st.tuples(st.sampled_from(["buy", "sell"]), amounts, st.integers(1, 500)), min_size=1, max_size=60),
    st.sampled_from(["fifo", "hifo", "average"]),
)
def test_nothing_is_sold_twice_and_cost_is_never_made_up(steps, method):
    fills = [fill(side, amount, price, f"2024-01-{1 + k // 3:02d}") for k, (side, amount, price) in enumerate(steps)]
    rows = year(method, fills)
    bought, spent = (sum(Decimal(f["amount"]) * (Decimal(f["price"]) if k else 1) for f in fills if f["side"] == "buy") for k in (0, 1))
    known = [row for row in rows if row["is_cost_known"] == "true"]
    assert sum(Decimal(row["amount"]) for row in known) <= bought
    assert sum(Decimal(row["cost"]) for row in known) <= spent + Decimal("1e-9")
    sold = sum(Decimal(f["amount"]) for f in fills if f["side"] == "sell")
    assert abs(sum(Decimal(row["amount"]) for row in rows) - sold) < Decimal("1e-12")


def across_the_year():
    """Fees in base, in quote and in a third coin; a sale on the last evening of 2025, two in 2026."""
    return [
        fill("buy", 1, 100, "2025-12-01", "0.001", "BTC"),
        fill("buy", 1, 200, "2025-12-15", "0.2"),
        {**fill("sell", "0.5", 300, "2025-12-31", "0.15"), "at": "2025-12-31T23:59:59.999Z"},
        fill("sell", "1.2", 250, "2026-01-01", "0.01", "BNB"),
        fill("sell", "0.2", 260, "2026-02-01", "0.0002", "BTC"),
    ]


@pytest.mark.parametrize(
    ("method", "number", "gains"),
    [  # by hand: lots of 0.999 for 100 and of 1 for 200.2; the sales bring 149.85, 300 (0.01 BNB beside) and 52 for 0.2002
        ("fifo", 2025, ["99.79994995"]),  # 149.85 - 100 * 0.5 / 0.999
        ("fifo", 2026, ["74.80005005", "34.9098", "11.91996"]),  # 0.499 and 0.701 of the 1.2, then 52 - 0.2002 * 200.2
        ("hifo", 2025, ["49.75"]),  # 149.85 - 0.5 * 200.2
        ("hifo", 2026, ["24.9", "104.92992993", "31.95995996"]),  # 0.5 and 0.7 of the 1.2, then 52 - 0.2002 * 100 / 0.999
        ("average", 2025, ["74.76245623"]),  # 149.85 - 0.5 * 300.2 / 1.999
        ("average", 2026, ["119.78989495", "21.93494747"]),
    ],
)
def test_a_small_example_comes_out_as_by_hand(method, number, gains):
    rows = year(method, across_the_year(), number)
    assert [round(Decimal(row["gain"]), 8) for row in rows] == [Decimal(gain) for gain in gains]
    assert {row["disposed_at"][:4] for row in rows} == {str(number)}
    beside = {(row["other_fee"], row["other_fee_currency"]) for row in rows if row["other_fee"]}
    assert beside == ({("0.01", "BNB")} if number == 2026 else set())
