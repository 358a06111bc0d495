"""Live accounts over HTTP: off unless switched on, a key proved at the exchange, kept in the vault alone."""

import dataclasses
import json
from functools import cache

import httpx
import pytest

from exchange import ccxt_adapter
from orchestrators.live_accounts import LiveAccounts
from shared.auth import User
from shared.errors import AppError
from shared.watch import watched
from tests.builders import T0, grid, settings, write_market
from tests.fakes import Clock, FixedKeys, FixedRealtime, MemoryBus, MemorySecrets, MemoryStore
from tests.venue.binance import BinanceVenue, kline
from tests.venue.serving import KEY, SECRET, opener, serving
from triggers.api import platform as platforms
from triggers.api.app import make_api
from triggers.api.platform import Platform
from triggers.market_source import Path, PublicMarkets

NEW_KEY, NEW_SECRET = "CANARYNEWKEY00000000", "CANARYNEWSECRET00000"


@cache
def one_api():
    return make_api()


class SignedIn:
    """Takes `Bearer <name>`; the user signed in `ago` seconds before the clock."""

    def __init__(self, clock):
        self.clock, self.ago = clock, 10

    async def user(self, authorization):
        kind, _, name = (authorization or "").partition(" ")
        if kind != "Bearer" or not name:
            raise AppError(401, "unauthorized")
        return User(name, None, ("bots.read", "bots.write"), self.clock.now // 1000 - self.ago)


class World:
    def __init__(self, client, plat, venue, secrets, verifier):
        self.client, self.plat, self.venue, self.secrets, self.verifier = client, plat, venue, secrets, verifier
        self.wallet = venue.spot.accounts[KEY]

    async def connect(self, key=KEY, secret=SECRET, headers=None, **changes):
        body = {"exchange": "binance", "label": "main", "credentials": {"api_key": key, "secret": secret}} | changes
        return await self.client.post("/api/v1/accounts", json=body, headers=headers or {})

    @property
    def stored(self):
        return json.dumps(list(self.plat.store.rows.values()))


@pytest.fixture
async def world(tmp_path):
    ccxt_adapter._rules_kept.clear()
    clock = Clock(T0)
    venue = BinanceVenue(clock)
    venue.account(KEY, SECRET, USDT="10000", BTC="1")
    venue.move("100")
    venue.klines = [kline(T0 - 60_000, "100", "100", "100", "100"), kline(T0, "100", "100", "100", "100")]
    async with serving(venue.application()) as address:
        config = settings(
            write_market(tmp_path, ["100 100 100 100"]), live_exchanges="binance", exchange_urls=json.dumps({"binance": address})
        )
        secrets, verifier = MemorySecrets(), SignedIn(clock)
        live = LiveAccounts(config, secrets, clock, opener)
        markets = PublicMarkets(config, clock)
        plat = Platform(config, MemoryStore(), MemoryBus(), verifier, FixedRealtime(), markets, clock, FixedKeys(), live=live)
        token = platforms._given.set(plat)
        transport = httpx.ASGITransport(app=one_api())
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers={"authorization": "Bearer ada"}) as client:
            yield World(client, plat, venue, secrets, verifier)
        platforms._given.reset(token)
        await live.close()
        await markets.close()


def problem(answer):
    return answer.status_code, answer.json()["code"], answer.json()["field"]


async def test_a_proven_key_is_kept_in_the_vault_and_shown_by_its_last_four(world):
    answer = await world.connect()
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["paper"], body["market"], body["key_hint"], body["key_score"]) == (False, "binance", KEY[-4:], 80)
    assert {row["currency"]: row["free"] for row in body["balances"]} == {"USDT": "10000", "BTC": "1"}
    assert list(world.secrets.kept.values()) == [{"apiKey": KEY, "secret": SECRET}]
    listed = (await world.client.get("/api/v1/accounts")).text
    assert KEY not in answer.text + listed + world.stored and SECRET not in answer.text + listed + world.stored


async def test_a33_every_answer_about_an_account_holds_the_last_four_of_its_key_at_most(world):
    made = await world.connect()
    address = f"/api/v1/accounts/{made.json()['id']}"
    world.venue.account(NEW_KEY, NEW_SECRET, USDT="5")
    answers = [
        made, await world.client.get(address), await world.client.get("/api/v1/accounts"), await world.client.post(f"{address}/verify"),
        await world.client.put(f"{address}/credentials", json={"api_key": NEW_KEY, "secret": NEW_SECRET}),
        await world.client.put(f"{address}/credentials", json={"api_key": NEW_KEY + "x", "secret": NEW_SECRET}), await world.client.get(address),
    ]  # fmt: skip
    pieces = {text[at : at + 5] for text in (KEY, SECRET, NEW_KEY, NEW_SECRET) for at in range(len(text) - 4)}
    assert [piece for piece in pieces for answer in answers if piece in answer.text] == []
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 422, 200]


async def test_without_the_switch_no_live_account_can_be_connected(client):
    body = {"exchange": "binance", "label": "main", "credentials": {"api_key": KEY, "secret": SECRET}}
    answer = await client.post("/api/v1/accounts", json=body)
    assert problem(answer) == (422, "live_disabled", "exchange")
    assert (await client.get("/api/v1/me")).json()["live_exchanges"] == []


@pytest.mark.parametrize(("right", "value", "code"), [("can_withdraw", True, "key_can_withdraw"), ("can_trade", False, "key_cannot_trade")])
async def test_a_key_with_the_wrong_rights_is_refused_and_kept_nowhere(world, right, value, code):
    setattr(world.wallet, right, value)
    if right == "can_trade":
        world.venue._restrictions = None
    answer = await world.connect()
    assert problem(answer) == (422, code, "credentials")
    assert not world.secrets.kept and not world.plat.store.of("accounts")


async def test_a_wrong_key_a_missing_part_and_a_venue_that_is_away_say_so(world):
    assert problem(await world.connect(key="WRONGKEY000000")) == (422, "key_invalid", "credentials")
    assert problem(await world.connect(secret="WRONGSECRET0000"))[0] == 422
    assert problem(await world.connect(credentials={"api_key": KEY})) == (422, "required", "credentials.secret")
    assert problem(await world.connect(exchange="nowhere"))[0] == 422
    world.venue.faults.add("/sapi", status=503, times=1)
    assert problem(await world.connect())[:2] == (503, "venue_down")
    assert not world.secrets.kept


async def test_adding_a_key_needs_a_recent_sign_in(world):
    world.verifier.ago = 601
    assert problem(await world.connect())[:2] == (403, "reauthentication_required")
    world.verifier.ago = 5
    account = (await world.connect()).json()["id"]
    world.verifier.ago = 601
    body = {"api_key": NEW_KEY, "secret": NEW_SECRET}
    assert problem(await world.client.put(f"/api/v1/accounts/{account}/credentials", json=body))[:2] == (403, "reauthentication_required")


async def test_a_repeat_with_its_key_makes_one_account_and_one_secret(world):
    first = await world.connect(headers={"idempotency-key": "k"})
    again = await world.connect(headers={"idempotency-key": "k"})
    assert first.json()["id"] == again.json()["id"] and len(world.secrets.kept) == 1


async def test_another_key_takes_the_place_of_the_old_one_which_is_destroyed(world):
    account = (await world.connect()).json()["id"]
    world.venue.account(NEW_KEY, NEW_SECRET, USDT="5")
    answer = await world.client.put(f"/api/v1/accounts/{account}/credentials", json={"api_key": NEW_KEY, "secret": NEW_SECRET})
    assert (answer.status_code, answer.json()["key_hint"]) == (200, NEW_KEY[-4:])
    assert list(world.secrets.kept.values()) == [{"apiKey": NEW_KEY, "secret": NEW_SECRET}]
    world.venue.spot.accounts[KEY].can_withdraw = True
    refused = await world.client.put(f"/api/v1/accounts/{account}/credentials", json={"api_key": KEY, "secret": SECRET})
    assert problem(refused) == (422, "key_can_withdraw", "credentials")
    assert list(world.secrets.kept.values()) == [{"apiKey": NEW_KEY, "secret": NEW_SECRET}]


async def test_a_key_of_another_account_takes_no_place(world):
    account = (await world.connect()).json()
    assert account["key_account_proved"] is True
    world.venue.account(NEW_KEY, NEW_SECRET, USDT="5")
    world.venue.spot.accounts[NEW_KEY].uid = 7
    body = {"api_key": NEW_KEY, "secret": NEW_SECRET}
    refused = await world.client.put(f"/api/v1/accounts/{account['id']}/credentials", json=body)
    assert problem(refused) == (422, "key_of_another_account", "credentials")
    assert list(world.secrets.kept.values()) == [{"apiKey": KEY, "secret": SECRET}]
    assert "354937868" not in world.stored


async def test_where_the_venue_does_not_name_the_account_its_owner_is_told(world):
    world.wallet.uid = None
    account = (await world.connect()).json()
    assert account["key_account_proved"] is False
    world.venue.account(NEW_KEY, NEW_SECRET, USDT="5")
    body = {"api_key": NEW_KEY, "secret": NEW_SECRET}
    first = (await world.client.put(f"/api/v1/accounts/{account['id']}/credentials", json=body)).json()
    assert (first["key_hint"], first["key_account_proved"]) == (NEW_KEY[-4:], False)  # nothing to compare with, but remembered
    world.wallet.uid = 354937868
    again = (await world.client.put(f"/api/v1/accounts/{account['id']}/credentials", json={"api_key": KEY, "secret": SECRET})).json()
    assert again["key_account_proved"] is True


async def test_proofs_are_counted_for_the_user_and_not_for_the_process(world):
    for _ in range(10):
        await world.connect(key="WRONGKEY000000")
    other = dataclasses.replace(world.plat)  # another process: the same store, counters of its own
    token = platforms._given.set(other)
    answer = await world.connect()
    platforms._given.reset(token)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert {name: answer.json()["params"][name] for name in ("limit", "of", "per")} == {"limit": "10", "of": "key_proofs", "per": "minute"}
    world.plat.now_ms.now += 60_000
    assert (await world.connect()).status_code == 201


async def test_a_bot_goes_live_only_after_a_recent_sign_in(world):
    account = (await world.connect()).json()["id"]
    body = {"name": "b", "account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
    bot = (await world.client.post("/api/v1/bots", json=body)).json()["id"]
    world.verifier.ago = 601
    answer = await world.client.post(f"/api/v1/bots/{bot}/start")
    assert (answer.status_code, answer.json()["code"], answer.json()["params"]) == (403, "reauthentication_required", {"max_age_s": "600"})
    assert not world.plat.bus.sent
    world.verifier.ago = 10
    assert (await world.client.post(f"/api/v1/bots/{bot}/start")).status_code == 202


async def test_verifying_shows_new_balances_and_a_right_that_was_given_later(world):
    account = (await world.connect()).json()["id"]
    world.wallet.balances["USDT"] += 5
    body = (await world.client.post(f"/api/v1/accounts/{account}/verify")).json()
    assert [row["free"] for row in body["balances"] if row["currency"] == "USDT"] == ["10005"]
    world.wallet.can_withdraw = True
    body = (await world.client.post(f"/api/v1/accounts/{account}/verify")).json()
    assert body["key_problem"] == "key_can_withdraw"
    world.venue.spot.accounts.pop(KEY)
    assert (await world.client.post(f"/api/v1/accounts/{account}/verify")).json()["key_problem"] == "key_invalid"


async def test_closing_an_account_destroys_its_secret(world):
    account = (await world.connect()).json()["id"]
    assert (await world.client.delete(f"/api/v1/accounts/{account}")).status_code == 204
    assert not world.secrets.kept and not world.plat.store.of("accounts")


async def test_nobody_else_reaches_a_live_account(world):
    account = (await world.connect()).json()["id"]
    eve = {"authorization": "Bearer eve"}
    assert (await world.client.post(f"/api/v1/accounts/{account}/verify", headers=eve)).status_code == 404
    body = {"api_key": NEW_KEY, "secret": NEW_SECRET}
    assert (await world.client.put(f"/api/v1/accounts/{account}/credentials", json=body, headers=eve)).status_code == 404
    assert (await world.client.delete(f"/api/v1/accounts/{account}", headers=eve)).status_code == 404
    assert len(world.secrets.kept) == 1


async def test_a_live_market_is_watched_by_the_price_of_now(world):
    account = (await world.connect()).json()["id"]
    plan = {"name": "live", "account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
    bot = await world.client.post("/api/v1/bots", json=plan)
    assert bot.status_code == 201, bot.text
    await world.client.post(f"/api/v1/bots/{bot.json()['id']}/start")
    assert [event.body["name"] for event in world.plat.bus.sent] == ["start"]
    (watch,) = await watched(world.plat.store)
    assert watch["source"] == "live:binance"
    world.venue.move("90")
    world.plat.now_ms.now += 5_000
    seen = await world.plat.markets.extremes(Path(**watch["path"]), "BTC/USDT", T0)
    assert (seen.low, seen.high) == (90, 100)
