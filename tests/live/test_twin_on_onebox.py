"""A live bot and its paper twin: onebox as a process of its own, the test venue as the exchange of one and the prices of both."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.builders import grid
from tests.chaos.process import Onebox
from tests.live.test_live_on_onebox import Owner, open_venue
from tests.venue.serving import KEY, SECRET, serving

A_CANDLE = 100.0
"""The twin trades candles that have closed, so what it does may wait for the end of the minute; in seconds, with room."""


async def both_started(owner: Owner, twin: str) -> None:
    await owner.until(lambda bot: bot["status"] == "active")
    own, owner.bot = owner.bot, twin
    await owner.until(lambda bot: bot["status"] == "active", A_CANDLE)
    owner.bot = own


@pytest.mark.timeout(400)
async def test_a_live_bot_carries_a_paper_twin_and_is_compared(tmp_path: Path) -> None:
    venue = open_venue()
    async with serving(venue.application()) as address:
        box = Onebox(tmp_path, tmp_path, LIVE_EXCHANGES="binance", EXCHANGE_URLS=json.dumps({"binance": address}))
        owner = Owner(box)
        try:
            await asyncio.to_thread(box.start)
            await owner.sign_up()
            credentials = {"api_key": KEY, "secret": SECRET}
            account = await owner.post("/api/v1/accounts", {"exchange": "binance", "label": "main", "credentials": credentials})
            body = {"name": "live", "account_id": account["id"], "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
            owner.bot = (await owner.post("/api/v1/bots", body))["id"]
            link = await owner.post(f"/api/v1/bots/{owner.bot}/twin", {})
            await owner.post(f"/api/v1/bots/{owner.bot}/start", {})
            await both_started(owner, link["twin_id"])
            venue.move("94")
            await owner.until(lambda bot: bot["fills"] == 2)
            parity = await asyncio.to_thread(box.get, f"/api/v1/bots/{owner.bot}/parity?days=1", owner.token)
            await owner.post(f"/api/v1/bots/{owner.bot}/stop", {"close_mode": "keep"})
            await owner.until(lambda bot: bot["status"] == "stopped")
            owner.bot = link["twin_id"]
            twin = await owner.until(lambda bot: bot["status"] == "stopped", A_CANDLE)
        finally:
            await asyncio.to_thread(box.stop)
    assert twin["exchange"] == "paper" and twin["market"] == "binance"
    assert parity["orders"] >= 2 and parity["paired"] >= 1 and parity["same_start"], parity
