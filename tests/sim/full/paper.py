"""Paper accounts in the full simulation: the product's own paper exchange over its stored book, and that book as the judge sees it.

The book is the truth of a paper account as the venue's lists are of a live one: `PaperAccount` shows it in the same words.
"""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from exchange.book import order_id
from exchange.protocol import OrderStatus, Trade
from strategy_core.number import ZERO
from strategy_core.trade import Side

if TYPE_CHECKING:
    from tests.sim.full.world import World

Doc = dict[str, Any]


class PaperOrder(NamedTuple):
    id: str
    client_id: str
    status: OrderStatus
    left: Decimal
    filled: Decimal
    placement: Any  # .order: side, price, amount, reduce_only

    @property
    def is_void(self) -> bool:
        """Written down without ever having rested."""
        return self.status in (OrderStatus.CANCELED, OrderStatus.REJECTED) and not self.filled


class PaperAccount:
    """tests.sim.venue.Account, read from a stored book. `positions`: what a perpetual's balances do not show."""

    def __init__(self, user_id: str, opening: dict[str, Decimal], book: Doc | None) -> None:
        self.user_id = user_id
        self.balances = dict(opening)
        self.orders: list[PaperOrder] = []
        self.trades: list[tuple[int, Trade]] = []
        self.positions: dict[str, Doc] = {}
        if book is not None:
            self._read(book)

    def _read(self, book: Doc) -> None:
        assert len(book["trades"]) == book["seq"], "the paper book forgot trades: the seed proves nothing"
        self.balances |= {currency: Decimal(amount) for currency, amount in book["balances"].items()}
        self.orders = [_order(id_, row) for id_, row in book["orders"].items()]
        self.trades = [(row[10], _trade(row)) for row in book["trades"]]
        self.positions = book["positions"]

    def settled(self, symbol: str, currency: str) -> Decimal:
        """What the balance would be with the position's cost paid: how a perpetual's money adds up from its trades."""
        base, quote = symbol.split(":")[0].split("/")
        position = self.positions.get(symbol)
        if position is None or ":" not in symbol:
            return self.balances[currency]
        amount = Decimal(position["amount"])
        if currency == base:
            return self.balances[currency] + amount
        return self.balances[currency] - (Decimal(position["cost"]) if amount > 0 else -Decimal(position["cost"]))


class PaperBooks:
    """The paper accounts of a run; every version of a book is shown to the judge when it is written."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._owners: dict[str, tuple[str, dict[str, Decimal]]] = {}
        self._seen: dict[str, set[str]] = {}
        self._read: dict[str, tuple[int, PaperAccount]] = {}

    def open(self, account_id: str, user_id: str, opening: dict[str, Decimal]) -> None:
        self._owners[account_id] = (user_id, opening)
        self._seen[account_id] = set()

    def __contains__(self, account_id: str) -> bool:
        return account_id in self._owners

    def account(self, account_id: str) -> PaperAccount:
        user_id, opening = self._owners[account_id]
        text, etag, _ = self._world.rows.texts.get(("paper", user_id, account_id), (b"null", 0, 0))
        known = self._read.get(account_id)
        if known is None or known[0] != etag:
            document = orjson.loads(text)
            known = self._read[account_id] = (etag, PaperAccount(user_id, opening, document and document["book"]))
        return known[1]

    def written(self, container: str, account_id: str) -> None:
        """[1] [2] [6] [7]: orders that have come to be in a paper book."""
        if container != "paper" or account_id not in self._owners:
            return
        account, seen = self.account(account_id), self._seen[account_id]
        fresh = [order for order in account.orders if order.client_id not in seen]
        seen.update(order.client_id for order in fresh)
        for order in fresh:
            self._world.kernel.seen["paper_void" if order.is_void else "paper_order"] += 1
            if not order.is_void:
                self._world.checker.accepted(account, order)  # type: ignore[arg-type]


def _order(id_: str, row: Doc) -> PaperOrder:
    amount, filled = Decimal(row["amount"]), Decimal(row["filled"])
    price = None if row["price"] is None else Decimal(row["price"])
    wanted = SimpleNamespace(side=Side(row["side"]), price=price, amount=amount, reduce_only=row.get("reduce_only", False))
    return PaperOrder(order_id(id_), id_, OrderStatus(row["status"]), max(amount - filled, ZERO), filled, SimpleNamespace(order=wanted))


def _trade(row: list[Any]) -> Trade:
    _, id_, count, symbol, side, price, amount, fee, currency, maker, at = row
    return Trade(
        f"{id_}-{count}", order_id(id_), id_, symbol, Side(side), Decimal(price), Decimal(amount), Decimal(fee), currency, maker, at
    )
