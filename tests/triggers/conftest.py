"""The API in process, on a recorded market, with memory behind it."""

from functools import cache

import httpx
import pytest

from tests.builders import paper_account, platform, write_market
from triggers.api import platform as platforms
from triggers.api.app import make_api

CANDLES = ["100 101 99 100", "100 106 99 105", "105 106 94 95"]


@cache
def one_api():
    """Made once: it holds nothing of a test."""
    return make_api()


@pytest.fixture
def plat(tmp_path):
    return platform(write_market(tmp_path / "market", CANDLES))


@pytest.fixture
async def client(plat):
    token = platforms._given.set(plat)
    transport = httpx.ASGITransport(app=one_api())
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers={"authorization": "Bearer ada"}) as client:
        yield client
    platforms._given.reset(token)


@pytest.fixture
async def account(client):
    return (await client.post("/api/v1/accounts", json=paper_account())).json()["id"]


@pytest.fixture
def plan(account):
    from tests.builders import grid

    return {"account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}


@pytest.fixture
async def bot(client, plan):
    answer = await client.post("/api/v1/bots", json={"name": "first", **plan})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]
