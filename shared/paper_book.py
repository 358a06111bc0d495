"""A paper exchange's book as it is kept in Cosmos: one document per account, changed by compare-and-set.

Rules
1. The venue owns the shape of `book` (exchange/book.py); here it is stored whole and only its balances are read.
2. A write carries the ETag of its read; losing the race is the answer `Stale`, never an overwrite.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import orjson

from shared.schema import SCHEMA
from shared.stores import Exists, Stale, Store
from strategy_core.number import ZERO, dec


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

    async def write(self, book: dict[str, Any], etag: str | None) -> None:
        document = {"id": self._id, "kind": "paper", "schema": SCHEMA, "book": book}
        if etag is not None:
            await self._store.replace("paper", self._user_id, {**document, "_etag": etag})
            return
        try:
            await self._store.create("paper", self._user_id, document)
        except Exists as error:
            raise Stale(self._id) from error


class OneWrite:
    """A book for one piece of work: read once, changed in memory, written once by `flush`.

    Forty placements are one write instead of forty. Nothing counts before `flush` has returned: whoever loses the race does the work
    again from what is there now.
    """

    def __init__(self, book: CosmosBook) -> None:
        self._book = book
        self._text: bytes | None = None
        self._etag: str | None = None
        self._is_read = self._is_changed = False

    async def read(self) -> tuple[dict[str, Any] | None, str | None]:
        if not self._is_read:
            document, self._etag = await self._book.read()
            self._text = None if document is None else orjson.dumps(document)
            self._is_read = True
        return (None, None) if self._text is None else (orjson.loads(self._text), self._etag)

    async def write(self, book: dict[str, Any], etag: str | None) -> None:
        self._text, self._is_changed = orjson.dumps(book), True

    async def flush(self) -> None:
        """Errors: Stale."""
        if self._is_changed and self._text is not None:
            await self._book.write(orjson.loads(self._text), self._etag)


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
