"""The heartbeat of resting bots: a look that changes nothing, and a tick for whoever is not at rest."""

import copy

import pytest

from orchestrators import activities
from orchestrators.quiet_round import look_around
from tests.builders import MINUTE, USER


async def around(world, tick_before=0):
    """How many bots the round woke."""
    token = activities._given.set(world.host.outside)
    try:
        given = {"bots": [[USER, "bot_1"], [USER, "bot_gone"]], "beat": "beat7", "tick_before": tick_before}
        return await look_around._function.get_user_function()(given)
    finally:
        activities._given.reset(token)


@pytest.fixture
async def resting(world):
    await world.command("start")
    await world.wake(20_000)
    assert world.bot["status"] == "active"
    return world


async def test_a_resting_bot_is_looked_at_and_nothing_changes(resting):
    rows, entities = copy.deepcopy(resting.store.rows), copy.deepcopy(resting.host.entities)
    assert await around(resting) == 0
    assert (resting.store.rows, resting.host.entities) == (rows, entities)
    assert resting.host.bus.sent == []


async def test_a_bot_whose_order_filled_gets_its_tick(resting):
    resting.clock.now += 2 * MINUTE
    assert await around(resting) == 1
    assert [(event.bot_id, event.kind, event.id) for event in resting.host.bus.sent] == [("bot_1", "heartbeat", "beat7")]


async def test_an_order_that_is_gone_or_in_doubt_gets_its_bot_a_tick(resting):
    gone = next(id for id, row in resting.book["orders"].items() if row["status"] == "open")
    resting.book["orders"][gone]["status"] = "canceled"
    assert await around(resting) == 1
    resting.book["orders"][gone]["status"] = "open"
    assert await around(resting) == 0
    resting.bot["orders"][0]["status"] = "pending"
    assert await around(resting) == 1


async def test_a_bot_that_had_no_tick_for_long_gets_one_and_one_at_rest_for_good_does_not(resting):
    assert await around(resting, tick_before=resting.clock.now) == 1
    resting.bot["status"] = "stopped"
    assert await around(resting, tick_before=resting.clock.now) == 0


async def test_a_round_that_cannot_read_a_bot_wakes_it_and_goes_on(resting):
    del resting.bot["look"]
    assert await around(resting) == 1
