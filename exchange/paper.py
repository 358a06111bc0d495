"""The paper exchange: one account on a made-up venue whose fills follow from the market's path and the orders, and nothing else.

Problem: a bot is woken now and then, and may be killed in between. Were orders matched at the moment somebody looks, the result would
depend on the watcher. So every caller walks the path itself: `look` moves the caller's own orders from `since.at` to the first
point where one of them fills or the horizon ends, and stops there; the caller decides, places with `made_at` = that point, and looks
again. An order made at point k fills from the next point on, wherever the clock is by then.

Rules
1. All state is one document behind a `BookStore`, changed by compare-and-set. A conflict means: read again, do it again.
2. A look moves only orders named in `mine`; other bots of the account are not disturbed.
3. Deadlines are wall instants, everything else is an instant on the market's path.
4. An id is taken once. What was refused, or cancelled before it came, is written down: who sends it again, or late, finds it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson

from exchange.advance import Caller, advance, checked
from exchange.book import Book, Document, entry_price, liquidation_price, new_document, order_id
from exchange.checks import lock_for, refusal
from exchange.protocol import (
    Balance,
    Cursor,
    OrderReport,
    OrderStatus,
    Outcome,
    Placement,
    Point,
    Position,
    Rejected,
    Result,
    Unavailable,
    Unsupported,
    View,
)
from exchange.source import Source
from strategy_core.matching import is_marketable
from strategy_core.number import plain, working_digits
from strategy_core.trade import Horizon, Market

T = TypeVar("T")
TRIES = 12


class Conflict(Exception):
    """Somebody else changed the document since it was read."""


class BookStore(Protocol):
    """Where one account's book is kept."""

    async def read(self) -> tuple[Document | None, str | None]:
        """(document, etag), or (None, None) when there is none yet. The caller may change the document it gets."""
        ...

    async def write(self, document: Document, etag: str | None) -> None:
        """Stores it if the etag still holds (None: if there is none yet). Errors: Conflict; Unavailable."""
        ...


class Settings(NamedTuple):
    """How kind the made-up venue is. `volume_share`: the part of a step's volume one order can get; None fills whole orders.

    `slippage_pct`: what a market order pays beyond the price, instead of the source's own figure.
    """

    latency_ms: int = 0
    volume_share: Decimal | None = None
    rules: Market | None = None  # instead of the source's, for the one symbol it names
    slippage_pct: Decimal | None = None


def settings_of(account: dict[str, Any]) -> Settings:
    """What the owner of a paper account chose; older accounts chose nothing."""
    share, slippage = account.get("volume_share_pct"), account.get("slippage_pct")
    return Settings(
        latency_ms=int(account.get("latency_ms") or 0),
        volume_share=None if share is None else Decimal(share) / 100,
        slippage_pct=None if slippage is None else Decimal(slippage),
    )


class PaperExchange:
    """`exchange.protocol.Exchange` over a book document and a source of prices."""

    def __init__(
        self,
        store: BookStore,
        source: Source,
        clock: Callable[[], int],
        balances: dict[str, Decimal],
        settings: Settings | None = None,
    ) -> None:
        """`clock` tells wall milliseconds; `balances` opens the book when there is none yet."""
        self._store, self._source, self._clock = store, source, clock
        self._opening, self._settings = balances, settings or Settings()

    async def market(self, symbol: str) -> Market:
        rules, slippage = self._settings.rules, self._settings.slippage_pct
        found = rules if rules is not None and rules.symbol == symbol else await self._source.market(symbol)
        return found if slippage is None else found.model_copy(update={"slippage_pct": slippage})

    async def balances(self) -> dict[str, Balance]:
        return (await self._read()).balances()

    async def place(self, placement: Placement) -> Outcome:
        try:
            market = await self.market(placement.symbol)
        except Rejected as error:
            return Outcome(Result.REJECTED, None, error.reason, str(error))
        made_at = placement.order.made_at
        track = await self._source.track(placement.symbol, made_at, self._clock())
        newest = track.newest()
        made = newest if made_at <= 0 or made_at >= newest.at else Point(made_at, track.point(made_at).price)

        def accept(book: Book) -> Outcome:
            if book.row(placement.client_order_id) is not None:
                return Outcome(Result.DUPLICATE, order_id(placement.client_order_id))
            if book.is_fenced(placement):
                return Outcome(Result.REJECTED, None, "other", "the bot was made again since")
            if self._clock() > placement.deadline:
                return Outcome(Result.EXPIRED, None, "expired", "the deadline had passed; nothing was sent")
            return _accept(book, placement, market, made, self._settings.latency_ms)

        return await self._change(accept)

    async def raise_fence(self, bot: str, following: Callable[[list[Any] | None], list[Any]]) -> tuple[int, dict[str, list[Any]]]:
        """(the epoch that may place from now on, what the bot has placed): shared/claims.py for a paper account, which needs no claims."""

        def change(book: Book) -> tuple[int, dict[str, list[Any]]]:
            fence = following(book.fence(bot))
            if fence != book.fence(bot):
                book.raise_fence(bot, fence)
            return fence[0], book.sent_by(bot)

        return await self._change(change)

    async def cancel(self, symbol: str, client_order_id: str, order_id: str | None) -> Outcome:
        return await self._change(lambda book: _cancel(book, symbol, client_order_id))

    async def look_up(self, symbol: str, client_order_id: str, order_id: str | None) -> OrderReport | None:
        book = await self._read()
        row = book.row(client_order_id)
        return None if row is None else book.report(client_order_id, row)

    async def look(self, symbol: str, since: Cursor, mine: tuple[str, ...], horizon: Horizon) -> View:
        """Moves my orders along the path to the first point where something happens. `since.at` 0: start at the newest point."""
        market = await self.market(symbol)
        wall = self._clock()

        async def tried() -> View:
            book, etag = await self._open()
            start = min([since.at or await self._source.at(symbol, wall), *checked(book, mine)])
            track = await self._source.track(symbol, start, wall)
            with working_digits():
                view = advance(book, track, Caller(market, since, mine, horizon, self._settings.volume_share))
            await self._save(book, etag)
            return view

        return await _again(tried)

    async def position(self, symbol: str) -> Position | None:
        market = await self.market(symbol)
        if not market.is_future:
            return None
        book = await self._read()
        row = book.position(symbol)
        if row is None:
            return None
        liquidation = liquidation_price(row, book.total(market.quote), market)
        leverage = Decimal(row["leverage"])
        return Position(symbol, Decimal(row["amount"]), entry_price(row), liquidation, leverage, row["margin_mode"])

    async def prepare(self, symbol: str, leverage: Decimal, margin_mode: str) -> Position | None:
        market = await self.market(symbol)
        if not market.is_future:
            raise Unsupported(f"{symbol} is not a perpetual")
        if margin_mode not in ("isolated", "cross") or not 1 <= leverage <= (market.max_leverage or leverage):
            raise Rejected("mode_mismatch", f"{symbol} takes a leverage of 1 to {market.max_leverage}, isolated or cross")
        await self._change(lambda book: _set_mode(book, symbol, leverage, margin_mode))
        return await self.position(symbol)

    async def close(self) -> None:
        return None

    # -- the document

    async def _open(self) -> tuple[Book, str | None]:
        document, etag = await self._store.read()
        return Book(new_document(self._opening) if document is None else document), etag

    async def _read(self) -> Book:
        return (await self._open())[0]

    async def _save(self, book: Book, etag: str | None) -> None:
        if book.changed:
            await self._store.write(book.document, etag)

    async def _change(self, change: Callable[[Book], T]) -> T:
        async def tried() -> T:
            book, etag = await self._open()
            with working_digits():
                result = change(book)
            await self._save(book, etag)
            return result

        return await _again(tried)


async def _again(attempt: Callable[[], Awaitable[T]]) -> T:
    """Reads, changes and writes anew as long as others were faster."""
    for tries in range(TRIES):
        try:
            return await attempt()
        except Conflict:
            await asyncio.sleep(0.01 * tries)
    raise Unavailable("the paper account is busy: its book kept changing")


def _accept(book: Book, placement: Placement, market: Market, made: Point, latency_ms: int) -> Outcome:
    refused = refusal(book, placement, market, made.price)
    if refused is not None:
        order = placement.order
        book.void(placement.client_order_id, placement.symbol, OrderStatus.REJECTED, made.at, order.side, order.price, order.amount)
        return refused
    order = placement.order
    lock = lock_for(book, order, market, made.price)
    held = (lock.currency, lock.held)
    return Outcome(Result.ACCEPTED, book.add(placement, held, is_marketable(order, made.price), made.at, made.at + latency_ms))


def _cancel(book: Book, symbol: str, client_order_id: str) -> Outcome:
    row = book.row(client_order_id)
    if row is None:
        book.void(client_order_id, symbol, OrderStatus.CANCELED, 0)
        return Outcome(Result.REJECTED, None, "not_found", "no such order")
    if row["status"] != "open":
        return Outcome(Result.REJECTED, order_id(client_order_id), "not_found", f"the order is {row['status']}")
    book.end(client_order_id, OrderStatus.CANCELED, row["made"])
    return Outcome(Result.ACCEPTED, order_id(client_order_id))


def _set_mode(book: Book, symbol: str, leverage: Decimal, margin_mode: str) -> None:
    if book.position(symbol) is not None and book.mode(symbol) != (plain(leverage), margin_mode):
        raise Rejected("mode_mismatch", f"{symbol} has a position with other settings")
    book.document["modes"][symbol] = [plain(leverage), margin_mode]
    book.changed = True


class MemoryBooks:
    """A BookStore in memory, for tests and rehearsals."""

    def __init__(self) -> None:
        self._text: bytes | None = None
        self._version = 0

    async def read(self) -> tuple[Document | None, str | None]:
        return (None, None) if self._text is None else (orjson.loads(self._text), str(self._version))

    async def write(self, document: Document, etag: str | None) -> None:
        if etag != (None if self._text is None else str(self._version)):
            raise Conflict
        self._text, self._version = orjson.dumps(document), self._version + 1
