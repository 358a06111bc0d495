"""What can be shown on a venue whose price nobody here moves: on the test venues always, on a public test network where the environment
names one (TESTNET_VENUE as ccxt spells it, TESTNET_ADDRESS, TESTNET_KEY, TESTNET_SECRET; spot, with some quote currency to spend).

Orders rest 20 % below the price, are as small as the venue takes, and are cancelled in the end.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import uuid4

import pytest

from exchange.accounts import open_there
from exchange.ccxt_adapter import CcxtExchange
from exchange.limits import budget_for
from exchange.protocol import Cursor, OrderStatus, Placement, Rejected, Result
from strategy_core.number import ceil_to, floor_to, plain
from strategy_core.trade import Horizon
from tests.conformance.exchange.conftest import SYMBOL
from tests.conformance.service import real
from tests.venue.binance import BinanceVenue
from tests.venue.bybit import BybitVenue
from tests.venue.serving import KEY, SECRET, open_at, order, serving

ANY = Horizon(None, None, None)
BELOW = Decimal("0.8")


def wall_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture(params=["binance", "bybit", "testnet"])
async def exchange(request: pytest.FixtureRequest) -> AsyncIterator[CcxtExchange]:
    if request.param == "testnet":
        venue_id, address, key, secret = real("TESTNET_VENUE", "TESTNET_ADDRESS", "TESTNET_KEY", "TESTNET_SECRET")
        opened = open_there(venue_id, {"apiKey": key, "secret": secret}, wall_ms, budget_for(venue_id, "test", wall_ms), address)
        yield opened
        await opened.close()
        return
    venue: BinanceVenue | BybitVenue = BinanceVenue(wall_ms) if request.param == "binance" else BybitVenue(wall_ms)
    venue.account(KEY, SECRET, USDT="1000")
    venue.move("20000")
    async with serving(venue.application()) as address:
        opened = open_at(request.param, address, wall_ms)
        yield opened
        await opened.close()


async def small(exchange: CcxtExchange, id_: str = "", share: Decimal = BELOW) -> Placement:
    """A BUY as small as the venue takes, at a share of the price."""
    market = await exchange.market(SYMBOL)
    view = await exchange.look(SYMBOL, Cursor(0), (), ANY)
    price = floor_to(view.point.price * share, market.price_tick)
    amount = max(ceil_to(market.min_notional * 2 / price, market.amount_step), market.min_amount)
    now = wall_ms()
    return Placement(id_ or uuid4().hex, SYMBOL, order(f"buy {plain(amount)} @ {plain(price)}", now), now, now + 30_000)


async def test_e31_an_order_rests_is_found_by_our_id_and_is_cancelled_to_its_end(exchange: CcxtExchange) -> None:
    placement = await small(exchange)
    outcome = await exchange.place(placement)
    assert outcome.result is Result.ACCEPTED, outcome
    try:
        resting = await exchange.look_up(SYMBOL, placement.client_order_id, outcome.order_id)
        assert resting is not None and (resting.status, resting.amount) == (OrderStatus.OPEN, placement.order.amount)
        view = await exchange.look(SYMBOL, Cursor(0), (placement.client_order_id,), ANY)
        assert view.open_ids == (placement.client_order_id,)
    finally:
        await exchange.cancel(SYMBOL, placement.client_order_id, outcome.order_id)
    report = await exchange.look_up(SYMBOL, placement.client_order_id, outcome.order_id)
    assert report is not None and (report.status, report.filled) == (OrderStatus.CANCELED, 0)


async def test_e32_the_same_id_sent_twice_is_one_order(exchange: CcxtExchange) -> None:
    placement = await small(exchange)
    first = await exchange.place(placement)
    try:
        again = await exchange.place(placement)
        assert (first.result, again.result) == (Result.ACCEPTED, Result.DUPLICATE), again
        assert len((await exchange.look(SYMBOL, Cursor(0), (placement.client_order_id,), ANY)).open_ids) == 1
    finally:
        await exchange.cancel(SYMBOL, placement.client_order_id, first.order_id)


async def test_e33_money_of_a_resting_order_is_set_aside_and_comes_back(exchange: CcxtExchange) -> None:
    before = (await exchange.balances())["USDT"]
    placement = await small(exchange)
    outcome = await exchange.place(placement)
    try:
        held = (await exchange.balances())["USDT"]
        assert held.used - before.used == placement.order.amount * (placement.order.price or 0)
    finally:
        await exchange.cancel(SYMBOL, placement.client_order_id, outcome.order_id)
    assert (await exchange.balances())["USDT"] == before


async def test_e34_what_breaks_a_rule_is_refused_before_it_is_sent(exchange: CcxtExchange) -> None:
    placement = await small(exchange)
    crumb = placement._replace(order=placement.order._replace(amount=(await exchange.market(SYMBOL)).amount_step))
    assert (await exchange.place(crumb)).reason == "below_minimum"
    with pytest.raises(Rejected):
        await exchange.market("NO/SUCH")


async def test_e35_an_order_signed_too_long_ago_is_not_taken(exchange: CcxtExchange) -> None:
    placement = await small(exchange)
    stale = placement._replace(signed_at=placement.signed_at - 120_000, deadline=placement.signed_at - 90_000)
    assert (await exchange.place(stale)).result is Result.EXPIRED
    assert await exchange.look_up(SYMBOL, placement.client_order_id, None) is None
