"""SQLite the way every onebox service opens it.

Rules: 1. one file per service; 2. WAL with synchronous=FULL, so that what was answered survives a power cut; 3. a caller opens its
transactions itself (`BEGIN IMMEDIATE`), nothing is committed behind its back.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

Synchronous = Literal["FULL", "NORMAL", "OFF"]


def connect(path: Path | str, schema: str = "", *, synchronous: Synchronous = "FULL", readonly: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode that any one thread at a time may use; `schema` is run when given."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    db.execute("PRAGMA busy_timeout=10000")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(f"PRAGMA synchronous={synchronous}")
    db.execute("PRAGMA foreign_keys=ON")
    if schema:
        db.executescript(schema)
    if readonly:
        db.execute("PRAGMA query_only=ON")
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
