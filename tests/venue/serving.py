"""The test venue on a port of this machine, and unmodified ccxt pointed at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from exchange.ccxt_adapter import CcxtExchange
from exchange.limits import Budget
from exchange.venues import VENUES, open_ccxt
from strategy_core.trade import Order, OrderType, Role, Side

KEY, SECRET = "CANARYKEY0000000000", "CANARYSECRET00000000"


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """The address the application answers at."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def repoint(urls: Any, address: str) -> Any:
    """ccxt's table of addresses with another host in each."""
    if isinstance(urls, str):
        return address + urlsplit(urls).path
    return {key: repoint(value, address) for key, value in urls.items()}


def open_at(venue: str, address: str, clock: Callable[[], int], budget: Budget | None = None, **credentials: str) -> CcxtExchange:
    """An adapter over ccxt whose every request goes to the test venue."""
    client = open_ccxt(venue, credentials or {"apiKey": KEY, "secret": SECRET})
    client.urls["api"] = repoint(client.urls["api"], address)
    client.timeout, client.timeout_on_exit = 10_000, 0
    client.milliseconds = clock
    return CcxtExchange(VENUES[venue], client, clock, budget or Budget(100_000, 1_000, clock))


def opener(venue: str, keys: dict[str, str], clock: Callable[[], int], budget: Budget, address: str = "") -> CcxtExchange:
    """For `orchestrators.live_accounts`: adapters on the test's clock, with a budget of their own."""
    return open_at(venue, address, clock, **keys)


def order(text: str, made_at: int, reduce_only: bool = False, role: Role = Role.GRID) -> Order:
    """ "buy 1 @ 95" or "sell 1"."""
    side, amount, *rest = text.split()
    price = Decimal(rest[1]) if rest else None
    return Order("L1", 0, 0, Side(side), OrderType.LIMIT if rest else OrderType.MARKET, price, Decimal(amount), role, reduce_only, made_at)
