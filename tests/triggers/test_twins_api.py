"""A bot and its paper twin: made once, commanded together, compared every week and told."""

import pytest

from shared import work
from shared.clock import iso
from tests.builders import MINUTE, T0, grid, paper_account
from tests.triggers.test_notify import Queue
from triggers import notify
from triggers.api import twins
from triggers.twin_watch import look_at_twins

DAY, WEEK = 86_400_000, 7 * 86_400_000


@pytest.fixture
async def bot(client):
    """A draft on the simulated market."""
    account = (await client.post("/api/v1/accounts", json=paper_account(market="simulated"))).json()["id"]
    price = 100_000
    config = grid(low=str(price // 2), high=str(price * 2), investment="5000")
    body = {"name": "mine", "account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": config}
    answer = await client.post("/api/v1/bots", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def fills(plat, bot, *rows):
    for k, (at, leg, side, price) in enumerate(rows):
        plat.store._put(
            "fills", "ada",
            {
                "id": f"{bot}-{k}", "kind": "fill", "botId": bot, "bot_id": bot, "sort": f"0001:{k:08d}", "order_id": f"{bot}-{k}", "leg": leg,
                "role": "grid", "side": side, "price": price, "amount": "1", "fee": "0.1", "fee_currency": "USDT", "symbol": "BTC/USDT",
                "at": iso(at), "trade_id": f"{k}",
            },
        )  # fmt: skip


def begin(plat, bot, at=T0, total="5"):
    row = plat.store.rows["bots", "ada", bot]
    pnl = dict.fromkeys(("cell_profit", "inventory_pnl", "fees", "funding"), "0") | {
        "total": total,
        "currency": "USDT",
        "price": "100",
        "at": iso(at),
    }
    plat.store._put("bots", "ada", {**row, "status": "active", "started_at": iso(at), "pnl": pnl})


async def twin_of(client, bot):
    answer = await client.post(f"/api/v1/bots/{bot}/twin")
    assert answer.status_code == 201, answer.text
    return answer.json()


def commands(plat):
    return [(event.bot_id, event.body["name"]) for event in plat.bus.sent]


async def test_a_twin_is_a_paper_bot_with_the_same_plan_and_made_once(client, plat, bot):
    link = await twin_of(client, bot)
    assert await twin_of(client, bot) == link == (await client.get(f"/api/v1/bots/{bot}/twin")).json()
    own, twin = [(await client.get(f"/api/v1/bots/{one}")).json() for one in (bot, link["twin_id"])]
    assert all(twin[name] == own[name] for name in ("symbol", "strategy", "config", "market"))
    assert (twin["exchange"], twin["status"], twin["name"]) == ("paper", "draft", "mine (twin)")
    assert twin["account_id"] == link["account_id"] != own["account_id"]
    assert len((await client.get("/api/v1/bots")).json()["items"]) == 2


async def test_both_start_together_and_hear_the_same_commands(client, plat, bot):
    link = await twin_of(client, bot)
    assert (await client.post(f"/api/v1/bots/{bot}/start")).status_code == 202
    assert commands(plat) == [(bot, "start"), (link["twin_id"], "start")]
    begin(plat, bot)
    begin(plat, link["twin_id"])
    headers = {"idempotency-key": "k"}
    for _ in range(2):
        assert (await client.post(f"/api/v1/bots/{bot}/pause", json={}, headers=headers)).status_code == 202
    assert commands(plat)[2:] == [(bot, "pause"), (link["twin_id"], "pause")]
    assert (await client.post(f"/api/v1/bots/{link['twin_id']}/stop", json={})).status_code == 202
    assert commands(plat)[4:] == [(link["twin_id"], "stop")]


async def test_a_running_bots_twin_starts_at_once(client, plat, bot):
    begin(plat, bot)
    link = await twin_of(client, bot)
    await twin_of(client, bot)
    assert commands(plat) == [(link["twin_id"], "start")]


async def test_a_start_on_its_way_while_the_twin_was_made_reaches_both(client, plat, bot, monkeypatch):
    queue = Queue()
    monkeypatch.setattr(work, "_queues", [queue])
    assert (await client.post(f"/api/v1/bots/{bot}/start")).status_code == 202
    link = await twin_of(client, bot)
    [task] = queue.tasks.values()
    assert commands(plat) == [(bot, "start")] and set(queue.delays.values()) == {twins.CATCH_UP_S}
    await notify.carry_out(plat, task)  # the start was refused, or is slower still
    assert commands(plat) == [(bot, "start")]
    begin(plat, bot)
    for _ in range(2):
        await notify.carry_out(plat, task)
        await look_at_twins(plat)
    assert set(commands(plat)) == {(bot, "start"), (link["twin_id"], "start")}
    assert len({event.id for event in plat.bus.sent}) == 2
    begin(plat, link["twin_id"])
    before = len(plat.bus.sent)
    await notify.carry_out(plat, task)
    assert len(plat.bus.sent) == before


async def test_a_twin_goes_without_its_bot(client, plat, bot):
    link = await twin_of(client, bot)
    begin(plat, link["twin_id"])
    assert (await client.delete(f"/api/v1/bots/{bot}/twin")).status_code == 204
    assert commands(plat) == [(link["twin_id"], "stop")]
    assert (await client.get(f"/api/v1/bots/{bot}/twin")).status_code == 404
    again = await twin_of(client, bot)
    assert again["twin_id"] != link["twin_id"]


async def test_a_replay_and_an_ended_bot_have_no_twin(client, plat, plan, bot):
    made = (await client.post("/api/v1/bots", json={"name": "replayed", **plan})).json()["id"]
    assert (await client.post(f"/api/v1/bots/{made}/twin")).json()["code"] == "replay_has_no_twin"
    plat.store._put("bots", "ada", {**plat.store.rows["bots", "ada", bot], "status": "stopped"})
    assert (await client.post(f"/api/v1/bots/{bot}/twin")).json()["code"] == "not_possible"
    assert (await client.get(f"/api/v1/bots/{bot}/parity")).status_code == 404


async def drifting(client, plat, bot):
    link = await twin_of(client, bot)
    begin(plat, bot, T0 + 1000)
    begin(plat, link["twin_id"], T0 + 3000, "7")
    fills(plat, bot, (T0 + 2 * MINUTE, "B1", "buy", "101"), (T0 + 5 * MINUTE, "S2", "sell", "110"))
    fills(plat, link["twin_id"], (T0 + 2 * MINUTE - 2000, "B1", "buy", "100"), (T0 + 5 * MINUTE, "S2", "sell", "110"))
    return link


async def test_the_two_are_compared_when_asked(client, plat, bot):
    link = await drifting(client, plat, bot)
    plat.now_ms.now = T0 + 10 * MINUTE
    found = (await client.get(f"/api/v1/bots/{bot}/parity", params={"days": 1})).json()
    assert (found["orders"], found["paired"], found["drifts"], found["same_start"], found["is_complete"]) == (2, 2, ["price"], True, True)
    assert (found["live_total"], found["paper_total"], found["delay_s"], found["twin_id"]) == ("5", "7", "1", link["twin_id"])
    assert float(found["price_drift_pct"]) == pytest.approx(101 / 211, abs=1e-5)


async def test_of_a_long_ledger_only_the_days_asked_for_are_read(client, plat, bot, monkeypatch):
    monkeypatch.setattr(twins, "PAGE", 5)
    monkeypatch.setattr(twins, "MOST_FILLS", 20)
    link = await twin_of(client, bot)
    rows = [(T0 + k * MINUTE, f"B{k}", "buy", "100") for k in range(40)] + [(T0 + 9 * DAY + k, f"S{k}", "sell", "110") for k in range(7)]
    for one in (bot, link["twin_id"]):
        begin(plat, one)
        fills(plat, one, *rows)
    plat.now_ms.now = T0 + 10 * DAY
    plat.store.reads.clear()
    for days, orders, is_complete in ((3, 7, True), (30, 20, False)):
        answer = await client.get(f"/api/v1/bots/{bot}/parity", params={"days": days})
        found = answer.json()
        assert (found["orders"], found["paired"], found["is_complete"]) == (orders, orders, is_complete)
    assert len([place for place, _ in plat.store.reads if place == "fills"]) == 2 * (3 + 4)


async def test_every_week_is_told_once_in_the_log_and_to_the_owner(client, plat, bot):
    link = await drifting(client, plat, bot)
    channel = {"id": "c1", "kind": "email", "target": "ada@example.com", "occasions": ["parity_report", "parity_drift"]}
    assert (await client.put("/api/v1/notifications", json={"channels": [channel]})).status_code == 200
    assert await look_at_twins(plat) == 0
    plat.now_ms.now = T0 + WEEK
    assert await look_at_twins(plat) == 1 and await look_at_twins(plat) == 0
    [report] = (await client.get(f"/api/v1/bots/{bot}/parity/reports")).json()["items"]
    for ends, count in (({"since": iso(T0 + WEEK)}, 1), ({"until": iso(T0 + WEEK)}, 0)):
        assert len((await client.get(f"/api/v1/bots/{bot}/parity/reports", params=ends)).json()["items"]) == count
    assert (report["since"], report["until"], report["drifts"]) == (link["created_at"], iso(T0 + WEEK), ["price"])
    [note] = [event for event in plat.bus.sent if event.body["name"] == "note"]
    assert (note.bot_id, note.body["params"]["code"], note.body["params"]["said"]["drifts"]) == (bot, "parity_report", "price")
    queue = Queue()
    await notify.look_at_users(plat, queue)
    [task] = queue.tasks.values()
    assert task["notices"] == [["parity_drift", bot, "mine", "BTC/USDT", {"reason": "price"}]]


async def test_after_an_absence_one_week_is_told_not_all(client, plat, bot):
    await drifting(client, plat, bot)
    plat.now_ms.now = T0 + 10 * WEEK
    assert await look_at_twins(plat) == 1
    assert await look_at_twins(plat) <= 1
    assert len((await client.get(f"/api/v1/bots/{bot}/parity/reports")).json()["items"]) <= 2


async def test_a_deleted_bot_ends_the_comparison(client, plat, bot):
    link = await drifting(client, plat, bot)
    del plat.store.rows["bots", "ada", link["twin_id"]]
    plat.now_ms.now = T0 + WEEK
    assert await look_at_twins(plat) == 0
    assert (await client.get(f"/api/v1/bots/{bot}/twin")).status_code == 404


async def test_what_an_alert_tells_the_bot_its_twin_hears(client, plat, bot):
    from tests.security.world import alert

    link = await twin_of(client, bot)
    begin(plat, bot)
    hook = (await client.post("/api/v1/webhooks", json={"name": "h", "bots": [bot]})).json()
    taken = await alert(plat, hook, {"v": 1, "token": hook["secret"], "bot": bot, "action": "pause"})
    assert taken["status"] == "accepted"
    assert commands(plat)[-2:] == [(bot, "pause"), (link["twin_id"], "pause")]
