"""The file behind the endpoint: databases, containers, and writes in group commits.

Rules
1. One connection writes, on the event loop; its COMMIT waits for the disk in a thread, and what arrives meanwhile is the next group;
   under load that one waits a moment for more (`Pace`).
2. A write is answered after its commit. A write that is refused leaves nothing, without disturbing its group.
3. Reads use connections of their own, so they never see what is not yet on the disk.
"""

import asyncio
import base64
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson

from infra.onebox.pace import ASKED_GAP_S, Pace
from infra.onebox.store import Synchronous, connect

from .container import Container, checked
from .errors import conflict, not_found
from .predicate import register

_SCHEMA = """
CREATE TABLE IF NOT EXISTS databases (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS containers (number INTEGER PRIMARY KEY AUTOINCREMENT, database TEXT NOT NULL, id TEXT NOT NULL,
    settings TEXT NOT NULL, UNIQUE (database, id));
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO counter VALUES ('lsn', 0);
"""
_SWEEP_EVERY_MS = 5_000
_LARGEST_GROUP = 256
_STEPS_A_LOOK = 1_000  # of SQLite's machine, some tens of microseconds

Work = Callable[[sqlite3.Connection], Any]


class Storage:
    """Opens the file, owns the order of writes."""

    def __init__(self, path: Path, clock, synchronous: Synchronous = "FULL"):
        self.clock = clock
        self.writing = connect(path, _SCHEMA, synchronous=synchronous)
        self._is_threaded = synchronous == "FULL"  # else nothing waits for the disk, and a simulation stays on one thread
        register(self.writing)
        self.reading = _reader(path)
        self.scanning = _reader(path)
        self.scan_lock = asyncio.Lock()
        self._committer = ThreadPoolExecutor(1, "cosmos-commit")
        self._scanner = ThreadPoolExecutor(1, "cosmos-scan")
        self._waiting: list[tuple[Work, asyncio.Future]] = []
        self._flushing: asyncio.Task | None = None
        self._swept_ms = 0
        self._pace = Pace(gap_s=ASKED_GAP_S)
        self.lsn: int = self.writing.execute("SELECT value FROM counter").fetchone()[0]
        self.containers: dict[tuple[str, str], Container] = {}
        for row in self.writing.execute("SELECT number, database, settings FROM containers").fetchall():
            self._know(*row)

    def _know(self, number: int, database: str, settings: str) -> Container:
        container = Container(number, database, self.database_rid(database), orjson.loads(settings))
        self.containers[database, container.name] = container
        return container

    async def close(self) -> None:
        if self._flushing:
            await self._flushing
        self._committer.shutdown()
        self._scanner.shutdown()
        for connection in (self.reading, self.scanning, self.writing):
            connection.close()

    # databases and containers

    def databases(self) -> list[str]:
        return [name for (name,) in self.reading.execute("SELECT id FROM databases ORDER BY number")]

    def database_rid(self, name: str) -> str:
        row = self.reading.execute("SELECT number FROM databases WHERE id=?", (name,)).fetchone()
        if row is None:
            raise not_found()
        return _database_rid(row[0])

    def container(self, database: str, name: str) -> Container:
        found = self.containers.get((database, name))
        if found is None:
            raise not_found("Owner resource does not exist")
        return found

    def create_database(self, connection: sqlite3.Connection, name: str) -> None:
        try:
            connection.execute("INSERT INTO databases (id) VALUES (?)", (name,))
        except sqlite3.IntegrityError:
            raise conflict() from None

    def create_container(self, connection: sqlite3.Connection, database: str, settings: dict) -> Container:
        self.database_rid(database)
        settings = checked(settings)
        if (database, settings["id"]) in self.containers:
            raise conflict()
        text = orjson.dumps(settings).decode()
        row = connection.execute("INSERT INTO containers (database, id, settings) VALUES (?,?,?)", (database, settings["id"], text))
        container = self._know(row.lastrowid, database, text)
        container.create(connection)
        return container

    def replace_container(self, connection: sqlite3.Connection, database: str, settings: dict) -> Container:
        """New settings for an existing container; its documents stay."""
        old = self.container(database, settings["id"])
        text = orjson.dumps(checked(settings)).decode()
        connection.execute("UPDATE containers SET settings=? WHERE number=?", (text, old.number))
        container = self._know(old.number, database, text)
        container.create(connection)
        return container

    def delete_container(self, connection: sqlite3.Connection, database: str, name: str) -> None:
        container = self.container(database, name)
        connection.execute(f"DROP TABLE {container.table}")
        connection.execute("DELETE FROM containers WHERE number=?", (container.number,))
        del self.containers[database, name]

    def delete_database(self, connection: sqlite3.Connection, database: str) -> None:
        self.database_rid(database)
        for owner, name in [key for key in self.containers if key[0] == database]:
            self.delete_container(connection, owner, name)
        connection.execute("DELETE FROM databases WHERE id=?", (database,))

    # writes and reads of documents

    async def write(self, work: Work) -> Any:
        """Runs the work in the next group and returns its result once that is on the disk."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def scan(self, statement: str, arguments: list) -> list[tuple]:
        """Rows of a statement that may look at many documents, read off the event loop."""
        if not self._is_threaded:
            return self.scanning.execute(statement, arguments).fetchall()
        async with self.scan_lock:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._scanner, lambda: self.scanning.execute(statement, arguments).fetchall())

    def within(self, seconds: float, statement: str, arguments: list) -> list[tuple] | None:
        """Rows of a statement, read at once; None when that would take longer. Most are read in less than handing them over takes."""
        end = time.perf_counter() + seconds
        self.reading.set_progress_handler(lambda: time.perf_counter() > end, _STEPS_A_LOOK)
        try:
            return self.reading.execute(statement, arguments).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            return None
        finally:
            self.reading.set_progress_handler(None, 0)

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            if self._is_threaded and (wait := self._pace.wait_s()):
                await asyncio.sleep(wait)
            group, self._waiting = self._waiting[:_LARGEST_GROUP], self._waiting[_LARGEST_GROUP:]
            try:
                self.writing.execute("BEGIN IMMEDIATE")
                outcomes = [self._run(work) for work, _ in group]
                self._sweep()
                self.writing.execute("UPDATE counter SET value=?", (self.lsn,))
                if self._is_threaded:
                    await loop.run_in_executor(self._committer, self.writing.execute, "COMMIT")
                else:
                    self.writing.execute("COMMIT")
            except Exception as error:  # the disk refused: nobody in this group was stored
                if self.writing.in_transaction:
                    self.writing.execute("ROLLBACK")
                outcomes = [(False, error)] * len(group)
            for (_, future), (is_result, outcome) in zip(group, outcomes, strict=True):
                if not future.done():
                    (future.set_result if is_result else future.set_exception)(outcome)

    def _run(self, work: Work) -> tuple[bool, Any]:
        self.writing.execute("SAVEPOINT one")
        try:
            outcome = (True, work(self.writing))
        except Exception as error:
            self.writing.execute("ROLLBACK TO one")
            outcome = (False, error)
        self.writing.execute("RELEASE one")
        return outcome

    def _sweep(self) -> None:
        """Removes what has expired, now and then; until then reads leave it out."""
        now_ms = self.clock.now_ms()
        if now_ms - self._swept_ms < _SWEEP_EVERY_MS:
            return
        self._swept_ms = now_ms
        for container in self.containers.values():
            if container.default_ttl is not None:
                self.writing.execute(f"DELETE FROM {container.table} WHERE expires <= ?", (now_ms,))


def _reader(path: Path) -> sqlite3.Connection:
    connection = connect(path, readonly=True)
    connection.execute("PRAGMA cache_size=-32768")
    connection.execute("PRAGMA mmap_size=536870912")
    register(connection)
    return connection


def _database_rid(number: int) -> str:
    return base64.b64encode(number.to_bytes(4, "big")).decode()
