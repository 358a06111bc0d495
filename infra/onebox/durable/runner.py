"""The asyncio shell of the durable engine: invokes what the engine hands out and writes what it stages.

Rules:
1. One transaction is being written at a time, in a thread; everything that finishes meanwhile shares the next one (group commit), and
   under load that one waits a moment for more (`Pace`).
2. A client's command is answered only after its transaction (`committed`).
3. A failed write ends the host: memory is then ahead of the disk, and a restart is the only honest way back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from infra.onebox import log
from infra.onebox.clock import Clock
from infra.onebox.durable import wire
from infra.onebox.durable.activities import Activity
from infra.onebox.durable.engine import Engine
from infra.onebox.durable.entities import BadAnswer, EntityBatch
from infra.onebox.durable.model import Batch
from infra.onebox.durable.orchestrations import Episode
from infra.onebox.pace import Pace
from infra.onebox.worker.function import FunctionFailed, Result

Invoke = Callable[[str, Any], Awaitable[Result]]
LOG = log.get("durable")
FIRST_RETRY_S, LAST_RETRY_S = 0.1, 30.0
KEEP_MS, SWEEP_EVERY_S, SWEPT_AT_ONCE = 7 * 86_400_000, 600.0, 200


@dataclass(frozen=True, slots=True)
class Limits:
    """How much runs at once, from host.json, and how long an activity may take."""

    orchestrators: int = 8
    entities: int = 8
    activities: int = 8
    timeout_s: float | None = None


class Runner:
    """Runs an engine; `invoke(function, trigger value)` runs a function and its output bindings."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        invoke: Invoke,
        limits: Limits,
        on_fatal: Callable[[BaseException], None],
        pace: Pace | None = None,
    ) -> None:
        self.engine, self._clock, self._invoke, self._limits, self._on_fatal = engine, clock, invoke, limits, on_fatal
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="durable-writer")
        self._tasks: set[asyncio.Task] = set()
        self._running = {"orchestrators": 0, "entities": 0, "activities": 0}
        self._attempts: dict[str, int] = {}
        self._promises: list[asyncio.Future] = []
        self._ends: dict[str, set[asyncio.Event]] = {}
        self._pace = pace or Pace()
        self._writing = self._flush_planned = False
        self._stopping = False
        self._changed = asyncio.Event()
        self._armed_ms: int | None = None

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._background = [self._loop.create_task(self._watch_time()), self._loop.create_task(self._sweep())]
        self.pump()

    async def stop(self) -> None:
        """Stop handing out work and finish the write under way; what is at work will be done again after a restart."""
        self._stopping = True
        running = [*self._background, *self._tasks]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._loop.run_in_executor(self._writer, lambda: None)
        self._writer.shutdown(wait=True)

    async def committed(self) -> None:
        """Wait until everything staged so far is on disk; for ever, once the host is stopping: it must not be promised any more."""
        promise = self._loop.create_future()
        self._promises.append(promise)
        self._plan_flush()
        await promise

    async def ended(self, instance_id: str, seconds: float) -> bool:
        """Wait until an instance's end is on disk, at most so long; whether it is."""
        event = asyncio.Event()
        self._ends.setdefault(instance_id, set()).add(event)
        try:
            return await self._clock.wait(event, seconds)
        finally:
            waiting = self._ends[instance_id]
            waiting.discard(event)
            if not waiting:
                del self._ends[instance_id]

    def pump(self) -> None:
        """Hand out what is ready, within the limits; write what is staged."""
        if self._stopping:
            return
        engine, limits = self.engine, self._limits
        engine.tick()
        self._hand_out("orchestrators", limits.orchestrators, engine.orchestrations.claim, self._episode)
        self._hand_out("entities", limits.entities, engine.entities.claim, self._entity)
        self._hand_out("activities", limits.activities, engine.activities.claim, self._activity)
        self._plan_flush()
        if engine.later.next_ms() != self._armed_ms:
            self._changed.set()

    def _hand_out(self, kind: str, limit: int, claim: Callable[[], Any], run: Callable[[Any], Awaitable[None]]) -> None:
        while self._running[kind] < limit and (work := claim()) is not None:
            self._running[kind] += 1
            task = self._loop.create_task(self._work(kind, run, work))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, kind: str, run: Callable[[Any], Awaitable[None]], work: Any) -> None:
        try:
            await run(work)
        except Exception as error:
            self._on_fatal(error)
        finally:
            self._running[kind] -= 1
            self.pump()

    async def _episode(self, work: Episode) -> None:
        orchestrations = self.engine.orchestrations
        if work.function is None:
            orchestrations.fail(
                work, f"The function '{work.instance.name}' doesn't exist, is disabled, or is not an orchestrator function."
            )
            return
        try:
            result = await self._invoke(work.function, work.payload)
        except FunctionFailed as error:
            LOG.info("orchestration %s %s failed", work.instance.name, work.instance.id)
            orchestrations.fail(work, error.message)
        else:
            try:
                orchestrations.finish(work, result.value)
            except wire.BadDecision as error:
                orchestrations.fail(work, str(error))

    async def _entity(self, work: EntityBatch) -> None:
        entities = self.engine.entities
        if work.function is None:
            entities.refuse(work, f"The entity of {work.entity.id} doesn't exist in this app.")
            return
        try:
            result = await self._invoke(work.function, work.payload)
            entities.finish(work, result.value)
        except (FunctionFailed, BadAnswer) as error:
            await self._back_off(work.entity.id, error)
            entities.abandon(work)
        else:
            self._attempts.pop(work.entity.id, None)

    async def _activity(self, work: Activity) -> None:
        activities = self.engine.activities
        if work.function is None:
            activities.fail(work, f"The function '{work.name}' doesn't exist, is disabled, or is not an activity function.", "")
            return
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                result = await self._invoke(work.function, work.input)
        except FunctionFailed as error:
            LOG.info("activity %s failed: %s", work.name, error)
            activities.fail(work, error.message, error.trace)
        except TimeoutError:
            LOG.warning("activity %s exceeded the function time-out of %s s", work.name, self._limits.timeout_s)
            activities.fail(work, f"Timeout value of {self._limits.timeout_s} s was exceeded by function: {work.name}", "")
        else:
            activities.finish(work, result.value)

    async def _back_off(self, entity: str, error: Exception) -> None:
        attempt = self._attempts[entity] = self._attempts.get(entity, 0) + 1
        LOG.error("entity %s broke (attempt %d), the batch will be retried: %s", entity, attempt, error)
        await self._clock.sleep(min(FIRST_RETRY_S * 2 ** (attempt - 1), LAST_RETRY_S))

    # --- writing ------------------------------------------------------------------------------------------------------------------

    def _plan_flush(self) -> None:
        if not self._flush_planned and not self._writing and not self._stopping:
            self._flush_planned = True
            wait = 0.0 if self.engine.staged.is_empty() else self._pace.wait_s()
            self._loop.call_later(wait, self._flush) if wait else self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        if self._stopping:
            return
        batch = self.engine.take()
        promises, self._promises = self._promises, []
        if batch is None:
            _keep(promises)
            return
        self._writing = True
        written = self._loop.run_in_executor(self._writer, self.engine.store.write, batch)
        written.add_done_callback(lambda future: self._written(future, batch, promises))

    def _written(self, future: asyncio.Future, batch: Batch, promises: list[asyncio.Future]) -> None:
        self._writing = False
        if error := future.exception():
            self._on_fatal(error)
            return
        self.engine.publish(batch)
        for instance_id in batch.ended:
            for event in self._ends.get(instance_id, ()):
                event.set()
        _keep(promises)
        self.pump()

    async def _watch_time(self) -> None:
        """Wake up when the next message falls due."""
        while True:
            self._changed.clear()
            self._armed_ms = self.engine.later.next_ms()
            delay = None if self._armed_ms is None else max(0.0, (self._armed_ms - self._clock.now_ms()) / 1000)
            await self._clock.wait(self._changed, delay)
            self.pump()

    async def _sweep(self) -> None:
        """Purge what ended long ago, a little at a time."""
        while True:
            ended = self.engine.store.ended_before(self._clock.now_ms() - KEEP_MS, SWEPT_AT_ONCE)
            for instance in ended:
                self.engine.purge(instance)
            self._plan_flush()
            await self._clock.sleep(1.0 if len(ended) == SWEPT_AT_ONCE else SWEEP_EVERY_S)


def _keep(promises: list[asyncio.Future]) -> None:
    for promise in promises:
        if not promise.done():
            promise.set_result(None)
