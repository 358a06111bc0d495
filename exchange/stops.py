"""Stops a venue keeps itself: found again by the id we gave them, also once they have become an order of the venue's own making.

Rules
1. A stop rests beside the orders, not among them (`Venue.stop_look_ups`, `stop_params`); a venue without look-ups keeps none for bots.
2. Once triggered it trades under the venue's order id; its report is then that order's, and its trades carry our id (`own`, `owners`).
3. What is remembered here of a process's stops only names trades: a process that never saw a stop finds its trades at the next look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from exchange.errors import not_sent
from exchange.limits import Lane
from exchange.parsing import order_of
from exchange.protocol import ExchangeError, NotFound, OrderReport, OrderStatus, Outcome, Placement, Result, Unsupported
from exchange.search import Read, Search
from exchange.venues import Pin, Venue, contract_size, fence_params
from strategy_core.number import ZERO, plain

KEPT = 1_000
MARGIN_MS = 1_000  # less than this before the deadline nothing is sent


class Stops:
    """The native stops of one account; `read` is the adapter's guarded read."""

    def __init__(self, row: Venue, search: Search, read: Read) -> None:
        self._row, self._search, self._read = row, search, read
        self.own: dict[str, str] = {}  # spelled id -> ours
        self.owners: dict[str, str] = {}  # the venue's order id -> ours

    async def find(self, raw: dict[str, Any], client_order_id: str) -> OrderReport | None:
        """Open while it waits for its price. `raw`: ccxt's market. Errors: ExchangeError."""
        symbol, size = raw["symbol"], contract_size(raw)
        self._remember(self.own, self._row.spell(client_order_id), client_order_id)
        for method, param in self._row.stop_look_ups:
            found = await self._search.find(method, param, symbol, client_order_id, self._row.stop_params)
            if found is None:
                continue
            became = self._became(found.get("info"))
            if not became:
                report = order_of(found, client_order_id, symbol, size)
                self._remember(self.owners, report.order_id, client_order_id)
                if report.status is OrderStatus.FILLED and self._row.stop_became:  # its order has no name yet: nothing is known to be over
                    return report._replace(status=OrderStatus.OPEN, filled=ZERO)
                return report
            try:
                return whole([await self._order(id_, symbol, client_order_id, size) for id_ in became])
            except NotFound:
                return None
        return None

    def _became(self, info: Any) -> list[str]:
        """The venue's ids of the orders a triggered stop became."""
        ids = info.get(self._row.stop_became) if isinstance(info, dict) else None
        return [str(id_) for id_ in (ids if isinstance(ids, list) else [ids]) if id_]

    async def _order(self, id_: str, symbol: str, client_order_id: str, size: Decimal) -> OrderReport:
        """Its trades go by the id that was asked for, whatever else the answer names."""
        self._remember(self.owners, id_, client_order_id)
        return order_of(await self._read("fetch_order", Lane.ORDER, id_, symbol), client_order_id, symbol, size)._replace(order_id=id_)

    def cancel_arguments(self, symbol: str, client_order_id: str) -> tuple[Any, ...]:
        """Of ccxt's cancel_order."""
        param = self._row.stop_look_ups[0][1]
        return None, symbol, {param: self._row.spell(client_order_id), **self._row.stop_params}

    @staticmethod
    def _remember(known: dict[str, str], key: str, value: str) -> None:
        if len(known) >= KEPT:
            known.clear()
        known[key] = value


def whole(parts: list[OrderReport]) -> OrderReport:
    """What a stop that a venue carried out in several orders did in all: open while one of them is."""
    leading = next((part for part in parts if not part.is_over), parts[-1])
    return leading._replace(amount=sum((part.amount for part in parts), ZERO), filled=sum((part.filled for part in parts), ZERO))


class WithStops:
    """`exchange.protocol.NativeStops` for an account that knows how to send."""

    _row: Venue
    _clock: Callable[[], int]
    _stops: Stops
    _raw_market: Callable[[str], Awaitable[dict[str, Any]]]
    _contracts: Callable[[Decimal, dict[str, Any]], str | int]
    _mode_params: Callable[[Placement], dict[str, Any]]
    _clock_skew: Callable[[], Awaitable[int]]
    _take: Callable[[str, Lane], Awaitable[None]]
    _send: Callable[[tuple[Any, ...], dict[str, Any], Pin], Awaitable[Outcome]]
    _cancelled: Callable[[str | None, str, dict[str, Any]], Awaitable[Outcome]]

    @property
    def has_native_stop(self) -> bool:
        """Whether the venue keeps a stop order itself (`place_stop`)."""
        return self._row.native_stop

    @property
    def keeps_stops(self) -> bool:
        """Whether such a stop can be found and taken back as well (`look_up_stop`, `cancel_stop`)."""
        return bool(self._row.stop_look_ups)

    async def place_stop(self, placement: Placement, stop_price: Decimal) -> Outcome:
        """A seat belt: a reduce-only market order the venue triggers at `stop_price`. Errors: Unsupported."""
        if not self._row.native_stop:
            raise Unsupported(f"{self._row.id} keeps no stop orders")
        try:
            raw = await self._raw_market(placement.symbol)
            amount = self._contracts(placement.order.amount, raw)
            params: dict[str, Any] = {self._row.stop_param or self._row.create_param: self._row.spell(placement.client_order_id)}
            params |= {"stopLossPrice": plain(stop_price), "reduceOnly": True} | self._row.stop_trigger | self._mode_params(placement)
            skew = await self._clock_skew()
            await self._take("create_order", Lane.RESCUE)
        except ExchangeError as error:  # nothing was sent by this call
            return not_sent(error)
        if self._clock() > placement.deadline - MARGIN_MS:
            return Outcome(Result.EXPIRED, None, "expired", "the deadline had passed; nothing was sent")
        pin = Pin(placement.signed_at + skew, placement.deadline + skew)
        arguments = (placement.symbol, "market", placement.order.side.value, amount, None)
        return await self._send(arguments, params | fence_params(self._row.fence, pin), pin)

    async def look_up_stop(self, symbol: str, client_order_id: str) -> OrderReport | None:
        """As `look_up`; a stop that was triggered is reported as the order it became."""
        return await self._stops.find(await self._raw_market(symbol), client_order_id)

    async def cancel_stop(self, symbol: str, client_order_id: str) -> Outcome:
        """As `cancel`."""
        try:
            await self._raw_market(symbol)
            await self._take("cancel_order", Lane.RESCUE)
        except ExchangeError as error:
            return not_sent(error)
        return await self._cancelled(*self._stops.cancel_arguments(symbol, client_order_id))
