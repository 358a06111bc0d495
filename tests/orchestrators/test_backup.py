"""A bot's backup is written when something happened that its fills do not tell, and not with every order."""

from conftest import BOT

from shared.bot_document import backup_id
from tests.builders import USER


def backup(world):
    return world.store.rows["bots", USER, backup_id(BOT)]


def lines(world, code):
    return [row for row in world.store.of("events") if row["code"] == code]


async def test_a_fill_and_the_order_it_led_to_are_no_reason_for_a_backup(world):
    await world.command("start")
    await world.wake()
    before, orders, fills = backup(world)["_etag"], len(lines(world, "orders")), len(world.fills)
    while len(world.fills) < fills + 3:
        await world.wake(20_000)
    assert len(lines(world, "orders")) > orders and backup(world)["_etag"] == before


async def test_a_word_of_the_owner_is(world):
    await world.command("start")
    await world.wake()
    before = backup(world)["_etag"]
    await world.command("pause")
    await world.wake(1_000)
    assert backup(world)["_etag"] != before and backup(world)["revision"] <= world.bot["revision"]
