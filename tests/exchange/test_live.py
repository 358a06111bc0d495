"""Live public prices: one call for many, gaps filled once, nothing unbelievable passed on."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exchange.download import download, gaps, load
from exchange.live import STALE_MS, Live, candle_of, ticker_of
from exchange.market_data import Feed, MarketData
from exchange.paper import MemoryBooks, PaperExchange
from exchange.protocol import Cursor, Placement, Unavailable
from exchange.venues import open_public, rules_of
from strategy_core.trade import Horizon
from tests.exchange.paper_fakes import MINUTE, T0, Clock
from tests.venue.binance import BinanceVenue, kline
from tests.venue.serving import order, repoint, serving

D = Decimal


class FakeVenue:
    """A venue's public side; counts what it is asked."""

    def __init__(self, minutes: int = 120) -> None:
        self.rows = {T0 + i * MINUTE: [T0 + i * MINUTE, str(100 + i % 5), "106", "99", str(100 + (i + 1) % 5), "3"] for i in range(minutes)}
        self.tickers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.delay = 0.0

    async def load_markets(self, reload: bool = False) -> dict[str, Any]:
        self.asked.append("markets")
        row = {"symbol": "BTC/USDT", "spot": True, "active": True, "precision": {"price": "0.01", "amount": "0.001"}, "limits": {}}
        return {"BTC/USDT": row, "OLD/USDT": row | {"symbol": "OLD/USDT", "active": False}}

    async def fetch_tickers(self, symbols: list[str] | None = None) -> dict[str, Any]:
        self.asked.append("tickers")
        await asyncio.sleep(self.delay)
        return self.tickers

    async def fetch_ohlcv(self, symbol: str, timeframe: str, since: int | None, limit: int | None) -> list[list[Any]]:
        self.asked.append("candles")
        return [row for at, row in sorted(self.rows.items()) if at >= (since or 0)][:limit]

    async def close(self) -> None:
        self.asked.append("close")


def live(venue: FakeVenue) -> Live:
    return Live("fake", venue, rules_of)


def ticker(**more: Any) -> dict[str, Any]:
    return {"last": "100", "bid": "99.9", "ask": "100.1", "timestamp": T0, "percentage": "1.5"} | more


@pytest.mark.parametrize(
    "raw",
    [ticker(last=value) for value in (0, "0", "NaN", "inf", "-3", None, "abc", 1e308)]
    + [ticker(bid="101", ask="99"), ticker(timestamp=T0 - STALE_MS - 1)],
)
def test_x22_x23_unbelievable_and_stale_tickers_are_left_out(raw: dict[str, Any]) -> None:
    assert ticker_of("BTC/USDT", raw, T0) is None


@pytest.mark.parametrize(
    "raw",
    [
        [T0, "0", "1", "1", "1", "1"],
        [T0, "5", "4", "3", "5", "1"],
        [T0, "1", "nan", "1", "1", "1"],
        [T0, "1", "1", "1"],
        [T0, "1", "1", "1", "1", "-1"],
    ],
)
def test_unbelievable_candles_are_left_out(raw: list[Any]) -> None:
    assert candle_of(raw) is None


async def test_many_watchers_make_one_request() -> None:
    venue = FakeVenue()
    venue.tickers, venue.delay = {"BTC/USDT": ticker()}, 0.02
    source = live(venue)
    found = await asyncio.gather(*(source.tickers(("BTC/USDT",), T0) for _ in range(20)))
    assert all(item["BTC/USDT"].last == 100 for item in found)
    assert venue.asked.count("tickers") == 1 and venue.asked.count("markets") == 1
    await source.tickers(("BTC/USDT",), T0 + 1_999)
    assert venue.asked.count("tickers") == 1
    await source.tickers(("BTC/USDT",), T0 + 2_000)
    assert venue.asked.count("tickers") == 2


async def test_rules_are_read_again_after_a_day() -> None:
    venue = FakeVenue()
    source = live(venue)
    for wall in (T0, T0 + 86_399_999, T0 + 86_400_000):
        await source.tickers(("BTC/USDT",), wall)
    assert venue.asked.count("markets") == 2
    assert await source.symbols() == ("BTC/USDT",)


async def test_the_path_is_the_closed_minutes_and_the_open_of_the_forming_one() -> None:
    venue = FakeVenue()
    source = live(venue)
    wall = T0 + 10 * MINUTE + 30_000
    track = await source.track("BTC/USDT", T0 + 5 * MINUTE, wall)
    assert track.newest().at == T0 + 10 * MINUTE
    assert len(track.block(T0 + 8 * MINUTE, 100).at) == 8  # three points left of minute 8, four of 9, the open of 10


async def test_a_forming_minute_is_read_again_when_it_has_closed() -> None:
    venue = FakeVenue()
    source = live(venue)
    full = venue.rows[T0 + 10 * MINUTE]
    venue.rows[T0 + 10 * MINUTE] = [T0 + 10 * MINUTE, full[1], full[1], full[1], full[1], "0.1"]
    await source.track("BTC/USDT", T0 + 9 * MINUTE, T0 + 10 * MINUTE + 5_000)
    venue.rows[T0 + 10 * MINUTE] = full
    track = await source.track("BTC/USDT", T0 + 9 * MINUTE, T0 + 11 * MINUTE + 10_000)
    prices = [int(x) * track.unit for x in track.block(T0 + 10 * MINUTE, 3).price]
    assert set(map(str, full[2:5])) == {str(price).removesuffix(".00") for price in prices}


async def test_a_missing_minute_is_asked_for_again_and_then_stays_missing() -> None:
    venue = FakeVenue()
    late = venue.rows.pop(T0 + 5 * MINUTE)
    del venue.rows[T0 + 6 * MINUTE]
    source = live(venue)
    for i in range(4):
        if i == 1:
            venue.rows[T0 + 5 * MINUTE] = late
        track = await source.track("BTC/USDT", T0, T0 + 10 * MINUTE + i * 6_000 + 3_000)
    at = set((track.block(T0 - MINUTE, 500).at // MINUTE * MINUTE).tolist())
    assert T0 + 5 * MINUTE in at and T0 + 6 * MINUTE not in at


async def test_a_symbol_without_candles_is_unavailable() -> None:
    venue = FakeVenue(0)
    with pytest.raises(Unavailable):
        await live(venue).track("BTC/USDT", T0, T0 + MINUTE)


async def test_paper_trades_on_live_prices_of_a_venue_through_ccxt() -> None:
    clock = Clock()
    venue = BinanceVenue(clock)
    venue.move("100")
    venue.klines = [kline(T0 + i * MINUTE, "100", "101", "95" if i == 2 else "99", "100") for i in range(5)]
    async with serving(venue.application()) as address:
        client = open_public("binance")
        client.urls["api"] = repoint(client.urls["api"], address)
        client.timeout_on_exit = 0
        client.milliseconds = clock
        data = MarketData(clock, live=frozenset({"binance"}), open_live=lambda name: Live(name, client, rules_of))
        listed = await data.markets(Feed("binance"))
        assert {"BTC/USDT", "BTC/USDT:USDT"} <= {item.symbol for item in listed}
        assert (await data.price(Feed("binance"), "BTC/USDT")).last == 100
        paper = PaperExchange(MemoryBooks(), data.source(Feed("binance")), clock, {"USDT": D(1000)})
        await paper.place(Placement("a", "BTC/USDT", order("buy 1 @ 96", T0), T0, T0 + 30_000))
        clock.now = T0 + 4 * MINUTE
        view = await paper.look("BTC/USDT", Cursor(T0), ("a",), Horizon(None, None, None))
        assert [(trade.price, trade.at) for trade in view.trades] == [(D(96), T0 + 2 * MINUTE + 40_000)]
        assert not [path for _, path, _ in venue.requests if "order" in path or "account" in path]
        await data.close()


async def test_history_goes_on_where_it_stopped_and_names_its_gaps(tmp_path: Path) -> None:
    venue = FakeVenue(3_000)
    for i in (10, 11, 50):
        del venue.rows[T0 + i * MINUTE]
    path, told = tmp_path / "x.parquet", []
    first = await download(venue, "BTC/USDT", "1m", T0, T0 + 1_500 * MINUTE, path, lambda share, count: told.append(count))
    calls = len(venue.asked)
    rows = await download(venue, "BTC/USDT", "1m", T0, T0 + 3_000 * MINUTE, path, lambda share, count: told.append(count))
    assert len(first) == 1_497 and len(rows) == 2_997 and load(path) == rows
    assert gaps(rows, "1m") == [(T0 + 9 * MINUTE, T0 + 12 * MINUTE), (T0 + 49 * MINUTE, T0 + 51 * MINUTE)]
    assert told == sorted(told) and len(venue.asked) - calls == 2
