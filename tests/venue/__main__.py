"""The test venue as a program, for tests in another language: `python -m tests.venue`.

It prints one line of JSON (address, key, secret) and then takes orders on standard input, one a line: `move 63000` moves the price,
`withdraw yes` gives the key the right to withdraw, `withdraw no` takes it away. The end of the input is its own end.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from decimal import Decimal

from tests.venue.binance import BinanceVenue, kline, plain
from tests.venue.serving import KEY, SECRET, serving

MINUTE = 60_000
PAST = 600
MIDDLE = Decimal(64_000)


def now() -> int:
    return time.time_ns() // 1_000_000


def opened() -> BinanceVenue:
    """A venue with a wandering past and 20,000 USDT in the one account there is."""
    venue = BinanceVenue(now)
    venue.account(KEY, SECRET, USDT="20000")
    first = now() // MINUTE * MINUTE - PAST * MINUTE
    prices = [MIDDLE + Decimal(round(math.sin(i / 19) * 700 + math.sin(i / 5) * 150)) for i in range(PAST + 1)]
    for at, (open_, close) in enumerate(zip(prices, prices[1:], strict=False)):
        venue.klines.append(kline(first + at * MINUTE, *(plain(price) for price in (open_, max(open_, close), min(open_, close), close))))
    venue.move(plain(prices[-1]))
    return venue


async def keep_candles(venue: BinanceVenue) -> None:
    """The candle of this minute follows the price; every minute begins one."""
    while True:
        price, minute = venue.spot.prices["BTCUSDT"], now() // MINUTE * MINUTE
        if venue.klines[-1][0] < minute:
            venue.klines.append(kline(minute, *[plain(price)] * 4))
        row = venue.klines[-1]
        row[2], row[3] = plain(max(Decimal(row[2]), price)), plain(min(Decimal(row[3]), price))
        row[4] = plain(price)
        await asyncio.sleep(0.2)


def obey(venue: BinanceVenue, line: str) -> None:
    what, value = line.split()
    if what == "move":
        venue.move(value)
    elif what == "withdraw":
        venue.spot.accounts[KEY].can_withdraw = value == "yes"
    else:
        raise ValueError(line)


async def main() -> None:
    venue = opened()
    async with serving(venue.application()) as address:
        print(json.dumps({"address": address, "key": KEY, "secret": SECRET}), flush=True)
        candles = asyncio.create_task(keep_candles(venue))
        while line := await asyncio.to_thread(sys.stdin.readline):
            obey(venue, line)
        candles.cancel()


if __name__ == "__main__":
    asyncio.run(main())
