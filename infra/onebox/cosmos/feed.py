"""Answers that are lists: queries, the feed of all documents, the change feed."""

import sqlite3
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from aiohttp import web

from . import charge
from .container import Container
from .errors import bad_query, bad_request
from .query import Page, Query, Request, is_indexed
from .signature import Key
from .storage import Storage
from .value import at

_EVERYTHING = "SELECT * FROM c"
_AT_ONCE_S = 0.002


class Feeds:
    """Reads pages and says how to continue."""

    def __init__(self, storage: Storage, key: Key):
        self.storage, self.key = storage, key

    async def query(self, request: web.BaseRequest, container: Container, body: dict[str, Any]) -> tuple[int, bytes, dict]:
        """One page of a query; 400 when it would leave its partition without being told to."""
        header = request.headers.get("x-ms-documentdb-partitionkey")
        may_cross = request.headers.get("x-ms-documentdb-query-enablecrosspartition", "").lower() == "true"
        if header is None and not may_cross and "x-ms-documentdb-partitionkeyrangeid" not in request.headers:
            raise bad_request(
                "Cross partition query is required but disabled. Please set x-ms-documentdb-query-enablecrosspartition to true, "
                "specify x-ms-documentdb-partitionkey, or revise your query to avoid this exception."
            )
        text, parameters = body.get("query"), body.get("parameters") or []
        if not isinstance(text, str) or not isinstance(parameters, list):
            raise bad_request("a query has `query` and `parameters`")
        return await self._page(request, container, text, _named(parameters), header)

    async def all(self, request: web.BaseRequest, container: Container) -> tuple[int, bytes, dict]:
        """One page of all documents, of one partition or of the container."""
        return await self._page(request, container, _EVERYTHING, {}, request.headers.get("x-ms-documentdb-partitionkey"))

    async def _page(
        self, request: web.BaseRequest, container: Container, text: str, parameters: dict, header: str | None
    ) -> tuple[int, bytes, dict]:
        key = None if header is None else container.key_from(header)
        about = orjson.dumps([container.rid, header, text, parameters], option=orjson.OPT_SORT_KEYS)
        token = request.headers.get("x-ms-continuation")
        after = self.key.open(token, about) if token else None
        question = Request(text, parameters, key, _most_items(request), self.storage.clock.now_ms(), after)
        try:
            query = Query(container, question)
            statement, arguments = query.statement()
            rows = await self._rows(key, statement, arguments)
        except (RecursionError, sqlite3.OperationalError, OverflowError):
            raise bad_query("the query is too large") from None
        page = query.page(rows)
        headers = {"x-ms-item-count": str(len(page.items)), "x-ms-request-charge": str(charge.of_query([len(item) for item in page.items]))}
        headers["x-ms-session-token"] = f"0:-1#{self.storage.lsn}"
        if page.after is not None:
            headers["x-ms-continuation"] = self.key.seal(page.after, about)
        return 200, _documents(container, page), headers

    async def _rows(self, key: Any, statement: str, arguments: list) -> list[tuple]:
        if key is not None and is_indexed(statement):
            return self.storage.reading.execute(statement, arguments).fetchall()
        rows = None if key is None else self.storage.within(_AT_ONCE_S, statement, arguments)
        if rows is None:  # looks at many documents: off the event loop
            rows = await self.storage.scan(statement, arguments)
        return rows

    async def changes(self, request: web.BaseRequest, container: Container) -> tuple[int, bytes, dict]:
        """What was created or changed after `If-None-Match`, oldest first, each document once in its latest version."""
        if request.headers.get("a-im", "").lower() not in ("incremental feed", "incremental"):
            raise bad_request("only the incremental change feed is supported")
        if "x-ms-start-epk" in request.headers:
            raise bad_request("the change feed of one range or key is not supported: read the container's and filter")
        since = self._since(request)
        where, args = ["lsn > ?"], [since]
        if since == 0 and "if-modified-since" in request.headers:
            where.append("json_extract(doc,'$._ts') >= ?")
            args.append(_http_date(request.headers["if-modified-since"]))
        where.append("(expires IS NULL OR expires > ?)")
        args += [self.storage.clock.now_ms(), _most_items(request) if _most_items(request) > 0 else 1000]
        rows = await self.storage.scan(f"SELECT lsn, doc FROM {container.table} WHERE {' AND '.join(where)} ORDER BY lsn LIMIT ?", args)
        last = rows[-1][0] if rows else max(since, 0)
        items = [f'{doc[:-1]},"_lsn":{lsn}}}'.encode() for lsn, doc in rows]
        headers = {"etag": f'"{last}"', "x-ms-request-charge": str(charge.of_query([len(item) for item in items]))}
        headers["x-ms-session-token"] = f"0:-1#{self.storage.lsn}"
        return (200, _documents(container, Page(items, None)), headers) if rows else (304, b"", headers)

    def _since(self, request: web.BaseRequest) -> int:
        mark = request.headers.get("if-none-match", "").strip('"')
        if mark == "*":
            return self.storage.lsn
        if mark and not (mark.isascii() and mark.isdigit()):
            raise bad_request("the change feed continues from an etag it gave")
        return int(mark or 0)


def _documents(container: Container, page: Page) -> bytes:
    return b'{"_rid":"%s","Documents":[%s],"_count":%d}' % (container.rid.encode(), b",".join(page.items), len(page.items))


def _named(parameters: list) -> dict[str, Any]:
    named = {}
    for parameter in parameters:
        name = at(parameter, ("name",))
        if not isinstance(name, str) or not name.startswith("@") or "value" not in parameter:
            raise bad_request("a parameter has a name that begins with @ and a value")
        named[name] = parameter["value"]
    return named


def _most_items(request: web.BaseRequest) -> int:
    text = request.headers.get("x-ms-max-item-count", "0")
    try:
        return int(text)
    except ValueError:
        raise bad_request("x-ms-max-item-count is a whole number") from None


def _http_date(text: str) -> int:
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except ValueError:
        raise bad_request("if-modified-since is not a date") from None
