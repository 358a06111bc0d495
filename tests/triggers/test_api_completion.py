"""Copies, edits, money, deals, portfolio, presets, notifications, exports, sessions, limits."""

import csv
import io
from decimal import Decimal

import pytest

from shared.auth import User
from tests.builders import T0, grid, paper_account, platform, write_market
from tests.fakes import Clock
from tests.triggers.test_safety import running
from triggers.api import platform as platforms


async def test_a_bots_body_can_be_previewed_as_it_is(client, plan):
    assert (await client.post("/api/v1/bots/preview", json={"name": "mine", **plan})).status_code == 200


async def test_a_clone_is_a_draft_of_its_own(client, bot):
    answer = await client.post(f"/api/v1/bots/{bot}/clone", json={"name": "twin"}, headers={"idempotency-key": "k"})
    assert answer.status_code == 201
    body, original = answer.json(), (await client.get(f"/api/v1/bots/{bot}")).json()
    assert body["id"] != bot and (body["name"], body["status"]) == ("twin", "draft")
    assert body["config"] == original["config"]
    again = await client.post(f"/api/v1/bots/{bot}/clone", json={"name": "twin"}, headers={"idempotency-key": "k"})
    assert again.json()["id"] == body["id"]
    assert (await client.post(f"/api/v1/bots/{bot}/clone")).json()["name"] == "first copy"


def run(plat, bot, **changes):
    plat.store.rows["bots", "ada", bot] |= {"status": "active"} | changes


async def test_an_edit_says_when_each_field_takes_effect_and_goes_to_the_bot(client, plat, bot):
    run(plat, bot)
    etag = (await client.get(f"/api/v1/bots/{bot}")).headers["etag"]
    changes = {"config": {"high": "120", "missing_orders": "pause"}}
    checked = await client.post(f"/api/v1/bots/{bot}/edit", json={**changes, "check_only": True})
    assert (checked.status_code, checked.json()["command_id"], plat.bus.sent) == (202, None, [])
    assert {one["field"]: one["effective"] for one in checked.json()["effects"]} == {"high": "restart", "missing_orders": "now"}
    answer = await client.post(f"/api/v1/bots/{bot}/edit", json=changes | {"name": "new"}, headers={"if-match": etag})
    assert answer.status_code == 202
    assert [(event.body["name"], event.body["params"]) for event in plat.bus.sent] == [
        ("rename", {"name": "new"}),
        ("edit", changes["config"]),
    ]


async def test_an_edit_of_a_dca_bot_waits_for_the_next_deal(client, plat, bot):
    config = {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 2}
    run(plat, bot, strategy="DCA", config=config)
    answer = await client.post(f"/api/v1/bots/{bot}/edit", json={"config": {"base_order_size": "200"}})
    assert answer.status_code == 202, answer.text
    assert answer.json()["effects"] == [{"field": "base_order_size", "effective": "next_deal"}]
    assert plat.bus.sent[0].body["params"] == {"changes": {"base_order_size": "200"}}
    fixed = await client.post(f"/api/v1/bots/{bot}/edit", json={"config": {"direction": "short"}})
    assert (fixed.status_code, fixed.json()["code"], fixed.json()["field"]) == (422, "not_editable", "config.direction")


async def test_another_window_of_a_combo_is_a_restart_of_its_ladder(client, plat, bot):
    run(plat, bot, strategy="COMBO", config={"direction": "long", "margin": "1000", "leverage": "5", "levels": 10, "step_pct": "1"})
    path = f"/api/v1/bots/{bot}/edit"
    answer = await client.post(path, json={"config": {"step_pct": "2", "stop_at": "2099-01-01T00:00:00Z"}})
    assert answer.status_code == 202, answer.text
    assert {one["field"]: one["effective"] for one in answer.json()["effects"]} == {"step_pct": "restart", "stop_at": "now"}
    fixed = await client.post(path, json={"config": {"leverage": "2"}})
    assert (fixed.status_code, fixed.json()["code"], fixed.json()["field"]) == (422, "not_editable", "config.leverage")


async def test_an_edit_of_an_old_version_or_of_nonsense_is_refused(client, plat, bot):
    run(plat, bot)
    path = f"/api/v1/bots/{bot}/edit"
    assert (await client.post(path, json={"config": {"high": "120"}}, headers={"if-match": '"old"'})).status_code == 412
    for config, field in (({"high": 120.5}, "config.high"), ({"userId": "eve"}, "config.userId"), ({"cells": 10**9}, "config.cells")):
        answer = await client.post(path, json={"config": config})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await client.post(path, json={})).status_code == 422
    assert plat.bus.sent == []


async def test_money_is_added_out_of_what_no_bot_holds(client, plat, bot):
    run(plat, bot)
    running(plat, "other", account_id=plat.store.rows["bots", "ada", bot]["account_id"], quote="9500", base="0")
    path = f"/api/v1/bots/{bot}/add_funds"
    answer = await client.post(path, json={"amount": "501"})
    assert (answer.status_code, answer.json()["code"]) == (422, "insufficient_funds")
    assert answer.json()["params"] == {"currency": "USDT", "needed": "501", "available": "500"}
    assert (await client.post(path, json={"amount": "500"}, headers={"idempotency-key": "k"})).status_code == 202
    assert (await client.post(path, json={"amount": "500"}, headers={"idempotency-key": "k"})).status_code == 202
    assert [event.body for event in plat.bus.sent] == [{"name": "add_funds", "params": {"amount": "500"}}]
    for amount in ("-1", "0", 1.5, "1e400", "NaN"):
        assert (await client.post(path, json={"amount": amount})).status_code == 422, amount


async def test_commands_to_deals_reach_the_bot(client, plat, bot):
    run(plat, bot, strategy="DCA")
    for name in ("start_deal", "close_deal", "cancel_deal"):
        assert (await client.post(f"/api/v1/bots/{bot}/{name}")).status_code == 202
    assert (await client.post(f"/api/v1/bots/{bot}/add_safety", json={"size": "50"})).status_code == 202
    assert [event.body["name"] for event in plat.bus.sent] == ["start_deal", "close_deal", "cancel_deal", "add_safety"]


def event(plat, bot, seq, code, **params):
    row = {
        "id": f"{bot}-{seq}",
        "kind": "event",
        "botId": bot,
        "bot_id": bot,
        "sort": f"{seq:08d}",
        "seq": seq,
        "code": code,
        "params": params,
    }
    plat.store._put("events", "ada", row | {"at": f"2026-01-01T00:00:{seq:02d}.000Z", "revision": seq, "previous": "", "hash": "h"})


async def test_deals_are_paired_with_their_ends(client, plat, bot):
    run(plat, bot, strategy="DCA")
    event(plat, bot, 1, "deal_started", amount="1", price="100")
    event(plat, bot, 2, "deal_closed", reason="take_profit", deal="1", gross="5")
    event(plat, bot, 3, "deal_started", amount="1", price="90")
    event(plat, bot, 4, "deal_cancelled", kept="1")
    event(plat, bot, 5, "deal_started", amount="2", price="80")
    items = (await client.get(f"/api/v1/bots/{bot}/deals")).json()["items"]
    assert [(deal["status"], deal["open_price"], deal["gross"]) for deal in items] == [
        ("open", "80", None),
        ("cancelled", "90", None),
        ("closed", "100", "5"),
    ]
    first = (await client.get(f"/api/v1/bots/{bot}/deals", params={"limit": 1})).json()
    rest = (await client.get(f"/api/v1/bots/{bot}/deals", params={"limit": 2, "cursor": first["next"]})).json()
    assert [*first["items"], *rest["items"]] == items


@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_deals_are_narrowed_by_their_state_and_when_they_began(client, plat, bot, limit):
    run(plat, bot, strategy="DCA")
    for n in range(8):  # closed and cancelled in turn; the last goes on
        event(plat, bot, 2 * n + 1, "deal_started", amount="1", price=str(n))
        if n < 7:
            event(plat, bot, 2 * n + 2, ("deal_closed", "deal_cancelled")[n % 2], gross="1")
    cases = (
        ({"status": "closed"}, "6420"), ({"status": "cancelled"}, "531"), ({"status": "open"}, "7"),
        ({"since": "2026-01-01T00:00:05Z", "until": "2026-01-01T00:00:11Z"}, "432"),
        ({"status": "closed", "until": "2026-01-01T00:00:09Z"}, "20"), ({"status": "open", "until": "2026-01-01T00:00:15Z"}, ""),
    )  # fmt: skip
    for query, expected in cases:
        found, cursor = [], None
        while True:
            asked = {**query, "limit": limit} | ({"cursor": cursor} if cursor else {})
            page = (await client.get(f"/api/v1/bots/{bot}/deals", params=asked)).json()
            found += [(deal["open_price"], deal["status"]) for deal in page["items"]]
            assert len(page["items"]) <= limit
            if (cursor := page["next"]) is None:
                break
        assert "".join(price for price, _ in found) == expected, query
        assert {status for _, status in found} <= {query.get("status")} or "status" not in query
    other = await client.get(f"/api/v1/bots/{bot}/deals", params={"limit": 1})
    assert (await client.get(f"/api/v1/bots/{bot}/deals", params={"cursor": other.json()["next"], "status": "open"})).status_code == 400


async def test_the_portfolio_never_adds_paper_to_live_nor_two_currencies(client, plat, account):
    running(plat, "a", account_id=account, price="50")
    running(plat, "b", account_id=account, status="stopped", total="7")
    running(plat, "c", exchange="binance", source="binance", account_id="gone")
    base = {
        "total": "0.5",
        "currency": "BTC",
        "price": "50",
        "put_in": "2",
        "cell_profit": "0",
        "inventory_pnl": "0.5",
        "fees": "0",
        "funding": "0",
    }
    running(plat, "d", account_id=account, pnl=base | {"at": "2026-01-01T00:00:00.000Z"}, base="0", quote="125")
    body = (await client.get("/api/v1/portfolio")).json()
    totals = {(one["world"], one["currency"]): one for one in body["totals"]}
    assert set(totals) == {("paper", "USDT"), ("paper", "BTC"), ("live", "USDT")}
    usdt = totals["paper", "USDT"]  # 2 BTC went from 50 to 100
    assert (usdt["bots"], usdt["running"], usdt["total"], usdt["value"], usdt["put_in"]) == (2, 1, "107", "1100", "1000")
    assert Decimal(usdt["cell_profit"]) + Decimal(usdt["inventory_pnl"]) - Decimal(usdt["fees"]) + Decimal(usdt["funding"]) == 107
    assert totals["paper", "BTC"]["total"] == "-0.75"  # 125 USDT were worth 2.5 BTC and are worth 1.25
    assert {bot["bot_id"]: bot["is_priced_now"] for bot in body["bots"]} == {"a": True, "c": False, "d": True}


async def test_presets_are_kept_and_checked(client):
    body = {"name": "mine", "strategy": "GRID", "config": grid()}
    made = (await client.post("/api/v1/presets", json=body, headers={"idempotency-key": "k"})).json()
    assert (await client.post("/api/v1/presets", json=body, headers={"idempotency-key": "k"})).json() == made
    assert [one["name"] for one in (await client.get("/api/v1/presets")).json()["items"]] == ["mine"]
    bad = await client.post("/api/v1/presets", json=body | {"config": {"low": "x"}})
    assert (bad.status_code, bad.json()["field"].startswith("config")) == (422, True)
    assert (await client.delete(f"/api/v1/presets/{made['id']}")).status_code == 204
    assert (await client.get(f"/api/v1/presets/{made['id']}")).status_code == 404


async def test_notification_settings_are_one_versioned_document(client):
    channel = {"id": "mail", "kind": "email", "target": "ada@example.com", "occasions": ["error"]}
    first = await client.put("/api/v1/notifications", json={"channels": [channel], "quiet_from": "22:00", "quiet_until": "06:00"})
    assert first.status_code == 200, first.text
    found = await client.get("/api/v1/notifications")
    whole = channel | {"enabled": True, "min_severity": "info", "digest": "none"}
    assert (found.json()["channels"], found.headers["etag"]) == ([whole], first.headers["etag"])
    assert (await client.put("/api/v1/notifications", json={}, headers={"if-match": '"old"'})).status_code == 412


def fill(plat, seq, **changes):
    row = {
        "id": f"f{seq}",
        "kind": "fill",
        "botId": "b",
        "bot_id": "b",
        "sort": f"{seq:08d}",
        "at": "2026-01-01T00:00:00.000Z",
        "price": "-5",
    }
    plat.store._put("fills", "ada", row | {"symbol": "BTC/USDT", "leg": "B1", "maker": True} | changes)


async def test_an_export_holds_no_formula(client, plat):
    """A cell that begins like a formula would run when the file is opened."""
    fill(plat, 1, leg='=HYPERLINK("http://x")', order_id="+1+1", trade_id="@SUM(A1)", symbol="-2+3")
    answer = await client.get("/api/v1/exports/fills.csv")
    assert answer.headers["content-type"].startswith("text/csv") and "attachment" in answer.headers["content-disposition"]
    [row] = list(csv.DictReader(io.StringIO(answer.text)))
    assert (row["leg"], row["order_id"], row["trade_id"], row["symbol"]) == ('\'=HYPERLINK("http://x")', "'+1+1", "'@SUM(A1)", "'-2+3")
    assert row["price"] == "-5"


async def test_a_long_export_is_cut_and_goes_on(client, plat):
    for seq in range(10_500):
        fill(plat, seq)
    first = await client.get("/api/v1/exports/fills.csv")
    rest = await client.get("/api/v1/exports/fills.csv", params={"before": first.headers["x-next"]})
    seen = [row["id"] for text in (first.text, rest.text) for row in csv.DictReader(io.StringIO(text))]
    assert len(seen) == len(set(seen)) == 10_500 and "x-next" not in rest.headers


async def test_two_bots_whose_rows_have_the_same_places_are_both_whole(client, plat):
    for seq in range(5_250):
        fill(plat, seq)
        fill(plat, seq, id=f"c-{seq}", botId="c", bot_id="c")
    first = await client.get("/api/v1/exports/fills.csv")
    rest = await client.get("/api/v1/exports/fills.csv", params={"before": first.headers["x-next"]})
    seen = [row["id"] for text in (first.text, rest.text) for row in csv.DictReader(io.StringIO(text))]
    assert len(seen) == len(set(seen)) == 10_500 and "x-next" not in rest.headers


class Dated:
    """Tokens that know when they were issued: `Bearer name:seconds`."""

    async def user(self, authorization):
        name, _, issued = authorization.removeprefix("Bearer ").partition(":")
        return User(name, None, ("bots.read",), None, int(issued))


async def test_revoked_sessions_are_refused_and_new_ones_are_not(client, plat):
    plat = type(plat)(plat.settings, plat.store, plat.bus, Dated(), plat.realtime, plat.markets, plat.now_ms, plat.seals)
    platforms._given.set(plat)
    old, new = f"Bearer ada:{T0 // 1000 - 60}", f"Bearer ada:{T0 // 1000 + 60}"
    assert (await client.get("/api/v1/me", headers={"authorization": old})).status_code == 200
    assert (await client.post("/api/v1/me/sessions/revoke", headers={"authorization": old})).status_code == 200
    assert (await client.get("/api/v1/me", headers={"authorization": old})).status_code == 401
    assert (await client.get("/api/v1/me", headers={"authorization": new})).status_code == 200
    assert (await client.get("/api/v1/me", headers={"authorization": old.replace("ada", "eve")})).status_code == 200


async def test_another_host_learns_of_a_revocation_within_half_a_minute(client, plat):
    """A07, P: what one process was told reaches the others when what they kept runs out."""
    here, there = (type(plat)(plat.settings, plat.store, plat.bus, Dated(), plat.realtime, plat.markets, plat.now_ms) for _ in "12")
    user = User("ada", None, ("s",), None, T0 // 1000 - 60)
    await there.sessions.check(user)
    platforms._given.set(here)
    await client.post("/api/v1/me/sessions/revoke", headers={"authorization": f"Bearer ada:{T0 // 1000}"})
    await there.sessions.check(user)
    plat.now_ms.now += 30_001
    with pytest.raises(Exception, match="unauthorized"):
        await there.sessions.check(user)


async def test_too_many_requests_name_the_limit_and_hit_nobody_else(tmp_path, client):
    plat = platform(write_market(tmp_path / "market", ["100 100 100 100"]), Clock(T0), requests_per_minute=5)
    platforms._given.set(plat)
    codes = [(await client.get("/api/v1/me")).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    answer = await client.get("/api/v1/me")
    assert (answer.json()["code"], answer.json()["params"]["limit"], answer.headers["retry-after"]) == ("too_many_requests", "5", "13")
    assert (await client.get("/api/v1/me", headers={"authorization": "Bearer eve"})).status_code == 200
    plat.now_ms.now += 12_001
    assert (await client.get("/api/v1/me")).status_code == 200


async def test_quotas_name_their_limit(tmp_path, client):
    plat = platform(write_market(tmp_path / "market", ["100 100 100 100"]), Clock(T0), bots_per_user=1, accounts_per_user=1)
    platforms._given.set(plat)
    account = (await client.post("/api/v1/accounts", json=paper_account())).json()["id"]
    body = {"name": "x", "account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
    bot = (await client.post("/api/v1/bots", json=body)).json()["id"]
    for number in range(50):
        plat.store._put("webhooks", "ada", {"id": f"h{number}", "kind": "webhook", "sort": str(number)})
    tries = {"accounts": (paper_account(), "1"), "bots": (body, "1"), "webhooks": ({"name": "x", "bots": [bot]}, "50")}
    for path, (again, limit) in tries.items():
        answer = await client.post(f"/api/v1/{path}", json=again)
        assert (answer.status_code, answer.json()["code"], answer.json()["params"]) == (429, f"too_many_{path}", {"limit": limit})
