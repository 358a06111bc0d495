"""Readiness: one word for everybody, looked at seldom, never waited for long."""

import asyncio
import json
from dataclasses import replace

import azure.functions as func
import pytest

from orchestrators.live_accounts import LiveAccounts
from shared.secrets import VaultDown
from tests.fakes import Clock, MemorySecrets
from triggers import ready
from triggers.api import platform as platforms
from triggers.ready import Readiness


class DownSecrets(MemorySecrets):
    async def read(self, user_id, account_id):
        raise VaultDown


@pytest.fixture
def whole(plat):
    return replace(plat, live=LiveAccounts(plat.settings, MemorySecrets(), plat.now_ms))


async def ask(plat, **params):
    token = platforms._given.set(plat)
    ready.readiness.cache_clear()
    answer = await ready.ready.build().get_user_function()(func.HttpRequest("GET", "http://x/api/ready", params=params, body=b""))
    platforms._given.reset(token)
    return answer.status_code, json.loads(answer.get_body())


async def test_everything_there_is_ok_and_nothing_was_written(whole):
    before = dict(whole.store.rows)
    status, body = await ask(whole)
    assert (status, body["status"], set(body)) == (200, "ok", {"status", "time"})
    assert dict(whole.store.rows) == before and whole.bus.sent == []


@pytest.mark.parametrize("part", ["store", "bus", "vault"])
async def test_each_missing_part_is_degraded_and_named_in_the_log_only(whole, part, caplog):
    caplog.set_level("INFO", "tickwise")
    if part == "store":

        async def read(*_):
            raise OSError("AccountKey=canary")

        whole.store.read = read
    elif part == "bus":
        whole.bus.is_down = True
    else:
        whole = replace(whole, live=LiveAccounts(whole.settings, DownSecrets(), whole.now_ms))
    status, body = await ask(whole)
    assert (status, body["status"]) == (503, "degraded") and part not in json.dumps(body)
    assert f"{part}: " in caplog.text and "canary" not in caplog.text


async def test_a_query_is_refused(whole):
    assert (await ask(whole, colour="x"))[0] == 422


async def test_an_answer_is_good_for_a_while_and_callers_share_a_look():
    clock, looks, is_up = Clock(0), [], True

    async def probe():
        looks.append(clock.now)
        await asyncio.sleep(0)
        if not is_up:
            raise OSError

    one = Readiness({"store": probe}, clock)
    assert await asyncio.gather(*(one.look() for _ in range(20))) == [True] * 20 and looks == [0]
    is_up = False
    clock.now = 9_999
    assert await one.look() is True
    clock.now = 10_000
    assert await one.look() is False and looks == [0, 10_000]


async def test_a_part_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(ready, "WAIT_S", 0.05)
    assert await Readiness({"bus": asyncio.Event().wait}, Clock(0)).look() is False
