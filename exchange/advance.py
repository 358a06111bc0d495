"""One caller's walk along the path: its orders move from where they were to the first point where something happens.

Problem: an order made at point 7 may be placed when the clock is at 9 and the caller's cursor at 7, or (after a crash) at 8. It must
fill at the same point and price in both cases. So each order knows up to where it was `checked`, the walk starts at the earliest of
these, and a fill found behind the cursor is reported at once, without moving on.

Rules
1. In a step: limits first, in the path's order; then market orders; then liquidation (`strategies.md` 1.2).
2. The walk stops at the first point with a fill of mine, a price outside the horizon, or its `until`; else at the newest point.
3. Asked again with the same cursor, the answer is the same: fills already booked stop the walk where they happened.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from exchange.book import Book, Execution, Row, is_market, liquidation_price
from exchange.path import Band, Step, Track, crossing, following
from exchange.protocol import Cursor, OrderStatus, Point, View
from strategy_core.matching import market_price, match
from strategy_core.number import ONE, ZERO, floor_to
from strategy_core.trade import FeeMode, Horizon, Market, Order, OrderType, Role, Side

REMEMBER_MS = 3_600_000  # walked further than this without a fill: write down how far, so it is not walked again


class Caller(NamedTuple):
    market: Market
    since: Cursor
    mine: tuple[str, ...]
    horizon: Horizon
    volume_share: Decimal | None


def advance(book: Book, track: Track, caller: Caller) -> View:
    """Walks and reports. Changes the book where orders filled."""
    newest = track.newest()
    since = caller.since.at if caller.since.at > 0 else newest.at
    stop = _walk(book, track, caller, since)
    _remember(book, caller, stop)
    return _view(book, caller, Point(stop, track.point(stop).price), newest.at > stop)


def checked(book: Book, mine: tuple[str, ...]) -> list[int]:
    """Up to where each of these open orders was checked."""
    return [row["checked"] for row in map(book.row, mine) if row is not None and row["status"] == "open"]


def _walk(book: Book, track: Track, caller: Caller, since: int) -> int:
    trades = book.trades(set(caller.mine))
    booked = min((trade.at for _, trade in trades if trade.at > since), default=None)
    until = min((x for x in (caller.horizon.until, booked) if x is not None), default=None)
    late = any(sequence > int(caller.since.trade_id or 0) and trade.at <= since for sequence, trade in trades)
    cursor = min([since, *checked(book, caller.mine)])
    while True:
        rows = _mine(book, caller)
        if any(is_market(row) for _, row in rows):
            step = following(track, cursor)
        else:
            step = crossing(track, cursor, _band(book, rows, caller, until))
        if step is None:
            return since if late else max(track.newest().at, since)
        if late and step.at > since:
            return since
        happened = _fill(book, track, step, caller)
        late = late or (happened and step.at <= since)
        if step.at > since and (happened or _ends(step, caller.horizon) or (booked is not None and step.at >= booked)):
            return step.at
        cursor = step.at


def _mine(book: Book, caller: Caller) -> list[tuple[str, Row]]:
    rows = ((id_, book.row(id_)) for id_ in caller.mine)
    return [(id_, row) for id_, row in rows if row is not None and row["status"] == "open" and row["symbol"] == caller.market.symbol]


def _band(book: Book, rows: list[tuple[str, Row]], caller: Caller, until: int | None) -> Band:
    """The edges at which something might happen: nearest orders, horizon, liquidation."""
    lows = [Decimal(row["price"]) for _, row in rows if row["side"] == Side.BUY]
    highs = [Decimal(row["price"]) for _, row in rows if row["side"] == Side.SELL]
    lows += [caller.horizon.below] if caller.horizon.below is not None else []
    highs += [caller.horizon.above] if caller.horizon.above is not None else []
    position = book.position(caller.market.symbol)
    if position is not None:
        price = liquidation_price(position, book.total(caller.market.quote), caller.market)
        if price is not None:
            (lows if Decimal(position["amount"]) > 0 else highs).append(price)
    return Band(max(lows, default=None), min(highs, default=None), until)


def _ends(step: Step, horizon: Horizon) -> bool:
    below, above, until = horizon
    outside = (below is not None and step.price <= below) or (above is not None and step.price >= above)
    return outside or (until is not None and step.at >= until)


def _fill(book: Book, track: Track, step: Step, caller: Caller) -> bool:
    """Books what the step does to my orders. Whether anything happened."""
    due = sorted(((id_, row) for id_, row in _mine(book, caller) if row["checked"] < step.at), key=lambda item: item[1]["age"])
    limits = [_order(id_, row) for id_, row in due if not is_market(row)]
    happened = False
    for order, price in match(limits, step.start, step.price, step.jump):
        happened |= _execute(book, track, order.leg, Execution(price, ZERO, True, step.at), caller)
    for id_, row in due:
        if is_market(row):
            price = market_price(Side(row["side"]), step.price, caller.market)
            happened |= _execute(book, track, id_, Execution(price, ZERO, False, step.at), caller)
    return _liquidated(book, step, caller.market) or happened


def _order(id_: str, row: Row) -> Order:
    """A row as the matching sees it; the leg carries our id."""
    price, amount = Decimal(row["price"]), Decimal(row["amount"])
    return Order(id_, 0, 0, Side(row["side"]), OrderType.LIMIT, price, amount, Role.GRID, row["reduce_only"], row["made"])


def _execute(book: Book, track: Track, id_: str, what: Execution, caller: Caller) -> bool:
    row = book.row(id_)
    if row is None or row["status"] != "open":
        return False
    market = caller.market
    left = Decimal(row["amount"]) - Decimal(row["filled"])
    wanted = _payable(book, row, market, what.price, left)
    amount = wanted
    if caller.volume_share is not None:
        amount = min(wanted, floor_to(track.volume(what.at) * caller.volume_share, market.amount_step))
    if amount > 0:
        book.execute(id_, market, what._replace(amount=amount, maker=what.maker and not row["taker"]))
    if wanted < left:  # nothing (more) can ever fill: no position left to reduce, or no money
        book.end(id_, OrderStatus.CANCELED, what.at)
    return amount > 0 or wanted < left


def _payable(book: Book, row: Row, market: Market, price: Decimal, left: Decimal) -> Decimal:
    """How much of what is left the account can take: the position bounds a reduce-only order, the money a market BUY."""
    if row["reduce_only"]:
        held = book.signed(market.symbol)
        reduces = held != 0 and (held > 0) is (row["side"] == Side.SELL)
        return min(left, abs(held)) if reduces else ZERO
    if market.is_future or row["side"] == Side.SELL or not is_market(row):
        return left
    money = book.free(market.quote) + Decimal(row["lock"][1])
    each = price * (ONE + (market.taker_fee if market.fee_mode is FeeMode.QUOTE else ZERO))
    return left if each * left <= money else floor_to(money / each, market.amount_step)


def _liquidated(book: Book, step: Step, market: Market) -> bool:
    position = book.position(market.symbol)
    if position is None or position["checked"] >= step.at:
        return False
    price = liquidation_price(position, book.total(market.quote), market)
    if price is None or not (step.price <= price if Decimal(position["amount"]) > 0 else step.price >= price):
        return False
    book.liquidate(market, step.at)
    return True


def _remember(book: Book, caller: Caller, stop: int) -> None:
    rows = [row for _, row in _mine(book, caller)]
    if book.changed or any(stop - row["checked"] > REMEMBER_MS for row in rows):
        for row in rows:
            row["checked"] = max(row["checked"], stop)
        book.changed = book.changed or bool(rows)


def _view(book: Book, caller: Caller, point: Point, more: bool) -> View:
    seen = int(caller.since.trade_id or 0)
    found = [
        (sequence, trade)
        for sequence, trade in book.trades(set(caller.mine))
        if trade.at <= point.at and (trade.at > caller.since.at or sequence > seen)
    ]
    open_ids, ended = [], []
    for id_ in caller.mine:
        row = book.row(id_)
        if row is None:
            continue
        if row["status"] == "open" or row["at"] > point.at:
            open_ids.append(id_)
        else:
            ended.append(book.report(id_, row))
    cursor = Cursor(point.at, str(max([seen, *(sequence for sequence, _ in found)])))
    return View(point, tuple(trade for _, trade in found), tuple(open_ids), tuple(ended), cursor, more)
