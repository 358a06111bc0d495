"""A message that was given up becomes a state its owner sees."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from conftest import BOT

from orchestrators.bot_aside import bot_aside
from shared.bus import encode, message_id
from shared.ids import entity_key
from tests.builders import USER
from triggers import dead_letters
from triggers.bot_events import instance_id
from triggers.dead_letters import put_aside


async def aside(world, event):
    return await world.host.run(bot_aside, {"event": event._asdict(), "now": world.clock.now})


def resting(world):
    return sorted(id_ for id_, row in world.book["orders"].items() if row["status"] == "open")


async def test_the_bot_waits_for_its_owner_with_its_orders_untouched_and_goes_on_when_resumed(world):
    await world.command("start")
    await world.wake()
    before = resting(world)
    assert await aside(world, world.event("market")) == "quarantined"
    assert (world.bot["status"], world.bot["reason"], world.bot["open_orders"]) == ("error", "event_failed", len(before))
    assert resting(world) == before
    await world.wake()
    assert set(resting(world)) <= set(before) and world.bot["status"] == "error"  # one was filled, nothing was sent
    await world.command("resume")
    await world.live_through(2)
    assert world.bot["status"] == "active" and len(world.fills) == world.bot["fills"]


async def test_a_start_that_never_came_through_leaves_a_draft_that_says_so(world):
    assert await aside(world, world.event("command", name="start", params={})) == "refused"
    assert (world.bot["status"], world.bot["reason"]) == ("draft", "event_failed")
    await world.command("start")
    assert world.bot["status"] == "starting"


async def test_a_rebuild_that_was_given_up_is_asked_for_again_and_again_but_not_for_ever(world):
    """The fence was raised: until the bot is made again it sends nothing."""
    await world.command("start")
    await world.wake()
    del world.host.entities["bot", entity_key(USER, BOT)]
    event, asked = world.event("command", name="rebuild", params={}), []
    for _ in range(6):
        sent = len(world.host.bus.sent)
        await aside(world, event)
        again = world.host.bus.sent[sent:]
        asked += [one.id for one in again]
        event = again[0] if again else event
    assert world.bot["reason"] == "state_lost"
    assert asked == [f"{asked[0][:-1]}{number}" for number in (1, 2, 3)] and len(asked) == 3
    await world.host.tick(event)
    assert world.bot["epoch"] == 1 and world.bot["status"] == "active"


async def test_a_bot_that_has_stopped_stays_stopped(world):
    await world.command("start")
    await world.wake()
    await world.command("stop", close_mode="keep")
    await world.wake()
    assert world.bot["status"] == "stopped"
    assert await aside(world, world.event("market")) == "at rest"
    assert world.bot["status"] == "stopped"


class Client:
    """A durable client that remembers what was started."""

    def __init__(self):
        self.started = {}
        self.ticks = {}

    async def get_status(self, instance):
        if instance in self.ticks:
            statuses = self.ticks[instance]
            return SimpleNamespace(runtime_status=statuses.pop(0) if len(statuses) > 1 else statuses[0])
        return SimpleNamespace(runtime_status="Running") if instance in self.started else None

    async def start_new(self, name, instance, given):
        self.started[instance] = (name, json.loads(json.dumps(given)))


def deliver(client, body, name):
    asyncio.run(put_aside(body, name, client))


def test_a_dead_letter_starts_one_orchestration_however_often_it_is_delivered(world):
    client, event = Client(), world.event("market")
    for _ in range(2):
        deliver(client, encode(event).encode(), message_id(event))
    ((instance, (name, given)),) = client.started.items()
    assert (name, given["event"]["bot_id"]) == ("bot_aside", event.bot_id)
    assert instance.startswith("aside-") and ":" not in instance


def test_a_message_whose_tick_was_carried_out_after_all_puts_nobody_aside(world):
    """A host that was killed ten times within one event: the deliveries are used up, the tick went on."""
    client, event = Client(), world.event("market")
    client.ticks = {instance_id(message_id(event)): ["Running", "Completed"]}
    deliver(client, encode(event).encode(), message_id(event))
    assert not client.started


def test_a_message_whose_tick_failed_puts_its_bot_aside(world):
    client, event = Client(), world.event("market")
    client.ticks = {instance_id(message_id(event)): ["Running", "Failed"]}
    deliver(client, encode(event).encode(), message_id(event))
    assert [name for name, _ in client.started.values()] == ["bot_aside"]


def test_what_cannot_be_read_is_named_and_done_with(caplog):
    client = Client()
    for body in (b"{", b"[]", b'{"userId": "a"}', b'"text"'):
        deliver(client, body, "m1")
    assert not client.started and caplog.text.count("dead_letter.unreadable") == 4


def test_a_tick_that_takes_longer_than_the_wait_keeps_its_letter_until_it_is_over(world, monkeypatch):
    monkeypatch.setattr(dead_letters, "WAIT_S", 0.0)
    client, event = Client(), world.event("market")
    client.ticks = {instance_id(message_id(event)): ["Running", "Running", "Failed"]}
    for _ in range(2):
        with pytest.raises(dead_letters.StillRunning):
            deliver(client, encode(event).encode(), message_id(event))
    assert not client.started
    deliver(client, encode(event).encode(), message_id(event))
    assert [name for name, _ in client.started.values()] == ["bot_aside"]


@pytest.mark.parametrize("left", [{"schema": 99}, {"schema": 1, "core": {}}, "nonsense"])
async def test_a_state_that_cannot_be_read_is_told_at_the_first_tick_and_by_a_dead_letter(world, left):
    """The operation that puts a bot aside reads the state as well: it must not fail by what it is there for."""
    await world.command("start")
    await world.wake()
    world.host.entities["bot", entity_key(USER, BOT)] = left
    before = resting(world)
    assert {"below", "above"} <= world.bot.keys() and await world.command("pause") == "lost"
    assert (world.bot["status"], world.bot["reason"]) == ("error", "state_lost")
    assert not {"below", "above", "urgent", "wakeMs"} & world.bot.keys()  # the market wakes it no more
    world.store.rows["bots", USER, BOT] |= {"status": "active", "reason": None}
    assert await aside(world, world.event("market")) == "lost"
    assert (world.bot["status"], world.bot["reason"]) == ("error", "state_lost") and resting(world) == before
    await world.command("rebuild")
    assert world.bot["status"] == "active" and resting(world) == before


async def test_a_state_that_fails_at_every_step_is_told_after_a_few(world, monkeypatch):
    await world.command("start")
    await world.wake()

    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("entities.life.advance", fails)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await world.wake()
    await world.wake()
    assert (world.bot["status"], world.bot["reason"]) == ("error", "state_lost")
