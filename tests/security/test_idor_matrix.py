"""A10: every route of the document x every object x {no token, another user, another user's ids in path, query and body}.

A route, or a place that takes an object's id, without a row here fails the build.
"""

import json
import re

import httpx
import pytest

from tests.builders import grid, paper_account
from tests.security.world import CANARY, make_world, world_platform
from triggers.api import platform as platforms
from triggers.api.app import make_api
from triggers.api.openapi import document

SPEC = document(make_api())
OBJECT_ID = "^[0-9a-z_]{1,40}$"
PLAN = {"symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
PRESET = {"strategy": "GRID", "config": grid()}
THEIRS = {
    "strategy": "long", "pairs": ["USDT_BTC"], "base_order_volume": "20", "take_profit": "1", "take_profit_type": "total", "strategy_list": [],
}  # fmt: skip
STUDY = {"strategy": "GRID", "symbol": "BTC/USDT", "source": {"kind": "replay", "account_id": "{account_id}"}, "config": grid()}

GUARD = {"id": "g", "kind": "stop_loss", "world": "paper", "limit": "1", "currency": "USDT", "account_id": "{account_id}"}

PUBLIC = {"GET /api/health", "GET /api/ready", "POST /api/hooks/{opaque}", "GET /api/v1/shared/{token}"}
NATIVE = {"POST /api/v1/realtime/negotiate"}
# Routes without an object in their path: what another user may ask, and gets their own (empty) world for.
OWN = {
    "GET /api/v1/accounts": None,
    "POST /api/v1/accounts": paper_account(),
    "GET /api/v1/analytics": None,
    "GET /api/v1/backtests": None,
    "POST /api/v1/backtests": None,
    "GET /api/v1/bots": None,
    "POST /api/v1/bots": None,
    "POST /api/v1/bots/import": None,
    "POST /api/v1/bots/import/3commas": {"bot": {}},
    "POST /api/v1/bots/preview": None,
    "POST /api/v1/bots/validate": None,
    "GET /api/v1/exports/{what}": None,
    "GET /api/v1/exports/parquet/{kind}": None,
    "GET /api/v1/exports/tax/{year}": None,
    "POST /api/v1/exports/files": None,
    "GET /api/v1/guards": None,
    "PUT /api/v1/guards": {"items": []},
    "GET /api/v1/markets": None,
    "GET /api/v1/markets/candles": None,
    "GET /api/v1/me": None,
    "POST /api/v1/me/sessions/revoke": None,
    "GET /api/v1/notifications": None,
    "GET /api/v1/notifications/deliveries": None,
    "GET /api/v1/notifications/addresses": None,
    "GET /api/v1/notifications/key": None,
    "PUT /api/v1/notifications": {},
    "GET /api/v1/optimisations": None,
    "POST /api/v1/optimisations": None,
    "POST /api/v1/panic": {"mode": "flatten"},
    "GET /api/v1/portfolio": None,
    "GET /api/v1/presets": None,
    "POST /api/v1/presets": None,
    "GET /api/v1/shares": None,
    "POST /api/v1/shares": None,
    "GET /api/v1/strategies": None,
    "GET /api/v1/strategies/{name}": None,
    "GET /api/v1/webhooks": None,
    "POST /api/v1/webhooks": None,
}
# Routes on an object, with a body that is right for its owner.
OBJECTS = {
    "GET /api/v1/accounts/{account_id}": None,
    "DELETE /api/v1/accounts/{account_id}": None,
    "POST /api/v1/accounts/{account_id}/verify": None,
    "PUT /api/v1/accounts/{account_id}/credentials": {"api_key": "somebodys-key", "secret": "somebodys-secret"},
    "GET /api/v1/backtests/{backtest_id}": None,
    "DELETE /api/v1/backtests/{backtest_id}": None,
    "GET /api/v1/backtests/{backtest_id}/band": None,
    "GET /api/v1/backtests/{backtest_id}/bot": None,
    "POST /api/v1/backtests/{backtest_id}/cancel": None,
    "GET /api/v1/backtests/{backtest_id}/equity": None,
    "GET /api/v1/backtests/{backtest_id}/fills": None,
    "GET /api/v1/backtests/{backtest_id}/runs": None,
    "POST /api/v1/backtests/{backtest_id}/studies": {"method": "monte_carlo"},
    "GET /api/v1/backtests/{backtest_id}/studies": None,
    "GET /api/v1/backtests/{backtest_id}/studies/{study_id}": None,
    "GET /api/v1/bots/{bot_id}": None,
    "PATCH /api/v1/bots/{bot_id}": {"name": "mine now"},
    "DELETE /api/v1/bots/{bot_id}": None,
    "POST /api/v1/bots/{bot_id}/add_funds": {"amount": "1"},
    "POST /api/v1/bots/{bot_id}/add_safety": {"size": "1"},
    "POST /api/v1/bots/{bot_id}/cancel_deal": None,
    "POST /api/v1/bots/{bot_id}/clone": None,
    "POST /api/v1/bots/{bot_id}/close_deal": None,
    "GET /api/v1/bots/{bot_id}/analytics": None,
    "GET /api/v1/bots/{bot_id}/deals": None,
    "POST /api/v1/bots/{bot_id}/edit": {"config": {"high": "120"}},
    "GET /api/v1/bots/{bot_id}/equity": None,
    "GET /api/v1/bots/{bot_id}/export": None,
    "GET /api/v1/bots/{bot_id}/events": None,
    "GET /api/v1/bots/{bot_id}/fills": None,
    "GET /api/v1/bots/{bot_id}/orders": None,
    "POST /api/v1/bots/{bot_id}/pause": None,
    "POST /api/v1/bots/{bot_id}/rebuild": None,
    "POST /api/v1/bots/{bot_id}/resume": None,
    "POST /api/v1/bots/{bot_id}/start": None,
    "POST /api/v1/bots/{bot_id}/start_deal": None,
    "POST /api/v1/bots/{bot_id}/stop": None,
    "POST /api/v1/bots/{bot_id}/twin": None,
    "GET /api/v1/bots/{bot_id}/twin": None,
    "DELETE /api/v1/bots/{bot_id}/twin": None,
    "GET /api/v1/bots/{bot_id}/parity": None,
    "GET /api/v1/bots/{bot_id}/parity/reports": None,
    "GET /api/v1/exports/files/{export_id}": None,
    "GET /api/v1/exports/files/{export_id}/content": None,
    "DELETE /api/v1/exports/files/{export_id}": None,
    "POST /api/v1/guards/{guard_id}/rearm": None,
    "POST /api/v1/notifications/code/{channel_id}": None,
    "POST /api/v1/notifications/confirm/{channel_id}": {"code": "12345678"},
    "POST /api/v1/notifications/test/{channel_id}": None,
    "GET /api/v1/optimisations/{optimisation_id}": None,
    "DELETE /api/v1/optimisations/{optimisation_id}": None,
    "GET /api/v1/optimisations/{optimisation_id}/bot": None,
    "POST /api/v1/optimisations/{optimisation_id}/cancel": None,
    "GET /api/v1/optimisations/{optimisation_id}/heatmap": None,
    "GET /api/v1/optimisations/{optimisation_id}/runs": None,
    "GET /api/v1/presets/{preset_id}": None,
    "PUT /api/v1/presets/{preset_id}/backtest": {"backtest_id": "adas_backtest"},
    "DELETE /api/v1/presets/{preset_id}/backtest": None,
    "DELETE /api/v1/presets/{preset_id}": None,
    "DELETE /api/v1/shares/{share_id}": None,
    "GET /api/v1/webhooks/{webhook_id}": None,
    "PATCH /api/v1/webhooks/{webhook_id}": {"name": "mine now"},
    "DELETE /api/v1/webhooks/{webhook_id}": None,
    "GET /api/v1/webhooks/{webhook_id}/inbox": None,
    "POST /api/v1/webhooks/{webhook_id}/inbox/{hit_id}/replay": None,
    "GET /api/v1/webhooks/{webhook_id}/messages": None,
    "POST /api/v1/webhooks/{webhook_id}/rotate": None,
    "POST /api/v1/webhooks/{webhook_id}/try": {"body": "{}"},
}
# Every place beside the path that takes an object's id: (route, name) -> (query, body, expected status for somebody else's id).
REFERENCES = {
    ("GET /api/v1/bots", "account_id"): ({"account_id": "{account_id}"}, None, 200),
    ("GET /api/v1/markets", "account_id"): ({"account_id": "{account_id}"}, None, 404),
    ("GET /api/v1/markets/candles", "account_id"): ({"account_id": "{account_id}", "symbol": "BTC/USDT"}, None, 404),
    ("GET /api/v1/exports/{what}", "bot_id"): ({"bot_id": "{bot_id}"}, None, 404),
    ("GET /api/v1/exports/parquet/{kind}", "bot_id"): ({"bot_id": "{bot_id}"}, None, 404),
    ("POST /api/v1/exports/files", "bot_id"): ({}, {"what": "fills", "bot_id": "{bot_id}"}, 404),
    ("GET /api/v1/webhooks/{webhook_id}/messages", "bot_id"): ({"bot_id": "{bot_id}"}, None, 404),
    ("POST /api/v1/bots", "account_id"): ({}, {"name": "x", "account_id": "{account_id}", **PLAN}, 404),
    ("POST /api/v1/bots/preview", "account_id"): ({}, {"account_id": "{account_id}", **PLAN}, 404),
    ("POST /api/v1/bots/validate", "account_id"): ({}, {"account_id": "{account_id}", **PLAN}, 404),
    ("POST /api/v1/bots/{bot_id}/clone", "account_id"): ({}, {"account_id": "{account_id}"}, 404),
    ("PUT /api/v1/guards", "account_id"): ({}, {"items": [GUARD]}, 404),
    ("POST /api/v1/webhooks", "bots"): ({}, {"name": "x", "bots": ["{bot_id}"]}, 404),
    ("POST /api/v1/webhooks", "aliases"): ({}, {"name": "x", "bots": ["{eves_bot}"], "aliases": {"1": "{bot_id}"}}, 404),
    ("PATCH /api/v1/webhooks/{webhook_id}", "bots"): ({}, {"bots": ["{bot_id}"]}, 404),
    ("PATCH /api/v1/webhooks/{webhook_id}", "aliases"): ({}, {"aliases": {"1": "{bot_id}"}}, 404),
    ("POST /api/v1/backtests", "account_id"): ({}, STUDY, 404),
    ("POST /api/v1/bots/import", "account_id"): ({}, {"account_id": "{account_id}", "file": {"name": "x", **PLAN}}, 404),
    ("POST /api/v1/bots/import/3commas", "account_id"): ({}, {"account_id": "{account_id}", "bot": THEIRS}, 404),
    ("POST /api/v1/presets", "backtest_id"): ({}, {"name": "x", **PRESET, "backtest": {"backtest_id": "{backtest_id}"}}, 404),
    ("PUT /api/v1/presets/{preset_id}/backtest", "backtest_id"): ({}, {"backtest_id": "{backtest_id}"}, 404),
    ("POST /api/v1/shares", "bot_id"): ({}, {"bot_id": "{bot_id}"}, 404),
    ("POST /api/v1/shares", "preset_id"): ({}, {"preset_id": "{preset_id}"}, 404),
    ("POST /api/v1/optimisations", "account_id"): ({}, STUDY, 404),
}
QUERIES = {"GET /api/v1/optimisations/{optimisation_id}/heatmap": {"x": "low", "y": "high"}}  # needed before the object is looked for
NAMES = {"name": "GRID", "what": "fills.csv", "kind": "fills", "year": "2026", "channel_id": "mail", "study_id": "study_1"}


def there(rows):
    """The rows of routes that are in the document: a row may be there before its route."""
    return {row: value for row, value in rows.items() if (row if isinstance(row, str) else row[0]) in routes()}


def routes():
    return {f"{method.upper()} {path}" for path, methods in SPEC["paths"].items() for method in methods}


def id_places(schema, name="", seen=()):
    """Names of properties that hold an object's id, through references, arrays and maps."""
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if reference and reference not in seen:
            yield from id_places(SPEC["components"]["schemas"][reference.rpartition("/")[2]], name, (*seen, reference))
        if schema.get("pattern") == OBJECT_ID:
            yield name
        for key, part in schema.items():
            if key == "properties":
                for inner, value in part.items():
                    yield from id_places(value, inner, seen)
            elif key in ("items", "additionalProperties", "anyOf", "allOf", "oneOf", "prefixItems"):
                for value in part if isinstance(part, list) else [part]:
                    yield from id_places(value, name, seen)


def places():
    for path, methods in SPEC["paths"].items():
        for method, operation in methods.items():
            row = f"{method.upper()} {path}"
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "query":
                    yield from ((row, name) for name in id_places(parameter["schema"], parameter["name"]))
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            yield from ((row, name) for name in id_places(body))


def test_every_route_has_a_row():
    assert routes() - PUBLIC - NATIVE - set(OWN) - set(OBJECTS) == set()


def test_every_place_that_takes_an_id_has_a_row():
    own = {("PUT /api/v1/guards", "id"), ("PUT /api/v1/notifications", "id")}  # names inside the user's own document
    own |= {("GET /api/v1/notifications/deliveries", "channel")}
    assert set(places()) - own - set(REFERENCES) == set()


@pytest.fixture
async def stage(tmp_path):
    """(a client, the platform, ada's ids)."""
    plat = world_platform(tmp_path / "market")
    token = platforms._given.set(plat)
    transport = httpx.ASGITransport(app=make_api())
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers={"authorization": "Bearer ada"}) as client:
        ids = await make_world(client, plat)
        ids |= await studies(plat)
        twin(plat, ids["bot_id"])
        yield client, plat, ids
    platforms._given.reset(token)


def twin(plat, bot):
    """A link to a twin; the bot itself stands for it."""
    link = {"id": f"twin-{bot}", "kind": "twin", "sort": "1", "bot_id": bot, "twin_id": bot, "account_id": CANARY, "reports": 0}
    plat.store._put("settings", "ada", link | dict.fromkeys(("created_at", "next_report_at"), "2026-01-01T00:00:00.000Z"))


async def studies(plat):
    for kind in ("backtest", "optimisation"):
        plat.store._put("backtests", "ada", {"id": f"adas_{kind}", "kind": kind, "sort": "1", "name": CANARY, "status": "done"})
    at = "2026-01-01T00:00:00.000Z"
    row = {"id": "adas_export", "kind": "export", "sort": "1", "name": CANARY, "what": "fills", "file": "csv", "status": "done"}
    plat.store._put("backtests", "ada", row | {"rows": 0, "bytes": 0, "pieces": [], "created_at": at, "updated_at": at})
    return {"backtest_id": "adas_backtest", "optimisation_id": "adas_optimisation", "export_id": "adas_export"}


def filled(value, ids):
    return json.loads(re.sub(r"\{(\w+)\}", lambda m: (NAMES | ids).get(m[1], m[0]), json.dumps(value)))


async def ask(client, row, ids, query=None, body=None):
    method, path = row.split(" ")
    params = filled(query or QUERIES.get(row), ids)
    return await client.request(method, filled(path, ids), params=params, json=filled(body, ids) if body else None)


def leaks(answer, ids):
    return [word for word in (CANARY, *(ids[name] for name in ids if name != "guard_id")) if word in answer.text]


def everything_of(plat, user):
    return json.dumps([row for (_, owner, _), row in sorted(plat.store.rows.items()) if owner == user], sort_keys=True)


async def test_the_owner_reaches_every_object(stage):
    """The control: what is not found for others is really there."""
    client, _, ids = stage
    for row in there(OBJECTS):
        if row.startswith("GET ") and "backtest" not in row and "optimisation" not in row:
            assert (await ask(client, row, ids)).status_code in (200, 409), row  # 409: a bot that never ran has no analytics


async def test_without_a_token_there_is_nothing(stage):
    client, plat, ids = stage
    del client.headers["authorization"]
    before, sent = everything_of(plat, "ada"), len(plat.bus.sent)
    for row, body in there(OWN | OBJECTS).items():
        answer = await ask(client, row, ids, body=body)
        assert (answer.status_code, answer.json()["code"], leaks(answer, ids)) == (401, "unauthorized", []), row
    assert (everything_of(plat, "ada"), len(plat.bus.sent)) == (before, sent)


async def test_somebody_elses_objects_are_not_found(stage):
    client, plat, ids = stage
    client.headers["authorization"] = "Bearer eve"
    before, sent = everything_of(plat, "ada"), len(plat.bus.sent)
    plat.store.reads.clear()
    for row, body in there(OBJECTS).items():
        for more in ({}, {"if-match": "*", "x-user-id": "ada", "x-ms-client-principal-id": "ada", "x-ms-client-principal": "ada"}):
            client.headers.update(more)
            answer = await ask(client, row, ids, body=body)
            assert (answer.status_code, answer.json()["code"], leaks(answer, ids)) == (404, "not_found", []), row
    assert (everything_of(plat, "ada"), len(plat.bus.sent)) == (before, sent)
    assert {user for _, user in plat.store.reads} == {"eve"}


async def test_somebody_elses_ids_beside_the_path_are_not_found(stage):
    client, plat, ids = stage
    client.headers["authorization"] = "Bearer eve"
    eves = await make_world(client, plat)
    before, sent = everything_of(plat, "ada"), len(plat.bus.sent)
    plat.store.reads.clear()
    for (row, name), (query, body, status) in there(REFERENCES).items():
        mixed = ids | {"eves_bot": eves["bot_id"]}
        path_ids = {key: value for key, value in eves.items() if f"{{{key}}}" in row}
        method, path = row.split(" ")
        answer = await client.request(
            method, filled(path, path_ids), params=filled(query, mixed) or None, json=filled(body, mixed) if body is not None else None
        )
        expected = 422 if (row, name) == ("GET /api/v1/webhooks/{webhook_id}/messages", "bot_id") else status
        assert answer.status_code == expected, (row, name, answer.text)
        if status == 200:
            assert answer.json()["items"] == []
    assert (everything_of(plat, "ada"), len(plat.bus.sent)) == (before, sent)
    assert {user for _, user in plat.store.reads} <= {"eve"}


async def test_what_everybody_may_ask_shows_nothing_of_others(stage):
    client, plat, ids = stage
    client.headers["authorization"] = "Bearer eve"
    before, sent = everything_of(plat, "ada"), len(plat.bus.sent)
    plat.store.reads.clear()
    for row, body in there(OWN).items():
        answer = await ask(client, row, ids, body=body)
        assert (answer.status_code < 500, leaks(answer, ids)) == (True, []), row
    assert (everything_of(plat, "ada"), len(plat.bus.sent)) == (before, sent)
    assert {user for _, user in plat.store.reads} == {"eve"}


async def test_an_address_of_one_user_never_reaches_another(stage):
    """Ids of webhooks are sealed with their user: no address made for eve names ada's webhook."""
    from shared.webhooks.seal import Key, Sealed, seal

    client, plat, ids = stage
    key: Key = await plat.seals.current()
    from triggers.hooks import receive

    forged = seal(key, Sealed("eve", ids["webhook_id"], 1))
    answer = await receive(plat, forged, json.dumps({"v": 1, "token": ids["secret"], "action": "start"}).encode(), {})
    assert answer.status_code == 404
