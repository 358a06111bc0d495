"""Bots as files, presets with their proof, share links: nothing of an owner's account leaves with them."""

import json

import pytest

from shared.job import CONTAINER, part
from shared.watch import PLATFORM
from tests.builders import grid
from tests.shared.imports.test_three_commas import BOT

METRICS = {
    "pnl": {"cell_profit": "9", "inventory_pnl": "4", "fees": "1", "funding": "0", "total": "12"}, "currency": "USDT", "roi_pct": "1.2",
    "apr_pct": "14.4", "max_drawdown": "30", "max_drawdown_pct": "3", "sharpe": "1.5", "exposure_pct": "40", "fills": 12, "fees_paid": "1",
    "hodl": "5", "vs_hodl": "7", "days": "30", "candles": 43200,
}  # fmt: skip


def finished(plat, run=None, **changes):
    job = {
        "id": "bt_1", "kind": "backtest", "sort": "1", "status": "done", "strategy": "GRID", "symbol": "BTC/USDT", "config": grid(), "runs": 1,
        "perRange": 1, "batchSize": 1, "source": {"kind": "simulated"}, "ranges": [{"first": "2026-01-01T00:00:00.000Z", "last": "2026-02-01T00:00:00.000Z"}],
        "finished_at": "2026-02-02T00:00:00.000Z",
    }  # fmt: skip
    plat.store._put(CONTAINER, "ada", job | changes)
    row = {"run": 0, "range": 0, "overrides": {}, "status": "active", "final_base": "0.1", "final_quote": "900", "metrics": METRICS}
    plat.store._put(CONTAINER, "ada", part("bt_1", "runs", {"items": [row | (run or {})]}, 0))


async def preset(client, **changes):
    return await client.post("/api/v1/presets", json={"name": "mine", "strategy": "GRID", "config": grid(), **changes})


async def test_a_bot_comes_back_from_its_file_without_its_owner(client, bot, account):
    file = await client.get(f"/api/v1/bots/{bot}/export")
    assert file.headers["content-disposition"] == f'attachment; filename="{bot}.json"'
    said = file.json()
    assert (said["format"], said["schema_version"], said["config"]) == ("tickwise-bot", 1, grid())
    assert bot not in json.dumps(said) and account not in json.dumps(said)
    body = {"account_id": account, "file": said, "name": "second"}
    made = await client.post("/api/v1/bots/import", json=body, headers={"idempotency-key": "k"})
    again = await client.post("/api/v1/bots/import", json=body, headers={"idempotency-key": "k"})
    assert (made.status_code, made.json()["status"], made.json()["config"]) == (201, "draft", grid())
    assert again.json()["id"] == made.json()["id"] != bot
    assert made.headers["location"] == f"/api/v1/bots/{made.json()['id']}"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"schema_version": 2}, "unsupported_schema", "file.schema_version"),
        ({"format": "other"}, "not_a_choice", "file.format"),
        ({"config": grid(cells=1)}, "out_of_range", "file.config.cells"),
        ({"config": {**grid(), "secret": "x"}}, "unknown_field", "file.config.secret"),
        ({"symbol": "NO/SUCH"}, "unknown_symbol", "file.symbol"),
        ({"account_id": "acc_1"}, None, "file.account_id"),
        ({"strategy": "LUCK"}, None, "file.strategy"),
    ],
)
async def test_a_file_that_is_wrong_is_refused_by_its_field(client, bot, account, changes, code, field):
    file = (await client.get(f"/api/v1/bots/{bot}/export")).json()
    answer = await client.post("/api/v1/bots/import", json={"account_id": account, "file": {**file, **changes}})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert code is None or answer.json()["code"] == code
    assert len((await client.get("/api/v1/bots")).json()["items"]) == 1


async def test_a_3commas_bot_is_shown_first_and_made_when_it_is_complete(client, account):
    path, body = "/api/v1/bots/import/3commas", {"bot": {**BOT, "max_price": None, "min_volume_btc_24h": "500"}}
    seen = (await client.post(path, json=body)).json()
    assert (seen["is_complete"], seen["bots"]) == (False, [])
    assert {"field": "min_volume_btc_24h", "to": None, "code": "no_equivalent", "is_blocking": True} in seen["rows"]
    refused = await client.post(path, json={**body, "account_id": account})
    assert (refused.status_code, refused.json()["field"], refused.json()["code"]) == (422, "bot.min_volume_btc_24h", "no_equivalent")
    accepted = await client.post(path, json={**body, "account_id": account, "without": ["min_volume_btc_24h"]})
    assert accepted.status_code == 200, accepted.text
    [made] = accepted.json()["bots"]
    assert (made["strategy"], made["status"], made["symbol"], made["config"]["base_order_size"]) == ("DCA", "draft", "BTC/USDT", "15")
    assert "738d600eb4" not in accepted.text


async def test_a_3commas_value_out_of_bounds_is_named_as_it_is_there(client, account):
    answer = await client.post(
        "/api/v1/bots/import/3commas", json={"bot": {**BOT, "martingale_volume_coefficient": "11"}, "account_id": account}
    )
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "out_of_range", "bot.martingale_volume_coefficient")
    inside = await client.post("/api/v1/bots/import/3commas", json={"bot": {**BOT, "stop_loss_percentage": "5"}, "account_id": account})
    assert (inside.json()["code"], inside.json()["field"]) == ("stop_inside_ladder", "bot.stop_loss_percentage")
    unknown = await client.post("/api/v1/bots/import/3commas", json={"bot": {**BOT, "pairs": ["BNFCR_1INCHUSDT"]}, "account_id": account})
    assert (unknown.json()["code"], unknown.json()["field"]) == ("unknown_symbol", "bot.pairs")


async def test_a_preset_carries_the_run_that_speaks_for_it(client, plat):
    finished(plat)
    made = await preset(client, backtest={"backtest_id": "bt_1", "run": 0})
    assert made.status_code == 201, made.text
    said = made.json()["backtest"]
    assert (said["metrics"]["roi_pct"], said["symbol"], said["range"]["last"], said["final_quote"]) == (
        "1.2",
        "BTC/USDT",
        "2026-02-01T00:00:00.000Z",
        "900",
    )
    del plat.store.rows[CONTAINER, "ada", "bt_1"]
    path = f"/api/v1/presets/{made.json()['id']}"
    assert (await client.get(path)).json()["backtest"] == said
    assert (await client.delete(f"{path}/backtest")).json()["backtest"] is None
    finished(plat)
    assert (await client.put(f"{path}/backtest", json={"backtest_id": "bt_1"})).json()["backtest"] == said


@pytest.mark.parametrize(
    ("job", "run", "which", "code", "field"),
    [
        ({"config": grid(cells=5)}, {}, {}, "not_this_config", "backtest.backtest_id"),
        ({"strategy": "LOOP"}, {}, {}, "not_this_config", "backtest.backtest_id"),
        ({}, {"overrides": {"cells": 6}}, {}, "not_this_config", "backtest.backtest_id"),
        ({}, {"metrics": None}, {}, "run_has_no_result", "backtest.run"),
        ({}, {}, {"run": 7}, "not_found", "backtest.run"),
        ({"kind": "backtest_spec"}, {}, {}, "not_found", "backtest.backtest_id"),
        ({}, {}, {"backtest_id": "bt_2"}, "not_found", "backtest.backtest_id"),
    ],
)
async def test_figures_never_stand_beside_another_plan(client, plat, job, run, which, code, field):
    finished(plat, run, **job)
    answer = await preset(client, backtest={"backtest_id": "bt_1", "run": 0, **which})
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert (await client.get("/api/v1/presets")).json()["items"] == []


async def test_the_same_plan_written_otherwise_is_the_same(client, plat):
    finished(plat, {"overrides": {"low": "90.00", "reserve_pct": "0.0"}})
    assert (await preset(client, backtest={"backtest_id": "bt_1"})).status_code == 201


async def shared(client, **body):
    answer = await client.post("/api/v1/shares", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def opened(client, token):
    client.headers.pop("authorization")
    answer = await client.get(f"/api/v1/shared/{token}")
    client.headers["authorization"] = "Bearer ada"
    return answer


async def test_a_stranger_sees_the_plan_and_no_owner(client, plat, bot, account):
    made = await shared(client, bot_id=bot)
    answer = await opened(client, made["token"])
    assert (answer.status_code, answer.json()["config"], answer.json()["performance"]) == (200, grid(), None)
    assert made["url"].endswith(f"/shared/#{made['token']}") and len(made["token"]) == 43
    assert not [word for word in (bot, account, "ada", made["share"]["id"]) if word in answer.text]
    assert answer.headers["x-robots-tag"].startswith("noindex") and answer.headers["cache-control"] == "no-store"
    stored = json.dumps([row for (_, user, _), row in plat.store.rows.items() if user in ("ada", PLATFORM)])
    assert made["token"] not in stored


async def test_a_link_ends_with_its_share_or_its_time(client, plat, bot):
    first, second = await shared(client, bot_id=bot), await shared(client, bot_id=bot, expires_in_days=1)
    assert len((await client.get("/api/v1/shares")).json()["items"]) == 2
    assert (await client.delete(f"/api/v1/shares/{first['share']['id']}")).status_code == 204
    assert (await opened(client, first["token"])).status_code == 404
    assert (await opened(client, second["token"])).status_code == 200
    plat.now_ms.now += 86_400_000
    assert (await opened(client, second["token"])).status_code == 404
    assert (await opened(client, "A" * 43)).json()["code"] == "not_found"
    assert (await client.delete(f"/api/v1/shares/{first['share']['id']}")).status_code == 404


async def test_a_repeat_shows_the_same_link(client, bot):
    headers = {"idempotency-key": "k"}
    answers = [await client.post("/api/v1/shares", json={"bot_id": bot}, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    other = await client.post("/api/v1/shares", json={"bot_id": bot, "with_amounts": False}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_amounts_and_later_edits_stay_with_the_owner(client, bot):
    made = await shared(client, bot_id=bot, with_amounts=False)
    await client.patch(f"/api/v1/bots/{bot}", json={"config": grid(cells=6), "name": "renamed"})
    seen = (await opened(client, made["token"])).json()
    assert (seen["left_out"], seen["config"]["cells"], seen["name"]) == (["investment"], 4, "first")
    assert "investment" not in seen["config"]


async def test_performance_is_percent_and_ratios_only(client, plat, bot):
    made = await shared(client, bot_id=bot, with_performance=True)
    assert (await opened(client, made["token"])).json()["performance"] is None
    row = plat.store.rows["bots", "ada", bot]
    pnl = {
        "cell_profit": "9",
        "inventory_pnl": "4",
        "fees": "1",
        "funding": "0",
        "total": "12",
        "put_in": "1000",
        "currency": "USDT",
        "price": "101",
    }
    running = {
        "pnl": pnl | {"at": "2023-11-15T22:14:00.000Z", "hodl": "5"},
        "started_at": "2023-11-14T22:14:00.000Z",
        "fills": 3,
        "epoch": 1,
    }
    plat.store._put(
        "bots", "ada", row | running | {"holdings": {"base": "1", "quote": "900", "base_currency": "BTC", "quote_currency": "USDT"}}
    )
    seen = (await opened(client, made["token"])).json()["performance"]
    assert (seen["source"], seen["roi_pct"]) == ("paper", "1.2")
    assert set(seen) == {"source", "days", "roi_pct", "apr_pct", "max_drawdown_pct", "sharpe", "sortino", "win_rate_pct", "profit_factor"}
    await client.delete(f"/api/v1/bots/{bot}")
    gone = (await opened(client, made["token"])).json()
    assert (gone["performance"], gone["config"]) == (None, grid())


async def test_a_shared_preset_shows_its_backtest_in_percent(client, plat):
    finished(plat)
    found = (await preset(client, backtest={"backtest_id": "bt_1"})).json()["id"]
    made = await shared(client, preset_id=found, with_performance=True)
    seen = (await opened(client, made["token"])).json()
    assert (seen["symbol"], seen["performance"]["source"], seen["performance"]["sharpe"]) == ("BTC/USDT", "backtest", "1.5")
    assert "900" not in json.dumps(seen["performance"])


@pytest.mark.parametrize(
    ("body", "code", "field"), [
        ({}, "required", "bot_id"), ({"bot_id": "a", "preset_id": "b"}, "not_with_bot", "preset_id"),
        ({"bot_id": "a"}, "not_found", "bot_id"), ({"preset_id": "b"}, "not_found", "preset_id"),
    ],
)  # fmt: skip
async def test_a_share_is_of_one_thing(client, body, code, field):
    answer = await client.post("/api/v1/shares", json=body)
    status = 404 if code == "not_found" else 422
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, field)
