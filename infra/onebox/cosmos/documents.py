"""What can be done to the documents of one partition: read, create, replace, upsert, patch, delete, and all of these as one batch.

Rules
1. A function here runs inside a savepoint of the writing connection (see `storage`); to refuse is to raise.
2. Nothing is found without its partition key.
3. An expired document is gone, whether or not it has been removed yet.
"""

import sqlite3
from typing import Any, NamedTuple

import orjson

from . import charge
from .container import Container
from .errors import Refused, bad_request, conflict, not_found, precondition_failed, too_large
from .patch import patched
from .query import matches
from .storage import Storage

MOST_BYTES = 2 * 1024 * 1024
_MOST_IN_BATCH = 100


class Outcome(NamedTuple):
    """One operation's answer: status, the document's text, its etag, its price in request units."""

    status: int
    body: bytes
    etag: str
    charge: float
    row: int = 0


class Conditions(NamedTuple):
    """The caller's If-Match and If-None-Match."""

    match: str | None = None
    none_match: str | None = None

    def check(self, etag: str | None) -> None:
        """412 unless the document as found (None: absent) is the one the caller means."""
        if self.match is not None and etag is not None and self.match not in (etag, "*"):
            raise precondition_failed()
        if self.none_match is not None and etag is not None and self.none_match in (etag, "*"):
            raise precondition_failed()


class Documents:
    """The documents of one container in one partition, through one connection."""

    def __init__(self, storage: Storage, container: Container, key: Any):
        self.storage, self.container, self.key = storage, container, key

    def read(self, connection: sqlite3.Connection, name: str, conditions: Conditions = Conditions()) -> Outcome:
        found = self._find(connection, name)
        if found is None:
            raise not_found()
        _, etag, text = found
        if conditions.none_match == etag:
            return Outcome(304, b"", etag, 1.0)
        return Outcome(200, text.encode(), etag, charge.of_read(len(text)))

    def create(self, connection: sqlite3.Connection, document: dict) -> Outcome:
        name = self.container.id_of(document)
        if self._find(connection, name) is not None:
            raise conflict()
        return self._insert(connection, name, document)

    def upsert(self, connection: sqlite3.Connection, document: dict, conditions: Conditions = Conditions()) -> Outcome:
        name = self.container.id_of(document)
        found = self._find(connection, name)
        if found is None:
            return self._insert(connection, name, document)
        conditions.check(found[1])
        return self._update(connection, found[0], document)

    def replace(self, connection: sqlite3.Connection, name: str, document: dict, conditions: Conditions = Conditions()) -> Outcome:
        self._check_key(document)
        found = self._find(connection, name)
        if found is None:
            raise not_found()
        if self.container.id_of(document) != name:
            return self._rename(connection, found, document, conditions)
        conditions.check(found[1])
        return self._update(connection, found[0], document)

    def patch(self, connection: sqlite3.Connection, name: str, change: Any, conditions: Conditions = Conditions()) -> Outcome:
        found = self._find(connection, name)
        if found is None:
            raise not_found()
        conditions.check(found[1])
        if not isinstance(change, dict):
            raise bad_request("a patch is an object with `operations`")
        condition = change.get("condition")
        if condition and not matches(connection, self.container, condition, found[0]):
            raise precondition_failed()
        return self._update(connection, found[0], patched(orjson.loads(found[2]), change.get("operations"), self.container.key))

    def delete(self, connection: sqlite3.Connection, name: str, conditions: Conditions = Conditions()) -> Outcome:
        found = self._find(connection, name)
        if found is None:
            raise not_found()
        conditions.check(found[1])
        connection.execute(f"DELETE FROM {self.container.table} WHERE row=?", (found[0],))
        self.storage.lsn += 1
        return Outcome(204, b"", "", charge.of_create(len(found[2])))

    def batch(self, connection: sqlite3.Connection, operations: Any) -> tuple[bool, list[dict]]:
        """(whether all of it holds, one answer per operation); the caller rolls back when it does not hold."""
        if not isinstance(operations, list) or not 0 < len(operations) <= _MOST_IN_BATCH:
            raise bad_request(f"a batch has between 1 and {_MOST_IN_BATCH} operations")
        answers: list[dict] = []
        for number, operation in enumerate(operations):
            try:
                answers.append(_answer(self._one(connection, operation)))
            except Refused as refusal:
                failed = {"statusCode": refusal.status, "requestCharge": 1.0, "message": refusal.message}
                return False, [_depending()] * number + [failed] + [_depending()] * (len(operations) - number - 1)
        return True, answers

    def _one(self, connection: sqlite3.Connection, operation: Any) -> Outcome:
        if not isinstance(operation, dict):
            raise bad_request("a batch operation is an object")
        conditions = Conditions(operation.get("ifMatch"), operation.get("ifNoneMatch"))
        kind, name, body = str(operation.get("operationType")).lower(), operation.get("id"), operation.get("resourceBody")
        match kind:
            case "create":
                return self.create(connection, body)
            case "upsert":
                return self.upsert(connection, body, conditions)
            case "read":
                return self.read(connection, name, conditions)
            case "replace":
                return self.replace(connection, name, body, conditions)
            case "patch":
                return self.patch(connection, name, body, conditions)
            case "delete":
                return self.delete(connection, name, conditions)
        raise bad_request(f"unknown batch operation '{kind}'")

    def _find(self, connection: sqlite3.Connection, name: str) -> tuple[int, str, str] | None:
        statement = f"SELECT row, etag, doc, expires FROM {self.container.table} WHERE pk=? AND id=?"
        row = connection.execute(statement, (self.key, name)).fetchone()
        if row is None or (row[3] is not None and row[3] <= self.storage.clock.now_ms()):
            return None
        return row[:3]

    def _check_key(self, document: Any) -> None:
        if not isinstance(document, dict):
            raise bad_request("a document is an object")
        if self.container.key_of(document) != self.key:
            message = "PartitionKey extracted from document doesn't match the one specified in the header"
            raise bad_request(message, 1001)

    def _insert(self, connection: sqlite3.Connection, name: str, document: dict) -> Outcome:
        self._check_key(document)
        table = self.container.table
        connection.execute(f"DELETE FROM {table} WHERE pk=? AND id=?", (self.key, name))  # one that had expired
        statement = f"INSERT INTO {table} (pk, id, etag, lsn, doc) VALUES (?,?,'',0,'')"
        row = connection.execute(statement, (self.key, name)).lastrowid
        stored = self._update(connection, row, document)
        return stored._replace(status=201, charge=charge.of_create(len(stored.body)))

    def _update(self, connection: sqlite3.Connection, row: int, document: dict) -> Outcome:
        self._check_key(document)
        container, now_ms = self.container, self.storage.clock.now_ms()
        self.storage.lsn += 1
        etag = f'"{self.storage.lsn:08x}-0000-0000-0000-{now_ms:012x}"'
        rid = container.document_rid(row)
        system = {"_rid": rid, "_self": f"{container.self_link}docs/{rid}/", "_etag": etag, "_attachments": "attachments/"}
        stored = {**document, **system, "_ts": now_ms // 1000}
        text = _text(stored)
        values = [etag, self.storage.lsn, container.expires_ms(document, now_ms), text.decode(), *container.tags(stored), row]
        columns = "".join(f", {column}=?" for column in container.columns.values())
        connection.execute(f"UPDATE {container.table} SET etag=?, lsn=?, expires=?, doc=?{columns} WHERE row=?", values)
        return Outcome(200, text, etag, charge.of_replace(len(text)), row)

    def _rename(self, connection: sqlite3.Connection, found: tuple, document: dict, conditions: Conditions) -> Outcome:
        """Cosmos lets a replace change the id."""
        conditions.check(found[1])
        name = self.container.id_of(document)
        if self._find(connection, name) is not None:
            raise conflict()
        table = self.container.table
        connection.execute(f"DELETE FROM {table} WHERE pk=? AND id=?", (self.key, name))
        connection.execute(f"UPDATE {table} SET id=? WHERE row=?", (name, found[0]))
        return self._update(connection, found[0], document)


def _text(document: dict) -> bytes:
    try:
        text = orjson.dumps(document)
    except (orjson.JSONEncodeError, TypeError):
        raise bad_request("the document cannot be written as JSON") from None
    if len(text) > MOST_BYTES:
        raise too_large()
    return text


def _answer(outcome: Outcome) -> dict:
    answer: dict[str, Any] = {"statusCode": outcome.status, "requestCharge": outcome.charge}
    if outcome.etag:
        answer["eTag"] = outcome.etag
    if outcome.body:
        answer["resourceBody"] = orjson.Fragment(outcome.body)
    return answer


def _depending() -> dict:
    return {"statusCode": 424, "requestCharge": 0.0}
