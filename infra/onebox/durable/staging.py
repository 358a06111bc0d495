"""What the three kinds of work share: instances, mailboxes, and the changes that are staged for the next transaction.

Nothing here is on disk before somebody takes the batch and writes it (engine.py, rule 1).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from infra.onebox.clock import Clock
from infra.onebox.durable import store as sql
from infra.onebox.durable import wire
from infra.onebox.durable.mailbox import Later, Mailboxes, Pick, Ready
from infra.onebox.durable.model import OPERATION, STARTED, TIMER, Batch, Instance, Message
from infra.onebox.durable.names import Names
from infra.onebox.durable.store import DurableStore


@dataclass(frozen=True, slots=True)
class Options:
    """From host.json `extensions.durableTask`."""

    entity_batch: int = 50
    replace_running: bool = False
    max_cached: int = 20_000


class Staging:
    """See the module."""

    def __init__(
        self, store: DurableStore, clock: Clock, names: Names, new_id: Callable[[], str], options: Options, pick: Pick | None
    ) -> None:
        self.store, self.clock, self.names, self.new_id, self.options = store, clock, names, new_id, options
        self.instances: dict[str, Instance] = {}
        self.later = Later()
        self.orchestration_boxes, self.entity_boxes = Mailboxes(pick), Mailboxes(pick)
        self.activity_queue = Ready(pick)
        self.timers: dict[tuple[str, str, int], int] = {}
        self.staged = Batch()
        self._last_id = store.last_message()

    def instance(self, instance_id: str) -> Instance | None:
        """The newest view of an instance, staged changes included."""
        found = self.instances.get(instance_id)
        if found is None:
            found = self.store.instance(instance_id)
            if found is not None and found.is_running:
                found.history = self.store.history(instance_id)
                self.instances[instance_id] = found
        return found

    def create(self, name: str, instance_id: str, text: str | None, parent: tuple[str, str, int] | None) -> None:
        """Stage a new instance, in place of any other of that id."""
        now = self.clock.now_ms()
        instance = Instance(instance_id, name, self.new_id(), text, now, now, parent=parent)
        self.instances[instance_id] = instance
        self.staged.steps += [(sql.CUT, (instance_id,)), (sql.INSTANCE, sql.instance_row(instance))]
        started = wire.execution_started(now, name, instance_id, instance.execution)
        self.add(STARTED, instance_id, instance.execution, 0, started)

    def add(self, kind: str, target: str, execution: str, due_ms: int, body: str) -> None:
        """Stage a message."""
        self._last_id += 1
        message = Message(self._last_id, kind, target, execution, due_ms, body)
        self.staged.added.append(message)

    def consume(self, message: Message) -> None:
        """Stage that a message has been dealt with."""
        self.staged.consumed.append(message.id)
        if message.kind == TIMER:
            self.timers.pop((message.target, message.execution, int(message.body)), None)

    def cancel_timer(self, instance: Instance, timer: int) -> None:
        message_id = self.timers.pop((instance.id, instance.execution, timer), None)
        if message_id is not None:
            self.later.drop(message_id)
            self.staged.consumed.append(message_id)

    def signal(self, entity: str, operation: str, text: str | None, due_ms: int = 0) -> None:
        """An operation nobody waits for, now or at a time; scheduled ones keep no order with the others (DE5)."""
        self.add(OPERATION, entity, "", due_ms, json.dumps({"op": operation, "input": text, "reply": None}))
