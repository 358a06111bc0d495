"""The REST protocol of Cosmos: which request means what, and the headers of its answer.

Rules
1. Every request is signed, or it gets 401 and learns nothing.
2. A request for one partition names it; the only ones that do not are metadata, feeds and queries that say so.
"""

import io
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import orjson
from aiohttp import web

from . import charge
from .container import Container
from .documents import MOST_BYTES, Conditions, Documents, Outcome
from .errors import Refused, bad_request, too_large
from .faults import Faults
from .feed import Feeds
from .signature import Key
from .storage import Storage

_MOST_BODY = 2 * MOST_BYTES  # one document or batch of 2 MB, with room for escapes
_SENT_AT_ONCE = 1 << 20  # aiohttp writes larger answers in pieces, so that other requests go on
Answer = tuple[int, bytes, dict[str, str]]


class Wire:
    """Turns HTTP requests into operations on the storage."""

    def __init__(self, storage: Storage, key: Key, faults: Faults):
        self.storage, self.key, self.faults = storage, key, faults
        self.feeds = Feeds(storage, key)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The aiohttp entry: one request, one answer, also for what goes wrong."""
        try:
            self.key.check(request.method, unquote(request.rel_url.raw_path), request.headers)
            status, body, headers = await self._route(request)
        except Refused as refusal:
            status, body, headers = _refusal(refusal)
        except _Lost:
            request.transport.abort()
            return web.Response(status=500)
        headers["x-ms-activity-id"] = request.headers.get("x-ms-activity-id", "")
        headers["x-ms-gatewayversion"] = "version=2.14.0"
        whole = body if len(body) < _SENT_AT_ONCE else io.BytesIO(body)
        return web.Response(status=status, body=whole, headers=headers, content_type="application/json")

    async def _route(self, request: web.BaseRequest) -> Answer:
        steps = [unquote(step) for step in request.rel_url.raw_path.split("/") if step]
        method = request.method
        match steps:
            case []:
                return 200, orjson.dumps(_account(request.host)), {}
            case ["dbs"]:
                return await self._databases(request)
            case ["dbs", database]:
                return await self._one_database(method, database)
            case ["dbs", database, "colls"]:
                return await self._containers(request, database)
            case ["dbs", database, "colls", name]:
                return await self._one_container(request, database, name)
            case ["dbs", database, "colls", name, "pkranges"]:
                return self._ranges(request, self.storage.container(database, name))
            case ["dbs", database, "colls", name, "docs"]:
                return await self._documents(request, self.storage.container(database, name))
            case ["dbs", database, "colls", name, "docs", item]:
                return await self._one_document(request, self.storage.container(database, name), item)
        raise bad_request(f"not supported by this endpoint: {method} {request.rel_url.raw_path}")

    # metadata

    async def _databases(self, request: web.BaseRequest) -> Answer:
        if request.method == "POST" and not _flag(request, "x-ms-documentdb-isquery"):
            name = (await _json(request)).get("id")
            if not isinstance(name, str) or not name:
                raise bad_request("a database has an id")
            await self.storage.write(lambda connection: self.storage.create_database(connection, name))
            return 201, orjson.dumps(self._database(name)), {"x-ms-request-charge": "5"}
        found = [self._database(name) for name in self.storage.databases()]
        return 200, orjson.dumps({"_rid": "", "Databases": found, "_count": len(found)}), {"x-ms-request-charge": "1"}

    async def _one_database(self, method: str, name: str) -> Answer:
        if method == "DELETE":
            await self.storage.write(lambda connection: self.storage.delete_database(connection, name))
            return 204, b"", {"x-ms-request-charge": "5"}
        return 200, orjson.dumps(self._database(name)), {"x-ms-request-charge": "1"}

    def _database(self, name: str) -> dict[str, Any]:
        rid = self.storage.database_rid(name)
        return {"id": name, "_rid": rid, "_self": f"dbs/{rid}/", "_etag": '"0"', "_colls": "colls/", "_users": "users/", "_ts": 1}

    async def _containers(self, request: web.BaseRequest, database: str) -> Answer:
        rid = self.storage.database_rid(database)
        if request.method == "POST" and not _flag(request, "x-ms-documentdb-isquery"):
            settings = await _json(request)
            made = await self.storage.write(lambda connection: self.storage.create_container(connection, database, settings))
            return 201, orjson.dumps(made.document()), {"x-ms-request-charge": "5"}
        found = [kept.document() for (owner, _), kept in self.storage.containers.items() if owner == database]
        return 200, orjson.dumps({"_rid": rid, "DocumentCollections": found, "_count": len(found)}), {"x-ms-request-charge": "1"}

    async def _one_container(self, request: web.BaseRequest, database: str, name: str) -> Answer:
        if request.method == "DELETE":
            await self.storage.write(lambda connection: self.storage.delete_container(connection, database, name))
            return 204, b"", {"x-ms-request-charge": "5"}
        if request.method == "PUT":
            old = self.storage.container(database, name).settings
            settings = {"indexes": old.get("indexes", []), **(await _json(request)), "id": name, "partitionKey": old["partitionKey"]}
            made = await self.storage.write(lambda connection: self.storage.replace_container(connection, database, settings))
            return 200, orjson.dumps(made.document()), {"x-ms-request-charge": "10"}
        return 200, orjson.dumps(self.storage.container(database, name).document()), {"x-ms-request-charge": "1"}

    def _ranges(self, request: web.BaseRequest, container: Container) -> Answer:
        """One range holds all keys; told once, it has not changed the second time."""
        headers = {"etag": '"1"', "x-ms-request-charge": "1"}
        if request.headers.get("if-none-match", "").strip('"') == "1":
            return 304, b"", headers
        one = {
            "id": "0",
            "_rid": container.rid,
            "minInclusive": "",
            "maxExclusive": "FF",
            "ridPrefix": 0,
            "throughputFraction": 1,
            "status": "online",
            "parents": [],
        }
        return 200, orjson.dumps({"_rid": container.rid, "PartitionKeyRanges": [one], "_count": 1}), headers

    # documents

    async def _documents(self, request: web.BaseRequest, container: Container) -> Answer:
        if request.method == "GET":
            is_change_feed = "a-im" in request.headers
            return await self._faulty(
                "feed", container, lambda: (self.feeds.changes if is_change_feed else self.feeds.all)(request, container)
            )
        if request.method != "POST":
            raise bad_request(f"not supported by this endpoint: {request.method} on documents")
        if _flag(request, "x-ms-cosmos-is-query-plan-request"):
            raise bad_request("Query plans are not supported: ask within one partition, or across partitions for plain filters only.")
        if _flag(request, "x-ms-documentdb-isquery") or request.headers.get("content-type", "").startswith("application/query+json"):
            body = await _json(request)
            return await self._faulty("query", container, lambda: self.feeds.query(request, container, body))
        documents = Documents(self.storage, container, _partition(request, container))
        body = await _body(request)
        if _flag(request, "x-ms-cosmos-is-batch-request"):
            if len(body) > MOST_BYTES:
                raise too_large()
            operations = _parsed(body)
            return await self._faulty("batch", container, lambda: self._batch(documents, operations))
        document, conditions = _parsed(body), _conditions(request)
        if _flag(request, "x-ms-documentdb-is-upsert"):
            return await self._write(request, "upsert", container, lambda connection: documents.upsert(connection, document, conditions))
        return await self._write(request, "create", container, lambda connection: documents.create(connection, document))

    async def _one_document(self, request: web.BaseRequest, container: Container, item: str) -> Answer:
        documents, conditions = Documents(self.storage, container, _partition(request, container)), _conditions(request)
        match request.method:
            case "GET":
                return await self._faulty("read", container, lambda: self._read(documents, item, conditions))
            case "PUT":
                document = await _json(request)
                return await self._write(
                    request, "replace", container, lambda connection: documents.replace(connection, item, document, conditions)
                )
            case "PATCH":
                change = await _json(request)
                return await self._write(
                    request, "patch", container, lambda connection: documents.patch(connection, item, change, conditions)
                )
            case "DELETE":
                return await self._write(request, "delete", container, lambda connection: documents.delete(connection, item, conditions))
        raise bad_request(f"not supported by this endpoint: {request.method} on a document")

    async def _read(self, documents: Documents, item: str, conditions: Conditions) -> Answer:
        return self._outcome(documents.read(self.storage.reading, item, conditions))

    async def _write(self, request: web.BaseRequest, operation: str, container: Container, work: Callable) -> Answer:
        """Whoever prefers `return=minimal` gets the headers alone."""

        async def write() -> Answer:
            status, body, headers = self._outcome(await self.storage.write(work))
            return status, b"" if request.headers.get("prefer") == "return=minimal" else body, headers

        return await self._faulty(operation, container, write)

    async def _batch(self, documents: Documents, operations: Any) -> Answer:
        try:
            answers = await self.storage.write(lambda connection: _whole(documents.batch(connection, operations)))
            status = 200
        except _Broken as broken:
            answers, status = broken.answers, 207
        total = round(sum(answer["requestCharge"] for answer in answers), 2)
        return status, orjson.dumps(answers), {**self._session(), "x-ms-request-charge": str(total)}

    def _outcome(self, outcome: Outcome) -> Answer:
        headers = {**self._session(), "x-ms-request-charge": str(outcome.charge)}
        if outcome.etag:
            headers["etag"] = outcome.etag
        return outcome.status, outcome.body, headers

    def _session(self) -> dict[str, str]:
        return {"x-ms-session-token": f"0:-1#{self.storage.lsn}", "lsn": str(self.storage.lsn)}

    async def _faulty(self, operation: str, container: Container, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Runs the work, unless a fault was ordered for it."""
        fault = self.faults.next(operation, container.name)
        if fault is None:
            return await work()
        if fault.kind == "throttled":
            raise _Throttled(fault.retry_after_ms)
        if fault.kind == "unavailable":
            raise Refused(503, "ServiceUnavailable", "The service is temporarily unavailable.")
        await work()
        raise _Lost


class _Throttled(Refused):
    def __init__(self, retry_after_ms: int):
        super().__init__(429, "TooManyRequests", "Request rate is large. More Request Units may be needed.", 3200)
        self.retry_after_ms = retry_after_ms


class _Lost(Exception):
    """The work is done and the answer never arrives."""


class _Broken(Exception):
    """A batch that must leave nothing behind."""

    def __init__(self, answers: list[dict]):
        super().__init__("batch")
        self.answers = answers


def _whole(result: tuple[bool, list[dict]]) -> list[dict]:
    holds, answers = result
    if not holds:
        raise _Broken(answers)
    return answers


def _refusal(refusal: Refused) -> Answer:
    headers = {"x-ms-request-charge": str(charge.of_read(0))}
    if refusal.sub_status:
        headers["x-ms-substatus"] = str(refusal.sub_status)
    if isinstance(refusal, _Throttled):
        headers["x-ms-retry-after-ms"] = str(refusal.retry_after_ms)
    return refusal.status, orjson.dumps({"code": refusal.code, "message": refusal.message}), headers


def _account(host: str) -> dict[str, Any]:
    here = [{"name": "onebox", "databaseAccountEndpoint": f"http://{host}/"}]
    return {
        "id": "onebox",
        "_self": "",
        "_rid": "onebox",
        "_dbs": "//dbs/",
        "media": "//media/",
        "addresses": "//addresses/",
        "writableLocations": here,
        "readableLocations": here,
        "enableMultipleWriteLocations": False,
        "userConsistencyPolicy": {"defaultConsistencyLevel": "Session"},
        "queryEngineConfiguration": "{}",
    }


def _flag(request: web.BaseRequest, header: str) -> bool:
    return request.headers.get(header, "").lower() == "true"


def _partition(request: web.BaseRequest, container: Container) -> Any:
    header = request.headers.get("x-ms-documentdb-partitionkey")
    if header is None:
        raise bad_request("PartitionKey value must be supplied for this operation.")
    return container.key_from(header)


def _conditions(request: web.BaseRequest) -> Conditions:
    return Conditions(request.headers.get("if-match"), request.headers.get("if-none-match"))


async def _body(request: web.BaseRequest) -> bytes:
    chunks, size = [], 0
    async for chunk in request.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > _MOST_BODY:
            raise too_large()
    return b"".join(chunks)


async def _json(request: web.BaseRequest) -> dict[str, Any]:
    value = _parsed(await _body(request))
    if not isinstance(value, dict):
        raise bad_request("The request body is a JSON object.")
    return value


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_request("The request body is not JSON.") from None
