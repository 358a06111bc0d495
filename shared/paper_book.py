"""A paper exchange's book as it is kept in Cosmos: one document per account, changed by compare-and-set.

Rules
1. The venue owns the shape of `book` (exchange/book.py); here it is stored whole and only its balances are read.
2. A write carries the ETag of its read; losing the race is the answer `Stale`, never an overwrite.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import orjson

from shared.schema import SCHEMA
from shared.stores import Exists, Stale, Store
from strategy_core.number import ZERO, dec

TRIES = 12
T = TypeVar("T")


class Balance(NamedTuple):
    free: Decimal
    used: Decimal


class CosmosBook:
    """One account's book. `read` gives (book, etag), `write` raises Stale when somebody else was first."""

    def __init__(self, store: Store, user_id: str, account_id: str) -> None:
        self._store, self._user_id, self._id = store, user_id, account_id

    async def read(self) -> tuple[dict[str, Any] | None, str | None]:
        document = await self._store.read("paper", self._user_id, self._id)
        return (None, None) if document is None else (document["book"], document["_etag"])

    async def write(self, book: dict[str, Any], etag: str | None) -> str | None:
        """The ETag it has now."""
        document = {"id": self._id, "kind": "paper", "schema": SCHEMA, "book": book}
        try:
            if etag is None:
                stored = await self._store.create("paper", self._user_id, document)
            else:
                stored = await self._store.replace("paper", self._user_id, {**document, "_etag": etag})
        except Exists as error:
            raise Stale(self._id) from error
        return stored.get("_etag")


class Kept(NamedTuple):
    """A book as it was written: what the next piece of work may begin with, if it writes."""

    text: bytes
    etag: str


class LastWritten:
    """The books this process wrote last, by store, user and account: a tick that has just looked need not read again to place.

    What is remembered may be old. A write over it then fails, and work that wrote nothing has to be done again from what was read.
    """

    def __init__(self, most: int = 1_000) -> None:
        self._books: WeakKeyDictionary[Any, OrderedDict[tuple[str, str], Kept]] = WeakKeyDictionary()
        self._most = most

    def take(self, store: Store, user_id: str, account_id: str) -> Kept | None:
        """Once: whoever takes it will write a newer one."""
        return self._books.get(store, OrderedDict()).pop((user_id, account_id), None)

    def keep(self, store: Store, user_id: str, account_id: str, written: Kept | None) -> None:
        if written is not None:
            books = self._books.setdefault(store, OrderedDict())
            books[user_id, account_id] = written
            if len(books) > self._most:
                books.popitem(last=False)


_written = LastWritten()


class OneWrite:
    """A book for one piece of work: read once, changed in memory, written once by `flush`.

    Forty placements are one write instead of forty. Nothing counts before `flush` has returned: whoever loses the race does the work
    again from what is there now.
    """

    def __init__(self, book: CosmosBook, known: Kept | None = None) -> None:
        self._book = book
        self._text: bytes | None = known.text if known is not None else None
        self._etag: str | None = known.etag if known is not None else None
        self._is_read, self.is_changed = known is not None, False

    async def read(self) -> tuple[dict[str, Any] | None, str | None]:
        if not self._is_read:
            document, self._etag = await self._book.read()
            self._text = None if document is None else orjson.dumps(document)
            self._is_read = True
        return (None, None) if self._text is None else (orjson.loads(self._text), self._etag)

    async def write(self, book: dict[str, Any], etag: str | None) -> None:
        self._text, self.is_changed = orjson.dumps(book), True

    async def flush(self) -> Kept | None:
        """What was written, if anything had to be. Errors: Stale."""
        if not self.is_changed or self._text is None:
            return None
        etag = await self._book.write(orjson.loads(self._text), self._etag)
        return None if etag is None else Kept(self._text, etag)


async def on_book(store: Store, user_id: str, account_id: str, work: Callable[[OneWrite], Awaitable[T]]) -> T:
    """A piece of work over one account's book, read once and written once; on a lost race all is done anew.

    Errors: TimeoutError when the book stays too busy.
    """
    known = _written.take(store, user_id, account_id)
    for _ in range(TRIES):
        book = OneWrite(CosmosBook(store, user_id, account_id), known)
        result = await work(book)
        if known is not None and not book.is_changed:  # what is remembered may be old: so would be what was found
            known = None
            continue
        try:
            _written.keep(store, user_id, account_id, await book.flush())
        except Stale:
            known = None
            continue
        return result
    raise TimeoutError("the paper book is too busy")


def book_balances(document: dict[str, Any]) -> dict[str, Balance]:
    """Free and used per currency: used is what open orders lock and what stands behind positions."""
    book = document["book"]
    used: dict[str, Decimal] = {}
    for row in book["orders"].values():
        if row["status"] == "open":
            currency, amount = row["lock"]
            used[currency] = used.get(currency, ZERO) + dec(amount)
    for symbol, row in book["positions"].items():
        settle = symbol.rpartition(":")[2]
        used[settle] = used.get(settle, ZERO) + dec(row["cost"]) / dec(row["leverage"])
    found = {}
    for currency, text in book["balances"].items():
        total = dec(text)
        locked = min(used.get(currency, ZERO), total)
        found[currency] = Balance(total - locked, locked)
    return found
