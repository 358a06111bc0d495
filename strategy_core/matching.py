"""When a resting order fills, at what price and for what fee: shared by the backtester and the paper exchange.

Rules (strategies.md 1.2)
1. On a segment a -> b a BUY fills if min(a, b) <= price, at min(price, a); a SELL if max(a, b) >= price, at max(price, a). Touch counts.
2. In a jump a BUY fills if b <= price, a SELL if b >= price, at b.
3. Order: along the path; in a jump BUYs from the highest, SELLs from the lowest price; then the oldest.
4. Market orders fill at b, worsened by the slippage and rounded to the tick against us, after the limits.
5. A limit that was marketable when made pays taker, any other limit maker; a market order pays taker.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from strategy_core.book import Book
from strategy_core.decimals import HUNDRED, ONE, ceil_to, floor_to
from strategy_core.trade import FeeMode, Market, Order, Side

_SIDE: Final = 3  # of an Order, and its price: their places cost less than their names
_PRICE: Final = 5
_BUY: Final = Side.BUY
_new: Final = tuple.__new__  # a NamedTuple without the detour over its own __new__


class Match(NamedTuple):
    """An order that fills, in full or what is left of it."""

    order: Order
    price: Decimal


def is_marketable(order: Order, price: Decimal) -> bool:
    """Whether a limit order made while the market is at `price` takes at once (and so pays taker)."""
    if order.price is None:
        return True
    return order.price >= price if order.side is Side.BUY else order.price <= price


def fill_price(order: Order, a: Decimal, b: Decimal, jump: bool) -> Decimal | None:
    """The price at which a resting limit fills on the way from `a` to `b`; None when it is not reached."""
    limit = order[_PRICE]
    if limit is None:
        return None
    if order[_SIDE] is _BUY:
        if jump:
            return b if b <= limit else None
        if a < limit:
            return a
        return limit if b <= limit or a == limit else None
    if jump:
        return b if b >= limit else None
    if a > limit:
        return a
    return limit if b >= limit or a == limit else None


def match(orders: Iterable[Order], a: Decimal, b: Decimal, jump: bool) -> list[Match]:
    """The resting limits that fill between two path points, in the order in which they do."""
    found = []
    for order in orders:
        price = fill_price(order, a, b, jump)
        if price is not None:
            found.append(_new(Match, (order, price)))
    if len(found) > 1:
        if jump:
            found.sort(key=_in_a_jump)
        else:
            found.sort(key=lambda item: (abs(item.price - a), item.order.made_at))
    return found


def swept(book: Book, low: Decimal, high: Decimal) -> list[Order]:
    """The resting limits whose price lies beyond `low` or `high`, best first: only the top of the index is looked at."""
    found: list[Order] = []
    for order in reversed(book.buys):
        if order[_PRICE] < low:  # type: ignore[operator]
            break
        found.append(order)
    for order in reversed(book.sells):
        if order[_PRICE] > high:  # type: ignore[operator]
            break
        found.append(order)
    return [order for order in found if order.leg not in book.virtual] if book.virtual else found


def _in_a_jump(item: Match) -> tuple[bool, Decimal, int]:
    order, _ = item
    limit: Decimal = order.price  # type: ignore[assignment]
    return (order.side is Side.SELL, -limit if order.side is Side.BUY else limit, order.made_at)


def market_price(side: Side, price: Decimal, market: Market) -> Decimal:
    """What a market order gets at `price`: slippage and tick against us."""
    slip = market.slippage_pct / HUNDRED
    if side is Side.BUY:
        return ceil_to(price * (ONE + slip), market.price_tick)
    return floor_to(price * (ONE - slip), market.price_tick)


class Fees:
    """The simulated fees of one market."""

    __slots__ = ("maker", "taker", "base", "quote", "is_received")

    def __init__(self, market: Market) -> None:
        self.maker, self.taker = market.maker_fee, market.taker_fee
        self.base, self.quote = market.base, market.quote
        self.is_received = market.fee_mode is FeeMode.RECEIVED

    def of(self, side: Side, price: Decimal, amount: Decimal, maker: bool) -> tuple[Decimal, str]:
        """One fill's fee, exact, and its coin."""
        rate = self.maker if maker else self.taker
        if self.is_received and side is _BUY:
            return amount * rate, self.base
        return price * amount * rate, self.quote
