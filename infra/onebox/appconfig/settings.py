"""The key-values of one store, in SQLite: (key, label) -> value, each change with a new etag."""

import json
import sqlite3
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

TABLE = """CREATE TABLE IF NOT EXISTS settings (
    key TEXT NOT NULL, label TEXT NOT NULL, value TEXT, content_type TEXT, tags TEXT NOT NULL, etag TEXT NOT NULL, at_ms INTEGER NOT NULL,
    locked INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (key, label)) WITHOUT ROWID"""


class Setting(NamedTuple):
    """`label` is "" for the setting without one."""

    key: str
    label: str
    value: str | None
    content_type: str | None
    tags: dict[str, str]
    etag: str
    at_ms: int
    locked: bool

    def wire(self) -> dict[str, Any]:
        return {
            "etag": self.etag, "key": self.key, "label": self.label or None, "content_type": self.content_type, "value": self.value,
            "tags": self.tags, "locked": self.locked, "last_modified": datetime.fromtimestamp(self.at_ms / 1000, UTC).isoformat(),
        }  # fmt: skip


class Settings:
    def __init__(self, directory: Path, clock) -> None:
        self._clock = clock
        self._db = sqlite3.connect(directory / "appconfig.sqlite", isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(TABLE)

    def close(self) -> None:
        self._db.close()

    def get(self, key: str, label: str) -> Setting | None:
        row = self._db.execute("SELECT * FROM settings WHERE key = ? AND label = ?", (key, label)).fetchone()
        return _setting(row) if row else None

    def put(self, key: str, label: str, body: dict[str, Any]) -> Setting:
        made = Setting(
            key, label, body.get("value"), body.get("content_type"), body.get("tags") or {}, uuid.uuid4().hex, self._clock.now_ms(), False
        )
        values = (*made[:4], json.dumps(made.tags), made.etag, made.at_ms, 0)
        self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        return made

    def lock(self, key: str, label: str, locked: bool) -> Setting | None:
        change = (int(locked), uuid.uuid4().hex, key, label)
        self._db.execute("UPDATE settings SET locked = ?, etag = ? WHERE key = ? AND label = ?", change)
        return self.get(key, label)

    def delete(self, key: str, label: str) -> None:
        self._db.execute("DELETE FROM settings WHERE key = ? AND label = ?", (key, label))

    def all(self) -> list[Setting]:
        """By key, then label."""
        return [_setting(row) for row in self._db.execute("SELECT * FROM settings ORDER BY key, label")]


def _setting(row: tuple[Any, ...]) -> Setting:
    return Setting(*row[:4], json.loads(row[4]), row[5], row[6], bool(row[7]))
