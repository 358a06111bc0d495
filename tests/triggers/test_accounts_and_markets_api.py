"""Paper accounts, markets, candles, strategies."""

from tests.builders import MINUTE, T0, paper_account


async def test_an_account_shows_what_its_bots_have_reserved(client, plat, account, plan):
    for name, held in (("a", {"USDT": "1000"}), ("b", {"USDT": "250.5"}), ("ended", {})):
        made = (await client.post("/api/v1/bots", json={"name": name, **plan})).json()["id"]
        plat.store.rows["bots", "ada", made]["reserved"] = held
    [row] = (await client.get(f"/api/v1/accounts/{account}")).json()["balances"]
    assert (row["currency"], row["reserved"], row["total"]) == ("USDT", "1250.5", "10000")
    [listed] = (await client.get("/api/v1/accounts")).json()["items"]
    assert listed["balances"] == [row]


async def test_a_list_of_accounts_asks_for_its_bots_once_and_gives_each_account_its_own(client, plat, account, plan, monkeypatch):
    other = (await client.post("/api/v1/accounts", json=paper_account(label="other"))).json()["id"]
    for owner, held in ((account, "10"), (account, "5"), (other, "70")):
        made = (await client.post("/api/v1/bots", json={"name": "b", **plan, "account_id": owner})).json()["id"]
        plat.store.rows["bots", "ada", made]["reserved"] = {"USDT": held}
    asked, page = [], plat.store.page

    async def counted(container, *how, **more):
        asked.append(container)
        return await page(container, *how, **more)

    monkeypatch.setattr(plat.store, "page", counted)
    items = (await client.get("/api/v1/accounts")).json()["items"]
    assert {item["id"]: item["balances"][0]["reserved"] for item in items} == {account: "15", other: "70"}
    assert asked == ["accounts", "bots"]


async def test_a_paper_account_starts_with_the_money_it_is_given(client, account):
    body = (await client.get(f"/api/v1/accounts/{account}")).json()
    assert body["balances"] == [{"currency": "USDT", "free": "10000", "used": "0", "total": "10000", "reserved": "0"}]
    assert body["paper"] is True


async def test_a_paper_account_may_be_less_kind_than_the_market(client):
    asked = paper_account(latency_ms=500, volume_share_pct="10", slippage_pct="0.05")
    made = (await client.post("/api/v1/accounts", json=asked)).json()
    assert (made["latency_ms"], made["volume_share_pct"], made["slippage_pct"]) == (500, "10", "0.05")
    for field, value in (("latency_ms", 60_001), ("volume_share_pct", "0"), ("slippage_pct", "11")):
        answer = await client.post("/api/v1/accounts", json=paper_account(**{field: value}))
        assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_an_account_on_a_market_there_is_not_is_refused(client):
    answer = await client.post("/api/v1/accounts", json=paper_account(market="nowhere"))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "unknown_market", "market")


async def test_a_replay_of_a_folder_without_candles_is_no_market(client, plat, tmp_path):
    for file in (tmp_path / "market").iterdir():
        file.unlink()
    answer = await client.post("/api/v1/accounts", json=paper_account(market="replay"))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "unknown_market", "market")


async def test_a_float_balance_is_refused(client):
    answer = await client.post("/api/v1/accounts", json=paper_account(balances={"USDT": 10000.5}))
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "not_money", "balances.USDT")


async def test_an_account_a_bot_uses_cannot_be_deleted(client, account, bot):
    assert (await client.delete(f"/api/v1/accounts/{account}")).status_code == 409
    await client.delete(f"/api/v1/bots/{bot}")
    assert (await client.delete(f"/api/v1/accounts/{account}")).status_code == 204


async def test_markets_say_when_they_are_made_up(client):
    items = (await client.get("/api/v1/markets", params={"exchange": "simulated"})).json()["items"]
    assert {"BTC/USDT", "ETH/USDT", "SOL/USDT", "BTC/USDT:USDT"} <= {item["symbol"] for item in items}
    assert all(item["simulated"] for item in items)


async def test_a_replay_shows_only_what_has_happened_on_the_accounts_clock(client, plat, account):
    ask = {"account_id": account, "symbol": "BTC/USDT", "timeframe": "1m"}
    assert len((await client.get("/api/v1/markets/candles", params=ask)).json()["items"]) == 1
    plat.now_ms.now += 2 * MINUTE
    rows = (await client.get("/api/v1/markets/candles", params=ask)).json()["items"]
    assert [row[0] for row in rows] == [T0, T0 + MINUTE, T0 + 2 * MINUTE]
    assert rows[1][1:5] == ["100", "106", "99", "105"]


async def test_every_strategy_has_a_schema(client):
    items = (await client.get("/api/v1/strategies")).json()["items"]
    assert [item["name"] for item in items] == ["GRID", "BTD", "COMBO", "LOOP", "DCA", "DCA_FUTURES"]
    assert all(item["json_schema"]["properties"] for item in items)


async def test_me_counts_the_users_bots(client, bot):
    body = (await client.get("/api/v1/me")).json()
    assert (body["user_id"], body["bots"]) == ("ada", 1)
