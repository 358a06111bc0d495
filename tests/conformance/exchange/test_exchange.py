"""What every exchange does alike: one suite of numbered cases, run on paper and on test venues through unmodified ccxt."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from exchange.protocol import Cursor, OrderStatus, Rejected, Result, View
from strategy_core.trade import Horizon, Side
from tests.conformance.exchange.conftest import LINEAR, SYMBOL, PaperWorld, World

D = Decimal
ANY = Horizon(None, None, None)


async def look(world: World, *mine: str, since: Cursor | None = None, symbol: str = SYMBOL) -> View:
    """Looks until it has caught up; the views' trades together."""
    view = await world.exchange.look(symbol, since or Cursor(1), mine, ANY)
    trades = view.trades
    while view.more:
        view = await world.exchange.look(symbol, view.cursor, mine, ANY)
        trades += tuple(trade for trade in view.trades if trade not in trades)
    return view._replace(trades=trades)


async def test_e01_the_rules_are_steps_and_fees(world: World) -> None:
    market = await world.exchange.market(SYMBOL)
    assert market.price_tick > 0 and market.amount_step == D("0.00001") and market.min_notional == 5
    assert (market.base, market.quote, market.is_future) == ("BTC", "USDT", False)


async def test_e02_an_unknown_symbol_is_refused_by_name(world: World) -> None:
    with pytest.raises(Rejected) as caught:
        await world.exchange.market("NOPE/USDT")
    assert caught.value.reason == "bad_symbol"


async def test_e03_a_limit_order_rests_with_its_money_set_aside(world: World) -> None:
    placement = world.placement("buy 0.1 @ 19000")
    assert (await world.exchange.place(placement)).result is Result.ACCEPTED
    view = await look(world, placement.client_order_id)
    assert view.open_ids == (placement.client_order_id,) and not view.trades and not view.ended
    balances = await world.exchange.balances()
    assert balances["USDT"] == (D(8100), D(1900)) and balances["BTC"].free == 1


async def test_e04_a_limit_order_fills_at_its_price_and_pays_maker_in_what_it_receives(world: World) -> None:
    placement = world.placement("buy 0.1 @ 19000")
    await world.exchange.place(placement)
    await world.move("19000")
    view = await look(world, placement.client_order_id)
    (trade,) = view.trades
    assert (trade.side, trade.price, trade.amount, trade.maker) == (Side.BUY, 19000, D("0.1"), True)
    assert (trade.fee, trade.fee_currency, trade.client_order_id) == (D("0.0001"), "BTC", placement.client_order_id)
    assert [(report.status, report.filled) for report in view.ended] == [(OrderStatus.FILLED, D("0.1"))]
    balances = await world.exchange.balances()
    assert (balances["BTC"].total, balances["USDT"].total) == (D("1.0999"), 8100)


async def test_e05_a_market_order_takes_at_the_price(world: World) -> None:
    placement = world.placement("sell 0.1")
    assert (await world.exchange.place(placement)).result is Result.ACCEPTED
    await world.move("20000")
    (trade,) = (await look(world, placement.client_order_id)).trades
    assert (trade.side, trade.price, trade.amount, trade.maker, trade.fee, trade.fee_currency) == (
        Side.SELL,
        20000,
        D("0.1"),
        False,
        2,
        "USDT",
    )


async def test_e06_a_market_buy_is_for_an_amount_of_base(world: World) -> None:
    placement = world.placement("buy 0.12345")
    assert (await world.exchange.place(placement)).result is Result.ACCEPTED
    await world.move("20000")
    (trade,) = (await look(world, placement.client_order_id)).trades
    assert trade.amount == D("0.12345")


async def test_e07_a_cancelled_order_is_over_and_its_money_free(world: World) -> None:
    placement = world.placement("buy 0.1 @ 19000")
    outcome = await world.exchange.place(placement)
    assert (await world.exchange.cancel(SYMBOL, placement.client_order_id, outcome.order_id)).result is Result.ACCEPTED
    report = await world.exchange.look_up(SYMBOL, placement.client_order_id, outcome.order_id)
    assert report is not None and report.status is OrderStatus.CANCELED and report.filled == 0
    assert (await world.exchange.balances())["USDT"] == (D(10000), D(0))


async def test_e08_cancelling_a_filled_order_says_so_and_the_fill_stays(world: World) -> None:
    placement = world.placement("buy 0.1 @ 19000")
    await world.exchange.place(placement)
    await world.move("19000")
    await look(world, placement.client_order_id)
    outcome = await world.exchange.cancel(SYMBOL, placement.client_order_id, None)
    assert (outcome.result, outcome.reason) == (Result.REJECTED, "not_found"), outcome
    report = await world.exchange.look_up(SYMBOL, placement.client_order_id, None)
    assert report is not None and report.status is OrderStatus.FILLED and report.filled == D("0.1")


async def test_e09_the_same_id_twice_is_one_order(world: World) -> None:
    placement = world.placement("buy 0.1 @ 19000")
    assert (await world.exchange.place(placement)).result is Result.ACCEPTED
    assert (await world.exchange.place(placement)).result is Result.DUPLICATE
    assert (await world.exchange.balances())["USDT"].used == 1900


async def test_e10_an_order_is_found_by_our_id_in_every_state(world: World) -> None:
    placement = world.placement("buy 0.1 @ 19000")
    id_ = placement.client_order_id
    assert await world.exchange.look_up(SYMBOL, id_, None) is None
    await world.exchange.place(placement)
    report = await world.exchange.look_up(SYMBOL, id_, None)
    assert report is not None and (report.status, report.side, report.price, report.amount) == (OrderStatus.OPEN, Side.BUY, 19000, D("0.1"))
    await world.move("19000")
    await look(world, id_)
    report = await world.exchange.look_up(SYMBOL, id_, None)
    assert report is not None and report.status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("buy 0.1 @ 19000.001", "precision"),
        ("buy 0.000001 @ 19000", "precision"),
        ("buy 0.0001 @ 19000", "below_minimum"),
        ("sell 5 @ 21000", "insufficient_funds"),
        ("buy 1 @ 19000", "insufficient_funds"),
    ],
)
async def test_e11_what_the_venue_cannot_take_is_refused_by_reason(world: World, text: str, reason: str) -> None:
    outcome = await world.exchange.place(world.placement(text))
    assert (outcome.result, outcome.reason) == (Result.REJECTED, reason)
    assert all(balance.used == 0 for balance in (await world.exchange.balances()).values())


async def test_e12_a_message_about_money_names_the_currency_on_paper(world: World) -> None:
    outcome = await world.exchange.place(world.placement("buy 1 @ 19000"))
    assert outcome.message
    if isinstance(world, PaperWorld):
        assert "USDT is short by 9000" in outcome.message


async def test_e13_after_its_deadline_an_order_is_not_sent(world: World) -> None:
    placement = world.placement("buy 0.1 @ 19000")
    world.clock.now += 31_000
    assert (await world.exchange.place(placement)).result is Result.EXPIRED
    assert await world.exchange.look_up(SYMBOL, placement.client_order_id, None) is None


async def test_e14_another_process_sees_the_same_account(world: World) -> None:
    placement = world.placement("buy 0.1 @ 19000")
    await world.exchange.place(placement)
    other = await world.again()
    report = await other.look_up(SYMBOL, placement.client_order_id, None)
    assert report is not None and report.status is OrderStatus.OPEN
    assert (await other.balances())["USDT"].used == 1900


async def test_e15_looking_twice_with_the_same_cursor_finds_the_same(world: World) -> None:
    placement = world.placement("buy 0.1 @ 19000")
    await world.exchange.place(placement)
    await world.move("19000")
    first, second = await look(world, placement.client_order_id), await look(world, placement.client_order_id)
    assert first.trades == second.trades and len(first.trades) == 1


async def test_e16_only_my_orders_are_listed(world: World) -> None:
    mine, other = world.placement("buy 0.1 @ 19000"), world.placement("buy 0.1 @ 18000")
    await asyncio.gather(world.exchange.place(mine), world.exchange.place(other))
    view = await look(world, mine.client_order_id)
    assert view.open_ids == (mine.client_order_id,)


async def test_e17_sums_are_exact_after_a_round_trip(world: World) -> None:
    buy, sell = world.placement("buy 0.1 @ 19000"), world.placement("sell 0.09 @ 21000")
    for placement in (buy, sell):
        await world.exchange.place(placement)
    await world.move("19000")
    first = await look(world, buy.client_order_id, sell.client_order_id)
    await world.move("21000")
    second = await look(world, sell.client_order_id, since=first.cursor)
    trades = {trade.trade_id: trade for trade in (*first.trades, *second.trades)}.values()
    assert len(trades) == 2
    expected = {"USDT": D(10000), "BTC": D(1)}
    for trade in trades:
        sign = 1 if trade.side is Side.BUY else -1
        expected["BTC"] += sign * trade.amount
        expected["USDT"] -= sign * trade.amount * trade.price
        expected[trade.fee_currency] -= trade.fee
    assert {currency: balance.total for currency, balance in (await world.exchange.balances()).items()} == expected


async def test_e18_leverage_and_margin_mode_are_set_and_read_back(world: World) -> None:
    assert await world.exchange.prepare(LINEAR, D(5), "isolated") is None
    placement = world.placement("buy 0.1", LINEAR)
    assert (await world.exchange.place(placement)).result is Result.ACCEPTED
    await world.move("20000")
    await look(world, placement.client_order_id, symbol=LINEAR)
    position = await world.exchange.position(LINEAR)
    assert position is not None
    assert (position.amount, position.entry_price, position.leverage, position.margin_mode) == (D("0.1"), 20000, 5, "isolated")
    assert position.liquidation_price is not None and 15000 < position.liquidation_price < 17000


async def test_e19_a_reduce_only_order_never_opens_a_position(world: World) -> None:
    await world.exchange.prepare(LINEAR, D(5), "isolated")
    outcome = await world.exchange.place(world.placement("sell 0.1", LINEAR, reduce_only=True))
    assert outcome.result is Result.REJECTED
    assert await world.exchange.position(LINEAR) is None


async def test_e20_closing_reduce_only_leaves_nothing(world: World) -> None:
    await world.exchange.prepare(LINEAR, D(5), "isolated")
    entry = world.placement("buy 0.1", LINEAR)
    await world.exchange.place(entry)
    await world.move("20000")
    await look(world, entry.client_order_id, symbol=LINEAR)
    exit_ = world.placement("sell 0.1", LINEAR, reduce_only=True)
    assert (await world.exchange.place(exit_)).result is Result.ACCEPTED
    await world.move("20000")
    await look(world, exit_.client_order_id, symbol=LINEAR)
    assert await world.exchange.position(LINEAR) is None


async def test_e21_spot_has_no_position(world: World) -> None:
    assert await world.exchange.position(SYMBOL) is None


async def test_e22_many_orders_at_once_are_each_taken_once(world: World) -> None:
    placements = [world.placement(f"buy 0.001 @ {18000 + i}") for i in range(12)]
    outcomes = await asyncio.gather(*(world.exchange.place(placement) for placement in placements))
    assert {outcome.result for outcome in outcomes} == {Result.ACCEPTED}
    ids = tuple(placement.client_order_id for placement in placements)
    assert set((await look(world, *ids)).open_ids) == set(ids)


@pytest.mark.parametrize("symbol", [SYMBOL, LINEAR])
async def test_e23_a_post_only_order_rests_or_is_over_without_a_fill(world: World, symbol: str) -> None:
    if symbol == LINEAR:
        await world.exchange.prepare(LINEAR, D(5), "isolated")
    taking = world.placement("buy 0.1 @ 20100", symbol)._replace(post_only=True)
    outcome = await world.exchange.place(taking)
    assert outcome.result is Result.ACCEPTED or (outcome.result, outcome.reason) == (Result.REJECTED, "would_take"), outcome
    resting = world.placement("buy 0.1 @ 19000", symbol)._replace(post_only=True)
    assert (await world.exchange.place(resting)).result is Result.ACCEPTED
    view = await look(world, taking.client_order_id, resting.client_order_id, symbol=symbol)
    assert (view.trades, view.open_ids) == ((), (resting.client_order_id,))
    report = await world.exchange.look_up(symbol, taking.client_order_id, outcome.order_id)
    assert report is None or (report.is_over and report.filled == 0)


async def test_e24_a_stop_the_venue_keeps_is_found_taken_back_and_named_in_its_trades(world: World) -> None:
    exchange = world.exchange
    if not getattr(exchange, "keeps_stops", False):
        assert isinstance(world, PaperWorld)  # an optional capability: whoever lacks it does not declare it
        return
    await exchange.prepare(LINEAR, D(5), "isolated")
    assert (await exchange.place(world.placement("buy 0.1", LINEAR))).result is Result.ACCEPTED
    first, second = (world.placement("sell 0.1", LINEAR, reduce_only=True) for _ in range(2))
    assert await exchange.look_up_stop(LINEAR, first.client_order_id) is None  # type: ignore[attr-defined]
    for stop in (first, second):
        assert (await exchange.place_stop(stop, D(19000))).result is Result.ACCEPTED  # type: ignore[attr-defined]
        waiting = await exchange.look_up_stop(LINEAR, stop.client_order_id)  # type: ignore[attr-defined]
        assert (waiting.status, waiting.side, waiting.amount, waiting.filled) == (OrderStatus.OPEN, Side.SELL, D("0.1"), 0)
        if stop is first:
            assert (await exchange.cancel_stop(LINEAR, stop.client_order_id)).result is Result.ACCEPTED  # type: ignore[attr-defined]
            assert (await exchange.look_up_stop(LINEAR, stop.client_order_id)).status is OrderStatus.CANCELED  # type: ignore[attr-defined]
    await world.move("18990")
    became = await exchange.look_up_stop(LINEAR, second.client_order_id)  # type: ignore[attr-defined]
    assert (became.status, became.filled) == (OrderStatus.FILLED, D("0.1"))
    trades = (await look(world, symbol=LINEAR)).trades
    assert [(trade.side, trade.amount) for trade in trades if trade.client_order_id == second.client_order_id] == [(Side.SELL, D("0.1"))]
    assert await exchange.position(LINEAR) is None


async def test_e25_what_a_cancelled_order_had_filled_stays_filled(world: World) -> None:
    await world.thin_out()
    placement = world.placement("buy 0.1 @ 19000")
    outcome = await world.exchange.place(placement)
    await world.move("19000")
    view = await world.exchange.look(SYMBOL, Cursor(1), (placement.client_order_id,), ANY)
    done = sum((trade.amount for trade in view.trades), D(0))
    assert done == D("0.05") and view.open_ids == (placement.client_order_id,)
    await world.exchange.cancel(SYMBOL, placement.client_order_id, outcome.order_id)
    report = await world.exchange.look_up(SYMBOL, placement.client_order_id, outcome.order_id)
    assert report is not None and (report.status, report.filled, report.amount) == (OrderStatus.CANCELED, done, D("0.1"))


async def test_e26_more_trades_than_a_page_holds_are_all_found_once(world: World) -> None:
    placements = [world.placement("sell 0.001") for _ in range(130)]
    for placement in placements:
        assert (await world.exchange.place(placement)).result is Result.ACCEPTED
        world.clock.now += 1  # a venue without a cursor cannot tell more than a page of one millisecond
    await world.move("20000")
    trades = (await look(world, *(placement.client_order_id for placement in placements))).trades
    assert len({trade.trade_id for trade in trades}) == len(trades) == 130
