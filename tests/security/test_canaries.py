"""A32 over a whole installation: every kind of secret is seeded and used, rightly and wrongly, at DEBUG; none is found anywhere.

Looked through: every file of the data folder (documents, entity states, messages and dead letters, inbox, vault), the log, every answer.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders import grid
from tests.chaos.process import NoAnswer, Onebox, Refused
from tests.live.test_live_on_onebox import MINUTE, holders, now
from tests.venue.binance import BinanceVenue, kline
from tests.venue.serving import KEY, SECRET, serving

NEXT_KEY, NEXT_SECRET = "CANARYNEXTKEY0000000", "CANARYNEXTSECRET0000"
PASSWORD, WRONG_PASSWORD = "canary pass phrase of ada", "canary pass phrase that is wrong"
OWN_SECRET = "canary-own-webhook-secret"
PERSON = {"email": "ada@example.com", "password": PASSWORD}


class Heard:
    """An owner who keeps every answer."""

    def __init__(self, box: Onebox) -> None:
        self.box, self.token, self.answers = box, "", []

    async def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        sent = {"authorization": f"Bearer {self.token if token is None else token}", "content-type": "application/json"}
        try:
            answer = await asyncio.to_thread(self.box._ask, method, path, None if body is None else json.dumps(body).encode(), sent)
        except (Refused, NoAnswer) as error:
            answer = {"refused": str(error)}
        self.answers.append(json.dumps(answer))
        return answer

    async def sign_in(self, password: str) -> None:
        form = {"grant_type": "password", "username": PERSON["email"], "password": password}
        try:
            self.token = (await asyncio.to_thread(self.box.post_form, "/oidc/token", form))["access_token"]
        except Refused as error:
            self.answers.append(str(error))

    async def until(self, path: str, what: Any, seconds: float = 90.0) -> Any:
        give_up = asyncio.get_running_loop().time() + seconds
        while not what(found := await self.ask("GET", path)):
            assert asyncio.get_running_loop().time() < give_up, f"{found}\n{self.box.log.read_text()[-3000:]}"
            await asyncio.sleep(0.2)
        return found


def open_venue() -> BinanceVenue:
    venue = BinanceVenue(now)
    venue.account(KEY, SECRET, USDT="10000")
    venue.move("100")
    first = now() // MINUTE * MINUTE - 30 * MINUTE
    venue.klines = [kline(first + i * MINUTE, "100", "100", "100", "100") for i in range(60)]
    return venue


async def lived(owner: Heard, venue: BinanceVenue) -> list[str]:
    """Connect, verify, rotate, trade, fail, alert. Returns the secrets that were made on the way."""
    await owner.sign_in(WRONG_PASSWORD)
    await owner.sign_in(PASSWORD)
    keys = {"api_key": KEY, "secret": SECRET}
    echo = json.dumps({"code": -2015, "msg": f"Invalid API-key {KEY}, signature={SECRET}, secret={SECRET}"})
    venue.faults.add("/sapi", status=401, body=echo)
    await owner.ask("POST", "/api/v1/accounts", {"exchange": "binance", "label": "a", "credentials": keys})
    await owner.ask("POST", "/api/v1/accounts", {"exchange": "binance", "label": "a", "credentials": {**keys, "secret": NEXT_SECRET}})
    await owner.ask("POST", "/api/v1/accounts", {"exchange": "binance", "label": "a", "credentials": {**keys, "more": SECRET}})
    await owner.ask("POST", "/api/v1/accounts", {"exchange": "binance", "label": "a", "credentials": keys}, token=owner.token + "x")
    account = (await owner.ask("POST", "/api/v1/accounts", {"exchange": "binance", "label": "a", "credentials": keys}))["id"]
    venue.faults.add("/sapi", status=401, body=echo)
    await owner.ask("POST", f"/api/v1/accounts/{account}/verify")
    await owner.ask("POST", f"/api/v1/accounts/{account}/verify")
    body = {"name": "live", "account_id": account, "symbol": "BTC/USDT", "strategy": "GRID", "config": grid()}
    bot = (await owner.ask("POST", "/api/v1/bots", body))["id"]
    await owner.ask("POST", f"/api/v1/bots/{bot}/start", {})
    await owner.until(f"/api/v1/bots/{bot}", lambda bot: bot["status"] == "active" and bot["open_orders"] == 4)
    venue.faults.add("/api/v3/order", method="POST", status=400, body=echo, times=2)
    venue.faults.add("/api/v3/order", method="POST", status=502, body=echo, when="after", times=1)
    venue.move("94")
    await owner.until(f"/api/v1/bots/{bot}", lambda bot: bot["fills"] >= 2)
    made = [owner.token]
    made += await alerted(owner, bot)
    wallets = venue.spot.accounts
    wallets[NEXT_KEY] = replace(wallets[KEY], key=NEXT_KEY, secret=NEXT_SECRET)  # another key of the same account
    rotated = await owner.ask("PUT", f"/api/v1/accounts/{account}/credentials", {"api_key": NEXT_KEY, "secret": NEXT_SECRET})
    assert rotated["key_hint"] == NEXT_KEY[-4:]
    del wallets[KEY]
    venue.move("101")
    await owner.until(f"/api/v1/bots/{bot}", lambda bot: bot["fills"] >= 3)
    del wallets[NEXT_KEY]  # revoked at the venue: the tick fails, the owner is told
    venue.move("94")
    await owner.until(f"/api/v1/bots/{bot}", lambda bot: bot["status"] == "error")
    for path in ("events", "fills", "orders", "equity"):
        await owner.ask("GET", f"/api/v1/bots/{bot}/{path}")
    await owner.ask("GET", f"/api/v1/accounts/{account}")
    return made


async def alerted(owner: Heard, bot: str) -> list[str]:
    """Alerts with right and wrong secrets, in two dialects. The answer that shows a secret once is not kept."""
    own = {"name": "own", "bots": [bot], "dialect": "3commas_dca", "secret": OWN_SECRET, "aliases": {"1": bot}}
    hooks = [await owner.ask("POST", "/api/v1/webhooks", body) for body in (own, {"name": "made", "bots": [bot]})]
    del owner.answers[-1]
    made = hooks[1]["secret"]
    bodies = [
        (0, {"message_type": "bot", "bot_id": 1, "email_token": OWN_SECRET, "delay_seconds": 0, "action": "explode"}),
        (0, {"message_type": "bot", "bot_id": 1, "email_token": OWN_SECRET + "x", "delay_seconds": 0}),
        (0, {"message_type": OWN_SECRET, "bot_id": 1, "email_token": OWN_SECRET, "pair": OWN_SECRET}),
        (1, {"v": 1, "token": made, "bot": bot, "action": "start"}),
        (1, {"v": 1, "token": made, "bot": made, "action": "{{" + made + "}}"}),
        (1, {"v": 1, "token": made + "x", "bot": bot, "action": "start"}),
    ]
    for which, body in bodies:
        path = "/api/hooks/" + hooks[which]["webhook"]["url"].rpartition("/")[2]
        await owner.ask("POST", path, body)
    for hook in hooks:
        inbox = await owner.ask("GET", f"/api/v1/webhooks/{hook['webhook']['id']}/inbox")
        assert inbox["items"]
    await owner.ask("POST", f"/api/v1/webhooks/{hooks[0]['webhook']['id']}/rotate", {"secret": OWN_SECRET + "2"})
    return [made]


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_no_seeded_secret_is_found_in_a_whole_installation_at_debug(tmp_path: Path) -> None:
    venue = open_venue()
    async with serving(venue.application()) as address:
        urls = json.dumps({"binance": address})
        box = Onebox(tmp_path, tmp_path, LIVE_EXCHANGES="binance", EXCHANGE_URLS=urls, ONEBOX_LOG="DEBUG")
        owner = Heard(box)
        try:
            await asyncio.to_thread(box.start)
            await asyncio.to_thread(box.post, "/oidc/register", PERSON)
            made = await lived(owner, venue)
        finally:
            await asyncio.to_thread(box.stop)
    secrets = (KEY, SECRET, NEXT_KEY, NEXT_SECRET, PASSWORD, WRONG_PASSWORD, OWN_SECRET, *made)
    assert holders(tmp_path, secrets) == []
    assert [answer for answer in owner.answers for secret in secrets if secret in answer] == []
    assert holders(tmp_path, (PERSON["email"],)), "the search finds what is there"
