"""The platform's stores and bus for simulated hosts: documents as JSON text behind the Store port, every call one I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from shared import watch
from shared.bus import BotEvent
from shared.stores import Document, Exists, Page, Span, Stale, conditions
from tests.sim.kernel import Io, Kernel, ask

Kept = tuple[bytes, int, int]  # text, etag, the second it was written


class Rows:
    """What Cosmos holds, by (container, user, id). Reads and writes happen at once, when an I/O arrives. `now`: the store's own clock."""

    def __init__(self, now: Callable[[], int] = lambda: 0) -> None:
        self.texts: dict[tuple[str, str, str], Kept] = {}
        self._now = now
        self.before: dict[tuple[str, str, str], Kept] = {}  # the version that was overwritten last
        self._keys: dict[str, dict[tuple[str, str, str], None]] = {}  # by container
        self._etag = 0
        self.written: Callable[[str, str], None] = lambda container, id: None  # told of every version

    def get(self, container: str, user_id: str, id: str) -> Document | None:
        return self._document(user_id, self.texts.get((container, user_id, id)))

    def get_old(self, container: str, user_id: str, id: str) -> Document | None:
        """What another host's session may still be shown: the version before."""
        key = (container, user_id, id)
        return self._document(user_id, self.before.get(key, self.texts.get(key)))

    @staticmethod
    def _document(user_id: str, found: Kept | None) -> Document | None:
        return None if found is None else {**orjson.loads(found[0]), "userId": user_id, "_etag": f'"{found[1]}"', "_ts": found[2]}

    def put(self, container: str, user_id: str, document: Document) -> Document:
        body = {name: value for name, value in document.items() if not name.startswith("_")}
        self._etag += 1
        key = (container, user_id, document["id"])
        if key in self.texts:
            self.before[key] = self.texts[key]
        self.texts[key] = (orjson.dumps(body), self._etag, self._now() // 1000)
        self._keys.setdefault(container, {})[key] = None
        self.written(container, document["id"])
        return {**body, "userId": user_id, "_etag": f'"{self._etag}"'}

    def create(self, container: str, user_id: str, document: Document) -> Document:
        if (container, user_id, document["id"]) in self.texts:
            raise Exists(document["id"])
        return self.put(container, user_id, document)

    def replace(self, container: str, user_id: str, document: Document) -> Document:
        found = self.texts.get((container, user_id, document["id"]))
        if found is None or f'"{found[1]}"' != document["_etag"]:
            raise Stale(document["id"])
        return self.put(container, user_id, document)

    def batch(self, container: str, user_id: str, upserts: Sequence[Document]) -> None:
        assert len(upserts) <= 100
        for document in upserts:
            self.put(container, user_id, document)

    def create_all(self, container: str, user_id: str, documents: Sequence[Document]) -> None:
        if any((container, user_id, document["id"]) in self.texts for document in documents):
            raise Exists(documents[0]["id"])
        self.batch(container, user_id, documents)

    def delete(self, container: str, user_id: str, id: str) -> None:
        for kept in (self.texts, self.before, self._keys.get(container, {})):
            kept.pop((container, user_id, id), None)

    def where(self, container: str, user_id: str, where: Mapping[str, str]) -> list[Document]:
        conditions(container, where)
        found = (self.get(*key) for key in self._keys.get(container, ()) if key[1] == user_id)
        return [row for row in found if row is not None and all(row.get(name) == value for name, value in where.items())]

    def all(self, container: str) -> list[Document]:
        return [row for row in (self.get(*key) for key in self._keys.get(container, ())) if row is not None]


STALE_AT_TIMES = ("bots", "settings", "webhooks")  # accounts hold what is not changed while bots run


class SimStore:
    """shared.stores.Store whose calls are I/O. With a kernel, reads may be stale and conditional writes lose a race to somebody else."""

    def __init__(self, rows: Rows, kernel: Kernel | None = None) -> None:
        self.rows, self._kernel = rows, kernel

    def _happens(self, name: str) -> bool:
        if self._kernel is None or not self._kernel.happens(getattr(self._kernel.swarm, name)):
            return False
        self._kernel.seen[name] += 1
        return True

    async def read(self, container: str, user_id: str, id: str) -> Document | None:
        def effect() -> Document | None:
            old = container in STALE_AT_TIMES and self._happens("stale_read")
            return (self.rows.get_old if old else self.rows.get)(container, user_id, id)

        return await self._io(f"read {container}", effect)

    async def glance(self, container: str, user_id: str, id: str) -> Document | None:
        return await self.read(container, user_id, id)

    async def create(self, container: str, user_id: str, document: Document) -> Document:
        return await self._io(f"create {container}", lambda: self.rows.create(container, user_id, document))

    async def replace(self, container: str, user_id: str, document: Document) -> Document:
        def effect() -> Document:
            if self._happens("race_lost"):
                raise Stale(document["id"])
            return self.rows.replace(container, user_id, document)

        return await self._io(f"replace {container}", effect)

    async def upsert(self, container: str, user_id: str, document: Document) -> Document:
        return await self._io(f"upsert {container}", lambda: self.rows.put(container, user_id, document))

    async def delete(self, container: str, user_id: str, id: str) -> None:
        await self._io(f"delete {container}", lambda: self.rows.delete(container, user_id, id))

    async def batch(self, container: str, user_id: str, upserts: Sequence[Document]) -> None:
        await self._io(f"batch {container}", lambda: self.rows.batch(container, user_id, upserts))

    async def create_all(self, container: str, user_id: str, documents: Sequence[Document]) -> None:
        await self._io(f"batch {container}", lambda: self.rows.create_all(container, user_id, documents))

    async def create_with(self, container: str, user_id: str, document: Document, upsert: Document) -> None:
        def effect() -> None:
            self.rows.create(container, user_id, document)
            self.rows.put(container, user_id, upsert)

        await self._io(f"create_with {container}", effect)

    async def page(
        self, container: str, user_id: str, where: Mapping[str, str], limit: int, cursor: str | None = None, span: Span | None = None
    ) -> Page:
        def effect() -> Page:
            found = sorted(self.rows.where(container, user_id, where), key=lambda row: str(row.get("sort")), reverse=True)
            found = [row for row in found if (cursor is None or row["sort"] < cursor) and (span is None or span.holds(row))]
            return Page(tuple(found[:limit]), found[limit - 1]["sort"] if len(found) > limit else None)

        return await self._io(f"page {container}", effect)

    async def since(self, container: str, user_id: str, where: Mapping[str, str], after: str, limit: int) -> list[Document]:
        def effect() -> list[Document]:
            found = sorted(self.rows.where(container, user_id, where), key=lambda row: str(row.get("sort")))
            return [row for row in found if row["sort"] > after][:limit]

        return await self._io(f"since {container}", effect)

    async def owners(self, container: str, user_id: str, kind: str) -> list[str]:
        return await self._io(
            f"owners {container}", lambda: sorted({row["botId"] for row in self.rows.where(container, user_id, {"kind": kind})})
        )

    async def count(self, container: str, user_id: str, where: Mapping[str, str]) -> int:
        return await self._io(f"count {container}", lambda: len(self.rows.where(container, user_id, where)))

    async def across(self, container: str, statement: str, parameters: Mapping[str, Any], limit: int) -> list[Document]:
        test = _BY_CONDITION[statement.partition(" WHERE ")[2]]
        return await self._io(f"across {container}", lambda: [row for row in self.rows.all(container) if test(row, parameters)][:limit])

    async def _io(self, name: str, effect: Callable[[], Any]) -> Any:
        return await ask(Io(f"store.{name}", effect))


def _crossed(row: Document, given: Mapping[str, Any]) -> bool:
    below, above = row.get("below"), row.get("above")
    is_out = (below is not None and below >= given["@low"]) or (above is not None and above <= given["@high"])
    return row.get("watchKey") == given["@key"] and is_out


_TESTS: dict[str, Callable[[Document, Mapping[str, Any]], bool]] = {
    watch.CROSSED: _crossed,
    watch.TIMED: lambda row, given: "until_ms" in row and row["until_ms"] <= given["@now"],
    watch.GUARDED: lambda row, given: row.get("guardsActive") is True,
    watch.PUBLISHED: lambda row, given: row["_ts"] >= given["@since"],
    watch.SILENT: lambda row, given: row.get("dueMs", given["@now"] + 1) <= given["@now"],
    watch.BEATING: lambda row, given: (
        "beat" in row and row.get("lastTickMs", given["@then"] + 1) <= given["@then"] and given["@from"] <= row["beat"] < given["@to"]
    ),
    watch.QUIET: lambda row, given: "watchKey" in row and row.get("lastTickMs", given["@then"] + 1) <= given["@then"],
}
_BY_CONDITION = {statement.partition(" WHERE ")[2]: test for statement, test in _TESTS.items()}


class SimBus:
    """shared.bus.Bus: `deliver` takes what has arrived."""

    def __init__(self, deliver: Callable[[BotEvent], None]) -> None:
        self._deliver = deliver

    async def send(self, events: Sequence[BotEvent]) -> None:
        def effect() -> None:
            for event in events:
                self._deliver(event)

        await ask(Io("bus.send", effect))
