"""The post: what order, repeats, pauses and work for later become in documents. What both buses promise: tests/conformance/bus."""

from types import SimpleNamespace

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import post, trace, watch
from shared.bus import BotEvent, instance_id, message_id
from shared.durable import with_client
from shared.post import KEPT_S, MOST_TRIES, MOST_WAITING, POST, REMEMBERED_MS, TAKEN_MS, Full, PostBus, PostWork
from tests.builders import T0, USER
from tests.fakes import Clock, MemoryStore

BOT = "bot_1"


class Client:
    """A durable client that remembers what was started, and may have it running, done or refused."""

    def __init__(self):
        self.started, self.states, self.is_down = [], {}, False

    async def get_status(self, instance):
        return SimpleNamespace(runtime_status=self.states[instance]) if instance in self.states else None

    async def start_new(self, name, instance, given):
        if self.is_down:
            raise ConnectionError("the host is going down")
        self.started.append((name, instance, given))
        self.states[instance] = "Running"


class World:
    def __init__(self):
        self.store, self.clock, self.client = MemoryStore(), Clock(T0), Client()
        self.bus, self.work = PostBus(self.store, self.clock), PostWork(self.store, self.clock)

    def event(self, id, kind="command", bot=BOT):
        return BotEvent(USER, bot, id, kind, self.clock.now, {"name": "pause"})

    async def take(self, by="me"):
        return await post.take(self.store, USER, BOT, self.clock.now, by)

    async def settle(self, id, is_done=True):
        return await post.settle(self.store, USER, BOT, id, self.clock.now, is_done)

    async def due(self):
        return [one["id"] for one in await watch.waiting(self.store, self.clock.now)]

    @property
    def document(self):
        return self.store.rows[POST, USER, f"events-{BOT}"]


@pytest.fixture
def world():
    return World()


async def test_an_event_that_somebody_works_on_is_nobody_elses_until_they_must_be_given_up(world):
    await world.bus.send([world.event("a")])
    assert (await world.take("me")).event.id == "a"
    assert await world.take("you") is None and await world.due() == []
    world.clock.now += TAKEN_MS
    assert await world.due() == [f"events-{BOT}"]
    assert (await world.take("you")).event.id == "a"


async def test_whoever_has_an_event_and_asks_again_gets_it_again(world):
    await world.bus.send([world.event("a")])
    assert (await world.take()).event == (await world.take()).event


async def test_an_event_that_failed_keeps_its_place_and_has_its_pause(world):
    await world.bus.send([world.event("a"), world.event("b")])
    pauses = []
    for _ in range(3):
        taken = await world.take()
        assert taken.event.id == "a" and not taken.is_given_up
        await world.settle("a", is_done=False)
        assert await world.take() is None
        pauses.append(world.document["dueMs"] - world.clock.now)
        world.clock.now = world.document["dueMs"]
    assert pauses == [1_000, 2_000, 4_000]


async def test_a_new_event_does_not_cut_the_pause_of_the_first_one_short(world):
    await world.bus.send([world.event("a")])
    await world.take()
    await world.settle("a", is_done=False)
    before = world.document["dueMs"]
    await world.bus.send([world.event("b")])
    assert world.document["dueMs"] == before and await world.take() is None


async def test_the_eleventh_time_is_said_to_be_one_too_many(world):
    await world.bus.send([world.event("a")])
    given_up = []
    for _ in range(MOST_TRIES + 1):
        given_up.append((await world.take()).is_given_up)
        await world.settle("a", is_done=False)
        world.clock.now += 60_000
    assert given_up == [False] * MOST_TRIES + [True]


async def test_a_settling_that_comes_twice_or_for_another_event_changes_nothing(world):
    await world.bus.send([world.event("a"), world.event("b")])
    await world.take()
    assert (await world.settle("a")).id == "a"
    before = dict(world.document)
    assert await world.settle("a") is None and world.document == before
    assert (await world.take()).event.id == "b"


async def test_an_empty_document_asks_for_nobody_and_ages(world):
    await world.bus.send([world.event("a")])
    assert "ttl" not in world.document
    await world.take()
    await world.settle("a")
    assert "dueMs" not in world.document and world.document["ttl"] == KEPT_S


async def test_what_was_done_is_remembered_for_a_while(world):
    await world.bus.send([world.event("a")])
    await world.take()
    await world.settle("a")
    world.clock.now += REMEMBERED_MS - 1
    await world.bus.send([world.event("a")])
    assert world.document["waiting"] == []
    world.clock.now += 1
    await world.bus.send([world.event("a")])
    assert [one["event"]["id"] for one in world.document["waiting"]] == ["a"]


async def test_more_than_anybody_could_mean_is_refused_whole(world):
    await world.bus.send([world.event(f"e{n}") for n in range(MOST_WAITING)])
    with pytest.raises(Full):
        await world.bus.send([world.event("one more")])
    assert len(world.document["waiting"]) == MOST_WAITING


async def test_whoever_may_start_orchestrations_has_its_command_worked_on_at_once(world):
    with with_client(world.client):
        await world.bus.send([world.event("a"), world.event("b")])
        await world.bus.send([world.event("c")])
    [(name, instance, given)] = world.client.started
    assert (name, instance) == ("bot_inbox", post.inbox_instance(USER, BOT))
    assert (given["user_id"], given["bot_id"]) == (USER, BOT) and given["by"]


async def test_a_command_is_kept_though_nobody_can_be_told(world):
    world.client.is_down = True
    with with_client(world.client):
        await world.bus.send([world.event("a")])
    assert await world.due() == [f"events-{BOT}"]


async def test_a_nudge_becomes_its_tick_once_and_is_not_kept(world):
    nudge = world.event("s17", "market")
    with with_client(world.client):
        await world.bus.send([nudge])
        await world.bus.send([nudge])
        [(name, instance, given)] = world.client.started
        assert (name, instance) == ("bot_tick", instance_id(message_id(nudge)))
        assert BotEvent(**given) == nudge and world.store.of(POST) == []
        world.client.states[instance] = "Completed"
        await world.bus.send([nudge])
    assert len(world.client.started) == 1


async def test_a_nudge_that_cannot_be_started_is_told_to_its_sender(world):
    world.client.is_down = True
    with with_client(world.client), pytest.raises(ConnectionError):
        await world.bus.send([world.event("s17", "market")])


async def test_somebody_faster_is_no_error(world):
    class Late(Client):
        async def start_new(self, name, instance, given):
            self.states[instance] = "Running"
            raise RuntimeError("An Orchestration instance with the status Running already exists.")

    with with_client(Late()):
        await world.bus.send([world.event("s17", "market"), world.event("a")])


async def test_one_that_cannot_be_kept_does_not_keep_the_others_from_it(world):
    await world.bus.send([world.event(f"e{n}") for n in range(MOST_WAITING)])
    with pytest.raises(Full):
        await world.bus.send([world.event("x"), world.event("x", bot="bot_2"), world.event("x", bot="bot_3")])
    assert {row["botId"] for row in world.store.of(POST)} == {BOT, "bot_2", "bot_3"}


async def test_a_nudge_and_a_command_carry_the_trace_of_whoever_sent_them(world):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    token = trace._given.set(provider.get_tracer("test"))
    try:
        with with_client(world.client), trace.span("look"):
            await world.bus.send([world.event("s17", "market"), world.event("a")])
        taken = await world.take()
    finally:
        trace._given.reset(token)
    [look] = [one for one in exporter.get_finished_spans() if one.name == "look"]
    known = f"{look.context.trace_id:032x}"
    [tick] = [given for name, _, given in world.client.started if name == "bot_tick"]
    assert tick["traceparent"].split("-")[1] == taken.trace["traceparent"].split("-")[1] == known


async def test_nothing_to_send_touches_nothing(world):
    await world.bus.send([])
    assert world.store.rows == {}


async def test_work_for_later_is_due_when_it_should_be_and_a_repeat_vanishes(world):
    task = {"kind": "notify", "userId": USER, "id": "dlv_1"}
    await world.work.put("dlv_1", task, 30)
    await world.work.put("dlv_1", {**task, "kind": "other"}, 0)
    assert await world.due() == []
    assert await post.task_at(world.store, USER, "task-dlv_1", world.clock.now) is None
    world.clock.now += 30_000
    assert await world.due() == ["task-dlv_1"]
    found = await post.task_at(world.store, USER, "task-dlv_1", world.clock.now)
    assert found["task"] == task
    assert await post.task_at(world.store, USER, "task-dlv_1", world.clock.now) is None  # taken
    await post.task_over(world.store, USER, found, world.clock.now, is_done=True)
    world.clock.now += 10 * TAKEN_MS
    assert await world.due() == []
    await world.work.put("dlv_1", task)
    assert await world.due() == []


async def test_work_that_fails_is_tried_again_later_and_given_up_in_the_end(world):
    with with_client(world.client):
        await world.work.put("x", {"kind": "fold", "userId": USER})
    assert [name for name, _, _ in world.client.started] == ["post_task"]
    tries = 0
    while await world.due() and tries < 20:
        found = await post.task_at(world.store, USER, "task-x", world.clock.now)
        await post.task_over(world.store, USER, found, world.clock.now, is_done=False)
        tries, world.clock.now = tries + 1, world.clock.now + 60_000
    assert tries == MOST_TRIES
