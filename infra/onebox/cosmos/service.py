"""The Cosmos endpoint as a service: its own HTTP server on 127.0.0.1, its key, its file.

`CosmosService(directory, clock, database, containers, synchronous="FULL")`: start, stop, `connection_string`, `upsert`, `faults`.
"""

from pathlib import Path
from typing import Any

from aiohttp import web

from infra.onebox.store import Synchronous

from .documents import Documents
from .faults import Faults
from .signature import Key
from .storage import Storage
from .wire import Wire


class CosmosService:
    """A Cosmos account with one database given, and more on request."""

    def __init__(self, directory: Path, clock, database: str, containers: list[dict[str, Any]], synchronous: Synchronous = "FULL"):
        directory.mkdir(parents=True, exist_ok=True)
        self.faults = Faults()
        self._directory, self._clock, self._database, self._containers = directory, clock, database, containers
        self._synchronous = synchronous
        self._key = Key(directory / "cosmos.key")
        self._storage: Storage | None = None
        self._runner: web.ServerRunner | None = None
        self._port = 0

    async def start(self, port: int = 0) -> None:
        """Opens the file, sees to the containers asked for, listens."""
        self._storage = Storage(self._directory / "cosmos.sqlite3", self._clock, self._synchronous)
        (self._directory / "cosmos.sqlite3").chmod(0o600)
        await self._prepare(self._storage)
        wire = Wire(self._storage, self._key, self.faults)
        self._runner = web.ServerRunner(web.Server(wire.handle, access_log=None), shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        if self._storage:
            await self._storage.close()
        self._runner = self._storage = None

    @property
    def connection_string(self) -> str:
        return f"AccountEndpoint=http://127.0.0.1:{self._port}/;AccountKey={self._key.text};"

    async def upsert(self, database: str, container: str, document: dict[str, Any]) -> None:
        """What a Cosmos output binding does: the whole document, no precondition."""
        found = self._storage.container(database, container)
        documents = Documents(self._storage, found, found.key_of(document))
        await self._storage.write(lambda connection: documents.upsert(connection, document))

    async def _prepare(self, storage: Storage) -> None:
        if self._database not in storage.databases():
            await storage.write(lambda connection: storage.create_database(connection, self._database))
        for settings in self._containers:
            name = settings.get("name", settings.get("id"))
            known = (self._database, name) in storage.containers
            see_to = storage.replace_container if known else storage.create_container
            given = {**settings, "id": name}
            await storage.write(lambda connection, see_to=see_to, given=given: see_to(connection, self._database, given))
