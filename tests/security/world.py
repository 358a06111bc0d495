"""Ada owns one of everything, each carrying a word that no answer to somebody else may hold."""

from __future__ import annotations

import json
from typing import Any

from tests.builders import grid, paper_account, settings
from tests.fakes import Clock, FixedKeys, FixedRealtime, MemoryBus, MemoryStore, NameVerifier
from triggers.api.platform import Platform
from triggers.market_source import PublicMarkets

CANARY = "xqcanaryqx"
T0 = 1_700_000_040_000


async def resolve(host: str) -> list[str]:
    return ["93.184.216.34"]


def world_platform(folder, verifier=None, **more: Any) -> Platform:
    from tests.builders import write_market

    config = settings(write_market(folder, ["100 101 99 100", "100 106 99 105", "105 106 94 95"]), requests_per_minute=10**9, **more)
    clock = Clock(T0)
    markets = PublicMarkets(config, clock)
    return Platform(config, MemoryStore(), MemoryBus(), verifier or NameVerifier(), FixedRealtime(), markets, clock, FixedKeys(), resolve)


async def make_world(client, plat: Platform) -> dict[str, str]:
    """The ids of ada's objects by the name of the path parameter."""
    made = (await client.post("/api/v1/accounts", json=paper_account(label=CANARY))).json()["id"]
    body = {"name": CANARY, "account_id": made, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
    bot = (await client.post("/api/v1/bots", json=body)).json()["id"]
    hook = (await client.post("/api/v1/webhooks", json={"name": CANARY, "bots": [bot]})).json()
    preset = (await client.post("/api/v1/presets", json={"name": CANARY, "strategy": "GRID", "config": grid()})).json()["id"]
    share = (await client.post("/api/v1/shares", json={"bot_id": bot})).json()
    rule = {"id": "adas_guard", "kind": "exposure", "world": "paper", "limit": "5", "currency": "USDT", "mode": "freeze"}
    await client.put("/api/v1/guards", json={"items": [rule]})
    channel = {"id": "mail", "kind": "email", "target": f"{CANARY}@example.com", "occasions": ["error"]}
    await client.put("/api/v1/notifications", json={"channels": [channel]})
    ids = {"account_id": made, "bot_id": bot, "webhook_id": hook["webhook"]["id"], "preset_id": preset, "guard_id": "adas_guard"}
    ids |= {"share_id": share["share"]["id"]}
    hit = (await alert(plat, hook, {"v": 1, "token": hook["secret"], "bot": bot, "action": "start"}))["eventId"]
    ledger(plat, bot)
    return ids | {"hit_id": hit, "url": hook["webhook"]["url"], "secret": hook["secret"]}


async def alert(plat: Platform, hook: dict[str, Any], body: Any) -> Any:
    from triggers.hooks import receive

    answer = await receive(plat, hook["webhook"]["url"].rpartition("/")[2], json.dumps(body).encode(), {})
    return json.loads(answer.get_body())


def ledger(plat: Platform, bot: str) -> None:
    common = {"botId": bot, "bot_id": bot, "sort": "1", "at": "2026-01-01T00:00:00.000Z", "revision": 1, "price": "1"}
    event = {"id": "e1", "kind": "event", "seq": 1, "code": CANARY, "params": {}, "previous": "", "hash": CANARY}
    fill = {
        "id": "f1", "kind": "fill", "order_id": CANARY, "trade_id": CANARY, "symbol": "BTC/USDT", "leg": "B1", "side": "buy", "amount": "1",
        "cost": "1", "fee": "0", "fee_currency": "USDT", "maker": True,
    }  # fmt: skip
    plat.store._put("fills", "ada", common | fill)
    plat.store._put("events", "ada", common | event)
    plat.store._put("equity", "ada", common | {"id": "q1", "kind": "equity", "total": "1", "currency": "USDT"})
