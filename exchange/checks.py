"""What a venue checks before it takes an order, and the money it sets aside for it.

Rules
1. Refused means nothing changed. A shortfall names the currency, what is needed and what is free.
2. Spot: a BUY sets aside quote, a SELL base. Perpetuals: margin for the part that adds to the position.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from exchange.book import MAX_OPEN, Book
from exchange.protocol import Outcome, Placement, Result
from strategy_core.matching import is_marketable, market_price
from strategy_core.number import ONE, ZERO, is_on, plain
from strategy_core.trade import FeeMode, Market, Order, OrderType, Side


class Lock(NamedTuple):
    """Money set aside. `needed` must be free; `held` is set aside, as far as there is that much."""

    currency: str
    needed: Decimal
    held: Decimal


def refusal(book: Book, placement: Placement, market: Market, price: Decimal) -> Outcome | None:
    """Why the venue would not take the order at a market price of `price`, or None."""
    order = placement.order
    found = filters(order, market, price) or _room(book, market) or _reduce_only(book, order, market)
    if found is None and placement.post_only and is_marketable(order, price):
        found = ("would_take", f"at {plain(price)} the order would take at once")
    if found is None:
        lock = lock_for(book, order, market, price)
        free = book.free(lock.currency)
        if lock.needed > free:
            short = plain(lock.needed - free)
            text = f"{lock.currency} is short by {short}: needs {plain(lock.needed)}, free {plain(free)}"
            found = ("insufficient_funds", text)
    return None if found is None else Outcome(Result.REJECTED, None, *found)


def lock_for(book: Book, order: Order, market: Market, price: Decimal) -> Lock:
    at = price if order.price is None else order.price
    if market.is_future:
        return _margin_lock(book, order, market, at)
    if order.side is Side.SELL:
        return Lock(market.base, order.amount, order.amount)
    rate = market.taker_fee if is_marketable(order, price) else market.maker_fee
    share = ONE + (rate if market.fee_mode is FeeMode.QUOTE else ZERO)
    needed = at * order.amount * share
    if order.type is OrderType.LIMIT:
        return Lock(market.quote, needed, needed)
    held = market_price(Side.BUY, price, market) * order.amount * share
    return Lock(market.quote, needed, min(held, book.free(market.quote)))


def _margin_lock(book: Book, order: Order, market: Market, at: Decimal) -> Lock:
    held = book.signed(market.symbol)
    against = abs(held) if (held > 0) is (order.side is Side.SELL) else ZERO
    adds = ZERO if order.reduce_only else max(order.amount - against, ZERO)
    needed = adds * at / Decimal(book.mode(market.symbol)[0])
    return Lock(market.quote, needed, needed)


def filters(order: Order, market: Market, price: Decimal | None) -> tuple[str, str] | None:
    """(reason, message) when the order breaks the market's rules; `price` values a market order, None: its notional is not judged."""
    limit = order.price
    if (order.type is OrderType.LIMIT) is (limit is None):
        return "other", "a limit order has a price, a market order has none"
    if order.amount <= 0 or (limit is not None and limit <= 0):
        return "precision", "price and amount must be above zero"
    if not is_on(order.amount, market.amount_step):
        return "precision", f"the amount {plain(order.amount)} is not a multiple of {plain(market.amount_step)}"
    if limit is not None and not is_on(limit, market.price_tick):
        return "precision", f"the price {plain(limit)} is not a multiple of {plain(market.price_tick)}"
    if order.amount < market.min_amount:
        return "below_minimum", f"the amount {plain(order.amount)} is below {plain(market.min_amount)}"
    value = price if limit is None else limit
    notional = market.min_notional if value is None else order.amount * value
    if notional < market.min_notional and not order.reduce_only:
        return "below_minimum", f"the notional {plain(notional)} is below {plain(market.min_notional)}"
    return None


def _room(book: Book, market: Market) -> tuple[str, str] | None:
    if market.max_orders is not None and len(book.open_rows(market.symbol)) >= market.max_orders:
        return "too_many_orders", f"{market.symbol} takes {market.max_orders} open orders"
    if len(book.open_rows()) >= MAX_OPEN:
        return "too_many_orders", f"a paper account takes {MAX_OPEN} open orders"
    return None


def _reduce_only(book: Book, order: Order, market: Market) -> tuple[str, str] | None:
    if not order.reduce_only:
        return None
    held = book.signed(market.symbol)
    if not market.is_future or held == 0 or (held > 0) is (order.side is Side.BUY):
        return "reduce_only", "there is no position to reduce"
    resting = sum((Decimal(row["amount"]) - Decimal(row["filled"]) for _, row in book.open_rows(market.symbol) if row["reduce_only"]), ZERO)
    if resting + order.amount > abs(held):
        return "reduce_only", f"the position is {plain(abs(held))}; {plain(resting)} is already being reduced"
    return None
