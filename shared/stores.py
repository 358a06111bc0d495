"""Documents under their owner: the port and its Cosmos adapter.

Rules
1. Every call takes the user id and uses it as the partition key; nothing can be read without one. The single exception, the horizon
   query, lives in shared/watch.py.
2. Decisions are written with `create` or with `replace` and the ETag that was read: Exists and Stale are answers, not accidents.
3. Lists are newest first by the document's `sort` field, and only within one partition.
4. Statements are constants; what comes from a request goes in as a parameter.
5. A glance may show a document as it was up to GLANCE_S ago, and only if somebody else changed it: this process's own writes end it.
   It saves a busy door the same read a hundred times a second; what must be certain is read.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, NamedTuple, Protocol

from shared.settings import Settings

Document = dict[str, Any]


class Exists(Exception):
    """A document with this id is already there."""


class Stale(Exception):
    """The document changed since it was read, or is gone."""


class Page(NamedTuple):
    items: tuple[Document, ...]
    next: str | None


class Span(NamedTuple):
    """From an instant on (ISO 8601 as shared/clock.py writes it) and before another, by when a row happened (`at`) or, where `sort`
    begins with it, was made."""

    field: Literal["at", "sort"]
    since: str = ""
    until: str = "~"

    def holds(self, document: Document) -> bool:
        return self.since <= str(document.get(self.field)) < self.until


class Store(Protocol):
    async def read(self, container: str, user_id: str, id: str) -> Document | None: ...

    async def glance(self, container: str, user_id: str, id: str) -> Document | None:
        """As `read`, or as it was up to GLANCE_S ago."""
        ...

    async def create(self, container: str, user_id: str, document: Document) -> Document:
        """Errors: Exists."""
        ...

    async def replace(self, container: str, user_id: str, document: Document) -> Document:
        """Only over the version it was read at (`_etag` in the document). Errors: Stale."""
        ...

    async def upsert(self, container: str, user_id: str, document: Document) -> Document: ...

    async def delete(self, container: str, user_id: str, id: str) -> None:
        """What is not there is deleted already."""
        ...

    async def page(
        self, container: str, user_id: str, where: Mapping[str, str], limit: int, cursor: str | None = None, span: Span | None = None
    ) -> Page: ...

    async def since(self, container: str, user_id: str, where: Mapping[str, str], after: str, limit: int) -> list[Document]:
        """The next documents after a `sort`, oldest first."""
        ...

    async def owners(self, container: str, user_id: str, kind: str) -> list[str]:
        """The bots that have rows of a kind, also those that are gone."""
        ...

    async def count(self, container: str, user_id: str, where: Mapping[str, str]) -> int: ...

    async def batch(self, container: str, user_id: str, upserts: Sequence[Document]) -> None:
        """All or nothing, at most 100."""
        ...

    async def create_all(self, container: str, user_id: str, documents: Sequence[Document]) -> None:
        """All of them new, or none; at most 100. Errors: Exists."""
        ...

    async def create_with(self, container: str, user_id: str, document: Document, upsert: Document) -> None:
        """A new document and another beside it, or neither. Errors: Exists."""
        ...

    async def across(self, container: str, statement: str, parameters: Mapping[str, Any], limit: int) -> list[Document]:
        """The one question across partitions; only shared/watch.py asks it."""
        ...


GLANCE_S, MOST_GLANCES = 1.0, 5_000
PAGE = 1_000  # rows a round trip brings; the default of 100 would multiply the trips of the horizon query
_FIELDS = {"kind", "botId", "account_id", "status", "webhookId", "code"}
_MORE = {  # of one container each, `at` for a Span
    "bots": {"strategy", "symbol", "exchange"},
    "fills": {"side", "at"},
    "events": {"at"},
    "equity": {"at"},
    "accounts": {"exchange"},
    "backtests": {"strategy", "symbol"},
    "settings": {"strategy", "channel"},
}


def conditions(container: str, where: Mapping[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """The WHERE clause of a list and its parameters; only known fields can be asked for."""
    unknown = set(where) - _FIELDS - _MORE.get(container, set())
    if unknown:
        raise ValueError(f"not a field to list by: {sorted(unknown)}")
    clauses = ["c.userId = @user", *(f"c.{field} = @{field}" for field in where)]
    return " AND ".join(clauses), [{"name": f"@{field}", "value": value} for field, value in where.items()]


class Glances:
    """What was read within the last second, until it is written here. The documents are shared: whoever changes one copies it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.now = monotonic
        self._kept: OrderedDict[tuple[str, str, str], tuple[Document | None, float]] = OrderedDict()
        self._written: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    def find(self, key: tuple[str, str, str]) -> tuple[Document | None] | None:
        """(the document,), None when nothing is known of it."""
        kept = self._kept.get(key)
        return None if kept is None or self.now() - kept[1] >= GLANCE_S else (kept[0],)

    def keep(self, key: tuple[str, str, str], document: Document | None, began: float) -> None:
        """`began`: when the read did. What was written since may not be in it."""
        if self._written.get(key, -1.0) < began:
            latest(self._kept, key, (document, began))

    def forget(self, container: str, user_id: str, *ids: str) -> None:
        for id in ids:
            self._kept.pop((container, user_id, id), None)
            latest(self._written, (container, user_id, id), self.now())


def latest(kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    kept.pop(key, None)
    kept[key] = value
    if len(kept) > MOST_GLANCES:
        kept.popitem(last=False)


class CosmosStore:
    """azure-cosmos, opened at the first call and kept."""

    def __init__(self, settings: Settings, glances: Glances | None = None) -> None:
        self._settings, self._glances = settings, glances or Glances()
        self._client: Any = None
        self._opening = asyncio.Lock()

    async def container(self, name: str) -> Any:
        if self._client is None:
            async with self._opening:
                if self._client is None:
                    self._client = _open(self._settings)
        return self._client.get_database_client(self._settings.cosmos_database).get_container_client(name)

    async def read(self, container: str, user_id: str, id: str) -> Document | None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        try:
            return dict(await (await self.container(container)).read_item(id, partition_key=user_id))
        except CosmosResourceNotFoundError:
            return None

    async def glance(self, container: str, user_id: str, id: str) -> Document | None:
        key = container, user_id, id
        found, began = self._glances.find(key), self._glances.now()
        if found is not None:
            return found[0]
        document = await self.read(container, user_id, id)
        self._glances.keep(key, document, began)
        return document

    @asynccontextmanager
    async def _writing(self, container: str, user_id: str, *ids: str) -> AsyncIterator[Any]:
        """The container, for a write to these documents: whatever becomes of it, no glance shows them as they were."""
        try:
            yield await self.container(container)
        finally:
            self._glances.forget(container, user_id, *ids)

    async def create(self, container: str, user_id: str, document: Document) -> Document:
        from azure.cosmos.exceptions import CosmosResourceExistsError

        try:
            async with self._writing(container, user_id, document["id"]) as place:
                return dict(await place.create_item({**document, "userId": user_id}))
        except CosmosResourceExistsError as error:
            raise Exists(document["id"]) from error

    async def replace(self, container: str, user_id: str, document: Document) -> Document:
        from azure.core import MatchConditions
        from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceNotFoundError

        body, name = {**document, "userId": user_id}, document["id"]
        try:
            async with self._writing(container, user_id, name) as place:
                done = await place.replace_item(
                    name, body, etag=document["_etag"], match_condition=MatchConditions.IfNotModified, no_response=True
                )
        except (CosmosAccessConditionFailedError, CosmosResourceNotFoundError) as error:
            raise Stale(document["id"]) from error
        return {**body, "_etag": done.get_response_headers()["etag"]}

    async def upsert(self, container: str, user_id: str, document: Document) -> Document:
        async with self._writing(container, user_id, document["id"]) as place:
            return dict(await place.upsert_item({**document, "userId": user_id}))

    async def delete(self, container: str, user_id: str, id: str) -> None:
        from azure.cosmos.exceptions import CosmosResourceNotFoundError

        try:
            async with self._writing(container, user_id, id) as place:
                await place.delete_item(id, partition_key=user_id)
        except CosmosResourceNotFoundError:
            return

    async def page(
        self, container: str, user_id: str, where: Mapping[str, str], limit: int, cursor: str | None = None, span: Span | None = None
    ) -> Page:
        clause, parameters = conditions(container, where)
        if span is not None:
            clause += f" AND c.{span.field} >= @since AND c.{span.field} < @until"
            parameters += [{"name": "@since", "value": span.since}, {"name": "@until", "value": span.until}]
        if cursor is not None:
            clause += " AND c.sort < @cursor"
            parameters.append({"name": "@cursor", "value": cursor})
        statement = f"SELECT * FROM c WHERE {clause} ORDER BY c.sort DESC OFFSET 0 LIMIT {int(limit) + 1}"
        found = await self._query(container, user_id, statement, parameters)
        items = tuple(found[:limit])
        return Page(items, items[-1]["sort"] if len(found) > limit else None)

    async def since(self, container: str, user_id: str, where: Mapping[str, str], after: str, limit: int) -> list[Document]:
        clause, parameters = conditions(container, where)
        statement = f"SELECT * FROM c WHERE {clause} AND c.sort > @after ORDER BY c.sort ASC OFFSET 0 LIMIT {int(limit)}"
        return await self._query(container, user_id, statement, [*parameters, {"name": "@after", "value": after}])

    async def owners(self, container: str, user_id: str, kind: str) -> list[str]:
        clause, parameters = conditions(container, {"kind": kind})
        statement = f"SELECT VALUE MIN(c.botId) FROM c WHERE {clause} AND c.botId > @after"
        found = [""]  # from one to the next by the index: DISTINCT would read every row
        while rows := await self._query(container, user_id, statement, [*parameters, {"name": "@after", "value": found[-1]}]):
            if not isinstance(rows[0], str):
                break
            found.append(rows[0])
        return found[1:]

    async def count(self, container: str, user_id: str, where: Mapping[str, str]) -> int:
        clause, parameters = conditions(container, where)
        return int((await self._query(container, user_id, f"SELECT VALUE COUNT(1) FROM c WHERE {clause}", parameters))[0])

    async def batch(self, container: str, user_id: str, upserts: Sequence[Document]) -> None:
        operations = [("upsert", ({**document, "userId": user_id},)) for document in upserts]
        async with self._writing(container, user_id, *(document["id"] for document in upserts)) as place:
            await place.execute_item_batch(operations, partition_key=user_id)

    async def create_all(self, container: str, user_id: str, documents: Sequence[Document]) -> None:
        await self._new(container, user_id, [("create", document) for document in documents])

    async def create_with(self, container: str, user_id: str, document: Document, upsert: Document) -> None:
        await self._new(container, user_id, [("create", document), ("upsert", upsert)])

    async def _new(self, container: str, user_id: str, writes: Sequence[tuple[str, Document]]) -> None:
        from azure.cosmos.exceptions import CosmosBatchOperationError

        operations = [(how, ({**document, "userId": user_id},)) for how, document in writes]
        try:
            async with self._writing(container, user_id, *(document["id"] for _, document in writes)) as place:
                await place.execute_item_batch(operations, partition_key=user_id)
        except CosmosBatchOperationError as error:
            if error.status_code == 409:
                raise Exists(writes[0][1]["id"]) from error
            raise

    async def across(self, container: str, statement: str, parameters: Mapping[str, Any], limit: int) -> list[Document]:
        place = await self.container(container)
        asked = [{"name": name, "value": value} for name, value in parameters.items()]
        rows = place.query_items(statement, parameters=asked, max_item_count=PAGE)
        found: list[Document] = []
        async for row in rows:
            found.append(row)
            if len(found) >= limit:
                break
        return found

    async def _query(self, container: str, user_id: str, statement: str, parameters: list[dict[str, Any]]) -> list[Any]:
        place = await self.container(container)
        rows = place.query_items(
            statement, parameters=[{"name": "@user", "value": user_id}, *parameters], partition_key=user_id, max_item_count=PAGE
        )
        return [row async for row in rows]


def _open(settings: Settings) -> Any:
    from azure.core.pipeline.transport import AioHttpTransport
    from azure.cosmos.aio import CosmosClient

    transport = AioHttpTransport(use_env_settings=False)  # else every request reads the environment and a netrc file: a fifth of its time
    if settings.cosmos:
        return CosmosClient.from_connection_string(settings.cosmos, transport=transport)
    from shared.identity import credential

    return CosmosClient(settings.need("cosmos_endpoint"), credential(settings), transport=transport)
