"""A bot's events from the post, one after the other through the real orchestrator: in order, again after a failure, aside in the end."""

import json

import pytest

from orchestrators import outside as outsides
from orchestrators.bot_aside import bot_aside
from orchestrators.inbox import MAX_EVENTS, bot_inbox, next_event, post_task, settle_event
from shared import post
from shared.post import MOST_TRIES, POST, PostBus

GIVEN = {"user_id": "ada", "bot_id": "bot_1", "by": "me"}
ACTIVITIES = {"next_event": next_event, "settle_event": settle_event}


class Steps:
    """What the orchestrator asks for, as the platform would hear it."""

    def __init__(self, given):
        self._given = given

    def get_input(self):
        return json.loads(json.dumps(self._given))

    def call_activity_with_retry(self, name, retry, given):
        return "activity", name, json.loads(json.dumps(given))

    def call_activity(self, name, given):
        return "activity", name, given

    def call_sub_orchestrator(self, name, given):
        return "sub", name, json.loads(json.dumps(given))


class Lane:
    """The post of one bot and what works on it; `failing` names events whose tick fails."""

    def __init__(self, world):
        self.world, self.bus = world, PostBus(world.store, world.clock)
        self.worked, self.aside, self.failing = [], [], set()

    async def send(self, *names, **params):
        events = [self.world.event("command", name=name, params=params) for name in names]
        await self.bus.send(events)
        return [event.id for event in events]

    async def run(self):
        steps = bot_inbox(Steps(GIVEN))
        try:
            asked = next(steps)
            while True:
                try:
                    answer = await self.answer(*asked)
                except RuntimeError as error:
                    asked = steps.throw(error)
                else:
                    asked = steps.send(json.loads(json.dumps(answer)))
        except StopIteration as done:
            return done.value

    async def answer(self, kind, name, given):
        if kind == "activity":
            token = outsides.given.set(self.world.host.outside)
            try:
                return await ACTIVITIES[name]._function.get_user_function()(given)
            finally:
                outsides.given.reset(token)
        if name == "bot_aside":
            self.aside.append(given["event"]["id"])
            return await self.world.host.run(bot_aside, given)
        self.worked.append(given["id"])
        if given["id"] in self.failing:
            raise RuntimeError("the tick failed")
        return await self.world.host.run(inbox_tick, given)

    @property
    def waiting(self):
        return [one["event"]["id"] for one in self.world.store.rows[POST, "ada", "events-bot_1"]["waiting"]]


def inbox_tick(context):
    from orchestrators.bot_tick import bot_tick

    return (yield from bot_tick(context))


@pytest.fixture
def lane(world):
    return Lane(world)


async def test_commands_are_carried_out_in_their_order_and_then_nothing_waits(lane):
    sent = await lane.send("start") + await lane.send("pause", keep_orders=True) + await lane.send("stop", close_mode="keep")
    assert await lane.run() == 3
    assert lane.worked == sent and lane.waiting == []
    assert lane.world.bot["status"] == "stopped"
    assert await lane.run() == 0


async def test_an_event_whose_tick_failed_stands_first_until_it_works(lane):
    [start, pause] = await lane.send("start", "pause")
    lane.failing = {start}
    assert await lane.run() == 1
    assert lane.waiting == [start, pause] and await lane.run() == 0
    lane.failing.clear()
    lane.world.clock.now += 1_000
    assert await lane.run() == 2
    assert lane.worked == [start, start, pause] and lane.world.bot["status"] in ("pausing", "paused")


async def test_an_event_that_always_fails_puts_its_bot_aside_and_the_next_one_has_its_turn(lane):
    await lane.send("start")
    await lane.run()
    [bad, stop] = await lane.send("pause", "stop")
    lane.failing = {bad}
    for _ in range(MOST_TRIES):
        await lane.run()
        lane.world.clock.now += post.LONGEST_PAUSE_MS
    assert lane.worked.count(bad) == MOST_TRIES and lane.aside == []
    assert lane.world.bot["status"] == "starting"
    await lane.run()
    assert lane.aside == [bad] and lane.worked[-1] == stop and lane.waiting == []


async def test_the_host_may_die_between_handing_out_and_working(lane):
    [start] = await lane.send("start")
    taken = await post.take(lane.world.store, "ada", "bot_1", lane.world.clock.now, "a host that dies")
    assert taken.event.id == start
    assert await lane.run() == 0
    lane.world.clock.now += post.TAKEN_MS
    assert await lane.run() == 1 and lane.worked == [start]


async def test_a_long_queue_is_cut_and_what_is_left_is_due(lane):
    await lane.send("start")
    await lane.run()
    sent = await lane.send(*["rename"] * (MAX_EVENTS + 3), name="x")
    lane.worked.clear()
    assert await lane.run() == MAX_EVENTS
    assert lane.worked == sent[:MAX_EVENTS] and lane.waiting == sent[MAX_EVENTS:]
    assert lane.world.store.rows[POST, "ada", "events-bot_1"]["dueMs"] <= lane.world.clock.now
    assert await lane.run() == 3


def test_a_task_is_one_activity():
    steps = post_task(Steps({"user_id": "ada", "name": "task-x"}))
    assert next(steps) == ("activity", "do_task", {"user_id": "ada", "name": "task-x"})
    with pytest.raises(StopIteration):
        steps.send(None)
