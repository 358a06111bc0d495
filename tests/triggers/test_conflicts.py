"""Before a start its owner is told what other bots stand against it: money, a taken market, orders that would meet."""

from tests.builders import USER, grid


def other(plat, plan, **changes):
    """A bot that runs, as its tick published it."""
    document = {
        "id": "bot_other", "kind": "bot", "sort": "1", "name": "ladder", "account_id": plan["account_id"], "symbol": plan["symbol"],
        "status": "active", "orders": [], "reserved": {"USDT": "9500"}, "holdings": None,
    }  # fmt: skip
    plat.store._put("bots", USER, document | changes)


def order(side, price):
    return {"side": side, "price": price, "amount": "0.01", "status": "open"}


async def warnings(client, plan):
    shown = (await client.post("/api/v1/bots/preview", json=plan)).json()["preview"]["warnings"]
    verdict = (await client.post("/api/v1/bots/validate", json=plan)).json()
    assert (verdict["valid"], verdict["warnings"]) == (True, shown)
    return {one["code"]: (one["field"], one["params"]) for one in shown}


async def test_a_plan_alone_on_its_market_has_nothing_against_it(client, plat, plan):
    assert await warnings(client, plan) == {}
    other(plat, plan, status="stopped", reserved={})
    other(plat, plan, id="bot_2", symbol="ETH/USDT", reserved={})
    other(plat, plan, id="bot_3", account_id="acc_other")
    assert await warnings(client, plan) == {}


async def test_money_promised_to_another_bot_is_named_with_its_field_and_figures(client, plat, plan):
    other(plat, plan, symbol="ETH/USDT")
    assert await warnings(client, plan) == {
        "insufficient_funds": ("investment", {"currency": "USDT", "needed": "1000", "available": "500"})
    }


async def test_another_bot_on_the_market_is_named(client, plat, plan):
    other(plat, plan, reserved={}, orders=[order("buy", "80"), order("sell", "120"), order("sell", None)])
    assert await warnings(client, plan) == {"same_market": ("symbol", {"bot": "ladder", "status": "active"})}


async def test_orders_that_would_meet_are_named_with_their_prices(client, plat, plan):
    plan = plan | {"config": grid(low="90", high="110")}
    for theirs, pair in ((order("sell", "94"), ("95", "94")), (order("buy", "106"), ("106", "105"))):
        other(plat, plan, reserved={}, orders=[theirs])
        found = await warnings(client, plan)
        assert found == {"orders_cross": ("symbol", {"bot": "ladder", "status": "active", "buy": pair[0], "sell": pair[1]})}
