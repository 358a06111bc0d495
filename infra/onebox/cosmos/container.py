"""One container: its settings as Cosmos shows them, and its table of documents.

Rules
1. A row is found by (partition key, id); `row` never changes and is never used twice, so it orders pages and makes the `_rid`.
2. The document text is the whole answer, system properties included: a read copies bytes.
3. Indexed properties live tagged (see `value`) in columns of their own, written with the document.
"""

import base64
import sqlite3
from typing import Any

import orjson

from .errors import bad_request
from .value import NO_KEY, Path, at, parts, tag

_MAX_ID_BYTES = 1023
FILLED_AT_ONCE = 10_000


class Container:
    """A container's table, name and settings; made once and kept while the service runs."""

    def __init__(self, number: int, database: str, database_rid: str, settings: dict[str, Any]):
        self.number, self.database, self.settings = number, database, settings
        self.name: str = settings["id"]
        self.table = f"docs_{number}"
        self.rid = _rid(base64.b64decode(database_rid) + (0x80000000 | number).to_bytes(4, "big"))
        self.self_link = f"dbs/{database_rid}/colls/{self.rid}/"
        self.key: Path = parts(settings["partitionKey"]["paths"][0])
        self.default_ttl: int | None = settings.get("defaultTtl")
        self.indexes = [[parts(_slashed(name)) for name in index] for index in settings.get("indexes", [])]
        paths = sorted({path for index in self.indexes for path in index} - {self.key, ("id",)})
        self.columns: dict[Path, str] = {path: _column(path) for path in paths}
        self.composite = [
            tuple((parts(_slashed(key["path"])), key.get("order", "ascending")) for key in keys) for keys in _composites(settings)
        ]

    def document(self) -> dict[str, Any]:
        """The container as the API shows it."""
        shown = {key: value for key, value in self.settings.items() if key != "indexes"}
        system = {"_rid": self.rid, "_self": self.self_link, "_etag": '"00000000-0000-0000-0000-000000000000"', "_ts": 1, "_docs": "docs/"}
        return shown | system | {"_sprocs": "sprocs/", "_triggers": "triggers/", "_udfs": "udfs/", "_conflicts": "conflicts/"}

    def create(self, connection: sqlite3.Connection) -> None:
        """The table, with a column and an index for everything the settings ask for."""
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {self.table} (row INTEGER PRIMARY KEY AUTOINCREMENT, pk, id TEXT NOT NULL, etag TEXT NOT NULL, "
            "lsn INTEGER NOT NULL, expires INTEGER, doc TEXT NOT NULL, UNIQUE (pk, id))"
        )
        connection.execute(f"CREATE INDEX IF NOT EXISTS {self.table}_pk ON {self.table} (pk)")
        connection.execute(f"CREATE INDEX IF NOT EXISTS {self.table}_lsn ON {self.table} (lsn)")
        connection.execute(f"CREATE INDEX IF NOT EXISTS {self.table}_expires ON {self.table} (expires) WHERE expires IS NOT NULL")
        known = {row[1] for row in connection.execute(f"PRAGMA table_info({self.table})")}
        missing = [path for path in self.columns if self.columns[path].strip('"') not in known]
        for path in missing:
            connection.execute(f"ALTER TABLE {self.table} ADD COLUMN {self.columns[path]}")
        if missing:
            self._fill(connection)
        self._index(connection)

    def _fill(self, connection: sqlite3.Connection) -> None:
        """The columns of documents that were there before them, so many at a time: a long ledger need not fit into memory."""
        assignments = ", ".join(f"{column}=?" for column in self.columns.values())
        last, some = 0, f"SELECT row, doc FROM {self.table} WHERE row > ? ORDER BY row LIMIT {FILLED_AT_ONCE}"
        while rows := connection.execute(some, (last,)).fetchall():
            changes = [(*self.tags(orjson.loads(doc)), row) for row, doc in rows]
            connection.executemany(f"UPDATE {self.table} SET {assignments} WHERE row=?", changes)
            last = rows[-1][0]

    def _index(self, connection: sqlite3.Connection) -> None:
        wanted = {}
        for index in self.indexes:
            columns = ", ".join(self.indexed_column(path) for path in index)
            name = f'"{self.table}_by_{"_".join(".".join(map(str, path)) for path in index)}"'
            wanted[name] = f"CREATE INDEX IF NOT EXISTS {name} ON {self.table} ({columns})"
        pattern = f"{self.table}_by_*"
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='index' AND name GLOB ?", (pattern,)).fetchall():
            if f'"{name}"' not in wanted:
                connection.execute(f'DROP INDEX "{name}"')
        for statement in wanted.values():
            connection.execute(statement)

    def indexed_column(self, path: Path) -> str:
        return "pk" if path == self.key else "id" if path == ("id",) else self.columns[path]

    def tags(self, document: dict) -> list[Any]:
        """The values of the indexed columns, in their order."""
        return [tag(at(document, path)) for path in self.columns]

    def key_of(self, document: dict) -> Any:
        """The tagged partition key a document carries."""
        value = tag(at(document, self.key))
        return NO_KEY if value is None else value

    def key_from(self, header: str) -> Any:
        """The tagged partition key a request names."""
        try:
            values = orjson.loads(header)
        except orjson.JSONDecodeError:
            values = None
        if not isinstance(values, list) or len(values) != 1 or (isinstance(values[0], (list, dict)) and values[0] != {}):
            raise bad_request("Partition key provided either doesn't correspond to definition in the collection.", 1001)
        return NO_KEY if values[0] == {} else tag(values[0])

    def id_of(self, document: Any) -> str:
        """The id of a document to be stored, refused when Cosmos would refuse it."""
        name = document.get("id") if isinstance(document, dict) else None
        if not isinstance(name, str) or not name:
            raise bad_request("The input content is invalid because the required properties - 'id; ' - are missing")
        if len(name.encode()) > _MAX_ID_BYTES or any(letter in name for letter in "/\\?#"):
            raise bad_request("Ensure that the id is at most 1023 bytes and holds none of / \\ ? #")
        return name

    def expires_ms(self, document: dict, now_ms: int) -> int | None:
        """When a document written now ends, or None; an item's `ttl` counts only if the container has one."""
        if self.default_ttl is None:
            return None
        ttl = document.get("ttl", self.default_ttl)
        if isinstance(ttl, bool) or not isinstance(ttl, int) or (ttl <= 0 and ttl != -1):
            raise bad_request("The input ttl is invalid. It must be -1 or a positive number of seconds.")
        return None if ttl == -1 else now_ms // 1000 * 1000 + ttl * 1000

    def document_rid(self, row: int) -> str:
        return _rid(_raw(self.rid) + row.to_bytes(8, "little"))


def checked(settings: dict[str, Any]) -> dict[str, Any]:
    """A container's settings as stored: `partitionKey` may be a bare path."""
    name, key = settings.get("id", settings.get("name")), settings.get("partitionKey")
    if isinstance(key, str):
        key = {"paths": [key], "kind": "Hash", "version": 2}
    if not isinstance(name, str) or not name or not isinstance(key, dict) or len(key.get("paths", [])) != 1:
        raise bad_request("a container has an id and one partition key path")
    policy = {"indexingMode": "consistent", "automatic": True, "includedPaths": [{"path": "/*"}], "excludedPaths": [{"path": '/"_etag"/?'}]}
    kept = {name: value for name, value in settings.items() if name != "name"}
    return {"indexingPolicy": policy, **kept, "id": name, "partitionKey": {"kind": "Hash", "version": 2, **key}}


def _composites(settings: dict[str, Any]) -> list[list[dict]]:
    return settings.get("indexingPolicy", {}).get("compositeIndexes", [])


def _slashed(name: str) -> str:
    return name.replace(".", "/")


def _column(path: Path) -> str:
    name = "k." + ".".join(str(step) for step in path)
    if '"' in name:
        raise bad_request("an indexed property has no quote in its name")
    return f'"{name}"'


def _rid(raw: bytes) -> str:
    return base64.b64encode(raw).decode().replace("/", "-")


def _raw(rid: str) -> bytes:
    return base64.b64decode(rid.replace("-", "/"))
