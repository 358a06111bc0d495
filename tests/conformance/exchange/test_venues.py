"""What only a venue behind a network can do to us; the numbered cases go on from test_exchange.py. A paper account has none of these."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from exchange.protocol import RateLimited, Result
from tests.conformance.exchange.conftest import FUNDS, SYMBOL, VenueWorld
from tests.exchange.paper_fakes import Clock
from tests.venue.binance import BinanceVenue
from tests.venue.bybit import BybitVenue
from tests.venue.serving import KEY, SECRET, open_at, serving

CREATE = {"binance": "/api/v3/order", "bybit": "/v5/order/create"}
WAIT: dict[str, dict[str, Any]] = {
    "binance": {"status": 429, "headers": {"Retry-After": "7"}},
    "bybit": {"body": '{"retCode": 10006, "retMsg": "Too many visits!", "result": {}, "time": 0}'},
}


@pytest.fixture(params=["binance", "bybit"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[VenueWorld]:
    clock = Clock()
    venue: BinanceVenue | BybitVenue = BinanceVenue(clock) if request.param == "binance" else BybitVenue(clock)
    venue.account(KEY, SECRET, **FUNDS)
    venue.move("20000")
    async with serving(venue.application()) as address:
        made = VenueWorld(venue, request.param, address, clock)
        yield made
        for exchange in made.opened:
            await exchange.close()


async def test_e27_an_answer_that_was_lost_is_unknown_and_the_order_is_found_by_our_id(world: VenueWorld) -> None:
    await world.exchange.market(SYMBOL)
    world.venue.faults.add(CREATE[world.name], method="POST", when="after", drop=True)
    placement = world.placement("buy 0.1 @ 19000")
    assert (await world.exchange.place(placement)).result is Result.UNKNOWN
    found = await world.exchange.look_up(SYMBOL, placement.client_order_id, None)
    assert found is not None and found.amount == placement.order.amount


@pytest.mark.parametrize("skew_ms", [-10_000, 10_000])
async def test_e28_a_clock_that_differs_from_the_venues_is_allowed_for(world: VenueWorld, skew_ms: int) -> None:
    exchange = open_at(world.name, world.address, lambda: world.clock() + skew_ms)
    world.opened.append(exchange)
    placement = world.placement("buy 0.1 @ 19000")
    life = {"signed_at": placement.signed_at + skew_ms, "deadline": placement.deadline + skew_ms}
    assert (await exchange.place(placement._replace(**life))).result is Result.ACCEPTED


async def test_e29_while_a_venue_says_wait_nothing_is_sent(world: VenueWorld) -> None:
    await world.exchange.market(SYMBOL)
    await world.exchange.balances()
    world.venue.faults.add("", **WAIT[world.name])
    with pytest.raises(RateLimited):
        await world.exchange.balances()
    sent = len(world.venue.requests)
    with pytest.raises(RateLimited):
        await world.exchange.balances()
    assert (await world.exchange.place(world.placement("buy 0.1 @ 19000"))).result is Result.UNKNOWN
    assert len(world.venue.requests) == sent
    world.clock.now += 7_001
    assert (await world.exchange.balances())["USDT"].total == 10_000
