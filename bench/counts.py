"""`python -m bench.counts fill|round|tick|claims [seconds]`: what a running GRID bot costs in counted work, on the embedded host.

Writes its part of bench/counts.json; with `ServiceBus=none` in the environment, a part of `post`. `fill`: one paper bot trades a made-up
recording sixty times as fast as life. `round`: 200 bots at rest over 200 markets are looked at by the heartbeat, and their markets by the
watcher. `tick`: bots at rest get the tick that even rest is due now and then. `claims`: what it costs a bot on an exchange, and not one on
paper, that an order is claimed before it leaves (orchestrators/sending.py): after a fill, and where no fill was, once the document of its
claims has grown as far as it does.

Every invocation, Cosmos answer and Service Bus operation between the start and the end is counted where it happens; the timers' own work
is kept apart, because it is shared by all bots. Request units are the endpoint's estimate (infra/onebox/cosmos/charge.py), not a bill.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import aiohttp

from bench import load
from bench.counting import Tally, install
from shared.settings import has_service_bus

ROOT = Path(__file__).resolve().parents[1]
TARGET = Path(__file__).with_name("counts.json")
SPEED = 60
RESTING, SENDINGS = 200, 150
HEARTBEATS = {"fill": "900", "round": "60", "tick": "1"}
GRID = {"low": "90", "high": "110", "cells": 20, "spacing": "arithmetic", "investment": "5000", "reserve_pct": "0"}


async def main(kind: str, seconds: float) -> int:
    from infra.onebox.host import Host, Installation

    if kind == "claims":
        found = await claims()
        keep(kind, found)
        print(json.dumps(found, indent=1, sort_keys=True))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        replay = Path(folder, "replay")
        record(replay)
        os.environ |= {
            "REPLAY_DIR": str(replay),
            "MARKET_WATCH_SCHEDULE": "*/1 * * * * *" if kind == "fill" else "*/5 * * * * *",
            "HEARTBEAT_S": HEARTBEATS[kind],
        }
        if kind != "fill":
            load.seed(Path(folder, "data"), RESTING, 0, int((time.time() - 120) * 1000), "alike")
        tally = install()
        host = Host(
            Installation(
                ROOT, Path(folder, "data"), port=0, resources=ROOT / "infra/resources.json", settings=ROOT / "infra/onebox.settings.json"
            )
        )
        try:
            await host.start()
            found = await (run_bot(host.url, tally, seconds) if kind == "fill" else run_resting(tally, seconds))
        finally:
            await host.stop()
    keep(kind, found)
    print(json.dumps(found, indent=1, sort_keys=True))
    return 0 if found["wakes"] or found.get("rounds") else 1


async def claims() -> dict[str, Any]:
    """The last of SENDINGS orders, as far apart as those of a grid that fills FILLS times a day: each after a fill, then each without."""
    from bench.cost import DAY_S, FILLS
    from infra.onebox.clock import SystemClock
    from infra.onebox.cosmos.service import CosmosService
    from orchestrators.ledger_rows import write_fills
    from shared.claims import claim, is_open, name_of
    from shared.settings import Settings
    from shared.stores import CosmosStore

    resource, tally = json.loads((ROOT / "infra/resources.json").read_text(encoding="utf-8"))["cosmos"], install()
    with tempfile.TemporaryDirectory() as folder:
        service = CosmosService(Path(folder), SystemClock(), resource["database"], resource["containers"])
        await service.start()
        store = CosmosStore(Settings(cosmos=service.connection_string, cosmos_database=resource["database"]))

        async def spent(work: Awaitable[Any]) -> float:
            before = sum(tally.charge.values())
            await work
            return sum(tally.charge.values()) - before

        for number in range(SENDINGS):
            order = [number, [f"L{number % 20}", number // 20, 0, "buy", "60123.45", "0.00123", "entry", False, 1_767_225_600_000]]
            name, at = f"{number:032x}", number * DAY_S * 1000 // FILLS
            alone = await spent(claim(store, "counts", "bot", [f"{name}:1"], {name: order}, now=at))
            looked = await spent(is_open(store, "counts", "bot", [f"{name}:2"], 0))
            plain = await spent(store.create_all("fills", "counts", [a_fill(number, "plain")]))
            bearing = await spent(write_fills(store, "counts", [a_fill(number, "bot")], {f"{name}:1": order}))
        sizes = [
            len(json.dumps(await store.read(*where)))
            for where in (("settings", "counts", name_of("bot")), ("fills", "counts", a_fill(number, "bot")["id"]))
        ]
        await store._client.close()
        await service.stop()
    return {
        "sendings": SENDINGS, "request_units": round(looked + bearing - plain, 2), "request_units_without_a_fill": round(alone, 2),
        "bytes_of_the_document": sizes[0], "bytes_of_a_fill": sizes[1],
    }  # fmt: skip


def a_fill(number: int, bot_id: str) -> dict[str, Any]:
    """As long as they get."""
    return {
        "id": f"{bot_id}-0-{number:08d}", "kind": "fill", "botId": bot_id, "bot_id": bot_id, "sort": f"0000:{number:08d}", "schema": 1,
        "revision": 100_000 + number, "order_id": f"{number:032x}", "trade_id": f"{10**12 + number}", "symbol": "BTC/USDT", "leg": "L19",
        "role": "take_profit", "side": "sell", "price": "60123.45", "amount": "0.00123", "cost": "73.9518435", "fee": "0.0739518435",
        "fee_currency": "USDT", "maker": True, "at": "2026-01-01T00:00:00.000Z",
    }  # fmt: skip


def keep(kind: str, found: dict[str, Any]) -> None:
    kept = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.exists() else {}
    if has_service_bus():
        kept[kind] = found
    else:
        kept["post"] = {**kept.get("post", {}), kind: found}
    TARGET.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def record(folder: Path) -> None:
    from tests.chaos.market import candles, write

    write(folder, candles(7, 2_000, 0.5))


async def run_resting(tally: Tally, seconds: float) -> dict[str, Any]:
    """Bots that were there before the host was."""
    from orchestrators.quiet_round import PART

    await asyncio.sleep(8)  # the watcher has read its index
    before, began = tally.copy(), time.monotonic()
    await asyncio.sleep(seconds)
    seen = tally.copy().minus(before)
    looked = seen.functions["look_around"] * min(PART, RESTING)
    rounds = round(looked / RESTING, 1)
    found = {**summary(seen, 0, time.monotonic() - began), "rounds": rounds, "bots": RESTING}
    timers = ("look_around", "heartbeat")  # without a Service Bus the heartbeat's one question is in the clock's figures
    asked = sum(charge for (caller, kind), charge in seen.charge.items() if caller in timers and not kind.startswith("paper"))
    shared = sum(seen.functions[name] for name in ("heartbeat", "quiet_round", "look_around"))
    per = max(looked, 1)
    found["per_bot_and_round"] = {"request_units": round(asked / per, 3), "executions": round(shared / per, 4)}
    return found


async def run_bot(url: str, tally: Tally, seconds: float) -> dict[str, Any]:
    async with aiohttp.ClientSession(url) as session:
        token = await sign_up(session)
        headers = {"authorization": f"Bearer {token}"}
        account = await post(
            session,
            "/api/v1/accounts",
            headers,
            {"exchange": "paper", "label": "counts", "market": "replay", "balances": {"USDT": "10000"}, "speed": SPEED},
        )
        bot = await post(
            session,
            "/api/v1/bots",
            headers,
            {"name": "counts", "account_id": account["id"], "symbol": "BTC/USDT", "strategy": "GRID", "config": GRID},
        )
        await post(session, f"/api/v1/bots/{bot['id']}/start", headers, {})
        while (await get(session, f"/api/v1/bots/{bot['id']}", headers))["status"] != "active":  # noqa: ASYNC110  (another process tells nobody)
            await asyncio.sleep(0.5)
        await asyncio.sleep(3)
        before, fills_before = tally.copy(), (await get(session, f"/api/v1/bots/{bot['id']}", headers))["fills"]
        began = time.monotonic()
        await asyncio.sleep(seconds)
        after, seen = tally.copy(), await get(session, f"/api/v1/bots/{bot['id']}", headers)
        return summary(after.minus(before), seen["fills"] - fills_before, time.monotonic() - began)


def summary(seen: Tally, fills: int, seconds: float) -> dict[str, Any]:
    """Totals, and per wake. The timers' share of Cosmos is what their functions asked for; the screen's is one read per look."""
    woken, watcher = (("bot_events", "bot_nudges"), "market_watch") if has_service_bus() else (("observe",), "clock")
    wakes = sum(seen.functions[name] for name in woken)
    own = {name: count for name, count in seen.functions.items() if name in OF_A_WAKE}
    ru = sum(charge for (caller, _), charge in seen.charge.items() if caller in OF_A_WAKE)
    book_ru = sum(charge for (caller, kind), charge in seen.charge.items() if caller in OF_A_WAKE and kind.startswith("paper"))
    watch_ru = sum(charge for (caller, _), charge in seen.charge.items() if caller == watcher)
    looks = seen.functions[watcher]
    per = max(wakes, 1)
    return {
        "seconds": round(seconds, 1),
        "speed": SPEED,
        "wakes": wakes,
        "fills": fills,
        "functions": dict(sorted(seen.functions.items())),
        "service_bus": dict(sorted(seen.bus.items())),
        "request_units": {f"{caller}.{operation}": round(value, 2) for (caller, operation), value in sorted(seen.charge.items())},
        "per_wake": {
            "executions": round(sum(own.values()) / per, 3),
            "orchestration_episodes": round(seen.functions["bot_tick"] / per, 3),
            "activities": round(sum(seen.functions[name] for name in ("observe", "execute", "publish")) / per, 3),
            "entity_operations": round((seen.functions["bot"] + seen.functions["account"]) / per, 3),
            "request_units": round(ru / per, 3),
            "request_units_of_the_paper_book": round(book_ru / per, 3),
            "service_bus_operations": round(sum(seen.bus.values()) / per, 3),
            "fills": round(fills / per, 3),
        },
        "per_market_look": {
            "looks": looks,
            "request_units": round(watch_ru / max(looks, 1), 3),
            "request_units_of_questions": round(seen.charge[watcher, "query"] / max(looks, 1), 3),
            "seconds": round(seen.seconds[watcher] / max(looks, 1), 3),
        },
    }


OF_A_WAKE = (
    "bot_events", "bot_nudges", "bot_tick", "observe", "execute", "publish", "again", "bot", "account", "bot_inbox", "next_event",
    "settle_event",
)  # fmt: skip


async def sign_up(session: aiohttp.ClientSession) -> str:
    who = {"email": "counts@example.com", "password": "correct horse battery"}
    async with session.post("/oidc/register", json=who) as answer:
        assert answer.status == 201, await answer.text()
    form = {
        "grant_type": "password", "username": who["email"], "password": who["password"], "client_id": "tickwise-web",
        "scope": "bots.read bots.write accounts.write",
    }  # fmt: skip
    async with session.post("/oidc/token", data=form) as answer:
        return str((await answer.json())["access_token"])


async def post(session: aiohttp.ClientSession, path: str, headers: dict[str, str], body: Any) -> dict[str, Any]:
    async with session.post(path, json=body, headers=headers | {"idempotency-key": path.replace("/", "-")[-60:]}) as answer:
        if answer.status >= 400:
            raise RuntimeError(f"{path}: {answer.status} {await answer.text()}")
        return dict(await answer.json())


async def get(session: aiohttp.ClientSession, path: str, headers: dict[str, str]) -> dict[str, Any]:
    async with session.get(path, headers=headers) as answer:
        answer.raise_for_status()
        return dict(await answer.json())


if __name__ == "__main__":
    code = asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 60.0))
    sys.stdout.flush()
    os._exit(code)
