"""What every list can be narrowed by: each filter alone, in pages, and what is no filter."""

import pytest

from shared.clock import iso
from tests.builders import grid
from triggers.api.openapi import document as contract

DAY = 86_400_000


def ledger(plat, bot):
    """Ten fills, events and points, a day apart from 1970-01-02, sides and codes in turn."""
    for n in range(1, 11):
        common = {"botId": bot, "bot_id": bot, "sort": f"0000:{n:08d}", "at": iso(n * DAY), "revision": n, "price": "1"}
        fill = {"id": f"f{n}", "kind": "fill", "order_id": "o", "trade_id": "t", "symbol": "BTC/USDT", "leg": "B1", "amount": "1", "cost": "1",
                "side": ("buy", "sell")[n % 2], "fee": "0", "fee_currency": "USDT", "maker": True}  # fmt: skip
        event = {"id": f"e{n}", "kind": "event", "seq": n, "code": ("started", "filled")[n % 2], "params": {}, "previous": "", "hash": ""}
        for container, row in (("fills", fill), ("events", event), ("equity", {"id": f"q{n}", "total": "1", "currency": "USDT"})):
            plat.store._put(container, "ada", common | row)


async def ids(client, path, **query):
    """Everything of a list, page by page."""
    found, cursor = [], None
    while True:
        answer = await client.get(path, params={**query, "limit": 2} | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += [row["id"] for row in answer.json()["items"]]
        if (cursor := answer.json()["next"]) is None:
            return found


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("fills", {"side": "buy"}, "f10 f8 f6 f4 f2"),
        ("fills", {"side": "sell", "since": "1970-01-04T00:00:00Z", "until": "1970-01-08T00:00:00Z"}, "f5 f3"),
        ("fills", {"since": str(9 * DAY)}, "f10 f9"),
        ("fills", {"until": str(3 * DAY)}, "f2 f1"),
        ("fills", {"since": "1970-01-05T00:00:00.001Z", "until": "1970-01-05T23:59:59Z"}, ""),
        ("fills", {"since": str(8 * DAY), "until": str(2 * DAY)}, ""),
        ("events", {"code": "started", "until": str(6 * DAY)}, "e4 e2"),
        ("equity", {"since": str(8 * DAY)}, "q10 q9 q8"),
    ],
)
async def test_a_ledger_is_narrowed_by_what_and_when(client, plat, bot, kind, query, expected):
    ledger(plat, bot)
    assert await ids(client, f"/api/v1/bots/{bot}/{kind}", **query) == expected.split()


async def test_bots_and_accounts_are_narrowed_by_what_they_are(client, plat, plan):
    made = {}
    for name in ("one", "two", "three"):
        plat.now_ms.now += 1_000
        made[name] = (await client.post("/api/v1/bots", json={"name": name, **plan})).json()
    plat.store.rows["bots", "ada", made["two"]["id"]] |= {"strategy": "DCA", "symbol": "ETH/USDT", "exchange": "binance"}
    one, two, three = (made[name]["id"] for name in ("one", "two", "three"))
    cases = (
        ({"strategy": "DCA"}, [two]), ({"symbol": "ETH/USDT"}, [two]), ({"symbol": "BTC/USDT"}, [three, one]), ({"exchange": "binance"}, [two]),
        ({"exchange": "paper", "strategy": "GRID"}, [three, one]), ({"status": "active"}, []), ({"since": made["two"]["created_at"]}, [three, two]),
        ({"until": made["two"]["created_at"]}, [one]), ({"account_id": plan["account_id"], "until": made["three"]["created_at"]}, [two, one]),
    )  # fmt: skip
    for query, expected in cases:
        assert await ids(client, "/api/v1/bots", **query) == expected, query
    assert len(await ids(client, "/api/v1/accounts", exchange="paper")) == 1
    assert await ids(client, "/api/v1/accounts", exchange="kraken") == []


async def test_open_orders_are_narrowed_by_side_and_status(client, plat, bot):
    row = {"leg": "B1", "role": "grid", "type": "limit", "price": "1", "amount": "1", "reduce_only": False, "made_at": iso(0)}
    orders = [row | {"id": "o1", "side": "buy", "status": "open"}, row | {"id": "o2", "side": "sell", "status": "pending"}]
    plat.store.rows["bots", "ada", bot]["orders"] = orders
    for query, expected in (
        ({}, "o1 o2"),
        ({"side": "sell"}, "o2"),
        ({"status": "open"}, "o1"),
        ({"side": "buy", "status": "pending"}, ""),
    ):
        found = (await client.get(f"/api/v1/bots/{bot}/orders", params=query)).json()["items"]
        assert [one["id"] for one in found] == expected.split()


async def test_jobs_presets_hits_and_deliveries_are_narrowed(client, plat, bot):
    for n, status in enumerate(("done", "running", "done"), 1):
        base = {"sort": f"{iso(n * DAY)}:{n}", "status": status, "schema": 1}
        plat.store._put("settings", "ada", base | {"id": f"d{n}", "kind": "delivery", "channel": f"c{n % 2}", "occasions": [], "status": "failed",
                                                  "detail": "x", "attempts": 1, "at": iso(n * DAY)})  # fmt: skip
    assert await ids(client, "/api/v1/notifications/deliveries", channel="c1") == ["d3", "d1"]
    assert await ids(client, "/api/v1/notifications/deliveries", status="delivered") == []
    assert await ids(client, "/api/v1/notifications/deliveries", since=iso(2 * DAY), until=iso(3 * DAY)) == ["d2"]
    preset = (await client.post("/api/v1/presets", json={"name": "p", "strategy": "GRID", "config": grid()})).json()["id"]
    assert await ids(client, "/api/v1/presets", strategy="GRID") == [preset]
    assert await ids(client, "/api/v1/presets", strategy="DCA") == []
    hook = (await client.post("/api/v1/webhooks", json={"name": "tv", "bots": [bot]})).json()["webhook"]["id"]
    for n, status in enumerate(("accepted", "rejected"), 1):
        hit = {"id": f"h{n}", "kind": "hit", "webhookId": hook, "sort": f"{iso(n * DAY)}:h{n}", "at": iso(n * DAY), "dialect": "tickwise",
               "status": status, "reason": "ok", "action": None, "symbol": None, "ignored": [], "body": "", "source_ip": None, "field": None,
               "verified_origin": False, "replay_of": None, "commands": []}  # fmt: skip
        plat.store._put("webhooks", "ada", hit)
    assert await ids(client, f"/api/v1/webhooks/{hook}/inbox", status="rejected") == ["h2"]
    assert await ids(client, f"/api/v1/webhooks/{hook}/inbox", until=iso(2 * DAY)) == ["h1"]
    for kind in ("backtests", "optimisations"):
        answer = await client.get(f"/api/v1/{kind}", params={"status": "done", "strategy": "DCA", "symbol": "BTC/USDT"})
        assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_a_cursor_belongs_to_the_filters_it_was_handed_out_under(client, plat, bot):
    ledger(plat, bot)
    path = f"/api/v1/bots/{bot}/fills"
    page = (await client.get(path, params={"side": "buy", "since": "0", "limit": 2})).json()
    same = await client.get(path, params={"side": "buy", "since": "0", "limit": 2, "cursor": page["next"]})
    assert [row["id"] for row in same.json()["items"]] == ["f6", "f4"]
    for other in ({"side": "sell", "since": "0"}, {"side": "buy"}, {"side": "buy", "since": "1"}):
        answer = await client.get(path, params={**other, "cursor": page["next"]})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_what_is_no_filter_of_a_list_is_named_and_so_is_what_is_no_value_of_one(client, bot):
    for path, wrong in (
        ("/api/v1/bots", "pair"), (f"/api/v1/bots/{bot}/fills", "from"), (f"/api/v1/bots/{bot}/events", "status"), ("/api/v1/webhooks", "status"),
        ("/api/v1/backtests", "sort"), ("/api/v1/markets", "base"), ("/api/v1/presets", "name"),
    ):  # fmt: skip
        answer = await client.get(path, params={wrong: "x"})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "unknown_field", wrong), path
    for path, name, value, code in (
        ("/api/v1/bots", "strategy", "MAGIC", "not_a_choice"), ("/api/v1/bots", "symbol", "BTCUSDT", "bad_format"),
        ("/api/v1/bots", "since", "yesterday", "bad_format"), (f"/api/v1/bots/{bot}/fills", "side", "both", "not_a_choice"),
        (f"/api/v1/bots/{bot}/events", "code", "A B", "bad_format"),
    ):  # fmt: skip
        answer = await client.get(path, params={name: value})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, name), path


async def test_every_list_of_the_users_own_things_can_be_narrowed(client):
    """A new list without a filter is a decision, made here."""
    from triggers.api.app import api

    by_number = {"/api/v1/backtests/{backtest_id}/runs", "/api/v1/optimisations/{optimisation_id}/runs"}
    lists = {path for path, one in contract(api)["paths"].items() if {"limit"} <= names(one)}
    assert {path for path in lists if not names(contract(api)["paths"][path]) - {"limit", "cursor"}} == by_number


async def test_every_parameter_of_a_query_says_what_it_narrows_also_on_the_page(client):
    from triggers.api.app import api

    read, page = contract(api)["paths"], (await client.get("/api/v1/docs")).text
    asked = [(path, one) for path, methods in read.items() for one in methods.get("get", {}).get("parameters", ()) if one["in"] == "query"]
    assert len(asked) > 100 and [(path, one["name"]) for path, one in asked if not one.get("description")] == []
    assert "Only on this symbol" in page and "docs/limits.md" in page


def names(methods):
    return {one["name"] for one in methods.get("get", {}).get("parameters", ()) if one["in"] == "query"}
