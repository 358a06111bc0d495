"""Perpetuals on paper: one-way positions, margin, liquidation; and money that adds up whatever happens."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.book import KEPT_ENDED, KEPT_TRADES, Book, new_document
from exchange.protocol import Cursor, OrderStatus, Rejected, Result, Unsupported
from shared.paper_book import book_balances
from strategy_core.number import working_digits
from strategy_core.trade import FeeMode, Horizon, Market, Side
from tests.exchange.paper_fakes import MINUTE, T0, World, rules

D = Decimal
LINEAR = "BTC/USDT:USDT"
FLAT = ["100 100 100 100"]


def perpetual() -> Market:
    return rules(LINEAR, fee="0.001", max_leverage="50", mmr_pct="0.5")


async def opened(tmp_path: Path, candles: list[str], text: str, leverage: str = "10", mode: str = "isolated") -> World:
    """An account with 1000 USDT that has opened a position at the first candle's second point."""
    world = World(tmp_path, FLAT + candles, {"USDT": "1000"}, perpetual())
    await world.paper.prepare(LINEAR, D(leverage), mode)
    await world.paper.place(world.placement(text))
    world.clock.now += 20_000
    await world.look(T0, "order1", horizon=Horizon(D(1), D(1), None))
    return world


async def test_a_position_has_its_entry_margin_and_liquidation_price(tmp_path: Path) -> None:
    world = await opened(tmp_path, [], "buy 5")
    position = await world.paper.position(LINEAR)
    assert position is not None
    assert (position.amount, position.entry_price, position.leverage, position.margin_mode) == (5, 100, 10, "isolated")
    assert position.liquidation_price is not None
    assert abs(position.liquidation_price - D(90) / D("0.994")) < D("1e-12")  # avg(1 - 1/L) / (1 - mmr - f)
    balance = (await world.paper.balances())["USDT"]
    assert (balance.total, balance.used) == (D("999.5"), D(50))


async def test_what_the_api_shows_of_an_account_with_a_position_is_what_the_venue_says(tmp_path: Path) -> None:
    world = await opened(tmp_path, [], "sell 5")
    document, _ = await world.books.read()
    said = (await world.paper.balances())["USDT"]
    shown = book_balances({"book": document})["USDT"]
    assert (shown.free + shown.used, shown.used) == (said.total, said.used) == (D("999.5"), D(50))


async def test_a_short_gains_when_the_price_falls(tmp_path: Path) -> None:
    world = await opened(tmp_path, ["100 100 90 90"], "sell 5")
    world.clock.now = T0 + 2 * MINUTE
    await world.paper.place(world.placement("buy 5", made_at=T0 + MINUTE + 40_000, reduce_only=True))
    view = await world.look(T0 + MINUTE + 40_000, "order2")
    assert view.trades[0].price == 90
    assert await world.paper.position(LINEAR) is None
    assert (await world.paper.balances())["USDT"] == (D(1000) - D("0.5") - D("0.45") + 50, D(0))


async def test_a_liquidation_takes_the_margin_and_the_orders(tmp_path: Path) -> None:
    world = await opened(tmp_path, ["100 100 85 95"], "buy 5")
    world.clock.now += 1_000
    await world.paper.place(world.placement("sell 5 @ 120", made_at=T0 + 20_000, reduce_only=True))
    world.clock.now = T0 + 2 * MINUTE
    view = await world.look(T0 + 20_000, "order2")
    assert view.point == (T0 + MINUTE + 40_000, D(85)) and view.ended[0].status is OrderStatus.CANCELED
    assert await world.paper.position(LINEAR) is None
    assert (await world.paper.balances())["USDT"] == (D("949.5"), D(0))


async def test_a_safety_order_before_the_liquidation_price_saves_the_position(tmp_path: Path) -> None:
    """Both are on the same segment: the order is met first and moves the liquidation price below the low."""
    world = await opened(tmp_path, ["100 100 89 95"], "buy 5")
    await world.paper.place(world.placement("buy 5 @ 92", made_at=T0 + 20_000))
    world.clock.now = T0 + 2 * MINUTE
    view = await world.look(T0 + 20_000, "order2")
    assert len(view.trades) == 1
    position = await world.paper.position(LINEAR)
    assert position is not None and (position.amount, position.entry_price) == (10, 96)


async def test_in_cross_mode_the_wallet_stands_behind_the_position(tmp_path: Path) -> None:
    world = await opened(tmp_path, ["100 100 60 70"], "buy 5", mode="cross")
    world.clock.now = T0 + 2 * MINUTE
    await world.look(T0 + 20_000)
    position = await world.paper.position(LINEAR)
    assert position is not None and position.liquidation_price is None  # 1000 behind 500 of notional


async def test_reduce_only_is_capped_by_the_position(tmp_path: Path) -> None:
    world = await opened(tmp_path, [], "buy 5")
    first = await world.paper.place(world.placement("sell 3 @ 120", made_at=T0 + 20_000, reduce_only=True))
    second = await world.paper.place(world.placement("sell 3 @ 121", made_at=T0 + 20_000, reduce_only=True))
    wrong = await world.paper.place(world.placement("buy 1 @ 80", made_at=T0 + 20_000, reduce_only=True))
    assert first.result is Result.ACCEPTED
    assert (second.result, second.reason, wrong.reason) == (Result.REJECTED, "reduce_only", "reduce_only")


async def test_margin_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    world = await opened(tmp_path, [], "buy 5")
    outcome = await world.paper.place(world.placement("buy 100 @ 99", made_at=T0 + 20_000))
    assert outcome.reason == "insufficient_funds" and "USDT is short by 40.5" in outcome.message


async def test_settings_do_not_change_under_a_position(tmp_path: Path) -> None:
    world = await opened(tmp_path, [], "buy 5")
    with pytest.raises(Rejected) as caught:
        await world.paper.prepare(LINEAR, D(20), "isolated")
    assert caught.value.reason == "mode_mismatch"
    with pytest.raises(Rejected):
        await world.paper.prepare(LINEAR, D(51), "isolated")


async def test_spot_cannot_be_prepared(tmp_path: Path) -> None:
    world = World(tmp_path, FLAT, {"USDT": "1000"})
    with pytest.raises(Unsupported):
        await world.paper.prepare("BTC/USDT", D(2), "isolated")


ORDERS = st.lists(
    st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 40), st.one_of(st.none(), st.integers(80, 120))), min_size=1, max_size=25
)


@settings(max_examples=40, deadline=None)
@given(orders=ORDERS, fee_mode=st.sampled_from(FeeMode), prices=st.lists(st.integers(80, 120), min_size=2, max_size=12))
async def test_money_adds_up_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, orders: list, fee_mode: FeeMode, prices: list[int]
) -> None:
    candles = [f"{a} {max(a, b)} {min(a, b)} {b}" for a, b in zip([100, *prices], prices, strict=False)]
    world = World(tmp_path_factory.mktemp("x"), candles, {"USDT": "2000", "BTC": "20"}, rules(fee_mode=fee_mode, slippage="0.1"))
    expected = {"USDT": D(2000), "BTC": D(20)}
    cursor, ids, seen = Cursor(T0), [], set()
    for i, (side, amount, price) in enumerate(orders):
        text = f"{side} {D(amount) / 8}" + (f" @ {price}" if price else "")
        placement = world.placement(text, made_at=cursor.at, id_=f"o{i}")
        if (await world.paper.place(placement)).result is Result.ACCEPTED:
            ids.append(f"o{i}")
        world.clock.now += 17_000
        view = await world.look(cursor.at, *ids, trade_id=cursor.trade_id)
        cursor = view.cursor
        for trade in view.trades:
            assert trade.trade_id not in seen
            seen.add(trade.trade_id)
            sign = 1 if trade.side is Side.BUY else -1
            with working_digits():
                expected["BTC"] += sign * trade.amount
                expected["USDT"] -= sign * trade.amount * trade.price
                expected[trade.fee_currency] -= trade.fee
        balances = await world.paper.balances()
        assert {currency: balance.total for currency, balance in balances.items()} == expected
        assert all(balance.free >= 0 and balance.used >= 0 for balance in balances.values())
    for id_ in ids:
        await world.paper.cancel("BTC/USDT", id_, None)
    assert all(balance.used == 0 for balance in (await world.paper.balances()).values())


async def test_the_document_stays_small(tmp_path: Path) -> None:
    """Hundreds of fills later it holds what a venue would still tell."""
    world = World(
        tmp_path,
        ["100 101 99 100"] * 3,
        {"USDT": "99999999.123456", "BTC": "99999999.12345678"},
        rules().model_copy(update={"max_orders": None}),
    )
    world.clock.now += MINUTE
    for i in range(430):
        await world.paper.place(world.placement("buy 0.123 @ 99.99", made_at=T0, id_=f"{i:032x}"))
        await world.look(T0, f"{i:032x}")
    for i in range(300):
        assert (await world.paper.place(world.placement("buy 0.523 @ 10.99", made_at=T0, id_=f"{i + 5000:032x}"))).result is Result.ACCEPTED
    refused = await world.paper.place(world.placement("buy 0.523 @ 10.99", made_at=T0))
    assert refused.reason == "too_many_orders"
    document, _ = await world.books.read()
    assert document is not None
    assert len(document["trades"]) == KEPT_TRADES and len(document["orders"]) == KEPT_ENDED + 300
    assert len(json.dumps(document)) < 200_000


def test_a_book_is_plain_json_and_starts_with_what_was_paid_in() -> None:
    document = new_document({"USDT": D("1E+4")})
    assert json.loads(json.dumps(document)) == document
    assert Book(document).balances() == {"USDT": (D(10000), D(0))}
