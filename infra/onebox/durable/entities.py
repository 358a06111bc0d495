"""Entities: one batch of operations per key at a time.

Rules (the platform's, inconvenient ones included):
1. An operation that raises answers with an error, keeps the state as mutated, and is not retried (DE7).
2. State is committed when the batch returns, together with the answers and with the consumption of the operations (DE6).
3. If the function itself breaks (bad state that cannot be serialised), nothing is committed and the batch is retried without limit (DE10,
   DE11); the entity's other operations wait behind it.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass

from infra.onebox.durable import store as sql
from infra.onebox.durable import wire
from infra.onebox.durable.model import EVENT, Entity, Message, entity_parts
from infra.onebox.durable.staging import Staging

CACHED = 20_000


class BadAnswer(Exception):
    """What the function returned is not the answer of an entity."""


def _answer(text: str | None, operations: int) -> dict:
    try:
        said = json.loads(text or "")
        if len(said["results"]) == operations and {"entityExists", "entityState", "signals"} <= said.keys():
            return said
    except (ValueError, LookupError, TypeError) as error:
        raise BadAnswer(str(error)) from error
    raise BadAnswer(f"{operations} operations, {len(said['results'])} results")


@dataclass(frozen=True, slots=True)
class EntityBatch:
    """Claimed operations of one entity and what its function receives; `function` is None when the app has no such entity."""

    entity: Entity
    messages: list[Message]
    operations: list[dict]
    function: str | None
    payload: str


class EntityWork:
    """Claim a batch, then finish it, refuse it or put it back."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._cache: OrderedDict[str, Entity] = OrderedDict()

    def claim(self) -> EntityBatch | None:
        claimed = self._staging.entity_boxes.claim()
        if claimed is None:
            return None
        target, box = claimed
        messages = [box.popleft() for _ in range(min(len(box), self._staging.options.entity_batch))]
        entity = self._load(target)
        operations = [json.loads(message.body) for message in messages]
        name, key = entity_parts(target)
        payload = wire.entity_input(name, key, entity.exists, entity.state, operations)
        return EntityBatch(entity, messages, operations, self._staging.names.entity(name), payload)

    def finish(self, work: EntityBatch, answer: str) -> None:
        """The function returned its answer text; raises BadAnswer, with nothing staged, if that is none."""
        said = _answer(answer, len(work.operations))
        for operation, result in zip(work.operations, said["results"], strict=True):
            self._reply(operation, result["result"], is_error=result["isError"])
        now, entity = self._staging.clock.now_ms(), work.entity
        entity.exists, entity.updated_ms = bool(said["entityExists"]), now
        entity.state = said["entityState"] if entity.exists else None
        row = (sql.ENTITY, (entity.id, entity.state, now)) if entity.exists else (sql.NO_ENTITY, (entity.id,))
        self._staging.staged.steps.append(row)
        for signal in said["signals"]:
            self._staging.signal(signal["target"], signal["name"], signal["input"])
        self._release(work)

    def refuse(self, work: EntityBatch, reason: str) -> None:
        """Answer every operation with an error and change nothing: no such entity, or the function ran out of time (DE26)."""
        for operation in work.operations:
            self._reply(operation, json.dumps(reason), is_error=True)
        self._release(work)

    def abandon(self, work: EntityBatch) -> None:
        """The batch broke: put it back, in its old order, ahead of what came since. Nothing is staged."""
        boxes = self._staging.entity_boxes
        for message in reversed(work.messages):
            boxes.put_back(message)
        boxes.release(work.entity.id)

    def purge(self, target: str) -> int:
        if self._staging.entity_boxes.is_busy(target) or not self._load(target).exists:
            return 0
        self._cache.pop(target, None)
        self._staging.staged.steps.append((sql.NO_ENTITY, (target,)))
        return 1

    def _reply(self, operation: dict, result: str, *, is_error: bool) -> None:
        if operation["reply"] is None:
            return
        instance, execution, call = operation["reply"]
        content = {"result": result, "exceptionType": "System.Exception"} if is_error else {"result": result}
        self._staging.add(EVENT, instance, execution, 0, wire.event_raised(self._staging.clock.now_ms(), call, json.dumps(content)))

    def _release(self, work: EntityBatch) -> None:
        for message in work.messages:
            self._staging.consume(message)
        self._staging.staged.released.append(work.entity.id)

    def _load(self, target: str) -> Entity:
        entity = self._cache.pop(target, None) or self._staging.store.entity(target)
        self._cache[target] = entity
        while len(self._cache) > CACHED:
            self._cache.popitem(last=False)
        return entity
