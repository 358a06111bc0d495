"""Run in a process that sees the deployment package and the standard library, nothing else: does everything the package must be able to.

`python -I -S alone.py ADDRESS FOLDER …`: ADDRESS is a test venue in Binance's dialect, the FOLDERs become the whole search path before the
standard library. Prints one JSON object.
"""

import asyncio
import json
import sys
import time
from decimal import Decimal

address, *folders = sys.argv[1:]
sys.path[:0] = folders


def functions():
    """Every function, as the app registers it; refused are double names and bindings that do not fit together."""
    import function_app

    return sorted(function.get_function_name() for function in function_app.app.get_functions())


async def order():
    """One limit order on the test venue through unmodified ccxt, and what the venue says about it."""
    from exchange.accounts import open_there
    from exchange.limits import Budget
    from exchange.protocol import Placement
    from strategy_core.trade import Order, OrderType, Role, Side

    def clock():
        return time.time_ns() // 1_000_000

    exchange = open_there("binance", {"apiKey": "key", "secret": "secret"}, clock, Budget(1_000, 1_000, clock), address)
    try:
        made = clock()
        wanted = Order("L1", 0, 0, Side.BUY, OrderType.LIMIT, Decimal(90), Decimal(1), Role.GRID, False, made)
        await exchange.place(Placement("alone-1", "BTC/USDT", wanted, made, made + 30_000))
        report = await exchange.look_up("BTC/USDT", "alone-1", None)
        return report.client_order_id if report else None
    finally:
        await exchange.close()


def search():
    """The optimiser's own suggestion."""
    from orchestrators.search import suggest

    space = [{"field": "x", "choices": ["1", "2", "3", "4"], "low": None, "high": None, "step": None, "log": False, "whole": False}]
    return len(suggest({"space": space, "method": "tpe", "trials": 4}, 1, [((0,), 1.0), ((1,), 2.0)], 2))


def file():
    from shared.parquet import table

    return b"".join(table(("price",), [{"price": ["1.50"]}]))[:4].decode()


def venues():
    """Every venue the app knows opens."""
    from exchange.venues import VENUES, open_ccxt

    return sorted(open_ccxt(name).id for name in VENUES)


def services():
    """The SDKs that are opened at first use."""
    import azure.cosmos.aio
    import azure.identity.aio
    import azure.keyvault.secrets.aio
    import azure.messaging.webpubsubservice
    import azure.servicebus.aio

    return azure.cosmos.aio.CosmosClient.__name__


def api():
    from triggers.api.app import api as application

    return len(application.openapi()["paths"])


async def closed_venues():
    return venues()


def main():
    found = {"functions": functions(), "order": asyncio.run(order()), "search": search(), "parquet": file(), "paths": api()}
    found |= {"venues": asyncio.run(closed_venues()), "services": services()}
    loaded = [module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
    print(json.dumps({**found, "loaded": loaded}))


main()
