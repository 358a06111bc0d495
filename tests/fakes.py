"""Hand-written stand-ins for the platform's ports. They keep the ports' promises and can be told to fail."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared import watch
from shared.auth import User
from shared.bus import BotEvent
from shared.errors import AppError
from shared.secrets import Keys, NoSecret, VaultDown
from shared.stores import Document, Exists, Page, Span, Stale, conditions
from shared.webhooks.seal import Key, Sealed, key_name, unseal


class MemoryStore:
    """A Store in memory: partitions, ETags, all-or-nothing batches. `reads` names every (container, user) that was asked for."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], Document] = {}
        self.reads: list[tuple[str, str]] = []
        self._etags = itertools.count(1)

    async def read(self, container: str, user_id: str, id: str) -> Document | None:
        self.reads.append((container, user_id))
        return copy.deepcopy(self.rows.get((container, user_id, id)))

    async def glance(self, container: str, user_id: str, id: str) -> Document | None:
        return await self.read(container, user_id, id)

    def _put(self, container: str, user_id: str, document: Document) -> Document:
        json.dumps(document, allow_nan=False)
        stored = {**copy.deepcopy(document), "userId": user_id, "_etag": f'"{next(self._etags)}"'}
        self.rows[container, user_id, document["id"]] = stored
        return copy.deepcopy(stored)

    async def create(self, container: str, user_id: str, document: Document) -> Document:
        if (container, user_id, document["id"]) in self.rows:
            raise Exists(document["id"])
        return self._put(container, user_id, document)

    async def replace(self, container: str, user_id: str, document: Document) -> Document:
        found = self.rows.get((container, user_id, document["id"]))
        if found is None or found["_etag"] != document["_etag"]:
            raise Stale(document["id"])
        return self._put(container, user_id, document)

    async def upsert(self, container: str, user_id: str, document: Document) -> Document:
        return self._put(container, user_id, document)

    async def delete(self, container: str, user_id: str, id: str) -> None:
        self.rows.pop((container, user_id, id), None)

    def _where(self, container: str, user_id: str, where: Mapping[str, str]) -> list[Document]:
        conditions(container, where)
        self.reads.append((container, user_id))
        own = [row for (place, user, _), row in self.rows.items() if (place, user) == (container, user_id)]
        return [row for row in own if all(row.get(name) == value for name, value in where.items())]

    async def page(
        self, container: str, user_id: str, where: Mapping[str, str], limit: int, cursor: str | None = None, span: Span | None = None
    ) -> Page:
        found = sorted(self._where(container, user_id, where), key=lambda row: row["sort"], reverse=True)
        found = [row for row in found if (cursor is None or row["sort"] < cursor) and (span is None or span.holds(row))]
        items = tuple(copy.deepcopy(found[:limit]))
        return Page(items, items[-1]["sort"] if len(found) > limit else None)

    async def since(self, container: str, user_id: str, where: Mapping[str, str], after: str, limit: int) -> list[Document]:
        found = sorted(self._where(container, user_id, where), key=lambda row: row["sort"])
        return copy.deepcopy([row for row in found if row["sort"] > after][:limit])

    async def owners(self, container: str, user_id: str, kind: str) -> list[str]:
        return sorted({row["botId"] for row in self._where(container, user_id, {"kind": kind})})

    async def count(self, container: str, user_id: str, where: Mapping[str, str]) -> int:
        return len(self._where(container, user_id, where))

    async def batch(self, container: str, user_id: str, upserts: Sequence[Document]) -> None:
        assert len(upserts) <= 100
        for document in upserts:
            self._put(container, user_id, document)

    async def create_all(self, container: str, user_id: str, documents: Sequence[Document]) -> None:
        if any((container, user_id, document["id"]) in self.rows for document in documents):
            raise Exists(documents[0]["id"])
        await self.batch(container, user_id, documents)

    async def create_with(self, container: str, user_id: str, document: Document, upsert: Document) -> None:
        await self.create(container, user_id, document)
        self._put(container, user_id, upsert)

    async def across(self, container: str, statement: str, parameters: Mapping[str, Any], limit: int) -> list[Document]:
        tests = {
            watch.CROSSED: _crossed,
            watch.TIMED: _timed,
            watch.QUIET: _quiet,
            watch.PUBLISHED: _published,
            watch.BEATING: _beating,
            watch.GUARDED: _guarded,
            watch.SILENT: _silent,
            watch.WAITING: _silent,
        }
        rows = [row for (place, _, _), row in self.rows.items() if place == container]
        return [row for row in rows if tests[statement](row, parameters)][:limit]

    def of(self, container: str) -> list[Document]:
        """Every document of a container but the fences of earlier epochs, for assertions."""
        return [row for (place, _, _), row in self.rows.items() if place == container and row.get("kind") != "fence"]


def _crossed(row: Document, given: Mapping[str, Any]) -> bool:
    below, above = row.get("below"), row.get("above")
    is_out = (below is not None and below >= given["@low"]) or (above is not None and above <= given["@high"])
    return row.get("watchKey") == given["@key"] and is_out


def _timed(row: Document, given: Mapping[str, Any]) -> bool:
    return "until_ms" in row and row["until_ms"] <= given["@now"]


def _quiet(row: Document, given: Mapping[str, Any]) -> bool:
    return "watchKey" in row and row.get("lastTickMs", given["@then"] + 1) <= given["@then"]


def _beating(row: Document, given: Mapping[str, Any]) -> bool:
    return _quiet(row, given) and given["@from"] <= row.get("beat", -1) < given["@to"]


def _published(row: Document, given: Mapping[str, Any]) -> bool:
    return bool(row.get("_ts", given["@since"]) >= given["@since"])


def _guarded(row: Document, given: Mapping[str, Any]) -> bool:
    return row.get("guardsActive") is True


def _silent(row: Document, given: Mapping[str, Any]) -> bool:
    return "dueMs" in row and row["dueMs"] <= given["@now"]


class MemoryBus:
    """A Bus that keeps what was sent; a message id sent before vanishes, as duplicate detection makes it."""

    def __init__(self) -> None:
        self.sent: list[BotEvent] = []
        self.is_down = False
        self._ids: set[tuple[str, str, str]] = set()

    async def send(self, events: Sequence[BotEvent]) -> None:
        if self.is_down:
            raise ConnectionError("the bus is down")
        for event in events:
            if (event.user_id, event.bot_id, event.id) not in self._ids:
                self._ids.add((event.user_id, event.bot_id, event.id))
                self.sent.append(event)

    async def reach(self) -> object:
        if self.is_down:
            raise ConnectionError("the bus is down")
        return None


class NameVerifier:
    """Takes `Bearer <name>` for the user of that name."""

    async def user(self, authorization: str | None) -> User:
        kind, _, name = (authorization or "").partition(" ")
        if kind != "Bearer" or not name:
            raise AppError(401, "unauthorized")
        return User(name, f"{name}@example.com", ("bots.read", "bots.write"), None)


class FixedRealtime:
    async def url(self, user_id: str) -> str:
        return f"wss://live.example/client?for={user_id}"


class FixedKeys:
    """Sealing keys without a vault. `is_down` makes the vault unreachable."""

    def __init__(self, *secrets: bytes) -> None:
        self.keys = [Key(secret) for secret in secrets or (b"k" * 32,)]
        self.is_down = False

    async def current(self) -> Key:
        if self.is_down:
            raise AppError(503, "vault_down")
        return self.keys[0]

    async def named(self, name: str) -> Key | None:
        await self.current()
        return next((key for key in self.keys if key.name.hex() == name), None)

    async def open(self, opaque: str) -> Sealed | None:
        name = key_name(opaque)
        key = None if name is None else await self.named(name.hex())
        return None if key is None else unseal(key, opaque)


class Clock:
    """Wall time in milliseconds, moved by hand."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class MemorySecrets:
    """A vault in memory. `is_down` makes it unreachable."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Keys] = {}
        self.is_down = False

    async def read(self, user_id: str, account_id: str) -> Keys:
        if self.is_down:
            raise VaultDown
        if (user_id, account_id) not in self.kept:
            raise NoSecret
        return dict(self.kept[user_id, account_id])

    async def write(self, user_id: str, account_id: str, keys: Keys) -> None:
        self.kept[user_id, account_id] = dict(keys)

    async def delete(self, user_id: str, account_id: str) -> None:
        self.kept.pop((user_id, account_id), None)
