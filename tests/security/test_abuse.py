"""List A of the reliability reference: what hostile callers try, each with its expected outcome."""

import asyncio
import gzip
import json
import logging
import re

import azure.functions as func
import httpx
import pytest

from shared import safe_url
from shared.ids import entity_key, group
from shared.webhooks.signal import Refused
from tests.builders import grid, paper_account
from tests.security.world import CANARY, alert, make_world, resolve, world_platform
from triggers.api import areas
from triggers.api import platform as platforms
from triggers.api.app import make_api


@pytest.fixture
async def stage(tmp_path):
    plat = world_platform(tmp_path / "market")
    token = platforms._given.set(plat)
    transport = httpx.ASGITransport(app=make_api("https://dashboard.example.com"))
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers={"authorization": "Bearer ada"}) as client:
        yield client, plat, await make_world(client, plat)
    platforms._given.reset(token)


async def native(path, body, **headers):
    """A request as the host hands it to the area function."""
    req = func.HttpRequest("POST", f"http://api{path}", headers={"authorization": "Bearer ada", **headers}, body=body)
    answer = await areas.serve(req, func.Context, "")
    return answer.status_code, answer.get_body()


async def test_a02_a_body_above_the_limit_is_refused_before_it_is_read(stage):
    big = json.dumps({"name": "x" * 300_000}).encode()
    for body in (big, b"[" * 300_000, b"\0" * 10_000_000):
        status, text = await native("/api/v1/bots", body, **{"content-type": "application/json"})
        assert (status, json.loads(text)["code"]) == (413, "too_large")


async def test_a02_a_gzip_bomb_is_bytes_like_any_other(stage):
    client, _, _ = stage
    bomb = gzip.compress(b"0" * 50_000_000)
    answer = await client.post("/api/v1/bots", content=bomb, headers={"content-encoding": "gzip", "content-type": "application/json"})
    assert answer.status_code in (400, 422)


HOSTILE = [
    b"", b"{", b"null", b"[]", b'"text"', b"NaN", b'{"name":NaN}', b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"name":"\xed\xa0\x80"}', b'{"name":"\\ud800"}',
    b'{"name":"a\\u0000b"}', '{"name":"‮evil"}'.encode(), '{"name":"🙂"}'.encode(), b'{"name":1e400}', b'{"name":-0}', b'{"name":' + b"9" * 5000 + b"}",
    b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, b'{"name":"a","name":"b"}', b'{"__class__":"os.system"}', b"!!python/object:os.system []",
]  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
async def test_a03_hostile_json_is_a_refusal_everywhere_and_never_a_crash(stage, body):
    client, _, ids = stage
    paths = ["bots", "bots/preview", "accounts", "webhooks", "presets", "panic", "backtests", "optimisations", f"bots/{ids['bot_id']}/edit"]
    for path in paths:
        for kind in ("application/json", "text/plain", "application/json; charset=utf-16"):
            answer = await client.post(f"/api/v1/{path}", content=body, headers={"content-type": kind})
            assert 400 <= answer.status_code < 500, (path, kind, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
    for path in ("guards", "notifications"):
        answer = await client.put(f"/api/v1/{path}", content=body, headers={"content-type": "application/json"})
        assert answer.status_code < 500, (path, answer.text)


async def test_a03_text_is_kept_as_it_is_and_a_log_line_stays_one_line(stage, caplog):
    client, _, ids = stage
    name = "‮a🙂\u2028b"
    caplog.set_level(logging.DEBUG)
    answer = await client.patch(f"/api/v1/bots/{ids['bot_id']}", json={"name": name})
    assert answer.json()["name"] == name
    assert all("\n" not in record.getMessage() for record in caplog.records if record.name == "tickwise")


async def test_a04_two_authorization_headers_let_nobody_in_twice(stage):
    client, _, _ = stage
    answer = await client.get("/api/v1/me", headers=[("authorization", "Bearer eve"), ("authorization", "Bearer ada")])
    assert answer.status_code in (200, 401)
    assert answer.status_code == 401 or answer.json()["user_id"] in ("ada", "eve")


@pytest.mark.parametrize(
    "field", ["userId", "status", "balance", "plan", "_etag", "id", "revision", "reserved", "sort", "kind", "paper", "source"]
)
async def test_a11_what_is_not_the_callers_to_set_is_refused(stage, field):
    client, plat, ids = stage
    stored = json.dumps(plat.store.rows["bots", "ada", ids["bot_id"]], sort_keys=True)
    plan = {"name": "x", "account_id": ids["account_id"], "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
    tries = [
        ("POST", "accounts", paper_account()), ("POST", "bots", plan), ("PATCH", f"bots/{ids['bot_id']}", {"name": "y"}),
        ("POST", "webhooks", {"name": "x", "bots": [ids["bot_id"]]}), ("PATCH", f"webhooks/{ids['webhook_id']}", {"name": "y"}),
        ("POST", "presets", {"name": "x", "strategy": "GRID", "config": grid()}), ("PUT", "guards", {"items": []}), ("PUT", "notifications", {}),
        ("POST", "panic", {"mode": "freeze"}), ("POST", f"bots/{ids['bot_id']}/clone", {}),
    ]  # fmt: skip
    for method, path, body in tries:
        answer = await client.request(method, f"/api/v1/{path}", json={**body, field: "eve"})
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field"), (path, answer.text)
    assert json.dumps(plat.store.rows["bots", "ada", ids["bot_id"]], sort_keys=True) == stored


async def test_a12_odd_user_ids_share_nothing():
    names = ["a|b", "a", "A", "a/b", "a@b", "..", "../a", "a\0", "a ", "x" * 1000, "x" * 999]
    assert len({entity_key(name, "bot") for name in names}) == len({group(name) for name in names}) == len(names)
    assert entity_key("a|b", "c") != entity_key("a", "b|c")
    assert all(re.fullmatch(r"[0-9a-f]{32}", entity_key(name, "bot")) for name in names)


async def test_a13_headers_of_an_edge_that_is_not_there_are_ignored(stage):
    client, _, ids = stage
    forged = {"x-user-id": "ada", "x-ms-client-principal-id": "ada", "x-ms-client-principal-name": "ada", "x-original-url": "/api/v1/me"}
    answer = await client.get(f"/api/v1/bots/{ids['bot_id']}", headers={"authorization": "Bearer eve", **forged})
    assert answer.status_code == 404
    del client.headers["authorization"]
    assert (await client.get("/api/v1/me", headers=forged)).status_code == 401


async def test_a20_a_hundred_copies_at_once_have_one_effect(stage):
    client, plat, ids = stage
    hook = {"webhook": {"url": ids["url"]}}
    plat.now_ms.now += 60_000
    body = {"v": 1, "token": ids["secret"], "action": "start", "ts": "2023-11-14T22:14:30Z"}
    sent = len(plat.bus.sent)
    answers = await asyncio.gather(*(alert(plat, hook, body) for _ in range(100)))
    assert len(plat.bus.sent) == sent + 1
    assert len({answer["eventId"] for answer in answers}) == 1


async def test_a24_alerts_of_one_bot_keep_the_order_they_came_in(stage):
    client, plat, ids = stage
    hook = {"webhook": {"url": ids["url"]}}
    sent = len(plat.bus.sent)
    for second, action in enumerate(("stop", "start", "stop", "start")):
        await alert(
            plat,
            hook,
            {"v": 1, "token": ids["secret"], "action": action if action == "start" else "start", "ts": f"2023-11-14T22:14:0{second}Z"},
        )
    events = plat.bus.sent[sent:]
    assert len(events) == 4 and len({entity_key(event.user_id, event.bot_id) for event in events}) == 1


UNSAFE = [
    "http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest", "https://168.63.129.16/", "https://10.0.0.5/",
    "https://2130706433/", "https://0177.0.0.1/", "https://0x7f.1/", "https://127.1/", "https://localhost/", "https://user@example.com/",
    "https://example.com:8080/", "https://example.com@127.0.0.1/", "https://exämple.com/", "https://xn--/", "file:///etc/passwd", "gopher://example.com/",
    "https://vault.internal/", "https://a.localhost/", "https://[::ffff:127.0.0.1]/", "https://example.com\\@127.0.0.1/", "https:///x", "javascript:alert(1)",
    "https://example.com/\r\nhost: x", "https://１２７.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", UNSAFE)
async def test_a30_an_address_inside_is_refused_by_its_looks(stage, url):
    client, _, _ = stage
    channel = {"id": "c", "kind": "url", "target": url, "occasions": ["error"]}
    answer = await client.put("/api/v1/notifications", json={"channels": [channel]})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "address_refused", "channels.0.target")
    assert url not in answer.text


INSIDE = ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "168.63.129.16", "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "0.0.0.0", "::ffff:8.8.8.8",
          "64:ff9b::a9fe:a9fe", "::127.0.0.1", "::ffff:0:7f00:1", "2002:7f00:1::1", "2001:0:7f00:1::1", "fec0::1", "ff0e::1", "255.255.255.255", "224.0.0.1", "100.64.0.1"]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
async def test_a30_a_name_that_resolves_inside_is_refused(address):
    async def inside(host):
        return ["93.184.216.34", address]

    with pytest.raises(safe_url.UnsafeUrl):
        await safe_url.check("https://example.com/hook", inside)
    assert await safe_url.check("https://hooks.example.com/x?y=1", resolve) == ["93.184.216.34"]
    assert safe_url.is_public("2606:2800:220:1:248:1893:25c8:1946")


async def test_a31_what_a_request_says_never_becomes_a_statement(stage):
    client, plat, ids = stage
    for value in ("' OR 1=1 --", '") OR true', "x\u0000", "{}", "c.userId", "9" * 200):
        for path in ("bots", "accounts", "webhooks", "presets", f"webhooks/{ids['webhook_id']}/inbox", f"bots/{ids['bot_id']}/events"):
            plat.store.reads.clear()
            answer = await client.get(f"/api/v1/{path}", params={"cursor": value})
            assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_cursor", "cursor"), (path, value)
            assert {user for _, user in plat.store.reads} <= {"ada"}
    assert (await client.get("/api/v1/bots", params={"status": "' OR 1=1"})).status_code == 422
    assert (await client.get("/api/v1/bots/' OR 1=1 --")).status_code == 422


async def test_a32_no_secret_is_in_a_log_an_answer_or_a_document(stage, caplog):
    client, plat, ids = stage
    caplog.set_level(logging.DEBUG)
    own = "canary-of-an-own-secret"
    hook = (
        await client.post("/api/v1/webhooks", json={"name": "x", "bots": [ids["bot_id"]], "dialect": "3commas_dca", "secret": own})
    ).json()
    body = {"message_type": "bot", "bot_id": 1, "email_token": own, "delay_seconds": 0}
    answers = [json.dumps(hook)]
    wrong = ({}, {"email_token": own + "wrong"}, {"action": "explode"}, {"pair": f"{{{{{own}}}}}"}, {"message_type": own}, {"pair": own})
    answers += [json.dumps(await alert(plat, hook, body | changes)) for changes in wrong]
    mine, tokens = {"webhook": {"url": ids["url"]}}, (ids["secret"], ids["secret"] + "x")
    answers += [json.dumps(await alert(plat, mine, {"v": 1, "token": token, "action": "explode"})) for token in tokens]
    answers.append((await client.get(f"/api/v1/webhooks/{hook['webhook']['id']}/inbox")).text)
    answers.append((await client.get(f"/api/v1/webhooks/{ids['webhook_id']}/inbox")).text)
    seen = "\n".join(
        [*answers, json.dumps(list(plat.store.rows.values())), caplog.text, json.dumps([event._asdict() for event in plat.bus.sent])]
    )
    assert own not in seen
    assert ids["secret"] not in seen
    assert ids["url"].rpartition("/")[2] not in json.dumps(list(plat.store.rows.values())) + caplog.text


async def test_a34_answers_are_not_cached_sniffed_or_shared_with_other_origins(stage):
    client, _, _ = stage
    answer = await client.get("/api/v1/me", headers={"origin": "https://evil.example"})
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert "access-control-allow-origin" not in answer.headers
    good = await client.get("/api/v1/me", headers={"origin": "https://dashboard.example.com"})
    assert good.headers["access-control-allow-origin"] == "https://dashboard.example.com"
    assert "access-control-allow-credentials" not in good.headers
    ask = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in (await client.options("/api/v1/bots", headers=ask)).headers


@pytest.mark.parametrize(
    "changes", [{"cells": 5_000}, {"cells": 10**12}, {"low": "1E-300"}, {"high": "1" + "0" * 60}, {"investment": "0." + "0" * 60 + "1"}]
)
async def test_a35_absurd_sizes_are_refused_with_the_field(stage, changes):
    client, _, ids = stage
    body = {"name": "x", "account_id": ids["account_id"], "symbol": "BTC/USDT", "strategy": "GRID", "config": grid(**changes)}
    answer = await client.post("/api/v1/bots", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"].startswith("config")


@pytest.mark.parametrize(
    "value", ["__import__('os').system('x')", "${jndi:ldap://x}", "{{7*7}}", "(a+)+$" * 20, "!!python/object:x", "%s%n", "=1+1"]
)
async def test_a36_text_in_a_config_is_never_run(stage, value):
    client, _, ids = stage
    for config in (grid(low=value), grid(spacing=value), grid(start={"type": value}), {value: "1"}):
        body = {"account_id": ids["account_id"], "symbol": "BTC/USDT", "strategy": "GRID", "config": config}
        answer = await client.post("/api/v1/bots/preview", json=body)
        assert answer.status_code == 422
        assert CANARY not in answer.text


def test_a37_what_is_deployed_is_pinned():
    from pathlib import Path

    root = Path(__file__).parents[2]
    for name in ("requirements.txt", "requirements-onebox.txt", "requirements-dev.txt"):
        lines = [line.split(";")[0].strip() for line in (root / name).read_text().splitlines()]
        for line in lines:
            if line and not line.startswith(("#", "-")):
                assert re.fullmatch(r"[A-Za-z0-9_.\-]+(\[[a-z,]+\])?==[0-9][0-9a-z.]*", line), (name, line)


def test_a_refusal_never_carries_the_text_it_is_about():
    assert "secret" not in str(Refused("bad_field", "token"))
