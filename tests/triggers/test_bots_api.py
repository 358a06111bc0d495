"""Bots over HTTP: what is accepted, what is refused and with which words, what goes on the bus."""

import pytest

from shared.limits import Limits
from tests.builders import grid


async def test_a_preview_shows_the_orders_and_the_money_there_is(client, plan):
    answer = await client.post("/api/v1/bots/preview", json=plan)
    assert answer.status_code == 200
    body = answer.json()
    assert body["price"] == "100"
    assert {order["leg"] for order in body["preview"]["orders"]} >= {"INIT"}
    assert body["available"] == {"BTC": "0", "USDT": "10000"}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_bot_is_a_draft_until_it_is_started(client, bot):
    body = (await client.get(f"/api/v1/bots/{bot}")).json()
    assert (body["status"], body["revision"], body["pnl"]) == ("draft", 0, None)


async def test_a_start_is_one_durable_event_and_a_watched_market(client, plat, bot):
    answer = await client.post(f"/api/v1/bots/{bot}/start")
    assert answer.status_code == 202
    assert answer.json()["status_url"] == answer.headers["location"] == f"/api/v1/bots/{bot}"
    [event] = plat.bus.sent
    assert (event.user_id, event.bot_id, event.kind, event.body["name"]) == ("ada", bot, "command", "start")
    [watched] = plat.store.of("settings")
    assert list(watched["symbols"]) == ["BTC/USDT"]


async def test_a_start_that_cannot_work_any_more_is_refused_at_once(client, plat, bot):
    document = plat.store.rows["bots", "ada", bot]
    document["config"] = grid(low="200", high="300")
    answer = await client.post(f"/api/v1/bots/{bot}/start")
    assert answer.status_code == 422
    assert plat.bus.sent == []


async def test_a_command_that_is_not_possible_now_is_a_conflict(client, bot):
    for name in ("pause", "resume", "stop"):
        answer = await client.post(f"/api/v1/bots/{bot}/{name}")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_possible"), name


async def test_the_same_key_sends_the_same_command_once(client, plat, bot):
    for _ in range(3):
        answer = await client.post(f"/api/v1/bots/{bot}/start", headers={"idempotency-key": "k1"})
        assert answer.status_code == 202
    assert len(plat.bus.sent) == 1


async def test_the_same_key_makes_one_bot_and_refuses_another_body(client, plan):
    first = await client.post("/api/v1/bots", json={"name": "a", **plan}, headers={"idempotency-key": "k"})
    again = await client.post("/api/v1/bots", json={"name": "a", **plan}, headers={"idempotency-key": "k"})
    other = await client.post("/api/v1/bots", json={"name": "b", **plan}, headers={"idempotency-key": "k"})
    assert first.json()["id"] == again.json()["id"]
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_float_where_money_is_meant_names_the_field(client, plan):
    plan["config"]["investment"] = 1000.5
    for path, body in (("/api/v1/bots/preview", plan), ("/api/v1/bots", {"name": "x", **plan})):
        answer = await client.post(path, json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, "config.investment")
        assert "1000.5" not in answer.text


async def test_an_unknown_field_is_refused_and_named(client, plan):
    answer = await client.post("/api/v1/bots/preview", json={**plan, "leverage": "3"})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "unknown_field", "leverage")
    plan["config"]["surprise"] = 1
    answer = await client.post("/api/v1/bots/preview", json=plan)
    assert (answer.status_code, answer.json()["field"]) == (422, "config.surprise")


async def test_all_findings_come_at_once(client, plan):
    plan["config"] |= {"low": "120", "cells": 1, "investment": "-1"}
    answer = await client.post("/api/v1/bots/preview", json=plan)
    assert answer.status_code == 422
    assert len(answer.json()["findings"]) >= 2
    assert all(finding["field"].startswith("config.") for finding in answer.json()["findings"])


async def test_an_investment_below_the_minimum_of_a_level_is_refused(client, plan):
    plan["config"]["investment"] = "12"
    answer = await client.post("/api/v1/bots/preview", json=plan)
    assert (answer.status_code, answer.json()["code"]) == (422, "below_min_notional")


async def test_an_unknown_symbol_is_refused(client, plan):
    plan["symbol"] = "DOGE/USDT"
    answer = await client.post("/api/v1/bots/preview", json=plan)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "unknown_symbol", "symbol")


async def test_a_strategy_for_another_kind_of_market_is_refused_at_the_symbol(client, plan):
    plan |= {"strategy": "COMBO", "config": {"direction": "long", "margin": "1000", "leverage": 5, "levels": 10, "step_pct": "1"}}
    answer = await client.post("/api/v1/bots", json={"name": "x", **plan})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "wrong_market", "symbol")


async def test_an_unknown_account_is_not_found_and_named(client, plan):
    plan["account_id"] = "acc_nope"
    for path, body in (("/api/v1/bots/preview", plan), ("/api/v1/bots", {"name": "x", **plan})):
        answer = await client.post(path, json=body)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (404, "not_found", "account_id")


@pytest.mark.parametrize("body", [b"{", b'{"name":"\xff"}', b"[" * 100_000, b'{"price":' + b"9" * 5000 + b"}"])
async def test_broken_json_is_a_problem(client, body):
    answer = await client.post("/api/v1/bots/preview", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_draft_can_be_changed_by_who_read_its_last_version(client, plan, bot):
    read = await client.get(f"/api/v1/bots/{bot}")
    done = await client.patch(f"/api/v1/bots/{bot}", json={"name": "new"}, headers={"if-match": read.headers["etag"]})
    assert (done.status_code, done.json()["name"]) == (200, "new")
    late = await client.patch(f"/api/v1/bots/{bot}", json={"name": "late"}, headers={"if-match": read.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")


async def test_a_draft_can_be_deleted_and_a_running_bot_cannot(client, plat, bot):
    plat.store.rows["bots", "ada", bot]["status"] = "active"
    assert (await client.delete(f"/api/v1/bots/{bot}")).status_code == 409
    plat.store.rows["bots", "ada", bot]["status"] = "stopped"
    assert (await client.delete(f"/api/v1/bots/{bot}")).status_code == 204
    assert (await client.get(f"/api/v1/bots/{bot}")).status_code == 404


async def test_lists_go_on_where_the_page_before_ended(client, plan):
    made = [(await client.post("/api/v1/bots", json={"name": str(i), **plan})).json()["id"] for i in range(5)]
    seen, cursor = [], None
    while True:
        page = (await client.get("/api/v1/bots", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)


async def test_the_number_of_bots_is_limited_and_the_limit_named(client, plat, plan):
    object.__setattr__(plat, "limits", Limits(plat.settings.model_copy(update={"bots_per_user": 1})))
    await client.post("/api/v1/bots", json={"name": "a", **plan})
    answer = await client.post("/api/v1/bots", json={"name": "b", **plan})
    assert (answer.status_code, answer.json()["params"]) == (429, {"limit": "1"})


async def test_a_bot_is_judged_field_by_field_and_nothing_is_made(client, plan):
    good = await client.post("/api/v1/bots/validate", json=plan)
    assert (good.status_code, good.json()["valid"], good.json()["findings"]) == (200, True, [])
    wrong = {**plan, "config": {**plan["config"], "low": "200", "cells": 1}}
    said = (await client.post("/api/v1/bots/validate", json=wrong)).json()
    refused = (await client.post("/api/v1/bots/preview", json=wrong)).json()
    assert said["valid"] is False and said["findings"] == refused["findings"] and len(said["findings"]) >= 1
    assert all(finding["field"].startswith("config.") for finding in said["findings"])
    assert (await client.get("/api/v1/bots")).json()["items"] == []
    nowhere = await client.post("/api/v1/bots/validate", json={**plan, "account_id": "acc_nobody"})
    assert (nowhere.status_code, nowhere.json()["field"]) == (404, "account_id")
    unknown = await client.post("/api/v1/bots/validate", json={**plan, "symbol": "NO/NE"})
    assert unknown.status_code in (200, 404, 422) and unknown.json().get("valid") is not True
