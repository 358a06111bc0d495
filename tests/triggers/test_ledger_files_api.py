"""The ledger as parquet and as a tax year, over HTTP."""

import io

import pytest
from pyarrow import parquet

from triggers.api import ledger_files


def fill(bot, n, side="buy", price="100", at="2024-01-01"):
    return {
        "id": f"{bot}-{n}", "kind": "fill", "botId": bot, "bot_id": bot, "sort": f"0001:{n:08d}", "at": f"{at}T00:00:{n % 60:02d}.000Z", "symbol": "BTC/USDT",
        "side": side, "price": price, "amount": "1", "cost": price, "fee": "0", "fee_currency": "USDT", "maker": True, "leg": "=cmd()", "role": "grid",
        "order_id": "o", "trade_id": f"t{n}",
    }  # fmt: skip


@pytest.fixture
def ledger(plat):
    for bot in ("bot_a", "bot_b", "bot_gone"):
        for n in range(5):
            plat.store._put("fills", "ada", fill(bot, n))
    for bot, exchange in (("bot_a", "binance"), ("bot_b", "paper")):
        plat.store._put("bots", "ada", {"id": bot, "kind": "bot", "sort": bot, "exchange": exchange})


async def rows(client, monkeypatch, size, **params):
    monkeypatch.setattr(ledger_files, "ROWS", size)
    monkeypatch.setattr(ledger_files, "PAGE", 2)
    found, after = [], None
    while True:
        answer = await client.get("/api/v1/exports/parquet/fills", params={**params, **({"after": after} if after else {})})
        assert answer.status_code == 200, answer.text
        found += parquet.read_table(io.BytesIO(answer.content)).to_pylist()
        after = answer.headers.get("x-next")
        if after is None:
            return found


@pytest.mark.parametrize("size", [1, 3, 4, 5, 100])
async def test_a_file_that_was_cut_goes_on_where_it_ended(client, plat, ledger, monkeypatch, size):
    found = await rows(client, monkeypatch, size)
    assert [row["id"] for row in found] == [f"{bot}-{n}" for bot in ("bot_a", "bot_b", "bot_gone") for n in range(5)]
    assert found[0]["price"] == "100" and found[0]["maker"] == "true"
    assert len(await rows(client, monkeypatch, size, bot_id="bot_b")) == 5


async def test_deals_are_their_events(client, plat):
    for n, code in enumerate(("deal_started", "parked", "deal_closed")):
        row = {
            "id": f"e{n}",
            "kind": "event",
            "botId": "b",
            "bot_id": "b",
            "sort": f"1:{n}",
            "seq": n,
            "code": code,
            "params": {"deal": "1"},
            "at": "x",
        }
        plat.store._put("events", "ada", row)
    answer = await client.get("/api/v1/exports/parquet/deals")
    assert [row["code"] for row in parquet.read_table(io.BytesIO(answer.content)).to_pylist()] == ["deal_started", "deal_closed"]


async def test_a_tax_year_leaves_paper_out_and_knows_bots_that_are_gone(client, plat, ledger):
    for bot in ("bot_a", "bot_b", "bot_gone"):
        plat.store._put("fills", "ada", fill(bot, 9, "sell", "150", "2024-02-01"))
    answer = await client.get("/api/v1/exports/tax/2024")
    lines = answer.text.split("\r\n")
    assert answer.headers["content-type"].startswith("text/csv") and lines[0].startswith("disposed_at,acquired_at,symbol")
    assert len(lines) == 4 and all(",50,USDT,fifo,true" in line for line in lines[1:3])
    assert len((await client.get("/api/v1/exports/tax/2024", params={"paper": "true"})).text.split("\r\n")) == 5
    assert (await client.get("/api/v1/exports/tax/2024", params={"method": "lifo"})).status_code == 422
    client.headers["authorization"] = "Bearer eve"
    assert len((await client.get("/api/v1/exports/tax/2024")).text.split("\r\n")) == 2


async def test_more_fills_than_one_answer_can_read_are_refused(client, plat, ledger, monkeypatch):
    monkeypatch.setattr(ledger_files, "FILLS", 14)
    answer = await client.get("/api/v1/exports/tax/2024")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_fills")
    assert (await client.get("/api/v1/exports/parquet/fills", params={"after": "nonsense"})).json()["code"] == "bad_cursor"
