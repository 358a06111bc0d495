"""Panic, guards and the heartbeat of alerts."""

from decimal import Decimal

import pytest

from tests.builders import MINUTE, T0, platform, write_market
from tests.fakes import Clock
from triggers.guard_watch import watch_alerts, watch_guards

FALL = ["100 100 100 100", "100 100 100 100", "100 100 90 90", "90 90 90 90", "90 90 60 60"]


def running(plat, id, user="ada", base="2", quote="800", price="100", total="0", **fields):
    """A running bot as its last tick left it: 2 BTC and 800 USDT of 1,000 put in."""
    pnl = {"cell_profit": "0", "inventory_pnl": total, "fees": "0", "funding": "0", "total": total, "put_in": "1000", "currency": "USDT"}
    document = {
        "id": id, "kind": "bot", "sort": id, "name": id, "account_id": "acc_1", "exchange": "paper", "market": "replay",
        "source": "replay:acc_1", "symbol": "BTC/USDT", "strategy": "GRID", "config": {}, "status": "active",
        "created_at": "2023-11-14T22:14:00.000Z", "updated_at": "2023-11-14T22:14:00.000Z",
        "pnl": {**pnl, "price": price, "at": "2023-11-14T22:14:00.000Z"},
        "holdings": {"base": base, "quote": quote, "base_currency": "BTC", "quote_currency": "USDT"},
    }  # fmt: skip
    plat.store._put("bots", user, document | fields)


def commands(plat):
    return [(event.bot_id, event.body["name"], event.body["params"], event.body["reason"]) for event in plat.bus.sent]


@pytest.fixture
def plat(tmp_path):
    plat = platform(write_market(tmp_path / "market", FALL), Clock(T0 + 1))
    account = {"id": "acc_1", "kind": "account", "sort": "1", "market": "replay", "speed": 1, "createdMs": T0, "balances": {}}
    plat.store._put("accounts", "ada", account)
    return plat


@pytest.mark.parametrize(
    ("mode", "name", "params"),
    [
        ("freeze", "pause", {"keep_orders": True}),
        ("cancel_all", "pause", {"keep_orders": False}),
        ("flatten", "stop", {"close_mode": "quote"}),
    ],
)
async def test_panic_commands_every_bot_that_is_not_at_rest(client, plat, mode, name, params):
    for id, status in (("a", "active"), ("b", "paused"), ("c", "error"), ("d", "draft"), ("e", "stopped")):
        running(plat, id, status=status)
    running(plat, "eves", user="eve")
    answer = await client.post("/api/v1/panic", json={"mode": mode}, headers={"idempotency-key": "k"})
    assert answer.status_code == 202
    assert {(item["bot_id"], item["command"]) for item in answer.json()["items"]} == {("a", name), ("b", name), ("c", name)}
    again = await client.post("/api/v1/panic", json={"mode": mode}, headers={"idempotency-key": "k"})
    assert again.json() == answer.json()
    assert sorted(commands(plat)) == [(bot, name, params, "panic") for bot in "abc"]


async def test_panic_reaches_more_bots_than_one_page_holds(client, plat):
    for number in range(450):
        running(plat, f"bot_{number}")
    assert len((await client.post("/api/v1/panic", json={"mode": "freeze"})).json()["items"]) == 450


async def test_when_the_bus_is_away_panic_does_not_say_that_it_worked(client, plat):
    running(plat, "a")
    plat.bus.is_down = True
    with pytest.raises(ConnectionError):
        await client.post("/api/v1/panic", json={"mode": "flatten"})


async def guard(client, **changes):
    rule = {"id": "g", "kind": "daily_loss", "world": "paper", "limit": "15", "currency": "USDT", "mode": "flatten"} | changes
    answer = await client.put("/api/v1/guards", json={"items": [rule]})
    assert answer.status_code == 200, answer.text


async def state(client):
    return (await client.get("/api/v1/guards")).json()["states"][0]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"kind": "daily_loss", "limit": "15"}, "20"),
        ({"kind": "drawdown_pct", "limit": "2"}, "2"),
        ({"kind": "sudden_move_pct", "limit": "10", "currency": None}, "10"),
    ],
)
async def test_a_guard_trips_once_when_the_market_falls(client, plat, rule, value):
    running(plat, "a")
    await guard(client, **rule)
    assert await watch_guards(plat) == 0
    assert (await state(client))["tripped_at"] is None
    plat.now_ms.now = T0 + 3 * MINUTE  # the price is 90: 2 BTC lost 20
    assert await watch_guards(plat) == 1
    assert commands(plat) == [("a", "stop", {"close_mode": "quote"}, "guard")]
    unit = {"currency": "USDT"} if rule["kind"] == "daily_loss" else {}
    told = {"guard": rule["kind"], "guard_id": "g", "value": value, "limit": rule["limit"]} | unit
    assert plat.bus.sent[0].body["inputs"] == told
    found = await state(client)
    assert (Decimal(found["value"]), found["tripped_at"] is not None) == (Decimal(value), True)
    assert await watch_guards(plat) == 0
    assert len(plat.bus.sent) == 1


async def test_a_guard_that_is_armed_again_can_trip_again(client, plat):
    running(plat, "a")
    await guard(client)
    await watch_guards(plat)
    plat.now_ms.now = T0 + 3 * MINUTE
    await watch_guards(plat)
    await client.post("/api/v1/guards/g/rearm")
    assert await watch_guards(plat) == 0
    plat.now_ms.now = T0 + 5 * MINUTE - 1
    assert await watch_guards(plat) == 1
    assert len(plat.bus.sent) == 2


async def test_exposure_counts_what_is_held_now(client, plat):
    running(plat, "a")
    running(plat, "b", base="-1")
    await guard(client, kind="exposure", limit="300", mode="freeze")
    assert await watch_guards(plat) == 1
    assert {name for _, name, _, _ in commands(plat)} == {"pause"}


async def test_paper_and_live_are_watched_apart(client, plat):
    running(plat, "a")
    await guard(client, kind="exposure", limit="100", world="live")
    assert await watch_guards(plat) == 0


async def test_a_commanded_guard_that_could_not_send_tries_again(client, plat):
    running(plat, "a")
    await guard(client, kind="exposure", limit="100")
    plat.bus.is_down = True
    assert await watch_guards(plat) == 0
    assert (await state(client))["tripped_at"] is None
    plat.bus.is_down = False
    assert await watch_guards(plat) == 1


async def test_deleting_a_bot_is_no_loss(client, plat):
    running(plat, "a")
    running(plat, "won", total="500", status="stopped")
    await guard(client, kind="drawdown_pct", limit="5")
    await watch_guards(plat)
    await plat.store.delete("bots", "ada", "won")
    assert await watch_guards(plat) == 0


async def test_a_rule_without_its_currency_is_refused(client):
    rule = {"id": "g", "kind": "exposure", "world": "paper", "limit": "1", "mode": "freeze"}
    whole = rule | {"currency": "USDT"}
    for items, status, code, field in (
        ([rule], 422, "required", "items.0.currency"), ([whole] * 2, 422, "twice", "items.1.id"),
        ([whole, whole | {"id": "h", "account_id": "acc_none"}], 404, "not_found", "items.1.account_id"),
    ):  # fmt: skip
        answer = await client.put("/api/v1/guards", json={"items": items})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, field)


async def test_a_silence_is_told_once_until_the_next_alert(client, plat, bot):
    body = {"name": "tv", "bots": [bot], "expected_every_s": 60}
    hook = (await client.post("/api/v1/webhooks", json=body)).json()["webhook"]["id"]
    assert await watch_alerts(plat) == 0
    plat.now_ms.now += 2 * MINUTE + 1
    assert await watch_alerts(plat) == 1
    assert await watch_alerts(plat) == 0
    assert (await client.get(f"/api/v1/webhooks/{hook}")).json()["silent"] is True
    assert [hit["status"] for hit in (await client.get(f"/api/v1/webhooks/{hook}/inbox")).json()["items"]] == ["silent"]
    from tests.triggers.test_webhooks_api import alert, post

    full = (await client.post(f"/api/v1/webhooks/{hook}/rotate")).json()
    assert (await post(plat, full["webhook"]["url"], alert(full, bot))).status_code == 202
    assert (await client.get(f"/api/v1/webhooks/{hook}")).json()["silent"] is False
    plat.now_ms.now += MINUTE
    assert await watch_alerts(plat) == 0
    plat.now_ms.now += 2 * MINUTE
    assert await watch_alerts(plat) == 1
