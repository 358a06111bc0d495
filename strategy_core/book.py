"""The orders a bot wants, indexed so that a fill costs the same among ten as among five hundred.

Rules
1. One order per leg. A leg's generation only ever grows, also across legs that were forgotten (`floor`).
2. `buys` and `sells` hold the limit orders with the best price (then the oldest) last.
3. With a cap the nearest to the price rest, the others are virtual: wanted, but not to be sent.
4. `changes`, when a list, receives every order placed: the backtester reads it instead of comparing.
"""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from strategy_core.decimals import ZERO, plain
from strategy_core.trade import Order, OrderType, Role, Side

_REMEMBERED_LEGS: Final = 256
_SIDES: Final = {"b": Side.BUY, "s": Side.SELL}
_ROLES: Final = {role.value: role for role in Role}
_new: Final = tuple.__new__  # a NamedTuple without the detour over its own __new__: every fill makes some
_LEG: Final = 0  # an order's parts by their place: a third of the cost of their names, and a fill reads many
_SIDE: Final = 3
_PRICE: Final = 5
_AMOUNT: Final = 6
_BUY: Final = Side.BUY
_LIMIT: Final = OrderType.LIMIT
_MARKET: Final = OrderType.MARKET
_ORDER: Final = Order  # a name of another module is looked up at every use, this one is at hand


class Taken:
    """What a fill did to an order: whether it is over, and how much of it was filled before."""

    __slots__ = ("order", "done", "before")

    def __init__(self, order: Order, done: bool, before: Decimal) -> None:
        self.order = order
        self.done = done
        self.before = before


class Book:
    __slots__ = (
        "orders",
        "filled",
        "generations",
        "floor",
        "buys",
        "sells",
        "markets",
        "buy_cost",
        "sell_amount",
        "cap",
        "virtual",
        "dirty",
        "rows",
        "changes",
    )

    def __init__(self, cap: int | None = None) -> None:
        self.orders: dict[str, Order] = {}
        self.filled: dict[str, Decimal] = {}  # by leg: only of orders that are partly filled
        self.generations: dict[str, int] = {}
        self.floor = 0
        self.buys: list[Order] = []
        self.sells: list[Order] = []
        self.markets: list[Order] = []
        self.buy_cost = ZERO  # price x remaining of the limit buys
        self.sell_amount = ZERO  # remaining of all sells
        self.cap = cap
        self.virtual: set[str] = set()  # legs beyond the cap: wanted, not sent
        self.dirty = False  # orders changed since the cap was last applied
        self.rows: dict[str, list[Any]] = {}  # stored rows of orders not touched since
        self.changes: list[Order] | None = None

    # -- writing ------------------------------------------------------------------------------------------------------

    def place(
        self,
        leg: str,
        side: Side,
        price: Decimal | None,
        amount: Decimal,
        role: Role,
        at: int,
        reduce_only: bool = False,
        attempt: int = 0,
        cost: Decimal | None = None,
    ) -> Order:
        """A new order on a free leg, under its next generation (a market order when `price` is None). `cost`: price x amount, if known."""
        generations = self.generations
        generation = generations.get(leg, self.floor) + 1
        generations[leg] = generation
        kind = _MARKET if price is None else _LIMIT
        order = _new(_ORDER, (leg, generation, attempt, side, kind, price, amount, role, reduce_only, at))
        self._insert(order, leg, side, price, amount, cost)
        if len(generations) > _REMEMBERED_LEGS + len(self.orders):
            self._forget()
        return order

    def _insert(self, order: Order, leg: str, side: Side, price: Decimal | None, left: Decimal, cost: Decimal | None = None) -> None:
        """Into the index and the sums; `left` is still to fill. The order's parts are handed over: its maker has them at hand."""
        self.orders[leg] = order
        if side is _BUY:
            if price is None:
                self.markets.append(order)
            else:
                self.buy_cost += price * left if cost is None else cost
                index = self.buys
                if not index or price > index[-1][_PRICE]:  # type: ignore[operator]
                    index.append(order)
                else:
                    index.insert(_rank(index, price, 1), order)
        else:
            self.sell_amount += left
            if price is None:
                self.markets.append(order)
            else:
                index = self.sells
                if not index or price < index[-1][_PRICE]:  # type: ignore[operator]
                    index.append(order)
                else:
                    index.insert(_rank(index, price, -1), order)
        self.dirty = True
        if self.changes is not None:
            self.changes.append(order)

    def drop(self, leg: str) -> Order:
        """The order is no longer wanted. What it had filled stays booked."""
        order = self.orders.pop(leg)
        done = self.filled.pop(leg, ZERO)
        self._unlist(order, order.amount - done)
        self.virtual.discard(leg)
        return order

    def _unlist(self, order: Order, left: Decimal, cost: Decimal | None = None) -> None:
        """Out of the index and the sums; `left` was still to fill. `cost`: price x left, if known."""
        if self.rows:
            self.rows.pop(order.leg, None)
        price = order[_PRICE]
        is_buy = order[_SIDE] is _BUY
        if not is_buy:
            self.sell_amount -= left
        if price is None:
            self.markets.remove(order)
        else:
            if is_buy:
                self.buy_cost -= price * left if cost is None else cost
            index = self.buys if is_buy else self.sells
            if index[-1] is order:
                index.pop()
            else:
                _remove(index, order)
        self.dirty = True

    def replace(self, leg: str, amount: Decimal, at: int, price: Decimal | None = None) -> Order:
        """The same place under the next generation, with `amount` still to fill (and another price when given)."""
        old = self.drop(leg)
        return self.place(leg, old.side, old.price if price is None else price, amount, old.role, at, old.reduce_only)

    def retry(self, leg: str) -> Order:
        """The same order after a definite reject: the next attempt."""
        old = self.orders[leg]
        new = old._replace(attempt=old.attempt + 1)
        left = old.amount - self.filled.get(leg, ZERO)
        kept = self.filled.get(leg)
        self._unlist(old, left)
        self._insert(new, leg, new.side, new.price, left)
        if kept is not None:
            self.filled[leg] = kept
        return new

    def take(self, order: Order, amount: Decimal, cost: Decimal | None = None) -> Taken:
        """A fill of a wanted order. It leaves the book when nothing remains. `cost`: the amount at the order's own price, if known."""
        leg, whole = order[_LEG], order[_AMOUNT]
        before = self.filled.get(leg, ZERO) if self.filled else ZERO
        if amount is whole or amount >= whole or before + amount >= whole:
            if before:
                del self.filled[leg]
            del self.orders[leg]
            self._unlist(order, whole - before if before else whole, cost if amount is whole else None)
            return Taken(order, True, before)
        self.filled[leg] = before + amount
        self.rows.pop(leg, None)
        if order.side is not _BUY:
            self.sell_amount -= amount
        elif order.price is not None:
            self.buy_cost -= order.price * amount
        return Taken(order, False, before)

    def clear(self) -> None:
        """Nothing is wanted any more; generations are remembered."""
        for held in (self.orders, self.filled, self.buys, self.sells, self.markets, self.rows, self.virtual):
            held.clear()
        self.buy_cost = self.sell_amount = ZERO
        self.dirty = True

    def _forget(self) -> None:
        """Legs long gone share one floor, so that no id can ever come twice."""
        gone = [leg for leg in self.generations if leg not in self.orders]
        for leg in gone[: len(gone) // 2 + 1]:
            self.floor = max(self.floor, self.generations.pop(leg))

    # -- reading ------------------------------------------------------------------------------------------------------

    def remaining(self, order: Order) -> Decimal:
        return order.amount - self.filled[order.leg] if order.leg in self.filled else order.amount

    @property
    def best_buy(self) -> Decimal | None:
        return self.buys[-1][_PRICE] if self.buys else None

    @property
    def best_sell(self) -> Decimal | None:
        return self.sells[-1][_PRICE] if self.sells else None

    def resting(self, price: Decimal) -> tuple[Order, ...]:
        """The orders to send: all, or with a cap the nearest to `price` (a market order always)."""
        if not self.settle(price):
            return tuple(self.orders.values())
        return tuple(order for leg, order in self.orders.items() if leg not in self.virtual)

    def settle(self, price: Decimal) -> bool:
        """Chooses which orders rest, anew only when the orders changed. True when some must not."""
        if self.dirty and self.cap is not None:
            self.virtual = set()
            if len(self.orders) > self.cap:
                limits = [*self.buys, *self.sells]
                limits.sort(key=lambda order: (abs(order.price - price), order.made_at))  # type: ignore[operator]
                self.virtual = {order.leg for order in limits[max(self.cap - len(self.markets), 0) :]}
        self.dirty = False
        return bool(self.virtual)

    def crossed(self, price: Decimal) -> list[Order]:
        """Virtual orders the price has gone through: buys from the highest, sells from the lowest."""
        found = [order for order in reversed(self.buys) if order.leg in self.virtual and order.price >= price]  # type: ignore[operator]
        return found or [order for order in reversed(self.sells) if order.leg in self.virtual and order.price <= price]  # type: ignore[operator]

    # -- storing ------------------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        rows = self.rows
        for leg, order in self.orders.items():
            if leg not in rows:
                rows[leg] = _row(order, self.filled.get(leg))
        idle = {leg: n for leg, n in self.generations.items() if leg not in self.orders}
        data: dict[str, Any] = {"orders": [rows[leg] for leg in self.orders], "sums": [plain(self.buy_cost), plain(self.sell_amount)]}
        if idle:
            data["generations"] = idle
        if self.floor:
            data["floor"] = self.floor
        if self.cap is not None:
            data["cap"] = self.cap
            data["virtual"] = sorted(self.virtual)
            data["dirty"] = self.dirty
        return data

    @classmethod
    def load(cls, data: dict[str, Any]) -> Book:
        book = cls(data.get("cap"))
        book.floor = data.get("floor", 0)
        orders, generations, rows = book.orders, book.generations, book.rows
        buys, sells = book.buys, book.sells
        text, size = "0", ZERO
        for row in reversed(data["orders"]):  # the younger first, so that of equal prices the oldest ends up last
            leg, generation, attempt, flags, price, amount, role, at = row if len(row) == 8 else row[:8]
            side = _SIDES[flags[0]]
            if amount != text:  # a grid's orders are often all of one size
                text, size = amount, Decimal(amount)
            if price is None:
                order = _new(_ORDER, (leg, generation, attempt, side, _MARKET, None, size, _ROLES[role], len(flags) > 1, at))
                book.markets.append(order)
            else:
                order = _new(_ORDER, (leg, generation, attempt, side, _LIMIT, Decimal(price), size, _ROLES[role], len(flags) > 1, at))
                (buys if side is _BUY else sells).append(order)
            orders[leg], generations[leg], rows[leg] = order, generation, row
            if len(row) > 8:
                book.filled[leg] = Decimal(row[8])
        book.orders = dict(reversed(orders.items()))
        book.markets.reverse()
        buys.sort(key=_price_of)
        sells.sort(key=_price_of, reverse=True)
        book.buy_cost, book.sell_amount = Decimal(data["sums"][0]), Decimal(data["sums"][1])
        book.generations.update(data.get("generations", {}))
        book.virtual = set(data.get("virtual", ()))
        book.dirty = data.get("dirty", False)
        return book


def _row(order: Order, filled: Decimal | None) -> list[Any]:
    flags = ("b" if order.side is _BUY else "s") + ("r" if order.reduce_only else "")
    price = None if order.price is None else plain(order.price)
    row = [order.leg, order.generation, order.attempt, flags, price, plain(order.amount), order.role.value, order.made_at]
    return row if filled is None else [*row, plain(filled)]


_price_of = attrgetter("price")


def _rank(index: list[Order], price: Decimal, sign: int) -> int:
    """Where an order of `price` goes: before all that are better or, at the same price, older."""
    low, high = 0, len(index)
    while low < high:
        middle = (low + high) // 2
        at: Decimal = index[middle][_PRICE]  # type: ignore[assignment]
        if (at < price) if sign > 0 else (at > price):
            low = middle + 1
        else:
            high = middle
    return low


def _remove(index: list[Order], order: Order) -> None:
    at = _rank(index, order.price, 1 if order.side is _BUY else -1)  # type: ignore[arg-type]
    while index[at] is not order:
        at += 1
    del index[at]
