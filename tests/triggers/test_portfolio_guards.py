"""A profit target and a stop over the whole portfolio: counted since the rule watches, acting as its owner chose, seen beside the money."""

from decimal import Decimal

import pytest

from tests.builders import MINUTE, T0, platform, write_market
from tests.fakes import Clock
from tests.triggers.test_safety import commands, guard, running, state
from triggers.guard_watch import watch_guards

PATH = ["100 100 100 100", "100 100 100 100", "100 120 100 120", "120 120 120 120", "120 120 90 90", "90 90 90 90"]
RISEN, FALLEN = T0 + 3 * MINUTE, T0 + 6 * MINUTE - 1


@pytest.fixture
def plat(tmp_path):
    plat = platform(write_market(tmp_path / "market", PATH), Clock(T0 + 1))
    account = {"id": "acc_1", "kind": "account", "sort": "1", "market": "replay", "speed": 1, "createdMs": T0, "balances": {}}
    plat.store._put("accounts", "ada", account)
    plat.store._put("accounts", "ada", account | {"id": "acc_2"})
    return plat


@pytest.mark.parametrize(
    ("rule", "at", "value", "reason"),
    [
        ({"kind": "take_profit", "limit": "80"}, RISEN, "80", "portfolio_take_profit"),
        ({"kind": "take_profit_pct", "limit": "4"}, RISEN, "4", "portfolio_take_profit"),
        ({"kind": "stop_loss", "limit": "40"}, FALLEN, "40", "portfolio_stop_loss"),
        ({"kind": "stop_loss_pct", "limit": "2"}, FALLEN, "2", "portfolio_stop_loss"),
    ],
)
@pytest.mark.parametrize(
    ("mode", "command"),
    [
        ("freeze", ("pause", {"keep_orders": True})),
        ("cancel_all", ("pause", {"keep_orders": False})),
        ("flatten", ("stop", {"close_mode": "quote"})),
        ("stop", ("stop", {"close_mode": "keep"})),
    ],
)
async def test_the_portfolio_reaching_its_target_or_stop_does_what_was_chosen(client, plat, rule, at, value, reason, mode, command):
    running(plat, "a")
    running(plat, "b", account_id="acc_2")
    await guard(client, **rule, mode=mode)
    assert await watch_guards(plat) == 0
    plat.now_ms.now = at
    assert await watch_guards(plat) == 1
    assert sorted(commands(plat), key=str) == [(bot, *command, reason) for bot in ("a", "b")]
    found = await state(client)
    assert Decimal(found["value"]) == Decimal(value) and found["tripped_at"]
    assert await watch_guards(plat) == 0 and len(plat.bus.sent) == 2


async def test_what_was_earned_before_the_rule_watched_does_not_count(client, plat):
    running(plat, "a", total="500")
    await guard(client, kind="take_profit", limit="50")
    assert await watch_guards(plat) == 0
    assert Decimal((await state(client))["value"]) == 0


async def test_a_bot_that_ends_takes_neither_its_profit_nor_the_measure_with_it(client, plat):
    running(plat, "a")
    running(plat, "big", base="0", quote="9000")
    plat.store.rows["bots", "ada", "big"]["pnl"]["put_in"] = "9000"
    await guard(client, kind="take_profit_pct", limit="4")
    await watch_guards(plat)
    plat.store.rows["bots", "ada", "big"]["status"] = "stopped"
    plat.now_ms.now = RISEN
    assert await watch_guards(plat) == 0
    assert Decimal((await state(client))["value"]) == Decimal("0.4")


async def test_a_rule_over_one_account_leaves_the_others_alone(client, plat):
    running(plat, "a")
    running(plat, "b", account_id="acc_2")
    await guard(client, kind="stop_loss", limit="20", account_id="acc_2")
    await watch_guards(plat)
    plat.now_ms.now = FALLEN
    assert await watch_guards(plat) == 1
    assert [bot for bot, *_ in commands(plat)] == ["b"]


async def test_the_portfolio_shows_its_rules_and_how_they_stand(client, plat):
    running(plat, "a")
    await guard(client, kind="take_profit", limit="40", mode="freeze")
    await watch_guards(plat)
    [shown] = (await client.get("/api/v1/portfolio")).json()["guards"]
    assert (shown["kind"], shown["limit"], shown["value"], shown["mode"], shown["tripped_at"]) == ("take_profit", "40", "0", "freeze", None)
    plat.now_ms.now = RISEN
    await watch_guards(plat)
    [shown] = (await client.get("/api/v1/portfolio")).json()["guards"]
    assert (shown["value"], shown["tripped_at"] is not None) == ("40", True)


async def test_a_rule_written_before_there_were_accounts_in_it_keeps_its_state(client, plat):
    running(plat, "a")
    await guard(client, kind="stop_loss", limit="20", mode="freeze")
    document = plat.store.rows["settings", "ada", "guards"]
    del document["items"][0]["account_id"]
    document["states"] = {"g": {"tripped_at": "2026-01-01T00:00:00.000Z", "trips": 1}}
    await guard(client, kind="stop_loss", limit="20", mode="freeze")
    assert (await state(client))["tripped_at"] is not None


async def test_a_target_needs_its_currency(client):
    rule = {"id": "g", "kind": "take_profit_pct", "world": "paper", "limit": "1"}
    assert (await client.put("/api/v1/guards", json={"items": [rule]})).status_code == 422
