"""The engine under a seeded scheduler, a virtual clock and crashes at every instant where disk and memory differ.

Orchestrators and entities run through the SDK's own executors, so the wire format is the real one.
"""

import json
import random
from datetime import timedelta

import azure.durable_functions as df
import pytest
from azure.durable_functions import Entity, Orchestrator

from infra.onebox.clock import VirtualClock
from infra.onebox.durable.engine import AlreadyExists, Engine, Options
from infra.onebox.durable.names import Names
from infra.onebox.durable.stepper import Crash, FunctionRaised, Stepper
from infra.onebox.durable.store import DurableStore
from infra.onebox.worker.function import Function

# The SDK warns once per process about untyped payloads, which is how these samples use it.
pytestmark = pytest.mark.filterwarnings("ignore:azure.functions df_loads:DeprecationWarning")
POLICY = df.RetryOptions(50, 4)


def journey(context):
    """A bit of everything: fan-out with retries, entity calls, a timer, a child."""
    numbers = yield context.task_all([context.call_activity_with_retry("shaky", POLICY, [context.instance_id, n]) for n in range(4)])
    total = yield context.call_entity(df.EntityId("tally", context.instance_id), "add", sum(numbers))
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=30))
    shared = yield context.call_entity(df.EntityId("tally", "shared"), "add", 1)
    child = yield context.call_sub_orchestrator("child", total)
    return [total, shared > 0, child]


def child(context):
    context.signal_entity(df.EntityId("tally", "signals"), "add", 1)
    return (yield context.call_activity("double", context.get_input()))


def tally(context):
    total = context.get_state(lambda: 0) + context.get_input()
    context.set_result(total)
    context.set_state(total)


def shaky(given):
    if CHANCE.random() < 0.4:
        raise FunctionRaised("ValueError: shaky")
    return given[1]


CHANCE = random.Random(0)
FUNCTIONS = {"journey": Orchestrator.create(journey), "child": Orchestrator.create(child), "tally": Entity.create(tally)}
ACTIVITIES = {"shaky": shaky, "double": lambda n: n * 2}
NAMES = Names(
    [Function(name, name, {"type": f"{kind}Trigger", "name": "x"}, (), False) for kind, names in
     (("orchestration", ("journey", "child")), ("entity", ("tally",)), ("activity", ("shaky", "double"))) for name in names]
)  # fmt: skip


def call(kind, function, payload):
    if kind == "activities":
        return json.dumps(ACTIVITIES[function](json.loads(payload)))
    try:
        return FUNCTIONS[function](payload)
    except Exception as error:
        raise FunctionRaised(f"{type(error).__name__}: {error}") from error


class World:
    """One simulated machine: survives its crashes."""

    def __init__(self, path, seed, crash_rate):
        self.path, self.chance, self.crash_rate, self.crashes = path, random.Random(seed), crash_rate, 0
        CHANCE.seed(seed)
        self.clock = VirtualClock()
        self.boot()

    def boot(self):
        self.store = DurableStore(self.path, synchronous="OFF")
        engine = Engine(
            self.store, self.clock, NAMES, lambda: f"{self.chance.getrandbits(128):032x}", Options(entity_batch=2), self.chance.randrange
        )
        self.stepper = Stepper(engine, call, self.chance, self.crash_rate)

    def run(self, count):
        todo = [f"j{n}" for n in range(count)]
        while True:
            try:
                while todo:
                    try:
                        self.stepper.engine.start("journey", todo[0], None)
                    except AlreadyExists:
                        pass
                    self.stepper._commit()
                    todo.pop(0)
                self.stepper.run()
                return
            except Crash:
                self.crashes += 1
                self.store.close()
                self.boot()

    def trace(self):
        rows = [(it.id, it.status, it.output) for it in self.store.query(0, 1 << 62, (), "j")]
        entities = self.store._reader.execute("SELECT id, state FROM entities ORDER BY id").fetchall()
        return rows, entities


@pytest.mark.parametrize("seed", range(12))
def test_crashes_at_any_instant_neither_lose_nor_double_anything(tmp_path, seed):
    world = World(tmp_path / "durable.db", seed, 0.05)
    world.run(6)
    rows, entities = world.trace()
    for _, status, output in rows:
        if status == "Completed":
            assert json.loads(output) == [6, True, 12]
        else:
            assert "shaky" in output
    done = sum(status == "Completed" for _, status, _ in rows)
    kept = dict(entities)
    assert len(rows) == 6
    assert kept.get("@tally@shared", "0") == kept.get("@tally@signals", "0") == str(done)
    assert world.store.messages() == []
    world.store.close()


def test_crashes_do_happen_in_these_runs(tmp_path):
    world = World(tmp_path / "durable.db", 3, 0.05)
    world.run(6)
    world.store.close()
    assert world.crashes > 3


def test_a_run_is_a_pure_function_of_its_seed(tmp_path):
    traces = []
    for attempt in range(2):
        world = World(tmp_path / f"{attempt}.db", 42, 0.02)
        world.run(5)
        traces.append((world.trace(), world.crashes, world.clock.now_ms(), world.chance.random()))
        world.store.close()
    assert traces[0] == traces[1]
