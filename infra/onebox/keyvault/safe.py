"""The secrets on disk: every version of every secret, its value encrypted.

Rules
1. AES-256-GCM with a random nonce; name and version are authenticated with the value, so rows cannot be swapped.
2. The key is in a file of its own that only its owner can read. Without it the database tells names and dates, no values.
3. Deleting is soft: a deleted secret can be recovered until it is purged.
"""

import json
import os
import sqlite3
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.onebox.store import connect, transaction

_RECOVERABLE_DAYS = 90
_SCHEMA = """
CREATE TABLE IF NOT EXISTS versions (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE, version TEXT NOT NULL,
    sealed BLOB NOT NULL, content_type TEXT, tags TEXT NOT NULL, enabled INTEGER NOT NULL, not_before INTEGER, expires INTEGER,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, UNIQUE (name, version));
CREATE TABLE IF NOT EXISTS deleted (name TEXT PRIMARY KEY COLLATE NOCASE, deleted INTEGER NOT NULL);
"""
_COLUMNS = "name, version, sealed, content_type, tags, enabled, not_before, expires, created, updated"


class Version(NamedTuple):
    """One version of a secret, value sealed; times in seconds."""

    name: str
    version: str
    sealed: bytes
    content_type: str | None
    tags: dict[str, str]
    enabled: bool
    not_before: int | None
    expires: int | None
    created: int
    updated: int


class Safe:
    """The file and its key."""

    def __init__(self, directory: Path, clock):
        self._clock = clock
        key = directory / "keyvault.key"
        if not key.exists():
            with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(AESGCM.generate_key(256))
        self._cipher = AESGCM(key.read_bytes())
        self._db = connect(directory / "keyvault.sqlite3", _SCHEMA)
        self._db.execute("PRAGMA secure_delete=ON")
        (directory / "keyvault.sqlite3").chmod(0o600)

    def close(self) -> None:
        self._db.close()

    def _now_s(self) -> int:
        return self._clock.now_ms() // 1000

    def value(self, version: Version) -> str:
        nonce, sealed = version.sealed[:12], version.sealed[12:]
        return self._cipher.decrypt(nonce, sealed, _about(version.name, version.version)).decode()

    def put(self, name: str, value: str, content_type: str | None, tags: dict, attributes: dict[str, Any]) -> Version:
        """A new version."""
        version, nonce, now_s = uuid.uuid4().hex, os.urandom(12), self._now_s()
        known = self._db.execute("SELECT name FROM versions WHERE name=? LIMIT 1", (name,)).fetchone()
        name = known[0] if known else name
        sealed = nonce + self._cipher.encrypt(nonce, value.encode(), _about(name, version))
        enabled = attributes.get("enabled", True) is not False
        row = (name, version, sealed, content_type, json.dumps(tags), enabled, attributes.get("nbf"), attributes.get("exp"), now_s, now_s)
        self._db.execute(f"INSERT INTO versions ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", row)
        return self.find(name, version)

    def change(self, version: Version, content_type: str | None, tags: dict, attributes: dict[str, Any]) -> Version:
        """New attributes of a version; its value stays."""
        row = (content_type, json.dumps(tags), attributes["enabled"], attributes["nbf"], attributes["exp"], self._now_s())
        statement = "UPDATE versions SET content_type=?, tags=?, enabled=?, not_before=?, expires=?, updated=? WHERE name=? AND version=?"
        self._db.execute(statement, (*row, version.name, version.version))
        return self.find(version.name, version.version)

    def find(self, name: str, version: str | None = None) -> Version | None:
        """One version, or the newest."""
        found = self.versions(name) if version is None else self._select("name=? AND version=?", (name, version))
        return found[-1] if found else None

    def versions(self, name: str) -> list[Version]:
        return self._select("name=?", (name,))

    def names(self, is_deleted: bool) -> list[str]:
        word = "IN" if is_deleted else "NOT IN"
        return [
            row[0]
            for row in self._db.execute(f"SELECT DISTINCT name FROM versions WHERE name {word} (SELECT name FROM deleted) ORDER BY name")
        ]

    def deleted_at(self, name: str) -> int | None:
        """When a secret was deleted, or None; one whose time is over is purged on the way."""
        row = self._db.execute("SELECT deleted FROM deleted WHERE name=?", (name,)).fetchone()
        if row and row[0] + _RECOVERABLE_DAYS * 86400 <= self._now_s():
            self.purge(name)
            return None
        return row[0] if row else None

    def purge_at(self, deleted_at: int) -> int:
        return deleted_at + _RECOVERABLE_DAYS * 86400

    def delete(self, name: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO deleted VALUES (?,?)", (name, self._now_s()))

    def recover(self, name: str) -> None:
        self._db.execute("DELETE FROM deleted WHERE name=?", (name,))

    def purge(self, name: str) -> None:
        with transaction(self._db) as db:
            db.execute("DELETE FROM versions WHERE name=?", (name,))
            db.execute("DELETE FROM deleted WHERE name=?", (name,))

    def _select(self, where: str, args: tuple) -> list[Version]:
        rows: list[sqlite3.Row] = self._db.execute(f"SELECT {_COLUMNS} FROM versions WHERE {where} ORDER BY number", args).fetchall()
        return [Version(*row)._replace(tags=json.loads(row[4]), enabled=bool(row[5])) for row in rows]


def _about(name: str, version: str) -> bytes:
    return f"{name.lower()}/{version}".encode()
