"""One service for everything public; nothing of it needs keys or loads ccxt."""

import subprocess
import sys
from pathlib import Path

import pytest

from exchange.market_data import Feed, MarketData
from exchange.protocol import Rejected
from tests.exchange.paper_fakes import MINUTE, T0, Clock, write_candles


@pytest.mark.parametrize("module", ["protocol", "paper", "market_data", "live", "limits", "keys", "ccxt_adapter", "venues"])
def test_importing_what_is_public_does_not_import_ccxt(module: str) -> None:
    code = f"import sys, exchange.{module}; sys.exit(any(name.split('.')[0] == 'ccxt' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_markets_have_rules_and_a_price() -> None:
    data = MarketData(Clock())
    listed = await data.markets(Feed("simulated"))
    assert {"BTC/USDT", "ETH/USDT", "SOL/USDT", "BTC/USDT:USDT", "ETH/USDT:USDT"} == {item.symbol for item in listed}
    assert all(item.ticker is not None and item.ticker.last > 0 for item in listed)


async def test_a_replay_is_played_on_its_accounts_clock(tmp_path: Path) -> None:
    clock = Clock(T0 + 5 * MINUTE)
    data = MarketData(clock, write_candles(tmp_path, ["100 103 99 101", "102 104 98 99"]))
    feed = Feed("replay", created_at=T0 + 4 * MINUTE)
    assert (await data.price(feed, "BTC/USDT")).last == 102
    assert (await data.price(Feed("replay"), "BTC/USDT")).last == 100
    clock.now += MINUTE
    seen = await data.low_high(feed, "BTC/USDT", T0 + MINUTE)
    assert (seen.low, seen.high, seen.newest.price) == (98, 104, 99)
    assert data.source(feed) is data.source(feed)


async def test_what_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    data = MarketData(Clock())
    for ask in (data.markets(Feed("replay")), data.markets(Feed("binance")), data.candles(Feed("simulated"), "BTC/USDT", "7m", 5)):
        with pytest.raises(Rejected):
            await ask
    with pytest.raises(Rejected):
        await data.price(Feed("simulated"), "X/Y")


async def test_as_many_candles_as_asked_for_come_oldest_first() -> None:
    data = MarketData(Clock())
    rows = await data.candles(Feed("simulated"), "BTC/USDT", "15m", 50)
    assert len(rows) == 50 and [row.at for row in rows] == sorted(row.at for row in rows)
    assert rows[-1].at <= T0 < rows[-1].at + 15 * MINUTE
