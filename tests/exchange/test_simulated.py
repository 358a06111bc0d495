"""The made-up market is the same for everybody and looks like one."""

import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest

from exchange.path import Band, crossing, extremes
from exchange.protocol import Rejected
from exchange.simulated import FEW, LISTINGS, Noise, Simulated

NOW = 1_790_000_000_000
MINUTE = 60_000


async def test_the_same_instant_has_the_same_price_in_another_process() -> None:
    code = f"import asyncio;from exchange.simulated import Simulated;print(asyncio.run(Simulated().tickers(('BTC/USDT',),{NOW}))['BTC/USDT'].last)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"})
    assert other.stdout.strip() == str((await Simulated().tickers(("BTC/USDT",), NOW))["BTC/USDT"].last)


async def test_prices_are_whole_ticks_and_move_like_a_market() -> None:
    source = Simulated()
    for symbol, listing in LISTINGS.items():
        days = await source.candles(symbol, "1d", 60, NOW)
        minutes = await source.candles(symbol, "1m", 300, NOW)
        assert all(price % listing.market.price_tick == 0 for row in days + minutes for price in row[1:5])
        daily = sorted((row.high - row.low) / row.open * 100 for row in days)[30]
        minute = sorted((row.high - row.low) / row.open * 100 for row in minutes)[150]
        assert Decimal("1.5") < daily < 5
        assert Decimal("0.04") < minute < Decimal("0.25")
        assert all(one.close == next_.open for one, next_ in zip(days, days[1:], strict=False))


async def test_another_seed_is_another_market_and_speed_only_hurries_it() -> None:
    assert await Simulated("a").candles("BTC/USDT", "1m", 5, NOW) != await Simulated("b").candles("BTC/USDT", "1m", 5, NOW)
    slow, fast = await Simulated(speed=1).track("BTC/USDT", 0, NOW), await Simulated(speed=60).track("BTC/USDT", 0, NOW // 60)
    assert slow.newest().price == fast.point(NOW // 60).price or abs(slow.newest().price / fast.newest().price - 1) < Decimal("0.001")


async def test_a_minute_candle_holds_what_its_seconds_did() -> None:
    source = Simulated()
    (candle, _) = await source.candles("ETH/USDT", "1m", 2, NOW)
    track = await source.track("ETH/USDT", 0, candle.at + MINUTE)
    low, high, newest = extremes(track, candle.at)
    assert (candle.low, candle.high, candle.close) == (min(low, candle.open), max(high, candle.open), newest.price)


async def test_the_search_finds_what_a_plain_walk_finds() -> None:
    track = await Simulated().track("SOL/USDT", 0, NOW)
    since = NOW - 3_600_000
    start = track.point(since).price
    band = Band(start * Decimal("0.998"), start * Decimal("1.002"), None)
    found = crossing(track, since, band)
    at = since
    while start * Decimal("0.998") < track.point(at).price < start * Decimal("1.002"):
        at += 1_000
    assert found is not None and found.at == at


async def test_nothing_later_than_now_is_visible() -> None:
    track = await Simulated().track("BTC/USDT", 0, NOW + 999)
    assert track.newest().at == NOW
    assert track.point(NOW + 60_000) == track.newest()
    assert len(track.block(NOW, 100).at) == 0


async def test_an_unknown_symbol_is_refused_by_name() -> None:
    with pytest.raises(Rejected, match="DOGE/USDT") as caught:
        await Simulated().market("DOGE/USDT")
    assert caught.value.reason == "bad_symbol"


@pytest.mark.parametrize("speed", [1, 7, 3_600])
def test_a_few_points_are_the_same_as_among_many(speed: int) -> None:
    noise = Noise("tickwise", "BTC/USDT", speed)
    at = NOW + 1000 * np.arange(0, 4 * FEW, dtype=np.int64)
    many = noise.ticks(at)
    assert [int(noise.ticks(at[n : n + 1])[0]) for n in range(0, len(at), 37)] == many[::37].tolist()
    assert noise.ticks(at[:FEW]).tolist() == many[:FEW].tolist()
    assert noise.tick(int(at[5])) == noise.tick(int(at[5])) == many[5]
