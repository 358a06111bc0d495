"""`python -m bench.adapter`: what our code around ccxt adds to a call, on the test venue over HTTP. Goal: under 0.5 ms.

The same request is made through bare ccxt and through the adapter in turn, on one connection pool each; the medians are compared.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from exchange.venues import VENUES
from strategy_core.number import plain
from strategy_core.trade import Horizon
from tests.venue.binance import BinanceVenue
from tests.venue.serving import KEY, SECRET, open_at, order, repoint, serving

GOAL_MS = 0.5
SYMBOL = "BTC/USDT"
NOWHERE = Horizon(None, None, None)
Call = Callable[[int], Awaitable[Any]]


def wall_ms() -> int:
    return int(time.time() * 1000)


async def measure(rounds: int) -> dict[str, dict[str, float]]:
    """By call: the median milliseconds of bare ccxt and of the adapter."""
    import ccxt.async_support as ccxt

    from exchange.protocol import Cursor, Placement

    venue = BinanceVenue(wall_ms)
    venue.weight_limit = 10**9
    account = venue.account(KEY, SECRET, USDT="1000000", BTC="10")
    venue.move("20000")
    async with serving(venue.application()) as address:
        ours = open_at("binance", address, wall_ms)
        bare = ccxt.binance({"apiKey": KEY, "secret": SECRET, "options": VENUES["binance"].options, "enableRateLimit": False})
        bare.urls["api"], bare.has["fetchCurrencies"] = repoint(bare.urls["api"], address), False
        await ours.market(SYMBOL), await ours.balances()
        await bare.load_markets()
        wanted = order("buy 0.001 @ 19000", wall_ms())

        async def place(n: int) -> None:
            now = wall_ms()
            outcome = await ours.place(Placement(f"{n:032x}", SYMBOL, wanted, now, now + 30_000))
            assert outcome.result.value == "accepted", outcome

        async def place_bare(n: int) -> None:
            params = {"clientOrderId": f"b{n:031x}", "recvWindow": 30_000}
            await bare.create_order(SYMBOL, "limit", "buy", plain(wanted.amount), plain(wanted.price or 0), params)

        async def balances(_: int) -> None:
            await ours.balances()

        async def balances_bare(_: int) -> None:
            await bare.fetch_balance()

        async def look_up(n: int) -> None:
            assert await ours.look_up(SYMBOL, f"{n:032x}", None)

        async def look_up_bare(n: int) -> None:
            await bare.fetch_order("", SYMBOL, {"origClientOrderId": f"{n:032x}"})

        async def look(_: int) -> None:
            await ours.look(SYMBOL, Cursor(1), (), NOWHERE)

        async def look_bare(_: int) -> None:
            await bare.fetch_open_orders(SYMBOL)
            await bare.fetch_my_trades(SYMBOL, 1, 500, {})
            await bare.fetch_ticker(SYMBOL)

        found = {}
        try:
            for name, one, other in (
                ("place", place_bare, place), ("look up", look_up_bare, look_up), ("balances", balances_bare, balances),
                ("look", look_bare, look),
            ):  # fmt: skip
                found[name] = await _pair(
                    rounds, one, other, lambda: [venue.spot.cancel(account, order) for order in account.orders if order.status == "NEW"]
                )
        finally:
            await ours.close()
            await bare.close()
    assert len(account.orders) == 2 * rounds
    return found


async def _pair(rounds: int, bare: Call, ours: Call, tidy: Callable[[], object]) -> dict[str, float]:
    times: dict[str, list[float]] = {"bare_ms": [], "ours_ms": []}
    for n in range(rounds):
        for name, call in (("bare_ms", bare), ("ours_ms", ours)):
            begun = time.perf_counter()
            await call(n)
            times[name].append((time.perf_counter() - begun) * 1000)
            tidy()  # a venue holds only so many open orders
    return {name: round(median(all_), 3) for name, all_ in times.items()}


def main() -> int:
    found = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
    added = {name: round(both["ours_ms"] - both["bare_ms"], 3) for name, both in found.items()}
    print(json.dumps(found))
    print(json.dumps({"added_ms": added}), f"goal < {GOAL_MS}")
    return 0 if max(added.values()) < GOAL_MS else 1


if __name__ == "__main__":
    sys.exit(main())
