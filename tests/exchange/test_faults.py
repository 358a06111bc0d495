"""Checklist X: what exchanges do to us, over real HTTP through unmodified ccxt, and what must come of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from exchange import ccxt_adapter
from exchange.ccxt_adapter import CcxtExchange
from exchange.limits import Budget
from exchange.protocol import Cursor, OrderStatus, Outcome, Placement, RateLimited, Rejected, Result, Unauthorized, Unavailable, View
from strategy_core.trade import Horizon
from tests.exchange.paper_fakes import MINUTE, T0, Clock
from tests.venue.binance import BinanceVenue
from tests.venue.faults import Fault
from tests.venue.market import Account, Order, Trade
from tests.venue.serving import KEY, SECRET, open_at, order, serving

D = Decimal
SYMBOL, LINEAR = "BTC/USDT", "BTC/USDT:USDT"
ANY = Horizon(None, None, None)


class World:
    """One account on the test venue; the venue's clock and ours may differ."""

    def __init__(self, venue: BinanceVenue, account: Account, address: str, ours: Clock, theirs: Clock) -> None:
        self.venue, self.account, self.ours, self.theirs, self.address = venue, account, ours, theirs, address
        self.budget = Budget(100_000, 60_000, ours)
        self.exchange: CcxtExchange = open_at("binance", address, ours, self.budget)
        self.count = 0

    def placement(self, text: str = "buy 0.1 @ 19000", symbol: str = SYMBOL, id_: str | None = None) -> Placement:
        self.count += 1
        now = self.ours()
        return Placement(id_ or f"{self.count:032x}", symbol, order(text, now), now, now + 30_000)

    async def place(self, *args: Any, **more: Any) -> tuple[Outcome, Placement]:
        placement = self.placement(*args, **more)
        hanging = [fault for fault in self.venue.faults.waiting if fault.hangs and fault.times]
        if hanging:
            await self.exchange.market(SYMBOL)
            await self.exchange._clock_skew()  # so that what hangs is the order
            self.exchange._client.timeout = 1_000  # the order has to get as far as the venue, also on a busy machine
        outcome = await self.exchange.place(placement)
        self.exchange._client.timeout = 10_000
        for fault in hanging:
            if fault.when != "late":
                fault.go.set()
        return outcome, placement

    async def look(self, *placements: Placement) -> View:
        return await self.exchange.look(SYMBOL, Cursor(1), tuple(p.client_order_id for p in placements), ANY)

    def orders(self) -> list[Order]:
        return self.account.orders

    def sent(self, method: str = "POST", path: str = "/api/v3/order") -> int:
        return sum(1 for m, p, _ in self.venue.requests if (m, p) == (method, path))


async def arrived(fault: Fault) -> None:
    """What hung goes on, and the venue has dealt with it."""
    fault.go.set()
    async with asyncio.timeout(30):
        await fault.over.wait()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    ccxt_adapter._rules_kept.clear()
    ours, theirs = Clock(), Clock()
    venue = BinanceVenue(theirs)
    account = venue.account(KEY, SECRET, USDT="10000", BTC="1")
    venue.move("20000")
    async with serving(venue.application()) as address:
        made = World(venue, account, address, ours, theirs)
        await made.exchange.market(SYMBOL)
        yield made
        await made.exchange.close()


async def test_x01_a_time_out_after_the_accept_is_adopted_by_our_id(world: World) -> None:
    world.venue.faults.add("/order", method="POST", when="after", hangs=True)
    outcome, placement = await world.place()
    assert outcome.result is Result.UNKNOWN
    report = await world.exchange.look_up(SYMBOL, placement.client_order_id, None)
    assert report is not None and report.status is OrderStatus.OPEN
    assert len(world.orders()) == 1


async def test_x02_a_time_out_before_the_accept_leaves_nothing_and_the_same_id_can_be_sent(world: World) -> None:
    world.venue.faults.add("/order", method="POST", hangs=True)
    outcome, placement = await world.place()
    assert outcome.result is Result.UNKNOWN
    assert await world.exchange.look_up(SYMBOL, placement.client_order_id, None) is None
    assert (await world.exchange.place(placement)).result is Result.ACCEPTED
    assert len(world.orders()) == 1


async def test_x03_an_accept_after_our_time_out_is_adopted(world: World) -> None:
    fault = world.venue.faults.add("/order", method="POST", when="late", hangs=True)
    outcome, placement = await world.place()
    assert outcome.result is Result.UNKNOWN
    assert await world.exchange.look_up(SYMBOL, placement.client_order_id, None) is None
    await arrived(fault)
    assert await world.exchange.look_up(SYMBOL, placement.client_order_id, None) is not None
    assert (await world.exchange.place(placement)).result is Result.DUPLICATE
    assert len(world.orders()) == 1


async def test_x04_what_arrives_after_the_deadline_is_refused_by_the_venue(world: World) -> None:
    fault = world.venue.faults.add("/order", method="POST", when="late", hangs=True)
    outcome, placement = await world.place()
    assert outcome.result is Result.UNKNOWN
    world.theirs.now += 31_000
    await arrived(fault)
    assert world.orders() == []
    world.ours.now += 31_000
    assert (await world.exchange.place(placement)).result is Result.EXPIRED
    assert world.orders() == []


async def test_x04_a_late_order_that_is_answered_is_a_definite_reject(world: World) -> None:
    placement = world.placement()
    world.theirs.now += 31_000  # the venue's clock ran on while we were frozen
    world.exchange._skew = 0
    outcome = await world.exchange.place(placement)
    assert (outcome.result, outcome.reason) == (Result.REJECTED, "expired")
    assert world.orders() == [] and world.exchange._skew == 31_000  # measured anew


async def test_x05_a_lost_reply_to_an_order_that_filled_is_found_filled(world: World) -> None:
    world.venue.faults.add("/order", method="POST", when="after", hangs=True)
    outcome, placement = await world.place()
    world.venue.move("18900")
    assert outcome.result is Result.UNKNOWN
    view = await world.look(placement)
    assert view.ended[0].status is OrderStatus.FILLED and view.ended[0].filled == D("0.1")
    assert [trade.client_order_id for trade in view.trades] == [placement.client_order_id]


@pytest.mark.parametrize("lag_ms", [3_000, 30_000])
async def test_x06_an_order_missing_from_a_lagging_list_is_looked_up(world: World, lag_ms: int) -> None:
    world.venue.faults.open_orders_lag_ms = lag_ms
    _, placement = await world.place()
    view = await world.look(placement)
    assert view.open_ids == (placement.client_order_id,) and not view.ended


@pytest.mark.parametrize(("headers", "wait_ms"), [({"Retry-After": "7"}, 7_000), ({}, 60_000)])
async def test_x07_a_429_stops_every_call_until_its_time_is_over(world: World, headers: dict[str, str], wait_ms: int) -> None:
    world.venue.faults.add(
        "/order", method="POST", status=429, headers=headers, body='{"code":-1003,"msg":"Too much request weight used."}'
    )
    outcome, placement = await world.place()
    assert outcome.result is Result.UNKNOWN and outcome.reason == "rate_limited"
    before = len(world.venue.requests)
    with pytest.raises(RateLimited) as caught:
        await world.exchange.balances()
    assert caught.value.retry_after_ms == wait_ms
    assert (await world.place())[0].reason == "rate_limited"
    assert len(world.venue.requests) == before
    world.ours.now += wait_ms
    world.theirs.now += wait_ms
    assert await world.exchange.look_up(SYMBOL, placement.client_order_id, None) is None
    assert (await world.place())[0].result is Result.ACCEPTED


async def test_x08_during_a_ban_nothing_is_sent_at_all(world: World) -> None:
    world.venue.faults.banned_until = world.theirs() + 30_000
    with pytest.raises(RateLimited):
        await world.exchange.balances()
    before = len(world.venue.requests)
    for _ in range(5):
        outcome, _ = await world.place()
        assert outcome.result is Result.UNKNOWN
        with pytest.raises(RateLimited):
            await world.exchange.look_up(SYMBOL, "a" * 32, None)
    assert len(world.venue.requests) == before
    for clock in (world.ours, world.theirs):
        clock.now += 30_000
    assert (await world.exchange.balances())["BTC"].free == 1


async def test_x08_the_venues_own_limit_bans_who_goes_on(world: World) -> None:
    world.venue.weight_limit = 100
    with pytest.raises(RateLimited):
        for _ in range(5):
            await world.exchange.balances()
    assert world.theirs() >= world.venue.faults.banned_until  # we stopped before the ban


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, ""), (502, "<html>bad gateway</html>"), (503, "{}"), (400, '{"code":-1006,"msg":"x"}'), (400, '{"code":-1007,"msg":"Timeout"}')],
)
async def test_x09_a_failure_of_the_venue_on_create_is_unknown(world: World, status: int, body: str) -> None:
    world.venue.faults.add("/order", method="POST", when="after", status=status, body=body)
    outcome, placement = await world.place()
    assert outcome.result is Result.UNKNOWN
    assert await world.exchange.look_up(SYMBOL, placement.client_order_id, None) is not None
    assert world.sent() == 1


@pytest.mark.parametrize("path", ["/openOrders", "/myTrades", "/ticker"])
async def test_x10_a_failing_read_is_no_view(world: World, path: str) -> None:
    world.venue.faults.add(path, status=500, body="")
    with pytest.raises(Unavailable):
        await world.look()


async def test_x11_maintenance_is_unavailable_and_ends_by_itself(world: World) -> None:
    world.venue.faults.add("/account", status=503, body='{"code":-1000,"msg":"System maintenance"}')
    with pytest.raises(Unavailable):
        await world.exchange.balances()
    assert await world.exchange.balances()


async def test_x12_insufficient_funds_is_definite_after_one_try(world: World) -> None:
    outcome, _ = await world.place("buy 1 @ 19000")
    assert (outcome.result, outcome.reason) == (Result.REJECTED, "insufficient_funds")
    assert world.sent() == 1


async def test_x12_a_rerun_of_a_call_that_had_placed_is_not_told_the_money_is_gone(world: World) -> None:
    """The first run's order holds the money the second run misses; on a venue that checks money first that reads as a refusal."""
    placement = world.placement("buy 0.5 @ 19000")
    await world.exchange.place(placement)
    world.venue.faults.add(
        "/order", method="POST", status=400, body='{"code":-2010,"msg":"Account has insufficient balance for requested action."}'
    )
    outcome = await world.exchange.place(placement)
    assert (outcome.result, outcome.order_id) == (Result.DUPLICATE, str(world.orders()[0].id))


@pytest.mark.parametrize("text", ["buy 0.0001 @ 19000", "buy 0.000001 @ 19000", "buy 0.1 @ 19000.001"])
async def test_x13_what_breaks_a_rule_is_not_sent(world: World, text: str) -> None:
    outcome, _ = await world.place(text)
    assert outcome.result is Result.REJECTED and world.sent() == 0


async def test_x14_rules_that_changed_are_read_again_after_one_reject(world: World) -> None:
    world.venue.spot.rules["BTCUSDT"].tick = D("0.5")
    outcome, _ = await world.place("buy 0.1 @ 19000.01")
    assert (outcome.result, outcome.reason) == (Result.REJECTED, "precision")
    assert (await world.exchange.market(SYMBOL)).price_tick == D("0.5")


async def test_x15_a_key_without_the_right_to_trade_is_told_so(world: World) -> None:
    world.account.can_trade = False
    outcome, _ = await world.place()
    assert (outcome.result, outcome.reason) == (Result.REJECTED, "unauthorized")
    assert world.sent() == 1


async def test_x16_an_address_that_is_not_allowed_is_unauthorized(world: World) -> None:
    world.venue.faults.add("/account", status=401, body='{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}')
    with pytest.raises(Unauthorized, match="IP"):
        await world.exchange.balances()


async def test_x17_a_key_revoked_during_the_create_leaves_the_outcome_unknown(world: World) -> None:
    world.venue.faults.add("/order", method="POST", when="after", status=401, body='{"code":-2015,"msg":"Invalid API-key"}')
    world.venue.faults.add("/order", method="GET", status=401, body='{"code":-2015,"msg":"Invalid API-key"}')
    outcome, _ = await world.place()
    assert (outcome.result, outcome.reason) == (Result.UNKNOWN, "unauthorized")


@pytest.mark.parametrize("skew_ms", [-10_000, -1_000, 1_000, 10_000, 200_000])
async def test_x18_a_clock_that_is_off_is_measured_and_allowed_for(world: World, skew_ms: int) -> None:
    world.theirs.now += skew_ms
    outcome, _ = await world.place()
    assert outcome.result is Result.ACCEPTED
    view = await world.look()
    assert view.point.at == world.theirs()


async def test_x18_with_a_clock_too_far_off_nothing_is_signed(world: World) -> None:
    world.theirs.now += 400_000
    outcome, _ = await world.place()
    assert outcome.result is Result.UNKNOWN and world.sent() == 0


async def test_x18_a_clock_that_drifts_is_measured_anew(world: World) -> None:
    assert (await world.place())[0].result is Result.ACCEPTED
    world.theirs.now += 40_000
    assert (await world.place())[0].reason == "expired"
    assert (await world.place())[0].result is Result.ACCEPTED


async def test_x19_a_delisted_symbol_stops_orders_but_not_the_program(world: World) -> None:
    world.venue.spot.rules["BTCUSDT"].status = "BREAK"
    world.exchange._forget_rules()
    outcome, _ = await world.place()
    assert (outcome.result, outcome.reason) == (Result.REJECTED, "bad_symbol") and world.sent() == 0
    with pytest.raises(Rejected, match="does not trade BTC/USDT"):
        await world.look()


@pytest.mark.parametrize("value", [0, "0", "NaN", "inf", "-inf", "-5", None, "abc", 1e308])
async def test_x22_a_price_that_cannot_be_is_refused(world: World, value: Any) -> None:
    fields = ("lastPrice", "openPrice", "bidPrice", "askPrice", "weightedAvgPrice", "highPrice", "lowPrice")
    world.venue.ticker_overrides = dict.fromkeys(fields, value)
    with pytest.raises(Unavailable):
        await world.look()


async def test_x22_crossed_prices_are_refused(world: World) -> None:
    world.venue.ticker_overrides = {"bidPrice": "20001", "askPrice": "19999"}
    with pytest.raises(Unavailable, match="believable"):
        await world.look()


async def test_x24_trades_come_in_order_however_they_are_listed(world: World) -> None:
    placements = [(await world.place(f"buy 0.01 @ {19000 + i}"))[1] for i in range(3)]
    world.venue.move("18000")
    world.account.trades.reverse()
    trades = (await world.look(*placements)).trades
    assert [int(trade.trade_id) for trade in trades] == sorted(int(trade.trade_id) for trade in trades)


async def test_x25_a_trade_seen_on_two_pages_is_one(world: World) -> None:
    _, placement = await world.place()
    world.venue.move("19000")
    world.account.trades *= 2
    assert len((await world.look(placement)).trades) == 1


async def test_x26_trades_of_another_symbol_are_not_mine(world: World) -> None:
    world.venue.spot.move("ETHUSDT", "1000")
    now = world.ours()
    other = Placement("e" * 32, "ETH/USDT", order("buy 1", now), now, now + 30_000)
    assert (await world.exchange.place(other)).result is Result.ACCEPTED
    _, placement = await world.place()
    world.venue.move("19000")
    assert [trade.symbol for trade in (await world.look(placement)).trades] == [SYMBOL]


async def test_x27_a_partial_fill_survives_its_cancel(world: World) -> None:
    world.venue.spot.share = D("0.4")
    outcome, placement = await world.place()
    world.venue.move("19000")
    assert (await world.exchange.cancel(SYMBOL, placement.client_order_id, outcome.order_id)).result is Result.ACCEPTED
    view = await world.look(placement)
    assert [(report.status, report.filled) for report in view.ended] == [(OrderStatus.CANCELED, D("0.04"))]
    assert [trade.amount for trade in view.trades] == [D("0.04")]
    assert (await world.exchange.balances())["USDT"].used == 0


async def test_x27_a_fill_during_the_cancel_is_kept(world: World) -> None:
    _, placement = await world.place()
    world.venue.move("19000")
    outcome = await world.exchange.cancel(SYMBOL, placement.client_order_id, None)
    assert (outcome.result, outcome.reason) == (Result.REJECTED, "not_found")
    assert (await world.look(placement)).ended[0].filled == D("0.1")


async def test_x29_a_fee_in_a_third_coin_arrives_as_it_is(world: World) -> None:
    _, placement = await world.place()
    world.venue.move("19000")
    world.account.trades[0].fee, world.account.trades[0].fee_currency = D("0.002"), "BNB"
    (trade,) = (await world.look(placement)).trades
    assert (trade.fee, trade.fee_currency) == (D("0.002"), "BNB")


async def test_x30_an_order_the_venue_prevented_is_over(world: World) -> None:
    _, placement = await world.place()
    world.orders()[0].status = "EXPIRED_IN_MATCH"
    assert (await world.look(placement)).ended[0].status is OrderStatus.EXPIRED


async def test_x31_orders_made_by_hand_are_left_alone_and_cancels_by_hand_are_seen(world: World) -> None:
    _, placement = await world.place()
    foreign = Order(0, "web_abc", "BTCUSDT", "BUY", "LIMIT", D(15000), D("0.01"), "GTC", False, T0)
    world.venue.spot.place(world.account, foreign)
    assert (await world.look(placement)).open_ids == (placement.client_order_id,)
    world.venue.spot.cancel(world.account, world.orders()[0])
    view = await world.look(placement)
    assert view.ended[0].status is OrderStatus.CANCELED and foreign.status == "NEW"


async def test_x32_money_withdrawn_by_the_owner_is_insufficient_funds(world: World) -> None:
    world.account.balances["USDT"] = D(10)
    assert (await world.place())[0].reason == "insufficient_funds"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", "application/json"),
        ("<html>hello</html>", "text/html"),
        ('{"orderId": 12', "application/json"),
        ("[]", "text/plain"),
        ("null", "application/json"),
    ],
)
async def test_x33_an_answer_that_makes_no_sense_is_unknown_for_writes_and_no_data_for_reads(
    world: World, body: str, content_type: str
) -> None:
    world.venue.faults.add("/order", method="POST", when="after", body=body, content_type=content_type)
    outcome, _ = await world.place()
    assert outcome.result is Result.UNKNOWN
    world.venue.faults.add("/account", body=body, content_type=content_type)
    with pytest.raises(Unavailable):
        await world.exchange.balances()


async def test_x33_an_answer_of_fifty_megabytes_is_not_read_to_its_end(world: World) -> None:
    world.venue.faults.add("/order", method="POST", when="after", megabytes=50)
    outcome, placement = await world.place()
    assert outcome.result is Result.UNKNOWN and world.venue.faults.bytes_read < 48 * 2**20
    assert await world.exchange.look_up(placement.symbol, placement.client_order_id, None) is not None
    world.venue.faults.add("/account", megabytes=50)
    with pytest.raises(Unavailable):
        await world.exchange.balances()
    world.venue.faults.add("/account", megabytes=8)
    with pytest.raises(Unavailable):  # small enough to read, and still no account
        await world.exchange.balances()
    assert (await world.exchange.balances())["USDT"].total == D(10000)


async def test_x34_a_thousand_trades_in_one_millisecond_are_all_found(world: World) -> None:
    _, placement = await world.place()
    world.venue.move("19000")
    first = world.account.trades[0]
    world.account.trades += [
        Trade(first.id + i, first.order, first.price, D("0.001"), D(0), "BTC", True, first.at) for i in range(1, 1_200)
    ]
    assert len((await world.look(placement)).trades) == 1_200


async def test_x34_a_cursor_that_repeats_ends_in_an_error_not_in_a_loop(world: World) -> None:
    _, placement = await world.place()
    world.venue.move("19000")
    first = world.account.trades[0]
    world.account.trades += [Trade(first.id + i, first.order, first.price, D("0.001"), D(0), "BTC", True, first.at) for i in range(1, 700)]
    search = world.exchange._search
    search._row = search._row._replace(next_trade="")
    with pytest.raises(Unavailable, match="more trades"):
        await world.look(placement)


async def test_x35_orders_of_unknown_ids_are_not_listed(world: World) -> None:
    stranger = Order(0, "f" * 32, "BTCUSDT", "BUY", "LIMIT", D(15000), D("0.01"), "GTC", False, T0)
    world.venue.spot.place(world.account, stranger)
    view = await world.look()
    assert view.open_ids == () and view.ended == ()


async def test_x36_settings_changed_outside_show_in_the_position(world: World) -> None:
    await world.exchange.prepare(LINEAR, D(5), "isolated")
    await world.place("buy 0.1", LINEAR)
    account = world.venue.linear.accounts[KEY]
    account.leverage["BTCUSDT"], account.isolated["BTCUSDT"] = 20, False
    position = await world.exchange.position(LINEAR)
    assert position is not None and (position.leverage, position.margin_mode) == (20, "cross")


async def test_x36_an_account_in_hedge_mode_with_positions_is_refused_not_flipped(world: World) -> None:
    await world.exchange.prepare(LINEAR, D(5), "isolated")
    await world.place("buy 0.1", LINEAR)
    account = world.venue.linear.accounts[KEY]
    account.hedge = True
    with pytest.raises(Rejected, match="hedge") as caught:
        await world.exchange.prepare(LINEAR, D(5), "isolated")
    assert caught.value.reason == "mode_mismatch" and account.hedge
    account.positions.clear()
    await world.exchange.prepare(LINEAR, D(5), "isolated")
    assert not account.hedge


async def test_x36_a_leverage_the_venue_did_not_take_is_a_mismatch(world: World) -> None:
    world.venue.faults.add("/leverage", method="POST", body='{"symbol":"BTCUSDT","leverage":5}')
    with pytest.raises(Rejected, match="20x"):
        await world.exchange.prepare(LINEAR, D(5), "isolated")


async def test_x37_a_connection_that_breaks_is_unknown_for_writes(world: World) -> None:
    world.venue.faults.add("/order", method="POST", when="after", drop=True)
    outcome, placement = await world.place()
    assert outcome.result is Result.UNKNOWN
    assert await world.exchange.look_up(SYMBOL, placement.client_order_id, None) is not None


async def test_x37_a_venue_that_is_not_there_is_unavailable() -> None:
    exchange = open_at("binance", "http://127.0.0.1:9", Clock())
    try:
        with pytest.raises(Unavailable) as caught:
            await exchange.market(SYMBOL)
        assert "127.0.0.1" not in str(caught.value)
        now = T0
        outcome = await exchange.place(Placement("a" * 32, SYMBOL, order("buy 1 @ 5", now), now, now + 30_000))
        assert outcome.result is Result.UNKNOWN
    finally:
        await exchange.close()


async def test_x38_a_duplicate_is_the_order_we_meant(world: World) -> None:
    _, placement = await world.place()
    assert (await world.exchange.place(placement)).result is Result.DUPLICATE
    report = await world.exchange.look_up(SYMBOL, placement.client_order_id, None)
    assert report is not None and (report.price, report.amount) == (placement.order.price, placement.order.amount)


async def test_x39_a_reject_after_the_acknowledgement_is_seen(world: World) -> None:
    world.venue.spot.reject_after_ack = True
    outcome, placement = await world.place()
    assert outcome.result is Result.ACCEPTED
    assert (await world.look(placement)).ended[0].status is OrderStatus.REJECTED


async def test_x40_two_bots_on_one_symbol_see_each_their_own(world: World) -> None:
    _, one = await world.place()
    _, two = await world.place("buy 0.1 @ 18500")
    assert (await world.look(one)).open_ids == (one.client_order_id,)
    assert (await world.look(two)).open_ids == (two.client_order_id,)


async def test_a_stop_kept_by_the_venue_closes_the_position(world: World) -> None:
    await world.exchange.prepare(LINEAR, D(5), "isolated")
    await world.place("buy 0.1", LINEAR)
    stop = world.placement("sell 0.1", LINEAR)
    assert (await world.exchange.place_stop(stop, D(19000))).result is Result.ACCEPTED
    world.venue.move("18990")
    assert await world.exchange.position(LINEAR) is None


async def test_funding_is_a_list_of_instants_and_amounts(world: World) -> None:
    assert await world.exchange.funding(LINEAR, T0 - MINUTE) == [(T0 - 1_000, D("-0.5"))]
    assert await world.exchange.funding(LINEAR, T0) == []
