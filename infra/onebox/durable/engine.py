"""The durable engine: a synchronous state machine over the store. It has no loop, no thread, no clock and no randomness of its own.

    command or claim -> (the shell invokes the function) -> finish -> take -> store.write -> publish

Rules:
1. What a step consumes, changes and produces is staged together and written by one transaction; a message becomes visible to others only
   after that transaction (`publish`). A crash at any point loses staged work whole, and the messages it consumed are read again.
2. A target (instance or entity) works on one thing at a time, and stays locked until its outcome is on disk.
3. Many outcomes may share one transaction (group commit): the shell takes whatever is staged when the disk is free.
4. Clients read what is on disk, never what is staged.
"""

import json
from collections.abc import Callable

from infra.onebox.clock import Clock
from infra.onebox.durable import store as sql
from infra.onebox.durable import wire
from infra.onebox.durable.activities import ActivityWork
from infra.onebox.durable.entities import EntityWork
from infra.onebox.durable.mailbox import Pick
from infra.onebox.durable.model import ACTIVITY, CONTROL, EVENT, OPERATION, TIMER, Batch, Instance, Message
from infra.onebox.durable.names import Names
from infra.onebox.durable.orchestrations import OrchestrationWork
from infra.onebox.durable.staging import Options, Staging
from infra.onebox.durable.store import DurableStore


class AlreadyExists(Exception):
    """An instance of that id is running and may not be replaced."""


class UnknownFunction(Exception):
    """No orchestrator of that name."""


class NotFound(Exception):
    """No such instance."""


class Gone(Exception):
    """The instance has ended."""


class Engine(Staging):
    """See the module. `new_id` makes ids, `pick` chooses among what is ready: both are injected for simulations."""

    def __init__(
        self,
        store: DurableStore,
        clock: Clock,
        names: Names,
        new_id: Callable[[], str],
        options: Options | None = None,
        pick: Pick | None = None,
    ) -> None:
        super().__init__(store, clock, names, new_id, options or Options(), pick)
        self.orchestrations, self.entities, self.activities = OrchestrationWork(self), EntityWork(self), ActivityWork(self)
        for message in store.messages():
            self._deliver(message)

    # --- commands of clients; they take effect with the next commit -------------------------------------------------------------------

    def start(self, name: str, instance_id: str | None, text: str | None) -> str:
        """A new instance; raises UnknownFunction, AlreadyExists."""
        if self.names.orchestrator(name) is None:
            raise UnknownFunction(name)
        instance_id = instance_id or self.new_id()
        existing = self.instance(instance_id)
        if existing is not None and existing.is_running and not self.options.replace_running:
            raise AlreadyExists(existing.status)
        if self.orchestration_boxes.is_busy(instance_id) and existing is not None and existing.is_running:
            raise AlreadyExists(existing.status)
        self.create(name, instance_id, text, None)
        return instance_id

    def raise_event(self, instance_id: str, name: str, text: str | None) -> None:
        """Raises NotFound, Gone."""
        self._running(instance_id)
        self.add(EVENT, instance_id, "", 0, wire.event_raised(self.clock.now_ms(), name, text))

    def control(self, instance_id: str, what: str, reason: str | None) -> None:
        """terminate, suspend or resume, in turn with the instance's other messages; raises NotFound, Gone."""
        self._running(instance_id)
        self.add(CONTROL, instance_id, "", 0, json.dumps([what, reason]))

    def purge(self, target: str) -> int:
        """Forget an ended instance, or an entity (its id begins with @); the number of things forgotten."""
        if target.startswith("@"):
            return self.entities.purge(target)
        instance = self.instance(target)
        if instance is None or instance.is_running or self.orchestration_boxes.is_busy(target):
            return 0
        self.instances.pop(target, None)
        self.staged.steps += [(sql.FORGET, (target,)), (sql.CUT, (target,))]
        return 1

    # --- the round ----------------------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Make due what the clock says is due."""
        for message in self.later.due(self.clock.now_ms()):
            self._route(message)

    def take(self) -> Batch | None:
        """Everything staged since the last take, or None; it must be written, then published."""
        if self.staged.is_empty():
            return None
        batch, self.staged = self.staged, Batch()
        return batch

    def publish(self, batch: Batch) -> None:
        """The batch is on disk: its messages become visible, its targets free."""
        for message in batch.added:
            self._deliver(message)
        for target in batch.released:
            (self.entity_boxes if target.startswith("@") else self.orchestration_boxes).release(target)
        for target in batch.ended:
            instance = self.instances.get(target)
            if instance is not None and not instance.is_running and not self.orchestration_boxes.is_busy(target):
                del self.instances[target]
        self._evict()

    def commit(self) -> None:
        """Take, write and publish in one go, for shells without a writer of their own."""
        while (batch := self.take()) is not None:
            self.store.write(batch)
            self.publish(batch)

    def is_idle(self) -> bool:
        """Nothing ready, nothing at work, nothing staged; timers may still be running."""
        return self.staged.is_empty() and self.orchestration_boxes.is_idle() and self.entity_boxes.is_idle() and self.activities.is_idle()

    def _running(self, instance_id: str) -> Instance:
        instance = self.instance(instance_id)
        if instance is None:
            raise NotFound(instance_id)
        if not instance.is_running:
            raise Gone(instance_id)
        return instance

    def _deliver(self, message: Message) -> None:
        if message.kind == TIMER:
            self.timers[message.target, message.execution, int(message.body)] = message.id
        if message.due_ms > self.clock.now_ms():
            self.later.add(message)
        else:
            self._route(message)

    def _route(self, message: Message) -> None:
        if message.kind == ACTIVITY:
            self.activities.offer(message)
        elif message.kind == OPERATION:
            self.entity_boxes.deliver(message)
        else:
            self.orchestration_boxes.deliver(message)

    def _evict(self) -> None:
        if len(self.instances) <= self.options.max_cached:
            return
        for target in list(self.instances)[: len(self.instances) - self.options.max_cached]:
            if not self.orchestration_boxes.is_busy(target):
                del self.instances[target]
