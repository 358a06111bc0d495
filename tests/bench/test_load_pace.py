"""The bench puts lines where the made-up price will be."""

from decimal import Decimal

import pytest

from bench.load_pace import lines, planned
from exchange.simulated import Simulated

NOW = 1_767_225_600_000
SOURCES = [(Simulated(speed=speed), symbol) for speed in range(5, 105) for symbol in ("BTC/USDT", "ETH/USDT")]


async def test_as_many_bots_as_asked_for_are_woken_in_every_second():
    plan = await planned(SOURCES, NOW, 120, 20, 3)
    assert len(plan) == 60
    assert sorted(wake.second for wake in plan.values()) == [second for second in range(120, 140) for _ in range(3)]
    assert all(number % len(SOURCES) == wake.market for number, wake in plan.items())


async def test_a_line_is_reached_in_its_second_and_not_before():
    for wake in (await planned(SOURCES, NOW, 120, 10, 2)).values():
        source, symbol = SOURCES[wake.market]
        track = await source.track(symbol, NOW, NOW + 200_000)
        prices = [track.point(NOW + second * 1_000).price for second in range(wake.second + 1)]
        assert max(prices[:-1]) < wake.level < prices[-1]


def test_a_market_that_comes_back_to_another_of_the_bots_lines_is_left_out():
    start, up = [Decimal(100)], [Decimal(101), Decimal(102)]
    assert [second for second, _ in lines([*start, *up, Decimal(103)], 1)] == [2, 3]
    assert lines([*start, *up, Decimal(99)], 1) == []


async def test_a_second_in_which_no_market_moves_is_said():
    with pytest.raises(LookupError):
        await planned(SOURCES[:1], NOW, 2, 5, 1)
