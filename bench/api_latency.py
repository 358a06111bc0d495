"""`python -m bench.api_latency [seconds]`: the API on the embedded host with 50 clients at once, in milliseconds. Kept in bench/results/.

reads      50 clients, each asks for what a dashboard shows, PACE_S apart: p99 <= 30 ms
writes     the same clients rename running bots, so that each write is one durable message (202): p99 <= 60 ms
webhooks   a burst of 1,000 alerts over 50 connections, BURST_PER_S a second: 202, p99 <= 60 ms
garbage    beside the reads a stranger sends nonsense over 4 connections as fast as it is answered: the readers' p95 rises <= 10 %
full       as many reads as 50 clients can get, for the record

The client shares the machine with the server; what it costs is in every figure.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from tests.chaos.market import candles, write
from tests.chaos.process import Onebox

CLIENTS, USERS, PACE_S, BURST, BURST_PER_S, TURNS, SETTLE_S = 50, 10, 0.5, 1_000, 100, 4, 10.0
TARGET = Path(__file__).parent / "results" / "api.json"
GRID = {"low": "90", "high": "110", "cells": 20, "spacing": "arithmetic", "investment": "5000", "reserve_pct": "0"}
GOALS = {"reads": ("p99", 30.0), "writes": ("p99", 60.0), "webhooks": ("p99", 60.0)}


class Tenant:
    """A user with a bot that runs, and a webhook."""

    def __init__(self, session: aiohttp.ClientSession, name: str) -> None:
        self.session, self.name, self.headers = session, name, {"authorization": ""}
        self.bot, self.hook, self.hook_id, self.secret = "", "", "", ""

    async def post(self, path: str, body: Any) -> Any:
        async with self.session.post(path, json=body, headers=self.headers) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def settle(self) -> None:
        person = {"email": f"{self.name}@example.com", "password": "a long enough pass phrase"}
        await self.post("/oidc/register", person)
        form = {"grant_type": "password", "username": person["email"], "password": person["password"]}
        async with self.session.post("/oidc/token", data=form) as answer:
            self.headers = {"authorization": f"Bearer {(await answer.json())['access_token']}"}
        money = {"exchange": "paper", "label": "bench", "market": "replay", "balances": {"USDT": "10000"}, "speed": 1}
        account = (await self.post("/api/v1/accounts", money))["id"]
        body = {"name": "bench", "account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": GRID}
        self.bot = (await self.post("/api/v1/bots", body))["id"]
        await self.post(f"/api/v1/bots/{self.bot}/start", {})
        hook = await self.post("/api/v1/webhooks", {"name": "bench", "bots": [self.bot]})
        self.hook_id = hook["webhook"]["id"]
        self.hook, self.secret = "/api/hooks/" + hook["webhook"]["url"].rpartition("/")[2], hook["secret"]

    def reads(self) -> list[str]:
        own = f"/api/v1/bots/{self.bot}"
        return ["/api/v1/bots", own, f"{own}/orders", f"{own}/fills", f"{own}/events", f"{own}/equity", "/api/v1/me", "/api/v1/accounts"]


class Times:
    """Milliseconds of the answers of one phase."""

    def __init__(self) -> None:
        self.ms: list[float] = []
        self.wrong = 0

    async def ask(self, session: aiohttp.ClientSession, method: str, path: str, wanted: int, **more: Any) -> None:
        began = time.perf_counter()
        async with session.request(method, path, **more) as answer:
            await answer.read()
        self.ms.append((time.perf_counter() - began) * 1000)
        self.wrong += answer.status != wanted

    def figures(self) -> dict[str, Any]:
        ordered = sorted(self.ms)

        def at(share: float) -> float:
            return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)

        return {"count": len(ordered), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "most": at(1.0), "wrong": self.wrong}


async def clients(tenants: list[Tenant], seconds: float, pace_s: float, one: Callable[[Tenant, int], Awaitable[None]]) -> None:
    """Every client at its own pace until the time is over; they begin apart from each other."""
    chance, end = random.Random(1), time.monotonic() + seconds

    async def client(k: int) -> None:
        n = k
        await asyncio.sleep(chance.random() * pace_s)
        while time.monotonic() < end:
            due = time.monotonic() + pace_s
            await one(tenants[k % len(tenants)], n)
            n += 1
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    await asyncio.gather(*(client(k) for k in range(CLIENTS)))


async def reading(tenants: list[Tenant], seconds: float, pace_s: float = PACE_S, times: Times | None = None) -> dict[str, Any]:
    times = times or Times()

    async def one(tenant: Tenant, n: int) -> None:
        paths = tenant.reads()
        await times.ask(tenant.session, "GET", paths[n % len(paths)], 200, headers=tenant.headers)

    await clients(tenants, seconds, pace_s, one)
    return times.figures()


async def writing(tenants: list[Tenant], seconds: float) -> dict[str, Any]:
    times = Times()

    async def one(tenant: Tenant, n: int) -> None:
        await times.ask(tenant.session, "POST", f"/api/v1/bots/{tenant.bot}/edit", 202, json={"name": f"bench {n}"}, headers=tenant.headers)

    await clients(tenants, seconds, PACE_S * 4, one)
    return times.figures()


async def alerting(tenants: list[Tenant]) -> dict[str, Any]:
    """A burst spread over all webhooks: each alert is another one, and does nothing but wake its bot."""
    times, lane = Times(), asyncio.Semaphore(CLIENTS)

    async def one(n: int) -> None:
        tenant = tenants[n % len(tenants)]
        body = {"v": 1, "token": tenant.secret, "bot": tenant.bot, "action": "add_funds", "id": f"{n}", "bar": f"{n}"}
        body |= {"size": {"value": "1", "unit": "quote"}, "dryRun": False}
        async with lane:
            await times.ask(tenant.session, "POST", tenant.hook, 202, json=body)

    begun, tasks = time.monotonic(), []
    for n in range(BURST):
        await asyncio.sleep(max(0.0, begun + n / BURST_PER_S - time.monotonic()))
        tasks.append(asyncio.create_task(one(n)))
    await asyncio.gather(*tasks)
    return times.figures()


async def drained(tenants: list[Tenant], most_s: float = 120.0) -> float:
    """Until the bots have decided what the alerts asked of them: the last one of each webhook. Returns how long that took."""
    began = time.monotonic()
    for tenant in tenants:
        path = f"/api/v1/webhooks/{tenant.hook_id}/inbox?limit=1"
        while time.monotonic() - began < most_s:
            async with tenant.session.get(path, headers=tenant.headers) as answer:
                last = (await answer.json())["items"][0]
            if all(decision["status"] != "pending" for decision in last["decisions"]):
                break
            await asyncio.sleep(0.5)
    return round(time.monotonic() - began, 1)


async def nonsense(url: str, stop: asyncio.Event) -> int:
    """Bad tokens, bodies, paths and addresses over four connections, as fast as they are answered. Returns how many."""
    sent = 0
    kinds: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("GET", "/api/v1/bots", {"headers": {"authorization": "Bearer nonsense"}}), ("POST", "/api/v1/bots", {"data": b"[" * 5_000}),
        ("GET", "/api/v1/bots/%00?x=1", {}),
        ("POST", "/api/hooks/" + "x" * 90, {"data": b"{{"}), ("PUT", "/api/v1/guards", {"data": b"{}"}),
        ("GET", "/api/v1/me", {"headers": {"authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ."}}),
    )  # fmt: skip

    async def one(k: int) -> None:
        nonlocal sent
        async with aiohttp.ClientSession(url) as session:
            while not stop.is_set():
                method, path, more = kinds[(sent + k) % len(kinds)]
                async with session.request(method, path, **more) as answer:
                    await answer.read()
                sent += 1

    await asyncio.gather(*(one(k) for k in range(4)))
    return sent


async def beside_garbage(url: str, tenants: list[Tenant], seconds: float) -> dict[str, Any]:
    """The readers alone and beside it, in turns, so that a busy machine slows both alike; the answers of all turns together."""
    alone, beside, sent = Times(), Times(), 0
    for _ in range(TURNS):
        await reading(tenants, seconds / TURNS / 2, times=alone)
        stop = asyncio.Event()
        flood = asyncio.create_task(nonsense(url, stop))
        await reading(tenants, seconds / TURNS / 2, times=beside)
        stop.set()
        sent += await flood
    before, after = alone.figures()["p95"], beside.figures()["p95"]
    return {
        "alone_p95": before,
        "beside_p95": after,
        "rise_pct": round(100 * (after / before - 1), 1),
        "nonsense_per_s": round(sent / seconds * 2),
    }


async def measured(box: Onebox, seconds: float) -> dict[str, Any]:
    connector = aiohttp.TCPConnector(limit=CLIENTS)
    async with aiohttp.ClientSession(box.url, connector=connector) as session:
        tenants = [Tenant(session, f"user{k}") for k in range(USERS)]
        for tenant in tenants:
            await tenant.settle()
        await reading(tenants, 2.0)
        found = {"reads": await reading(tenants, seconds), "garbage": await beside_garbage(box.url, tenants, seconds * 2)}
        found["writes"] = await writing(tenants, seconds)
        await asyncio.sleep(SETTLE_S)
        found["webhooks"] = await alerting(tenants)
        found["webhooks"]["drained_s"] = await drained(tenants)
        full = await reading(tenants, seconds / 2, 0.0)
        return found | {"full": full | {"per_s": round(full["count"] / (seconds / 2))}}


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as folder:
        replay = Path(folder, "replay")
        write(replay, candles(7, 2_000, 0.1))
        box = Onebox(Path(folder), replay, MARKET_WATCH_SCHEDULE="*/5 * * * * *", REQUESTS_PER_MINUTE="100000")
        try:
            box.start()
            found = asyncio.run(measured(box, seconds))
        finally:
            box.stop()
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    missed = [name for name, (figure, most) in GOALS.items() if found[name][figure] > most or found[name]["wrong"]]
    missed += ["garbage"] if found["garbage"]["rise_pct"] > 10 else []
    for name, figures in found.items():
        print(f"{name:9}{'MISSED' if name in missed else '':7}{figures}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
