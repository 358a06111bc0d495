"""Webhooks from their making to the inbox: addresses, secrets, alerts, decisions."""

import asyncio
import copy
import json
import time
from dataclasses import replace

import azure.functions as func
import pytest

from shared.limit import ENDLESS, Patience
from shared.webhooks.decision import decision_row
from tests.fakes import MemoryBus, MemoryStore
from triggers import hooks
from triggers.api import platform as platforms


async def post(plat, url, body, **headers):
    """An alert as the host hands it over."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    opaque = url.rpartition("/")[2]
    req = func.HttpRequest("POST", url, headers=headers, route_params={"opaque": opaque}, body=raw)
    token = platforms._given.set(plat)
    try:
        return await hooks.hooks.build().get_user_function().client_function(req, None, None)
    finally:
        platforms._given.reset(token)


def said(answer):
    return answer.status_code, json.loads(answer.get_body())


@pytest.fixture
async def hook(client, bot):
    answer = await client.post("/api/v1/webhooks", json={"name": "tv", "bots": [bot]})
    assert answer.status_code == 201, answer.text
    return answer.json()


def alert(hook, bot, **changes):
    return {"v": 1, "token": hook["secret"], "bot": bot, "action": "start", "symbol": "BTCUSDT"} | changes


async def inbox(client, hook):
    return (await client.get(f"/api/v1/webhooks/{hook['webhook']['id']}/inbox")).json()["items"]


async def test_an_alert_is_one_durable_command_and_a_row_in_the_inbox(client, plat, hook, bot):
    status, body = said(await post(plat, hook["webhook"]["url"], alert(hook, bot)))
    assert (status, body["status"]) == (202, "accepted")
    [event] = plat.bus.sent
    assert (event.user_id, event.bot_id, event.body["name"], event.body["reason"]) == ("ada", bot, "start", "webhook")
    [hit] = await inbox(client, hook)
    assert (hit["id"], hit["status"], hit["reason"]) == (body["eventId"], "accepted", "ok")
    assert hit["decisions"] == [
        {"bot_id": bot, "command": "start", "params": {}, "status": "pending", "code": None, "orders": [], "revision": None, "at": None}
    ]
    plat.store._put("webhooks", "ada", decision_row(event.body["hit"], bot, "ok", "2026-01-01T00:00:00.000Z", ["o1"]))
    [hit] = await inbox(client, hook)
    assert (hit["decisions"][0]["status"], hit["decisions"][0]["orders"]) == ("done", ["o1"])


async def test_no_secret_is_stored_anywhere(client, plat, hook, bot):
    await post(plat, hook["webhook"]["url"], alert(hook, bot))
    await post(plat, hook["webhook"]["url"], alert(hook, bot, token="a wrong secret of somebody"))
    stored = json.dumps(plat.store.of("webhooks"))
    assert hook["secret"] not in stored and "a wrong secret" not in stored
    assert hook["webhook"]["url"].rpartition("/")[2] not in stored
    assert "[hidden]" in stored


async def test_unknown_revoked_rotated_and_wrongly_signed_are_one_answer(client, plat, hook, bot):
    url, seen = hook["webhook"]["url"], []
    seen.append(await post(plat, url.rpartition("/")[0] + "/" + "A" * 90, alert(hook, bot)))
    seen.append(await post(plat, url, alert(hook, bot, token="wrong")))
    seen.append(await post(plat, url, {name: value for name, value in alert(hook, bot).items() if name != "token"}))
    hook_url = f"/api/v1/webhooks/{hook['webhook']['id']}"
    fresh = (await client.post(f"{hook_url}/rotate")).json()
    assert fresh["secret"] != hook["secret"] and fresh["webhook"]["url"] != url
    seen.append(await post(plat, url, alert(hook, bot)))
    await client.patch(hook_url, json={"enabled": False})
    seen.append(await post(plat, fresh["webhook"]["url"], alert(fresh, bot)))
    await client.delete(hook_url)
    seen.append(await post(plat, fresh["webhook"]["url"], alert(fresh, bot)))
    assert {answer.status_code for answer in seen} == {404}
    assert len({answer.get_body() for answer in seen}) == 1
    assert plat.bus.sent == []


async def test_a_dated_alert_counts_once_for_a_day(client, plat, hook, bot):
    body = alert(hook, bot, ts="2023-11-14T22:14:00Z", maxLagSec=300)
    first = said(await post(plat, hook["webhook"]["url"], body))
    for later in (1_000, 100_000, 60_000):
        plat.now_ms.now += later
        again = said(await post(plat, hook["webhook"]["url"], body))
        assert again == (202, {"eventId": first[1]["eventId"], "status": "duplicate"})
    plat.now_ms.now += 24 * 3_600_000
    assert said(await post(plat, hook["webhook"]["url"], body))[1]["code"] == "stale"
    assert len(plat.bus.sent) == 1


async def test_an_undated_alert_counts_again_after_seconds(client, plat, hook, bot):
    """Its bytes are the same every time it is true: a day-long content hash would swallow the second one."""
    for wait, expected in ((0, "accepted"), (3_000, "duplicate"), (8_000, "accepted"), (60_000, "accepted")):
        plat.now_ms.now += wait
        assert said(await post(plat, hook["webhook"]["url"], alert(hook, bot)))[1]["status"] == expected, wait
    assert len(plat.bus.sent) == 3


async def test_when_the_bus_is_away_nothing_is_promised_and_the_retry_completes_it(client, plat, hook, bot):
    plat.bus.is_down = True
    assert said(await post(plat, hook["webhook"]["url"], alert(hook, bot)))[0] == 503
    plat.bus.is_down = False
    plat.now_ms.now += 2_000
    assert said(await post(plat, hook["webhook"]["url"], alert(hook, bot)))[0] == 202
    assert len(plat.bus.sent) == 1
    assert {hit["status"] for hit in await inbox(client, hook)} == {"accepted", "duplicate"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"x" * 16_385, 413, "too_large"),
        (b"not json", 422, "bad_json"),
        (b'{"v":1,"v":1}', 422, "bad_json"),
        (b"[" * 5_000, 422, "bad_json"),
        (b'{"v":1,"action":"start","price":NaN}', 422, "bad_json"),
        (b'{"v":1,"action":"start","price":"{{close}}"}', 422, "unresolved_placeholder"),
        (b"\xff\xfe{}", 422, "bad_json"),
        (b"", 422, "bad_json"),
        (b'{"v":1,"action":"start","price":1e400}', 422, "bad_field"),
        ('{"v":1,"action":"start","price":"٣"}'.encode(), 422, "bad_field"),
        (b'{"v":1,"action":"explode"}', 422, "unsupported_action"),
    ],
)
async def test_what_its_author_did_wrong_is_said_and_kept(client, plat, hook, body, status, code):
    answer = said(await post(plat, hook["webhook"]["url"], body))
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert plat.bus.sent == []
    if status == 422:
        assert [hit["reason"] for hit in await inbox(client, hook)] == [code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "ETHUSDT"}, "unknown_symbol"),
        ({"bot": "bot_of_somebody"}, "unknown_bot"),
        ({"action": "enter_short"}, "bot_stopped"),
        ({"action": "target"}, "bot_stopped"),
        ({"ts": "2023-11-14T21:00:00Z"}, "stale"),
        ({"ts": "2033-11-14T21:00:00Z"}, "stale"),
    ],
)
async def test_what_the_bot_cannot_do_is_a_visible_rejection(client, plat, hook, bot, changes, code):
    answer = said(await post(plat, hook["webhook"]["url"], {**alert(hook, bot), **changes}))
    assert (answer[0], answer[1]["code"]) == (422, code)
    [hit] = await inbox(client, hook)
    assert (hit["status"], hit["reason"]) == ("rejected", code)


class Glancing(MemoryStore):
    """A store whose glances show what was there when `look` was called."""

    def __init__(self, store):
        super().__init__()
        self.rows, self._etags, self.old = store.rows, store._etags, {}

    def look(self):
        self.old = copy.deepcopy(self.rows)

    async def glance(self, container, user_id, id):
        return copy.deepcopy(self.old.get((container, user_id, id)))


async def test_what_a_glance_would_refuse_is_looked_up(client, plat, hook, bot):
    store = Glancing(plat.store)
    store.look()  # the bot is a draft
    store.rows["bots", "ada", bot]["status"] = "active"
    plat = replace(plat, store=store)
    status, body = said(await post(plat, hook["webhook"]["url"], alert(hook, bot, action="pause", id="1", bar="1")))
    assert (status, body["status"]) == (202, "accepted")
    assert plat.bus.sent[-1].body["name"] == "pause"
    await post(plat, hook["webhook"]["url"], alert(hook, bot, action="start", id="2", bar="2"))
    assert plat.bus.sent[-1].body["name"] == "resume", "a draft is started, this is none any more"


async def test_one_of_many_alerts_is_two_writes_and_no_read(client, plat, hook, bot):
    """What a burst costs: the claim with its inbox row, and the message."""
    store = Glancing(plat.store)
    store.rows["bots", "ada", bot]["status"] = "active"
    store.look()
    written = []

    async def create_with(container, user_id, *documents):
        written.append([one["kind"] for one in documents])
        await MemoryStore.create_with(store, container, user_id, *documents)

    store.create_with = create_with
    plat = replace(plat, store=store)
    for number in range(3):
        answer = await post(plat, hook["webhook"]["url"], alert(hook, bot, action="pause", id=f"{number}", bar="1"))
        assert answer.status_code == 202
    assert written == [["key", "hit"]] * 3 and len(plat.bus.sent) == 3
    assert store.reads == []


async def test_guesses_lock_the_caller_out_and_nobody_else(client, plat, hook, bot):
    plat = type(plat)(
        plat.settings.model_copy(update={"client_ip_header": "x-forwarded-for"}),
        plat.store, MemoryBus(), plat.verifier, plat.realtime, plat.markets, plat.now_ms, plat.seals,
    )  # fmt: skip
    url, thief, owner = hook["webhook"]["url"], {"x-forwarded-for": "10.0.0.1, 6.6.6.6:4711"}, {"x-forwarded-for": "52.89.214.238"}
    for guess in range(10):
        assert (await post(plat, url, alert(hook, bot, token=f"guess {guess}"), **thief)).status_code == 404
    assert (await post(plat, url, alert(hook, bot), **thief)).status_code == 404
    assert (await post(plat, url, alert(hook, bot), **owner)).status_code == 202
    plat.now_ms.now += 16 * 60_000
    assert (await post(plat, url, alert(hook, bot), **thief)).status_code == 202
    assert len([hit for hit in await inbox(client, hook) if hit["reason"] == "bad_secret"]) == 10


async def test_every_404_is_as_old_as_any_other_whatever_was_done_for_it(client, plat, hook, bot, monkeypatch):
    """A wrong secret is counted and kept in the inbox, an address nobody made is not, a locked caller is not even heard: it does not show."""
    plat = replace(plat, patience=Patience(ENDLESS, alike_s=0.25))
    url, kept = hook["webhook"]["url"], plat.store.upsert

    async def slow(*how):
        await asyncio.sleep(0.05)
        return await kept(*how)

    async def age(address, body):
        began = time.monotonic()
        return (await post(plat, address, body)).status_code, time.monotonic() - began

    monkeypatch.setattr(plat.store, "upsert", slow)
    wrong, unknown = alert(hook, bot, token="wrong"), url.rpartition("/")[0] + "/" + "A" * 90
    ages = [await age(url, wrong), await age(unknown, wrong)]
    monkeypatch.setattr(hooks, "FAILURES_OF_UNKNOWN", 1)
    ages.append(await age(url, alert(hook, bot)))
    assert [status for status, _ in ages] == [404, 404, 404]
    assert min(seconds for _, seconds in ages) >= 0.25


async def test_the_origin_can_be_demanded_and_a_forged_header_is_not_one(client, plat, hook, bot):
    await client.patch(f"/api/v1/webhooks/{hook['webhook']['id']}", json={"only_tradingview_ips": True})
    url = hook["webhook"]["url"]
    assert (await post(plat, url, alert(hook, bot), **{"x-forwarded-for": "52.89.214.238"})).status_code == 404
    trusting = type(plat)(
        plat.settings.model_copy(update={"client_ip_header": "x-forwarded-for"}),
        plat.store, plat.bus, plat.verifier, plat.realtime, plat.markets, plat.now_ms, plat.seals,
    )  # fmt: skip
    assert (await post(trusting, url, alert(hook, bot), **{"x-forwarded-for": "52.89.214.238, 1.2.3.4"})).status_code == 404
    assert (await post(trusting, url, alert(hook, bot), **{"x-forwarded-for": "1.2.3.4, 52.89.214.238:443"})).status_code == 202


async def test_a_flood_is_slowed(plat, hook, bot):
    codes = [(await post(plat, hook["webhook"]["url"], b"{")).status_code for _ in range(hooks.BURST + 5)]
    assert codes.count(429) == 5


async def test_signals_of_one_alert_keep_their_order(client, plat, hook, bot):
    rows = [alert(hook, bot, action=action) for action in ("start", "pause", "stop")]
    status, body = said(await post(plat, hook["webhook"]["url"], rows))
    assert (status, [one["status"] for one in body["events"]]) == (202, ["accepted"] * 3)
    assert [event.body["name"] for event in plat.bus.sent] == ["start", "pause", "stop"]


async def test_a_replay_is_a_new_alert_marked_as_one(client, plat, hook, bot):
    body = alert(hook, bot, ts="2023-11-14T22:14:00Z")
    first = said(await post(plat, hook["webhook"]["url"], body))[1]["eventId"]
    plat.now_ms.now += 3_600_000
    path = f"/api/v1/webhooks/{hook['webhook']['id']}/inbox/{first}/replay"
    for _ in range(2):
        answer = await client.post(path, headers={"idempotency-key": "k"})
        assert (answer.status_code, answer.json()["replay_of"]) == (202, first)
        plat.now_ms.now += 1
    assert len(plat.bus.sent) == 2
    hits = await inbox(client, hook)
    assert [(hit["status"], hit["replay_of"]) for hit in hits] == [("duplicate", first), ("accepted", first), ("accepted", None)]


async def test_trying_an_alert_sends_and_stores_nothing(client, plat, hook, bot):
    before = len(plat.store.of("webhooks"))
    path = f"/api/v1/webhooks/{hook['webhook']['id']}/try"
    answer = (await client.post(path, json={"body": json.dumps(alert(hook, bot, token="x"))})).json()
    assert [(one["status"], one["decisions"][0]["command"]) for one in answer["items"]] == [("dry_run", "start")]
    assert (await client.post(path, json={"body": "{{close}}"})).json()["items"][0]["reason"] == "unresolved_placeholder"
    assert (plat.bus.sent, len(plat.store.of("webhooks"))) == ([], before)


@pytest.mark.parametrize("dialect", ["tickwise", "3commas_dca", "3commas_signal", "traderspost", "octobot", "wundertrading", "alertatron"])
async def test_every_message_that_is_offered_is_understood(client, plat, bot, dialect):
    plat.store.rows["bots", "ada", bot] |= {"strategy": "DCA", "config": {"direction": "long"}, "status": "active"}
    hook = (await client.post("/api/v1/webhooks", json={"name": "x", "bots": [bot], "dialect": dialect})).json()
    path = f"/api/v1/webhooks/{hook['webhook']['id']}"
    messages = (await client.get(f"{path}/messages")).json()["items"]
    assert len(messages) >= 3
    for message in messages:
        assert "{{" not in message["preview"]
        answer = await post(plat, hook["webhook"]["url"], message["preview"].encode())
        assert answer.status_code == 202, (message, answer.get_body())
        plat.now_ms.now += 15_000


async def test_an_own_secret_is_never_shown_again(client, plat, bot):
    answer = await client.post(
        "/api/v1/webhooks", json={"name": "x", "bots": [bot], "dialect": "3commas_dca", "secret": "my old token 123"}
    )
    assert answer.json()["secret"] is None and "my old token" not in answer.text
    hook = answer.json()["webhook"]
    assert "my old token" not in json.dumps(plat.store.of("webhooks"))
    messages = await client.get(f"/api/v1/webhooks/{hook['id']}/messages")
    assert "<your secret>" in messages.text
    body = {"message_type": "bot", "bot_id": 77, "email_token": "my old token 123", "delay_seconds": 0, "action": "start_bot"}
    assert (await post(plat, hook["url"], body)).status_code == 202


async def test_the_same_key_makes_one_webhook_with_the_same_secret(client, bot):
    made = [
        (await client.post("/api/v1/webhooks", json={"name": "x", "bots": [bot]}, headers={"idempotency-key": "k"})).json() for _ in "12"
    ]
    assert made[0] == made[1]
    rotated = [
        (await client.post(f"/api/v1/webhooks/{made[0]['webhook']['id']}/rotate", headers={"idempotency-key": "r"})).json() for _ in "12"
    ]
    assert rotated[0] == rotated[1] != made[0]


async def test_a_webhook_cannot_be_given_somebody_elses_bot(client, bot):
    client.headers["authorization"] = "Bearer eve"
    answer = await client.post("/api/v1/webhooks", json={"name": "x", "bots": [bot]})
    assert (answer.status_code, answer.json()["field"]) == (404, "bots.0")


async def test_while_the_vault_is_away_the_door_says_so(client, plat, hook, bot):
    plat.seals.is_down = True
    assert said(await post(plat, hook["webhook"]["url"], alert(hook, bot)))[0] == 503


async def test_no_alert_takes_a_bot_live_for_the_first_time_not_even_a_replayed_one(client, plat, hook, bot):
    """Making, reading and rotating a webhook takes no fresh sign-in, so neither may what it does."""
    plat.store.rows["bots", "ada", bot]["exchange"] = "binance"
    status, body = said(await post(plat, hook["webhook"]["url"], alert(hook, bot)))
    assert (status, body["code"]) == (422, "reauthentication_required")
    [hit] = await inbox(client, hook)
    path = f"/api/v1/webhooks/{hook['webhook']['id']}"
    again = await client.post(f"{path}/inbox/{hit['id']}/replay", json={})
    tried = await client.post(f"{path}/try", json={"body": json.dumps(alert(hook, bot))})
    assert "reauthentication_required" in again.text and "reauthentication_required" in tried.text and plat.bus.sent == []
    plat.store.rows["bots", "ada", bot]["status"] = "paused"  # its owner has started it: an alert may resume it
    plat.now_ms.now += 2_000
    assert said(await post(plat, hook["webhook"]["url"], alert(hook, bot)))[0] == 202
    assert [event.body["name"] for event in plat.bus.sent] == ["resume"]
