"""Candles of a range, cursors, queries that say too much, and the money a preview may count on."""

import re

import pytest

from tests.builders import MINUTE, T0, paper_account, write_market
from triggers.api.paging import cursor_of, place_of

LONG = [f"{100 + i} {102 + i} {99 + i} {101 + i}" for i in range(10)]


@pytest.fixture
def recorded(plat, tmp_path):
    write_market(tmp_path / "market", LONG)
    return plat


async def candles(client, **query):
    return (await client.get("/api/v1/markets/candles", params={"symbol": "BTC/USDT", **query})).json()


async def test_the_candles_of_a_range_come_page_by_page_without_gap_or_repeat(client, recorded, account):
    seen, query = [], {"account_id": account, "since": T0, "until": T0 + 20 * MINUTE, "limit": 4}
    while True:
        page = await candles(client, **query)
        seen += [(row[0] - T0) // MINUTE for row in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == list(range(10))


async def test_a_replay_shows_what_is_to_come_only_to_who_names_the_end(client, recorded, account):
    assert len((await candles(client, account_id=account, since=T0))["items"]) == 1
    assert len((await candles(client, account_id=account, since=T0, until=T0 + 5 * MINUTE))["items"]) == 5


async def test_an_instant_is_said_in_milliseconds_or_in_iso_8601(client, recorded, account):
    by_number = await candles(client, account_id=account, since=T0 + MINUTE, until=T0 + 3 * MINUTE)
    by_text = await candles(client, account_id=account, since="2023-11-14T22:15:00Z", until="2023-11-15T00:17:00+02:00")
    assert by_number == by_text
    assert [row[0] for row in by_number["items"]] == [T0 + MINUTE, T0 + 2 * MINUTE]


async def test_before_an_instant_are_the_newest_ones_before_it(client, recorded, account):
    page = await candles(client, account_id=account, until=T0 + 6 * MINUTE, limit=2)
    assert ([row[0] for row in page["items"]], page["next"]) == ([T0 + 4 * MINUTE, T0 + 5 * MINUTE], None)


async def test_a_range_that_begins_before_the_file_begins_with_it(client, recorded, account):
    page = await candles(client, account_id=account, since=0, until=T0 + 20 * MINUTE, timeframe="5m")
    assert [row[0] for row in page["items"]] == [T0 // 300_000 * 300_000 + k * 300_000 for k in range(3)]


async def test_simulated_candles_of_a_range_are_the_ones_that_were_shown_live(client, plat):
    shown = (await candles(client, exchange="simulated", timeframe="5m", limit=50))["items"]
    page = await candles(client, exchange="simulated", timeframe="5m", since=shown[0][0], limit=30)
    rest = await candles(client, exchange="simulated", timeframe="5m", since=shown[0][0], limit=30, cursor=page["next"])
    assert (page["items"] + rest["items"], rest["next"]) == (shown, None)
    assert await candles(client, exchange="simulated", since=plat.now_ms() + 1) == {"items": [], "next": None}


async def test_the_simulated_minutes_are_those_a_backtest_computes(client, plat, tmp_path):
    from exchange.history import load, make_simulated, pieces

    first, last = T0 - 180 * MINUTE, T0 - 120 * MINUTE
    [piece] = pieces("simulated", "BTC/USDT", first, last, plat.now_ms())
    make_simulated(piece, tmp_path / "pieces", "tickwise")
    times, columns = load([piece], tmp_path / "pieces", first, last)
    rows = (await candles(client, exchange="simulated", since=first, until=last))["items"]
    assert [row[0] for row in rows] == times.tolist()
    for k, column in enumerate(columns):
        assert [float(row[k + 1]) for row in rows] == column.tolist()


@pytest.mark.parametrize(
    "query",
    [{"since": "yesterday"}, {"since": "2024-01-01T00:00:00"}, {"until": "-5"}, {"until": "1e12"}, {"since": "9" * 16}, {"since": "٣"}],
)
async def test_what_is_no_instant_is_refused_by_its_name(client, query):
    answer = await client.get("/api/v1/markets/candles", params={"symbol": "BTC/USDT", "exchange": "simulated", **query})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "bad_format", next(iter(query)))


async def test_a_range_that_goes_backwards_is_refused(client):
    answer = await client.get("/api/v1/markets/candles", params={"symbol": "BTC/USDT", "exchange": "simulated", "since": 5, "until": 5})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "out_of_range", "until")


async def test_a_query_parameter_nobody_reads_is_refused_on_every_route(client):
    """Of every operation: the name is checked before the object is looked for."""
    from tests.triggers.conftest import one_api
    from triggers.api.areas import MAX_BODY
    from triggers.api.openapi import native_paths

    checked = 0
    for path, methods in one_api().openapi()["paths"].items():
        for method in methods:
            if path in native_paths():
                continue
            answer = await client.request(
                method.upper(), re.sub(r"{\w+}", "a" * 43 if "shared" in path else "a", path), params={"colour": "x" * (MAX_BODY // 10_000)}
            )
            assert (answer.status_code, answer.json()["field"]) == (422, "colour"), (method, path)
            checked += 1
    assert checked > 60


async def test_native_functions_refuse_queries_too(plat):
    import json

    import azure.functions as func

    from triggers.api import platform as platforms
    from triggers.health import health
    from triggers.negotiate import negotiate

    def said(answer):
        return answer.status_code, json.loads(answer.get_body())["field"]

    token = platforms._given.set(plat)
    ask = func.HttpRequest("POST", "http://api/x", params={"colour": "x"}, headers={"authorization": "Bearer ada"}, body=b"")
    assert said(health.build().get_user_function()(ask)) == (422, "colour")
    assert said(await negotiate.build().get_user_function()(ask)) == (422, "colour")
    platforms._given.reset(token)


async def test_a_cursor_nobody_was_given_is_refused_on_every_list(client, bot):
    from tests.triggers.conftest import one_api

    lists = 0
    for path, methods in one_api().openapi()["paths"].items():
        names = [one["name"] for one in methods.get("get", {}).get("parameters", ())]
        if "cursor" not in names:
            continue
        needed = {"symbol": "BTC/USDT"} if path.endswith("candles") else {}
        if "/markets" in path:
            needed["exchange"] = "simulated"
        if "{" in path and "bot_id" not in path:
            continue  # needs an object that is not made here
        if (await client.get(path.replace("{bot_id}", bot), params=needed)).status_code != 200:
            continue  # this bot has no such list
        for cursor in ("2024-01-01T00:00:00.000Z:bot_1", "x", "", "A" * 500, cursor_of("another list", "place")):
            answer = await client.get(path.replace("{bot_id}", bot), params={**needed, "cursor": cursor})
            if "/deals" in path:
                break  # a ladder has no rounds to page through
            assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "bad_cursor", "cursor"), (path, cursor)
        lists += 1
    assert lists >= 10


async def test_somebody_elses_cursor_is_no_cursor(client, plan):
    for name in "abc":
        await client.post("/api/v1/bots", json={"name": name, **plan})
    cursor = (await client.get("/api/v1/bots", params={"limit": 1})).json()["next"]
    assert (await client.get("/api/v1/bots", params={"limit": 1, "cursor": cursor})).status_code == 200
    client.headers["authorization"] = "Bearer eve"
    assert (await client.get("/api/v1/bots", params={"limit": 1, "cursor": cursor})).status_code == 400


@pytest.mark.parametrize("place", ["", "a", "2024-01-01T00:00:00.000Z:bot_1", "ü|x", "x" * 200])
def test_a_cursor_brings_its_place_back_to_its_own_list_only(place):
    from shared.errors import AppError

    cursor = cursor_of("one", place)
    assert place_of("one", cursor) == place
    for wrong in (cursor[:-1], cursor + "A", cursor[1:], cursor.swapcase()):
        with pytest.raises(AppError):
            place_of("one", wrong)
    with pytest.raises(AppError):
        place_of("two", cursor)


async def test_a_preview_counts_on_what_no_other_bot_was_promised(client, plat, account, plan):
    async def available():
        return (await client.post("/api/v1/bots/preview", json=plan)).json()["available"]["USDT"]

    assert await available() == "10000"
    made = (await client.post("/api/v1/bots", json={"name": "first", **plan})).json()["id"]
    assert await available() == "10000"  # a draft was promised nothing
    plat.store.rows["bots", "ada", made] |= {"status": "starting", "reserved": {"USDT": "1000"}}
    assert await available() == "9000"
    holdings = {"base": "2", "quote": "800", "base_currency": "BTC", "quote_currency": "USDT"}
    plat.store.rows["bots", "ada", made] |= {"status": "active", "holdings": holdings}
    assert await available() == "9200"
    plat.store.rows["bots", "ada", made] |= {"status": "stopped"}
    assert await available() == "10000"


async def test_a_preview_on_another_account_is_not_touched_by_it(client, plat, account, plan):
    made = (await client.post("/api/v1/bots", json={"name": "first", **plan})).json()["id"]
    plat.store.rows["bots", "ada", made] |= {"status": "starting", "reserved": {"USDT": "1000"}}
    other = (await client.post("/api/v1/accounts", json=paper_account())).json()["id"]
    answer = await client.post("/api/v1/bots/preview", json={**plan, "account_id": other})
    assert answer.json()["available"]["USDT"] == "10000"
