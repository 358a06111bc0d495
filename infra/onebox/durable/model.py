"""The records of the durable engine.

An orchestration *instance* and an *entity* are the two things that hold state; everything that happens travels as a *message* to one of
them, or to the pool of activities. One *batch* is what one transaction writes: it consumes messages, changes state and adds messages.
"""

import json
from dataclasses import dataclass, field
from typing import Any

RUNNING = frozenset({"Pending", "Running", "Suspended"})

STARTED, EVENT, TIMER, CONTROL, ACTIVITY, OPERATION = "started", "event", "timer", "control", "activity", "operation"


@dataclass(slots=True)
class Message:
    """Work that waits: `target` is an instance or an entity id, `execution` the run of the instance it is meant for ("" is any)."""

    id: int
    kind: str
    target: str
    execution: str
    due_ms: int
    body: str


@dataclass(slots=True)
class Progress:
    """How far an execution's decisions have come, so that an episode needs to look at new actions only.

    next_id: the number the SDK gives to the next task. actions: how many actions were turned into decisions.
    timers: action index -> timer id of timers that may still be cancelled. retries: task id -> a task with a retry policy.
    waits: timer id -> the task whose next attempt it starts.
    """

    next_id: int = 0
    actions: int = 0
    timers: dict[str, int] = field(default_factory=dict)
    retries: dict[str, dict[str, Any]] = field(default_factory=dict)
    waits: dict[str, dict[str, Any]] = field(default_factory=dict)

    def text(self) -> str:
        return json.dumps([self.next_id, self.actions, self.timers, self.retries, self.waits])

    @classmethod
    def parse(cls, text: str) -> "Progress":
        return cls(*json.loads(text))


@dataclass(slots=True)
class Instance:
    """One orchestration. `history` holds the JSON text of the events of each episode; `parent` is (instance, execution, task id)."""

    id: str
    name: str
    execution: str
    input: str | None
    created_ms: int
    updated_ms: int
    status: str = "Pending"
    output: str | None = None
    custom_status: str | None = None
    parent: tuple[str, str, int] | None = None
    progress: Progress = field(default_factory=Progress)
    history: list[str] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.status in RUNNING


@dataclass(slots=True)
class Entity:
    """One entity; `state` is the JSON text the SDK gave, None if there is none."""

    id: str
    exists: bool = False
    state: str | None = None
    updated_ms: int = 0


@dataclass(slots=True)
class Batch:
    """What one transaction writes, and what the engine does once it is on disk.

    `steps` keep their order; messages need none, since no batch both adds and consumes the same one.
    """

    steps: list[tuple[str, tuple]] = field(default_factory=list)
    added: list[Message] = field(default_factory=list)
    consumed: list[int] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not (self.steps or self.added or self.consumed or self.released)


def entity_id(name: str, key: str) -> str:
    """The scheduler id of an entity; the name's case does not matter, the key's does."""
    return f"@{name.lower()}@{key}"


def entity_parts(entity: str) -> tuple[str, str]:
    """Name and key of a scheduler id."""
    name, _, key = entity[1:].partition("@")
    return name, key
