"""The rules every route keeps, asked of the document: what a new route forgets shows here."""

import pytest

from tests.triggers.conftest import one_api
from triggers.api import areas
from triggers.api.app import make_api
from triggers.api.openapi import native_paths

SPEC = one_api().openapi()
OPERATIONS = [(path, method, operation) for path, methods in SPEC["paths"].items() for method, operation in methods.items()]
OWN = [(path, method, operation) for path, method, operation in OPERATIONS if path not in native_paths()]
WHOLE = {  # lists that are short by their nature and come whole
    "/api/v1/strategies", "/api/v1/bots/{bot_id}/orders", "/api/v1/guards", "/api/v1/notifications/addresses",
    "/api/v1/webhooks/{webhook_id}/messages", "/api/v1/backtests/{backtest_id}/equity", "/api/v1/backtests/{backtest_id}/band",
    "/api/v1/backtests/{backtest_id}/studies",
}  # fmt: skip
CHUNKED = {"/api/v1/backtests/{backtest_id}/fills"}  # pages as they were stored: a cursor, no limit
ONE_FACT = {("put", "/api/v1/presets/{preset_id}/backtest")}  # a link, put or not: nothing else of it could be lost
LEADS_ON = ("status_url", "id", "items", "delivery_id", "address")  # what the answer to long work names: where to look for its end


def names(operation, place):
    return {one["name"].lower() for one in operation.get("parameters", ()) if one["in"] == place}


def model(operation, status):
    schema = operation["responses"].get(status, {}).get("content", {}).get("application/json", {}).get("schema", {})
    return SPEC["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})


def labels(found):
    return [f"{method.upper()} {path}" for path, method, _ in found]


def test_every_post_takes_an_idempotency_key():
    posts = [one for one in OWN if one[1] == "post"]
    assert len(posts) > 30
    assert labels(one for one in posts if "idempotency-key" not in names(one[2], "header")) == []


def test_every_edit_takes_the_version_it_was_made_from():
    edits = [one for one in OWN if one[1] in ("put", "patch") and one[1::-1] not in ONE_FACT]
    assert len(edits) >= 5
    assert labels(one for one in edits if "if-match" not in names(one[2], "header")) == []


def test_every_list_comes_in_pages():
    lists = [one for one in OWN if one[1] == "get" and "items" in model(one[2], "200").get("properties", {}) and one[0] not in WHOLE]
    assert len(lists) >= 14
    assert labels(one for one in lists if "cursor" not in names(one[2], "query")) == []
    assert labels(one for one in lists if "limit" not in names(one[2], "query") and one[0] not in CHUNKED) == []
    assert labels(one for one in lists if "next" not in model(one[2], "200")["properties"]) == []
    for _, _, operation in lists:
        for one in operation["parameters"]:
            if one["name"] == "limit":
                assert one["schema"]["maximum"] <= 1000 and one["schema"]["minimum"] == 1


def test_long_work_is_answered_with_202_and_where_to_look():
    long = [one for one in OWN if "202" in one[2]["responses"]]
    assert len(long) > 15
    assert labels(one for one in long if not set(LEADS_ON) & set(model(one[2], "202").get("properties", {}))) == []


def test_every_operation_says_how_it_refuses_and_asks_for_a_token():
    for path, method, operation in OPERATIONS:
        assert "default" in operation["responses"] or "422" in operation["responses"], (method, path)
        assert operation.get("summary"), (method, path)
    open_to_all = [path for path, _, operation in OPERATIONS if operation.get("security") == []]
    assert sorted(open_to_all) == ["/api/health", "/api/hooks/{opaque}", "/api/ready", "/api/v1/shared/{token}"]


@pytest.mark.parametrize("path", ["bots/{}", "accounts/{}"])
async def test_what_can_be_edited_says_its_version(client, account, bot, path):
    answer = await client.get(f"/api/v1/{path}".format(bot if path.startswith("bots") else account))
    assert answer.headers["etag"]


async def test_an_edit_of_an_old_version_is_refused(client, bot):
    etag = (await client.get(f"/api/v1/bots/{bot}")).headers["etag"]
    assert (await client.patch(f"/api/v1/bots/{bot}", json={"name": "a"}, headers={"if-match": etag})).status_code == 200
    answer = await client.patch(f"/api/v1/bots/{bot}", json={"name": "b"}, headers={"if-match": etag})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (412, "changed_meanwhile", "If-Match")
    assert answer.headers["content-type"] == "application/problem+json"
    now = (await client.get(f"/api/v1/bots/{bot}")).headers["etag"]
    for said, status in ((f'"x", {now}', 200), ("*", 200), ('"x", W/"y"', 412), ("", 412)):
        assert (await client.patch(f"/api/v1/bots/{bot}", json={"name": "b"}, headers={"if-match": said})).status_code == status, said
        now = (await client.get(f"/api/v1/bots/{bot}")).headers["etag"]
    weak = {"if-match": f"W/{now}"}  # what a proxy that compresses makes of it
    assert (await client.patch(f"/api/v1/bots/{bot}", json={"name": "c"}, headers=weak)).status_code == 200


async def test_a_start_says_where_its_end_is_seen(client, bot):
    answer = await client.post(f"/api/v1/bots/{bot}/start", headers={"idempotency-key": "k"})
    assert (answer.status_code, answer.headers["location"]) == (202, f"/api/v1/bots/{bot}")
    again = await client.post(f"/api/v1/bots/{bot}/start", headers={"idempotency-key": "k"})
    assert again.json()["command_id"] == answer.json()["command_id"]


async def test_after_the_first_answer_every_router_is_made_without_being_asked(monkeypatch):
    app = make_api()
    monkeypatch.setattr("triggers.api.app.api", app)
    monkeypatch.setattr(areas, "PAUSE_S", 0)
    await areas.build()
    routers = [route for route in app.routes if hasattr(route, "effective_candidates")]
    assert len(routers) > 10 and all(router._effective_candidates for router in routers)
