"""What the broker must remember, on SQLite: one row per message, session state, duplicate history, next sequence numbers.

Rules:
1. Queues append changes in the order they happened; `take` hands the batch over and `write` stores it in one transaction.
2. `write` returns only when the batch is on the disk (WAL, synchronous=FULL): whoever acknowledges, acknowledges after it.
3. `write` may run on another thread than `append`; one write at a time.
"""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..store import connect, transaction

_TABLES = """
CREATE TABLE IF NOT EXISTS messages (
    queue TEXT NOT NULL, seq INTEGER NOT NULL, payload BLOB NOT NULL, message_id TEXT, session_id TEXT, enqueued_ms INTEGER NOT NULL,
    scheduled_ms INTEGER, expires_ms INTEGER, ttl_ms INTEGER, deliveries INTEGER NOT NULL, state INTEGER NOT NULL, reason TEXT,
    description TEXT, locked INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (queue, seq));
CREATE TABLE IF NOT EXISTS sessions (queue TEXT NOT NULL, id TEXT NOT NULL, state BLOB, PRIMARY KEY (queue, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (queue TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL, until_ms INTEGER NOT NULL,
    PRIMARY KEY (queue, message_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY, last_seq INTEGER NOT NULL) WITHOUT ROWID;
"""
PUT = "INSERT OR REPLACE INTO messages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,0)"
MARK = "UPDATE messages SET deliveries=?, state=?, locked=? WHERE queue=? AND seq=?"
DROP = "DELETE FROM messages WHERE queue=? AND seq=?"
SESSION = "INSERT OR REPLACE INTO sessions VALUES (?,?,?)"
NO_SESSION = "DELETE FROM sessions WHERE queue=? AND id=?"
SEEN = "INSERT OR REPLACE INTO seen VALUES (?,?,?,?)"
UNSEEN = "DELETE FROM seen WHERE queue=? AND message_id=?"
LAST_SEQ = "INSERT OR REPLACE INTO queues VALUES (?,?)"

Change = tuple[str, tuple[Any, ...]]


class Journal:
    """The file; `path` None keeps nothing (simulations)."""

    def __init__(self, path: Path | None) -> None:
        self._pending: list[Change] = []
        self._writing = threading.Lock()
        self.touched: Callable[[], None] = lambda: None
        self._db: sqlite3.Connection | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = connect(path, _TABLES)

    @property
    def dirty(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._pending)

    def append(self, sql: str, values: tuple[Any, ...]) -> None:
        """Remembers a change until the next `write`."""
        if self._db is not None:
            self._pending.append((sql, values))
            if len(self._pending) == 1:
                self.touched()

    def take(self) -> list[Change]:
        """Everything appended so far; the caller writes it."""
        batch, self._pending = self._pending, []
        return batch

    def write(self, batch: list[Change]) -> None:
        """One durable transaction."""
        if self._db is None or not batch:
            return
        with self._writing:
            with transaction(self._db) as db:
                for sql, values in batch:
                    db.execute(sql, values)

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What is stored."""
        return [] if self._db is None else self._db.execute(sql, values).fetchall()

    def close(self) -> None:
        """Writes what is pending and closes the file."""
        if self._db is not None:
            self.write(self.take())
            self._db.close()
            self._db = None
