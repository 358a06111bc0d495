"""A paper exchange's book as it is kept in Cosmos: one document per account, changed by compare-and-set.

Rules
1. The venue owns the shape of `book` (exchange/book.py); here it is stored whole and only its balances are read.
2. A write carries the ETag of its read; losing the race is the answer `Stale`, never an overwrite.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from shared.read_model import SCHEMA
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
        used[settle] = used.get(settle, ZERO) + abs(dec(row["amount"])) * dec(row["entry"]) / dec(row["leverage"])
    found = {}
    for currency, text in book["balances"].items():
        total = dec(text)
        locked = min(used.get(currency, ZERO), total)
        found[currency] = Balance(total - locked, locked)
    return found
