"""What a bot makes of an alert's command comes back to the inbox, once, whatever became of it."""

from shared.webhooks.decision import decision_id
from tests.builders import USER


def alert(world, hit, name, **params):
    return world.event("command", name=name, params=params, reason="webhook", hit={"id": hit, "webhook": "hook_1"})


def decision(world, hit):
    return world.store.rows["webhooks", USER, decision_id(hit, "bot_1")]


async def test_a_start_by_alert_is_done_and_names_its_orders(world):
    await world.host.tick(alert(world, "hit_1", "start"))
    found = decision(world, "hit_1")
    assert (found["status"], found["code"], found["webhookId"]) == ("done", "ok", "hook_1")
    assert found["orders"]
    assert world.bot["status"] in ("starting", "active")


async def test_what_the_core_refuses_is_refused_in_the_inbox(world):
    await world.command("start")
    await world.host.tick(alert(world, "hit_2", "close_deal"))
    assert (decision(world, "hit_2")["status"], decision(world, "hit_2")["code"]) == ("refused", "not_allowed")


async def test_a_stopped_bot_answers_that_it_is_stopped(world):
    await world.command("start")
    await world.command("stop", close_mode="keep")
    await world.host.tick(alert(world, "hit_3", "start_deal"))
    assert decision(world, "hit_3")["code"] == "bot_stopped"


async def test_a_start_without_the_money_is_refused_with_its_reason(world):
    world.store.rows["accounts", USER, "acc_1"]["balances"] = {"USDT": "999"}
    await world.host.tick(alert(world, "hit_4", "start"))
    assert (decision(world, "hit_4")["status"], decision(world, "hit_4")["code"]) == ("refused", "insufficient_funds")


async def test_an_alert_delivered_twice_is_decided_once(world):
    await world.command("start")
    await world.wake()
    event = alert(world, "hit_5", "pause", keep_orders=True)
    await world.host.tick(event)
    first = decision(world, "hit_5")
    await world.command("resume")
    await world.host.tick(event)
    assert world.bot["status"] == "active"
    assert (decision(world, "hit_5")["at"], decision(world, "hit_5")["code"]) == (first["at"], "ok")
