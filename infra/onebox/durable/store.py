"""The durable engine's tables, and nothing but reading and writing them."""

import json
import sqlite3
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from infra.onebox.durable.model import Batch, Entity, Instance, Message, Progress
from infra.onebox.store import Synchronous, connect, transaction

SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, execution TEXT NOT NULL, input TEXT, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
  status TEXT NOT NULL, output TEXT, custom_status TEXT, parent TEXT, progress TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS instances_created ON instances (created_ms);
CREATE TABLE IF NOT EXISTS history (
  instance TEXT NOT NULL, episode INTEGER NOT NULL, events TEXT NOT NULL, PRIMARY KEY (instance, episode)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, target TEXT NOT NULL, execution TEXT NOT NULL, due_ms INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entities (id TEXT PRIMARY KEY, state TEXT, updated_ms INTEGER NOT NULL) WITHOUT ROWID;
"""

INSTANCE = "INSERT OR REPLACE INTO instances VALUES (?,?,?,?,?,?,?,?,?,?,?)"
UPDATE = "UPDATE instances SET updated_ms=?, status=?, output=?, custom_status=?, progress=? WHERE id=?"
EPISODE = "INSERT INTO history VALUES (?,?,?)"
CUT = "DELETE FROM history WHERE instance=?"
FORGET = "DELETE FROM instances WHERE id=?"
ADD = "INSERT INTO messages VALUES (?,?,?,?,?,?)"
CONSUME = "DELETE FROM messages WHERE id=?"
ENTITY = "INSERT OR REPLACE INTO entities VALUES (?,?,?)"
NO_ENTITY = "DELETE FROM entities WHERE id=?"
COLUMNS = "id, name, execution, input, created_ms, updated_ms, status, output, custom_status, parent, progress"


def instance_row(it: Instance) -> tuple:
    parent = json.dumps(it.parent) if it.parent else None
    return (
        it.id,
        it.name,
        it.execution,
        it.input,
        it.created_ms,
        it.updated_ms,
        it.status,
        it.output,
        it.custom_status,
        parent,
        it.progress.text(),
    )


def update_row(it: Instance) -> tuple:
    return (it.updated_ms, it.status, it.output, it.custom_status, it.progress.text(), it.id)


def _instance(row: tuple) -> Instance:
    *values, parent, progress = row
    return Instance(*values, tuple(json.loads(parent)) if parent else None, Progress.parse(progress))


class DurableStore:
    """One writing and one reading connection: a status query sees only what is on disk."""

    def __init__(self, path: Path, *, synchronous: Synchronous = "FULL") -> None:
        self.path = Path(path)
        self._db = connect(path, SCHEMA, synchronous=synchronous)
        self._reader = connect(path, readonly=True)

    def write(self, batch: Batch) -> None:
        """The whole batch in one transaction."""
        if not (batch.steps or batch.added or batch.consumed):
            return
        with transaction(self._db) as db:
            for sql, group in groupby(batch.steps, key=itemgetter(0)):
                db.executemany(sql, [values for _, values in group])
            db.executemany(CONSUME, [(message_id,) for message_id in batch.consumed])
            db.executemany(ADD, [(m.id, m.kind, m.target, m.execution, m.due_ms, m.body) for m in batch.added])

    def messages(self) -> list[Message]:
        return [Message(*row) for row in self._reader.execute("SELECT * FROM messages ORDER BY id")]

    def last_message(self) -> int:
        return self._reader.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0]

    def instance(self, instance_id: str) -> Instance | None:
        row = self._reader.execute(f"SELECT {COLUMNS} FROM instances WHERE id=?", (instance_id,)).fetchone()
        return _instance(row) if row else None

    def history(self, instance_id: str) -> list[str]:
        rows = self._reader.execute("SELECT events FROM history WHERE instance=? ORDER BY episode", (instance_id,))
        return [events for (events,) in rows]

    def entity(self, entity_id: str) -> Entity:
        row = self._reader.execute("SELECT state, updated_ms FROM entities WHERE id=?", (entity_id,)).fetchone()
        return Entity(entity_id, True, *row) if row else Entity(entity_id)

    def query(self, since_ms: int, until_ms: int, statuses: Iterable[str], prefix: str) -> list[Instance]:
        """Instances created in the span, by status (none given: any) and id prefix, oldest first."""
        sql = f"SELECT {COLUMNS} FROM instances WHERE created_ms>=? AND created_ms<=? AND substr(id, 1, ?)=?"
        values: list = [since_ms, until_ms, len(prefix), prefix]
        if wanted := list(statuses):
            sql += f" AND status IN ({','.join('?' * len(wanted))})"
            values += wanted
        return [_instance(row) for row in self._reader.execute(sql + " ORDER BY created_ms, id", values)]

    def ended_before(self, ms: int, limit: int) -> list[str]:
        """Ids of ended instances not touched since, the oldest first."""
        ended = "status NOT IN ('Pending', 'Running', 'Suspended')"
        sql = f"SELECT id FROM instances WHERE created_ms<? AND updated_ms<? AND {ended} ORDER BY created_ms LIMIT ?"
        return [row[0] for row in self._reader.execute(sql, (ms, ms, limit))]

    def close(self) -> None:
        self._reader.close()
        try:
            self._db.close()
        except sqlite3.ProgrammingError:
            pass
