"""The ledger as parquet and as a tax year, over HTTP."""

import csv
import io

import pytest
from pyarrow import parquet

from triggers.api import exports, ledger_files


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
    monkeypatch.setattr(ledger_files, "FILLS", 10)
    assert (await client.get("/api/v1/exports/tax/2024")).status_code == 200
    for paper in ("true", "false"):
        monkeypatch.setattr(ledger_files, "FILLS", 14 if paper == "true" else 9)
        answer = await client.get("/api/v1/exports/tax/2024", params={"paper": paper})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_fills")
    assert (await client.get("/api/v1/exports/parquet/fills", params={"after": "nonsense"})).json()["code"] == "bad_cursor"


ORDER_ROW = {
    "id": "o9",
    "side": "sell",
    "type": "limit",
    "status": "open",
    "price": "120",
    "amount": "1",
    "leg": "S9",
    "role": "grid",
    "made_at": "x",
}


def executed(plat, bot="bot_a"):
    """Two orders of a bot, one in two parts, and one that rests."""
    for n, (order, price, amount) in enumerate((("o1", "100", "1"), ("o2", "90", "1"), ("o1", "106", "2"))):
        row = fill(bot, n) | {"order_id": order, "price": price, "amount": amount, "cost": str(int(price) * int(amount)), "fee": "0.1"}
        plat.store._put("fills", "ada", row)
    plat.store._put(
        "bots", "ada", {"id": bot, "kind": "bot", "sort": bot, "exchange": "binance", "symbol": "BTC/USDT", "orders": [ORDER_ROW]}
    )


@pytest.mark.parametrize("kind", ["csv", "parquet"])
async def test_orders_are_their_executions_added_up_and_what_rests(client, plat, kind):
    executed(plat)
    if kind == "csv":
        found = list(csv.DictReader(io.StringIO((await client.get("/api/v1/exports/orders.csv")).text)))
    else:
        found = parquet.read_table(io.BytesIO((await client.get("/api/v1/exports/parquet/orders")).content)).to_pylist()
    rows = {row["order_id"]: row for row in found}
    assert {order: (row["filled"] or "", row["average"] or "", row["fills"], row["status"]) for order, row in rows.items()} == {
        "o1": ("3", "104", "2", "executed"), "o2": ("1", "90", "1", "executed"), "o9": ("", "", "0", "open"),
    }  # fmt: skip
    assert (rows["o1"]["fee"], rows["o1"]["cost"], rows["o9"]["price"]) == ("0.2", "312", "120")
    assert rows["o1"]["at"] < rows["o1"]["last_at"]


@pytest.mark.parametrize("size", [1, 2])
async def test_an_order_cut_by_a_file_adds_up(client, plat, monkeypatch, size):
    executed(plat)
    monkeypatch.setattr(exports, "MAX_ROWS", size)
    monkeypatch.setattr(exports, "_PAGE", 1)
    found, before = [], None
    while True:
        answer = await client.get("/api/v1/exports/orders.csv", params={"before": before} if before else {})
        found += list(csv.DictReader(io.StringIO(answer.text)))
        before = answer.headers.get("x-next")
        if before is None:
            break
    assert sum(int(row["filled"] or 0) for row in found if row["order_id"] == "o1") == 3
    assert [row["order_id"] for row in found].count("o9") == 1


@pytest.mark.parametrize("what", ["fills", "orders", "deals", "equity", "events"])
async def test_each_of_the_five_is_there_as_both(client, plat, what):
    executed(plat)
    event = {
        "id": "e1",
        "kind": "event",
        "botId": "b",
        "bot_id": "b",
        "sort": "1",
        "seq": 1,
        "code": "deal_closed",
        "params": {"deal": "1"},
        "at": "x",
    }
    plat.store._put("events", "ada", event)
    plat.store._put(
        "equity",
        "ada",
        {"id": "q", "kind": "equity", "botId": "b", "bot_id": "b", "sort": "1", "at": "x", "total": "=1", "price": "2", "currency": "U"},
    )
    text = (await client.get(f"/api/v1/exports/{what}.csv")).text
    table = parquet.read_table(io.BytesIO((await client.get(f"/api/v1/exports/parquet/{what}")).content))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows and len(rows) == table.num_rows and list(rows[0]) == table.column_names
    assert "\n=" not in text and ",=" not in text


async def test_a_tax_year_is_the_same_as_parquet(client, plat, ledger):
    for bot in ("bot_a", "bot_gone"):
        plat.store._put("fills", "ada", fill(bot, 9, "sell", "150", "2024-02-01"))
    lines = list(csv.DictReader(io.StringIO((await client.get("/api/v1/exports/tax/2024")).text)))
    answer = await client.get("/api/v1/exports/tax/2024", params={"file": "parquet"})
    assert answer.headers["content-disposition"] == 'attachment; filename="tax-2024-fifo.parquet"'
    assert parquet.read_table(io.BytesIO(answer.content)).to_pylist() == lines


async def test_a_tax_year_takes_fills_in_time_whatever_bot_made_them(client, plat, monkeypatch):
    monkeypatch.setattr(ledger_files, "PAGE", 2)
    for n, bot, side, price, at in (
        (0, "bot_a", "buy", "100", "2024-01-01"), (1, "bot_a", "sell", "150", "2024-03-01"), (2, "bot_a", "sell", "170", "2024-05-01"),
        (0, "bot_b", "buy", "120", "2024-02-01"),
    ):  # fmt: skip
        plat.store._put("fills", "ada", fill(bot, n, side, price, at))
    lines = list(csv.DictReader(io.StringIO((await client.get("/api/v1/exports/tax/2024")).text)))
    assert [line["gain"] for line in lines] == ["50", "50"]
