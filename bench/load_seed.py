"""Running bots by the thousand, put straight into the embedded host's files: each was started and ticked by production code in memory.

Bots trade on the simulated market at a hundred speeds, two symbols each: 200 markets. Every bot has a paper account of its own. Their
lines are 6 % apart.

For a storm all bots trade on one market, and have a sell each at a price that is crossed within RISE_S seconds after `now`; then their
market leaves them alone. Every STOPS-th bot stops there, which only a tick can make it do.

At a pace, EACH bots have a line that is crossed in the first second that LEAD_S lets pass, EACH others one that is crossed in the next, and
so on for as many bots as are to be woken (bench/load_pace.py). Nobody else's lines, 12 % apart, are reached. All were last ticked a
heartbeat ago, so that the heartbeat has as much to do as it always has.
"""

from __future__ import annotations

import asyncio
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.load_pace import Wake, lines, planned, prices_of

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "orchestrators"))

SYMBOLS = ("BTC/USDT", "ETH/USDT")
SLOWEST, MARKETS = 5, 200
RISE_S, STORM_S, STOPS = 60, 400, 20
STORM, PACED = "storm", "paced"
LEAD_S, EACH = 160, 5
HEARTBEAT_MS = 900_000
BOTS_A_USER = 10
AT_ONCE = 500


def config_of(price: Decimal, half: str) -> dict[str, Any]:
    """A grid of ten cells around the price."""
    low, high = (str((price * (1 + sign * Decimal(half))).quantize(Decimal("0.01"))) for sign in (-1, 1))
    return {"low": low, "high": high, "cells": 10, "spacing": "arithmetic", "investment": "5000", "reserve_pct": "0"}


def config_of_near(level: Decimal, price: Decimal, has_stop: bool) -> dict[str, Any]:
    """A grid of ten cells with a line at the level, and one nearer to the price: the nearest one has no order."""
    step = ((level - price) * 3 / 2).quantize(Decimal("0.01"))
    stop = {"take_profit_price": str(level - Decimal("0.01"))} if has_stop else {}
    edges = {"low": str(level - 5 * step), "high": str(level + 5 * step)}
    return {**edges, "cells": 10, "spacing": "arithmetic", "investment": "5000", "reserve_pct": "0", **stop}


async def rise(markets: Any, now: int) -> tuple[int, Decimal]:
    """(speed, level): the market that moves furthest within RISE_S and then, for STORM_S, through no other line of its bots."""
    found = []
    for speed in range(SLOWEST, SLOWEST + MARKETS // len(SYMBOLS)):
        prices = await prices_of(markets.source(_feed(speed)), SYMBOLS[0], now, STORM_S)
        found += [(level / prices[0], speed, level) for second, level in lines(prices, RISE_S // 6) if second < RISE_S]
    return max(found)[1:]


Rows = dict[Any, Any]


async def made(count: int, wakes: int, now: int, kind: str) -> tuple[Rows, Rows]:
    """(documents by container, user and id; entity states by name and key) of `count` running bots as of `now`.

    One bot of each market, and of each line that is to be crossed, is started and ticked; the others are copies of it with names of their
    own.
    """
    documents: Rows = {}
    entities: Rows = {}
    patterns: dict[Any, tuple[int, str, str]] = {}
    plan = await paced(now, wakes) if kind == PACED else {}
    for number in range(count):
        has_stop, market = kind == STORM and number % STOPS == 0, 0 if kind == STORM else number % MARKETS
        like = (market, has_stop, plan.get(number))
        if like not in patterns:
            rows, states = await one_made(number, has_stop, now, kind, plan.get(number))
            patterns[like] = (number, _text(rows), _text(states))
        pattern, rows_text, states_text = patterns[like]
        names = renamed(pattern, number, states_text)
        for key, row in _parsed(rows_text, names).items():
            documents[key] = beside(documents.get(key), row)
        entities |= _parsed(states_text, names)
    if kind == PACED:
        for (place, _, _), row in documents.items():
            if place == "bots" and row["kind"] == "bot":
                row["lastTickMs"] -= HEARTBEAT_MS
    return documents, entities


def beside(old: dict[str, Any] | None, new: dict[str, Any]) -> dict[str, Any]:
    """What is watched of a source is the symbols of all its bots."""
    return new if old is None or old.get("kind") != "watch" else {**new, "symbols": {**old["symbols"], **new["symbols"]}}


async def paced(now: int, wakes: int) -> dict[int, Wake]:
    from exchange.simulated import Simulated

    markets = [market_of(number) for number in range(MARKETS)]
    sources = [(Simulated(speed=speed), symbol) for symbol, speed in markets]
    return await planned(sources, now, LEAD_S, wakes // EACH, EACH)


def market_of(number: int) -> tuple[str, int]:
    """Symbol and speed."""
    return SYMBOLS[number % MARKETS % len(SYMBOLS)], SLOWEST + number % MARKETS // len(SYMBOLS)


async def one_made(number: int, has_stop: bool, now: int, kind: str, wake: Wake | None) -> tuple[Rows, Rows]:
    from host import Host

    from shared import watch
    from shared.bot_document import draft
    from shared.bus import BotEvent
    from tests.fakes import Clock, MemoryStore

    store, clock = MemoryStore(), Clock(now)
    host = Host(store, None, clock)
    user, bot, account_id = names_of(number)
    (symbol, speed), level = market_of(number), None if wake is None else wake.level
    if kind == STORM:
        symbol, (speed, level) = SYMBOLS[0], await rise(host.outside.markets, now)
    account = {
        "id": account_id, "kind": "account", "exchange": "paper", "market": "simulated", "speed": speed, "createdMs": now, "sort": "1",
        "label": "bench", "balances": {"USDT": "10000"}, "paper": True,
    }  # fmt: skip
    store._put("accounts", user, account)
    ticker = await host.outside.markets.price(_feed(speed), symbol)
    apart = config_of(ticker.last, "0.6" if kind == PACED else "0.3")
    config = apart if level is None else config_of_near(level, ticker.last, has_stop)
    fields = {"name": bot, "account_id": account_id, "symbol": symbol, "strategy": "GRID", "config": config}
    document = draft(bot, fields, account, now)
    store._put("bots", user, document)
    await host.tick(BotEvent(user, bot, "start", "command", now, {"name": "start", "params": {}}))
    for tick in range(2):
        clock.now += 1_000
        await host.tick(BotEvent(user, bot, f"s{tick}", "market", clock.now, {}))
    found = store.rows["bots", user, bot]
    if found["status"] != "active":
        raise RuntimeError(f"the seeded bot is {found['status']}: {found.get('reason')} {found.get('reason_params')}")
    path = {"market": "simulated", "speed": speed, "created_ms": 0, "live": False}
    await watch.watch(store, document["source"], path, symbol)
    (watched,) = await watch.watched(store)
    await watch.looked(store, watched, {symbol: clock.now})
    return store.rows, host.entities


def names_of(number: int) -> tuple[str, str, str]:
    """User, bot and account."""
    return f"bench-{number // BOTS_A_USER:05d}", f"bot-{number:06d}", f"acc-{number:06d}"


def renamed(old: int, new: int, states: str) -> dict[str, str]:
    """Everything that is named after a bot, with what it is called in its copy."""
    from exchange.book import order_id
    from shared.ids import entity_key
    from strategy_core.storage import load_order
    from strategy_core.trade import client_order_id

    user, bot, account = names_of(old)
    user_2, bot_2, account_2 = names_of(new)
    names = {bot: bot_2, account: account_2, user: user_2, entity_key(user, bot): entity_key(user_2, bot_2)}
    names |= {entity_key(user, account): entity_key(user_2, account_2)}
    for (kind, _), state in _parsed(states, {}).items():
        for row in state["sent"].values() if kind == "bot" else ():
            key = load_order(row[0]).key
            new_id, old_id = (client_order_id(owner, state["epoch"], key) for owner in (f"{user_2}|{bot_2}", f"{user}|{bot}"))
            names |= {old_id: new_id, order_id(old_id): order_id(new_id)}
    return names


def _text(rows: Rows) -> str:
    return json.dumps([[list(key), row] for key, row in rows.items()])


def _parsed(text: str, names: dict[str, str]) -> Rows:
    for old, new in names.items():
        text = text.replace(old, new)
    return {tuple(key): row for key, row in json.loads(text)}


def _feed(speed: int) -> Any:
    from exchange.market_data import Feed

    return Feed("simulated", 0, speed)


async def written(data: Path, documents: dict[Any, Any], entities: dict[Any, Any]) -> None:
    """Into the files of an installation that is not running."""
    from infra.onebox.clock import SystemClock
    from infra.onebox.cosmos.service import CosmosService
    from infra.onebox.durable import store as sql
    from infra.onebox.durable.model import Batch, entity_id
    from infra.onebox.durable.store import DurableStore

    resource = json.loads((ROOT / "infra/resources.json").read_text(encoding="utf-8"))["cosmos"]
    service = CosmosService(data, SystemClock(), resource["database"], resource["containers"], synchronous="OFF")
    await service.start()
    rows = [(place, {**_plain(row), "userId": user}) for (place, user, _), row in documents.items()]
    for first in range(0, len(rows), AT_ONCE):
        await asyncio.gather(*(service.upsert(resource["database"], place, row) for place, row in rows[first : first + AT_ONCE]))
    await service.stop()
    durable = DurableStore(data / "durable.db")
    durable.write(Batch(steps=[(sql.ENTITY, (entity_id(name, key), json.dumps(state), 1)) for (name, key), state in entities.items()]))
    durable.close()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}


if __name__ == "__main__":  # DATA COUNT WAKES NOW alike|paced|storm
    folder, count, wakes, now = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(written(folder, *asyncio.run(made(count, wakes, now, sys.argv[5]))))
