"""Money added to a running bot, and edits that take or free it: the account promises first, a refusal changes nothing."""

import pytest
from conftest import ACCOUNT
from host import Killed

from shared.ids import entity_key
from tests.builders import USER

TRAILING = {"trail_up": "extend", "trail_up_limit": "200", "trail_up_budget": "500"}


def promise(world):
    return world.host.entities["account", entity_key(USER, ACCOUNT)]["bots"]["bot_1"]["amounts"]


def said(world, code):
    return [row["params"] for row in sorted(world.store.of("events"), key=lambda row: row["seq"]) if row["code"] == code]


async def running(world, **config):
    world.bot["config"] = {**world.bot["config"], **config}
    await world.command("start")
    await world.wake()
    assert world.bot["status"] == "active"


async def test_added_money_is_promised_before_it_is_used(world):
    await running(world)
    before = {order["leg"]: order["amount"] for order in world.bot["orders"]}
    await world.command("add_funds", amount="500")
    operations = [call.name for call in world.host.calls if call.kind == "entity"][-4:]
    assert operations.index("account.raise") < operations.index("bot.advance") < operations.index("account.settle")
    assert world.bot["reserved"] == promise(world) == {"USDT": "1500"}
    after = {order["leg"]: order["amount"] for order in world.bot["orders"]}
    assert float(after["L0"]) > float(before["L0"]) and after["L4"] == before["L4"]


async def test_more_than_the_account_has_is_refused_and_changes_nothing(world):
    await running(world)
    before = (world.bot["orders"], world.bot["reserved"], world.bot["config"], promise(world))
    await world.command("add_funds", amount="9500")
    assert (world.bot["orders"], world.bot["reserved"], world.bot["config"], promise(world)) == before
    [refusal] = said(world, "command_refused")
    assert refusal == {
        "command": "add_funds", "code": "insufficient_funds", "field": "amount", "currency": "USDT", "needed": "9500",
        "available": refusal["available"], "cause": "command", "by": "user", "given": "amount=9500", "command_id": refusal["command_id"],
    }  # fmt: skip
    assert 8999 < float(refusal["available"]) < 9001


async def test_what_a_command_was_refused_stays_refused_when_it_is_repeated(world):
    await running(world)
    event = world.event("command", name="add_funds", params={"amount": "9500"})
    await world.host.tick(event)
    await world.host.tick(event)
    assert len(said(world, "command_refused")) == 1 and promise(world) == {"USDT": "1000"}


@pytest.mark.parametrize("edge", ["die_before", "die_after"])
async def test_money_is_added_once_wherever_the_host_dies(world, edge):
    await running(world)
    first = len(world.host.calls)
    event = world.event("command", name="add_funds", params={"amount": "500"})
    setattr(world.host, edge, first + 1)
    for step in range(2, 40):
        try:
            await world.host.tick(event)
            break
        except Killed:
            setattr(world.host, edge, len(world.host.calls) + step)
    setattr(world.host, edge, 0)
    await world.host.tick(event)
    await world.wake()
    assert world.bot["reserved"] == promise(world) == {"USDT": "1500"}
    assert world.bot["config"]["investment"] == "1500"


async def test_the_budget_of_an_extension_is_reserved_with_the_investment(world):
    await running(world, **TRAILING)
    assert world.bot["reserved"] == promise(world) == {"USDT": "1500"}


async def test_a_larger_budget_is_promised_first_and_a_smaller_one_goes_back(world):
    await running(world, **TRAILING)
    await world.command("edit", trail_up_budget="9600")
    refusal = said(world, "command_refused")[0]
    assert (refusal["code"], refusal["field"]) == ("insufficient_funds", "trail_up_budget") and promise(world) == {"USDT": "1500"}
    await world.command("edit", trail_up_budget="2000")
    assert promise(world) == {"USDT": "3000"}
    await world.command("edit", trail_up_budget="100")
    assert world.bot["reserved"] == promise(world) == {"USDT": "1100"}


async def test_while_the_venue_cannot_be_asked_no_money_is_added(world, monkeypatch):
    from exchange.paper import PaperExchange
    from exchange.protocol import Unavailable

    async def away(*_):
        raise Unavailable("down")

    await running(world)
    monkeypatch.setattr(PaperExchange, "balances", away)
    await world.command("add_funds", amount="10")
    [refusal] = said(world, "command_refused")
    assert (refusal["command"], refusal["code"], refusal["cause"]) == ("add_funds", "venue_down", "command")
