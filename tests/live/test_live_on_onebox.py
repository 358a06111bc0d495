"""Real money from end to end: onebox as a process of its own, the test venue as its exchange, and a kill in the middle."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.builders import grid
from tests.chaos.process import Onebox, Refused
from tests.venue.binance import BinanceVenue, kline
from tests.venue.serving import KEY, SECRET, serving

MINUTE = 60_000
PERSON = {"email": "ada@example.com", "password": "a long enough pass phrase"}


def now() -> int:
    return time.time_ns() // 1_000_000


def open_venue() -> BinanceVenue:
    venue = BinanceVenue(now)
    venue.account(KEY, SECRET, USDT="10000")
    venue.move("100")
    first = now() // MINUTE * MINUTE - 30 * MINUTE
    venue.klines = [kline(first + i * MINUTE, "100", "100", "100", "100") for i in range(60)]
    return venue


class Owner:
    """What a person does, over HTTP."""

    def __init__(self, box: Onebox) -> None:
        self.box, self.token, self.bot = box, "", ""

    async def ask(self, work: Any, *args: Any) -> Any:
        return await asyncio.to_thread(work, *args)

    async def sign_up(self) -> None:
        await self.ask(self.box.post, "/oidc/register", PERSON)
        form = {"grant_type": "password", "username": PERSON["email"], "password": PERSON["password"]}
        self.token = (await self.ask(self.box.post_form, "/oidc/token", form))["access_token"]

    async def post(self, path: str, body: Any) -> Any:
        return await self.ask(self.box.post, path, body, self.token)

    async def seen(self) -> dict[str, Any]:
        return dict(await self.ask(self.box.get, f"/api/v1/bots/{self.bot}", self.token))

    async def until(self, what: Any, seconds: float = 90.0) -> dict[str, Any]:
        """The bot as soon as it is so."""
        give_up = time.monotonic() + seconds
        while not what(bot := await self.seen()):
            assert time.monotonic() < give_up, f"{bot}\n{self.box.log.read_text()[-4000:]}"
            await asyncio.sleep(0.2)
        return bot


def holders(folder: Path, canaries: tuple[str, ...]) -> list[str]:
    """Files that hold a secret as it is."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(canary.encode() in path.read_bytes() for canary in canaries)]


def ways(log: Path) -> list[list[str]]:
    """The names from the outermost span to each order that was placed, one trace each."""
    lines = [line for line in log.read_text().splitlines() if line.startswith('{"name"')]
    spans = {one["context"]["span_id"]: one for one in map(json.loads, lines)}
    found = []
    for one in spans.values():
        way, above = [one["name"]], spans.get(one["parent_id"])
        while above is not None:
            assert above["context"]["trace_id"] == one["context"]["trace_id"]
            way, above = [above["name"], *way], spans.get(above["parent_id"])
        if one["name"] == "exchange place":
            found.append(way)
    return found


@pytest.mark.timeout(400)
async def test_a_live_grid_is_connected_trades_survives_a_kill_and_stops(tmp_path: Path) -> None:
    venue = open_venue()
    wallet = venue.spot.accounts[KEY]
    async with serving(venue.application()) as address:
        box = Onebox(
            tmp_path, tmp_path, LIVE_EXCHANGES="binance", EXCHANGE_URLS=json.dumps({"binance": address}), OTEL_TRACES_EXPORTER="console"
        )
        owner = Owner(box)
        try:
            await asyncio.to_thread(box.start)
            await owner.sign_up()
            credentials = {"api_key": KEY, "secret": SECRET}
            wallet.can_withdraw = True
            with pytest.raises(Refused, match="key_can_withdraw"):
                await owner.post("/api/v1/accounts", {"exchange": "binance", "label": "main", "credentials": credentials})
            wallet.can_withdraw = False
            account = await owner.post("/api/v1/accounts", {"exchange": "binance", "label": "main", "credentials": credentials})
            assert account["key_hint"] == KEY[-4:]
            body = {"name": "live", "account_id": account["id"], "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
            owner.bot = (await owner.post("/api/v1/bots", body))["id"]
            await owner.post(f"/api/v1/bots/{owner.bot}/start", {})
            await owner.until(lambda bot: bot["status"] == "active" and bot["open_orders"] == 4)
            venue.move("94")
            await owner.until(lambda bot: bot["fills"] == 2 and bot["open_orders"] == 4)
            venue.move("101")
            await asyncio.to_thread(box.kill)
            await asyncio.to_thread(box.start)
            await owner.until(lambda bot: bot["fills"] == 3)
            await owner.post(f"/api/v1/bots/{owner.bot}/stop", {"close_mode": "quote"})
            bot = await owner.until(lambda bot: bot["status"] == "stopped")
            answers = json.dumps([account, bot, await asyncio.to_thread(box.get, "/api/v1/accounts", owner.token)])
        finally:
            await asyncio.to_thread(box.stop)
    ids = [order.client_id for order in wallet.orders]
    assert len(set(ids)) == len(ids)
    assert not [order for order in wallet.orders if order.status == "NEW"]
    assert bot["fills"] == len(wallet.trades)
    assert not [canary for canary in (KEY, SECRET) if canary in answers]
    assert holders(tmp_path, (KEY, SECRET)) == []
    assert ["POST bots_api", "send bot-events", "work on", "execute", "exchange place"] in ways(box.log)
