"""The durable engine's tables in memory: `infra.onebox.durable.store.DurableStore` without SQLite, which is only slow.

`written` counts transactions. test_full.py runs the same seed on the real store and wants the same event log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from infra.onebox.durable import store as sql
from infra.onebox.durable.model import Batch, Entity, Instance, Message

Row = tuple[Any, ...]


class MemoryStore:
    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.chunks: dict[str, dict[int, str]] = {}
        self.waiting: dict[int, Message] = {}
        self.entities: dict[str, tuple[str | None, int]] = {}
        self._last = 0

    def write(self, batch: Batch) -> None:
        for statement, values in batch.steps:
            _STEPS[statement](self, *values)
        for number in batch.consumed:
            self.waiting.pop(number, None)
        for message in batch.added:
            self.waiting[message.id] = message
            self._last = max(self._last, message.id)

    def messages(self) -> list[Message]:
        return [Message(m.id, m.kind, m.target, m.execution, m.due_ms, m.body) for _, m in sorted(self.waiting.items())]

    def last_message(self) -> int:
        return self._last

    def instance(self, instance_id: str) -> Instance | None:
        row = self.rows.get(instance_id)
        return None if row is None else sql._instance(row)

    def history(self, instance_id: str) -> list[str]:
        return [events for _, events in sorted(self.chunks.get(instance_id, {}).items())]

    def entity(self, entity_id: str) -> Entity:
        found = self.entities.get(entity_id)
        return Entity(entity_id) if found is None else Entity(entity_id, True, *found)

    def query(self, since_ms: int, until_ms: int, statuses: Iterable[str], prefix: str) -> list[Instance]:
        wanted = set(statuses)
        found = (sql._instance(row) for row in self.rows.values() if since_ms <= row[4] <= until_ms and row[0].startswith(prefix))
        return sorted((it for it in found if not wanted or it.status in wanted), key=lambda it: (it.created_ms, it.id))

    # -- the statements

    def _put(self, *values: Any) -> None:
        self.rows[values[0]] = values

    def _update(self, updated: int, status: str, output: Any, custom: Any, progress: str, instance_id: str) -> None:
        if (row := self.rows.get(instance_id)) is not None:
            self.rows[instance_id] = (*row[:5], updated, status, output, custom, row[9], progress)

    def _episode(self, instance_id: str, number: int, events: str) -> None:
        self.chunks.setdefault(instance_id, {})[number] = events

    def _cut(self, instance_id: str) -> None:
        self.chunks.pop(instance_id, None)

    def _forget(self, instance_id: str) -> None:
        self.rows.pop(instance_id, None)

    def _entity(self, entity_id: str, state: str | None, updated: int) -> None:
        self.entities[entity_id] = (state, updated)

    def _no_entity(self, entity_id: str) -> None:
        self.entities.pop(entity_id, None)

    def close(self) -> None:
        return None


_STEPS: dict[str, Callable[..., None]] = {
    sql.INSTANCE: MemoryStore._put,
    sql.UPDATE: MemoryStore._update,
    sql.EPISODE: MemoryStore._episode,
    sql.CUT: MemoryStore._cut,
    sql.FORGET: MemoryStore._forget,
    sql.ENTITY: MemoryStore._entity,
    sql.NO_ENTITY: MemoryStore._no_entity,
}
