"""Finding again what is ours on a venue: an order by the id we gave it, trades page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from exchange.limits import Lane
from exchange.parsing import trade_of
from exchange.protocol import NotFound, Trade, Unavailable
from exchange.venues import Venue

PAGES = 40
Read = Callable[..., Awaitable[Any]]


def text(answer: Any, key: str) -> str | None:
    value = answer.get(key) if isinstance(answer, dict) else None
    return None if value in (None, "") else str(value)


class Search:
    """Looks for orders and trades of one account; `read` is the adapter's guarded read."""

    def __init__(self, row: Venue, read: Read) -> None:
        self._row, self._read = row, read

    async def resting(self, symbol: str) -> dict[str, str]:
        """Our spelled id -> the venue's id of what rests."""
        found = await self._read("fetch_open_orders", Lane.ORDER, symbol)
        return {str(order.get("clientOrderId")): str(order.get("id")) for order in found}

    async def find(
        self, method: str, param: str, symbol: str, client_order_id: str, more: dict[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """One way to find an order by our id; `more`: further parameters."""
        spelled, extra = self._row.spell(client_order_id), more or {}
        try:
            if method == "fetch_order":
                answer = await self._read(
                    method, Lane.ORDER, *((spelled, symbol, extra) if param == "id" else (None, symbol, {param: spelled, **extra}))
                )
                return answer if text(answer, "id") else None
            rows = await self._read(method, Lane.ORDER, symbol, None, None, ({param: spelled} if param else {}) | extra)
        except NotFound:
            return None
        return next((row for row in rows if row.get("clientOrderId") == spelled), None)

    async def order_id(self, symbol: str, client_order_id: str) -> str | None:
        for method, param in self._row.look_ups:
            found = await self.find(method, param, symbol, client_order_id)
            if found is not None:
                return text(found, "id")
        return None

    async def trades(self, symbol: str, since: int, spelled: dict[str, str], size: Decimal) -> tuple[Trade, ...]:
        """Everything since then (ms); page by page until a page brings nothing new."""
        start: int | None = since
        params: dict[str, Any] = {}
        found: dict[str, Trade] = {}
        for _ in range(PAGES):
            rows = await self._read("fetch_my_trades", Lane.READ, symbol, start, self._row.page, params)
            page = [trade for trade in (trade_of(row, spelled, size) for row in rows) if trade is not None and trade.symbol == symbol]
            before = len(found)
            found.update((trade.trade_id, trade) for trade in page)
            if len(rows) < self._row.page:
                return tuple(sorted(found.values(), key=lambda trade: (trade.at, trade.trade_id)))
            if len(found) == before and page:
                break
            if self._row.next_trade:
                start, params = None, {self._row.next_trade: max(int(row["id"]) for row in rows) + 1}
            elif self._row.newest_first:
                params = {"until": min(int(row["timestamp"]) for row in rows)}
            else:
                start = max(int(row["timestamp"]) for row in rows)
        raise Unavailable(f"{self._row.id} has more trades of {symbol} than can be read")
