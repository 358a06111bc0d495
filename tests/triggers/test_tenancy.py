"""No way from one tenant to another: every route of the document, every object, no token and somebody else's token."""

import re

from triggers.api.app import make_api
from triggers.api.openapi import document

PUBLIC = {"/api/health", "/api/hooks/{opaque}"}
NATIVE = {"/api/v1/realtime/negotiate"}


def operations():
    spec = document(make_api())
    return [(method, path) for path, methods in spec["paths"].items() for method in methods if path not in PUBLIC | NATIVE]


def filled(path, account, bot):
    return re.sub(r"\{(\w+)\}", lambda m: {"account_id": account, "bot_id": bot, "name": "GRID"}.get(m.group(1), "none_1"), path)


async def test_every_route_needs_a_token(client, account, bot):
    del client.headers["authorization"]
    for method, path in operations():
        answer = await client.request(method, filled(path, account, bot), json={} if method in ("post", "patch") else None)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), (method, path)


async def test_somebody_elses_objects_are_not_found(client, plat, plan, account, bot):
    before = len(plat.bus.sent)
    client.headers["authorization"] = "Bearer eve"
    tried = 0
    for method, path in operations():
        if "{bot_id}" in path or "{account_id}" in path:
            body = {} if method in ("post", "patch") else None
            theirs = await client.request(method, filled(path, account, bot), json=body)
            nobodys = await client.request(method, filled(path, "acc_none", "bot_none"), json=body)
            assert theirs.status_code in (404, 422), (method, path)
            assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content), (method, path)
            tried += 1
    assert tried >= 12
    assert (await client.patch(f"/api/v1/bots/{bot}", json={"name": "mine now"})).status_code == 404
    for path, body in (("/api/v1/bots", {"name": "x", **plan}), ("/api/v1/bots/preview", plan)):
        assert (await client.post(path, json=body)).status_code == 404
    for path in ("/api/v1/markets", "/api/v1/markets/candles"):
        assert (await client.get(path, params={"account_id": account, "symbol": "BTC/USDT"})).status_code == 404
    assert len(plat.bus.sent) == before


async def test_lists_show_only_the_callers_own(client, bot):
    client.headers["authorization"] = "Bearer eve"
    for path in ("/api/v1/bots", "/api/v1/accounts"):
        assert (await client.get(path)).json() == {"items": [], "next": None}


async def test_the_store_is_only_ever_asked_for_the_callers_partition(client, plat, account, bot):
    plat.store.reads.clear()
    client.headers["authorization"] = "Bearer eve"
    for method, path in operations():
        await client.request(method, filled(path, account, bot), json={} if method in ("post", "patch") else None)
    assert {user for _, user in plat.store.reads} == {"eve"}
