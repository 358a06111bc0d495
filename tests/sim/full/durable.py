"""onebox's durable engine as the simulation's backend: the kernel is its loop, its clock and its chance.

Rules
1. The engine is production code of the host; this shell only claims, invokes and commits, one group commit at a time, as `Runner` does.
2. Orchestrators and entities run through the stock SDK with the wire JSON of the engine; activities are called as coroutines on a host.
3. Every episode, operation and commit is a step at which the world may strike: before it or after it.
4. Whoever was given work and is a zombie meanwhile, or belongs to an engine that died, is not listened to.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import azure.functions as func

from infra.onebox.durable.activities import Activity
from infra.onebox.durable.engine import Engine, Options
from infra.onebox.durable.entities import EntityBatch
from infra.onebox.durable.model import Batch
from infra.onebox.durable.orchestrations import Episode
from tests.functions import functions
from tests.sim.full.memory import MemoryStore
from tests.sim.kernel import Io, Kernel, Sleep, Task, ask

if TYPE_CHECKING:
    from tests.sim.full.world import World

Doc = dict[str, Any]
KINDS = {"orchestrationTrigger": "orchestration", "activityTrigger": "activity", "entityTrigger": "entity_name"}


def by_trigger(kind: str) -> dict[str, Any]:
    """The app's functions of one trigger type, by function name."""
    return {f.get_function_name(): f for f in functions() if f.get_trigger().type == kind}


class Names:
    """infra.onebox.durable.names.Names over functions that were never indexed: durable names are function names in this app."""

    def __init__(self) -> None:
        self._calls = {kind: {name.lower(): f.get_user_function() for name, f in by_trigger(kind).items()} for kind in KINDS}

    def call(self, kind: str, name: str) -> Callable[..., Any]:
        return self._calls[kind][name.lower()]

    def orchestrator(self, name: str) -> str | None:
        return name.lower() if name.lower() in self._calls["orchestrationTrigger"] else None

    def activity(self, name: str) -> str | None:
        return name.lower() if name.lower() in self._calls["activityTrigger"] else None

    def entity(self, name: str) -> str | None:
        return name.lower() if name.lower() in self._calls["entityTrigger"] else None


class EngineClock:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def now_ms(self) -> int:
        return self._kernel.now


class Durable:
    """The task hub. `store` survives; `engine` is what the process remembers."""

    def __init__(self, world: World, store: Any = None) -> None:
        self.world, self.kernel, self.names = world, world.kernel, Names()
        self.store = store or MemoryStore()
        self._ids = self.taken = self.written = 0
        self.open()

    def open(self) -> None:
        """A new engine over what is on the disk: a start, or a start after a crash."""
        pick = self.kernel.chance.randrange
        self.engine = Engine(self.store, EngineClock(self.kernel), self.names, self._new_id, Options(entity_batch=1), pick)  # type: ignore[arg-type]
        self._writing, self._armed = False, 0
        self._operated: list[tuple[str, str | None, str | None, Doc]] = []  # since the last batch was taken: nothing until it is written
        self.taken = self.written  # what was being written when the process died is nobody's any more
        self.pump()

    def _new_id(self) -> str:
        self._ids += 1
        return f"{self._ids:032x}"

    def entity_state(self, name: str, key: str) -> Doc | None:
        """What is on the disk of one entity."""
        state = self.store.entity(f"@{name}@{key}").state
        return None if state is None else _state(state)

    # -- the loop

    def pump(self) -> None:
        engine = self.engine
        engine.tick()
        while (episode := engine.orchestrations.claim()) is not None:
            self._soon(engine, episode, self._episode)
        while (batch := engine.entities.claim()) is not None:
            self._soon(engine, batch, self._operations)
        while (work := engine.activities.claim()) is not None:
            self._soon(engine, work, self._activity)
        self._flush()
        self._arm()

    def _soon(self, engine: Engine, work: Any, run: Callable[[Engine, Any], None]) -> None:
        def go() -> None:
            if engine is self.engine:
                run(engine, work)

        self.kernel.at(self.kernel.now + self.kernel.chance.randint(1, 15), go)

    def _arm(self) -> None:
        upcoming, engine = self.engine.later.next_ms(), self.engine
        if upcoming is not None and upcoming != self._armed:
            self._armed = upcoming
            self.kernel.at(upcoming, lambda: self.pump() if engine is self.engine else None)

    def _flush(self) -> None:
        engine = self.engine
        if self._writing or (batch := engine.take()) is None:
            return
        self._writing = True
        self.taken += 1
        operated, self._operated = self._operated, []

        def write(batch: Batch) -> None:
            if engine is not self.engine or self.world.strike("commit", "before"):
                return
            self.store.write(batch)
            for operation in operated:
                self.world.committed(*operation)
            if self.world.strike("commit", "after"):
                return
            self._writing = False
            self.written += 1
            engine.publish(batch)
            self.pump()

        self.kernel.at(self.kernel.now + self.kernel.chance.randint(1, 4), lambda: write(batch))

    # -- what is invoked

    def _episode(self, engine: Engine, work: Episode) -> None:
        label = f"episode {work.instance.name}"
        if self._struck(engine, label, "before", lambda: engine.orchestrations.abandon(work)):
            return
        assert work.function is not None
        try:
            answer = self.names.call("orchestrationTrigger", work.function)(work.payload)
        except Exception as error:  # the SDK raises for a failed orchestration, with what was decided in the text
            engine.orchestrations.fail(work, f"{type(error).__name__}: {error}")
            self.world.failed(work.instance.name, error)
        else:
            engine.orchestrations.finish(work, answer)
        self.kernel.note(label, work.instance.id)
        self.pump()

    def _operations(self, engine: Engine, work: EntityBatch) -> None:
        name = work.entity.id.split("@")[1]
        label = f"entity {name}"
        if self._struck(engine, label, "before", lambda: engine.entities.abandon(work)):
            return
        before = work.entity.state
        answer = self.names.call("entityTrigger", name)(work.payload)
        [said] = json.loads(answer)["results"]
        assert not said["isError"], f"{label}: {said['result']}"
        engine.entities.finish(work, answer)
        self._operated.append((work.entity.id, before, work.entity.state, json.loads(said["result"])))
        self.pump()

    def _struck(self, engine: Engine, label: str, when: str, abandon: Callable[[], None]) -> bool:
        """Whether the host died here. One whose backend lives on gives its work back after a while."""
        if not self.world.strike(label, when):
            return False
        if engine is self.engine:
            self._give_back(engine, abandon)
        return True

    def _give_back(self, engine: Engine, abandon: Callable[[], None]) -> None:
        def again() -> None:
            if engine is self.engine:
                self.kernel.seen["resumed"] += 1
                abandon()
                self.pump()

        self.kernel.at(self.kernel.now + self.kernel.chance.randint(300, 6_000), again)

    def _activity(self, engine: Engine, work: Activity) -> None:
        host = self.world.host()

        def done(result: Any, error: Exception | None) -> None:
            if engine is not self.engine or task.is_zombie:
                self.kernel.seen["zombie_ignored"] += 1
                return
            if error is None:
                engine.activities.finish(work, json.dumps(result, allow_nan=False))
            else:
                self.world.failed(work.name, error)
                engine.activities.fail(work, f"{type(error).__name__}: {error}", "")
            self.pump()

        def lost() -> None:
            if engine is self.engine:
                self._give_back(engine, lambda: engine.activities.abandon(work))

        task = Task(self._invoke(work), host, done, lost)
        task.label = work.name
        self.kernel.spawn(task)

    async def _invoke(self, work: Activity) -> Any:
        """The function, then its output bindings: nothing of the two is atomic (SB10)."""
        function, given = self.names.call("activityTrigger", work.name), json.loads(work.input)
        await ask(Io("begin", lambda: None, sure=True))
        if work.name not in ("execute", "publish", "refuse"):
            return await function(given)
        bots, live, curve = Output(), Output(), Output()
        result = await function(given, bots, live, *((curve,) if work.name != "refuse" else ()))
        for place, output in (("equity", curve), ("bots", bots)):
            for document in output.value or []:
                row = json.loads(document.to_json())
                await self.world.store.upsert(place, row["userId"], row)
        if live.value is not None:
            await self.world.feed(live.value)
        return result


class Output(func.Out[Any]):
    def __init__(self) -> None:
        self.value: Any = None

    def set(self, value: Any) -> None:
        self.value = value

    def get(self) -> Any:
        return self.value


class Client:
    """The durable client of a trigger. Its answers tell what is on the disk."""

    def __init__(self, durable: Durable) -> None:
        self._hub = durable

    @property
    def _durable(self) -> Durable:
        """The hub, while its process is there to answer."""
        if self._hub.engine is None:
            raise ConnectionResetError("nobody is listening")
        return self._hub

    async def get_status(self, instance: str) -> Any:
        def effect() -> Any:
            found = self._durable.store.instance(instance)
            return None if found is None else SimpleNamespace(runtime_status=found.status)

        return await ask(Io("durable.status", effect))

    async def start_new(self, name: str, instance: str, given: Any) -> str:
        durable = self._hub

        def effect() -> tuple[Engine, int]:
            self._durable.engine.start(name, instance, json.dumps(given, allow_nan=False))
            number = durable.taken + 1
            durable.pump()
            return durable.engine, number

        engine, number = await ask(Io("durable.start", effect))
        while durable.written < number:
            if engine is not durable.engine:
                raise ConnectionResetError("the host went down before it answered")
            await ask(Sleep(5))
        return instance

    async def purge_instance_history_by(self, since: Any, until: Any, statuses: list[Any]) -> None:
        kept = {status.value for status in statuses}
        span = round(since.timestamp() * 1000), round(until.timestamp() * 1000)

        def effect() -> int:
            durable = self._durable
            ended = durable.store.query(*span, kept, "")
            count = sum(durable.engine.purge(one.id) for one in ended)
            durable.pump()
            return count

        self._hub.kernel.seen["purged"] += await ask(Io("durable.purge", effect))


def _state(text: str) -> Doc:
    """An entity's state as the SDK stores it: JSON, once or twice."""
    found = json.loads(text)
    return json.loads(found) if isinstance(found, str) else found
