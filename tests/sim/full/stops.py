"""Stops that a made-up venue keeps for perpetuals: they wait beside the book, and become a market order when the price gets there.

Rules
1. A triggered stop is an order like any other: it has an id of the venue's, fills at the price, and its trades are shown late.
2. It only reduces: what the position has no more of is cancelled.
3. A stop shows up, and may be lost on its way, as every order of the venue's profile does.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from exchange.protocol import OrderReport, OrderStatus, Outcome, Placement, Result
from strategy_core.number import ZERO
from strategy_core.trade import Side
from tests.sim.venue import Account, Venue, VenueOrder

if TYPE_CHECKING:
    from tests.sim.kernel import Kernel

OFTENER = 5
"""A stop is refused so much more often than an order: there are few of them."""


@dataclass
class Stop:
    account: Account
    placement: Placement
    price: Decimal
    shown_from: int
    is_waiting: bool = True
    order: VenueOrder | None = None  # what it became

    @property
    def client_id(self) -> str:
        return self.placement.client_order_id

    def is_reached(self, price: Decimal) -> bool:
        return price <= self.price if self.placement.order.side is Side.SELL else price >= self.price


class StopBook:
    """All stops of one venue. `keeps`: whether this venue keeps any for bots."""

    def __init__(self, kernel: Kernel, venue: Venue, keeps: bool) -> None:
        self._kernel, self._venue, self.keeps = kernel, venue, keeps and venue.is_future
        self.stops: list[Stop] = []
        venue.moved = self._moved

    def waiting(self, account: Account) -> list[Stop]:
        return [stop for stop in self.stops if stop.account is account and stop.is_waiting]

    def purge(self) -> None:
        """The venue forgets every stop that waits."""
        for stop in [stop for stop in self.stops if stop.is_waiting]:
            self._kernel.seen["stop_purged"] += 1
            self.stops.remove(stop)

    def _moved(self) -> None:
        for stop in [stop for stop in self.stops if stop.is_waiting and stop.is_reached(self._venue.price)]:
            self._trigger(stop)

    def _trigger(self, stop: Stop) -> None:
        self._kernel.seen["stop_triggered"] += 1
        stop.is_waiting = False
        held = stop.account.balances["BTC"]
        wanted = stop.placement.order
        amount = min(wanted.amount, max(held if wanted.side is Side.SELL else -held, ZERO))
        stop.order = self._venue.become(stop.account, stop.placement, amount)

    def place(self, account: Account, placement: Placement, price: Decimal) -> Outcome:
        kernel, venue = self._kernel, self._venue
        if venue.profile.has_deadline and kernel.now > placement.deadline:
            return Outcome(Result.REJECTED, None, "expired")
        if any(stop.client_id == placement.client_order_id for stop in self.stops if stop.account is account):
            return Outcome(Result.DUPLICATE)
        if kernel.happens(kernel.swarm.rejects * OFTENER):
            kernel.seen["stop_refused"] += 1
            return Outcome(Result.REJECTED, None, "other")
        shown = kernel.now + (kernel.chance.randint(0, venue.profile.visible_ms) if kernel.faults else 0)
        self.stops.append(Stop(account, placement, price, shown))
        kernel.seen["stop_placed"] += 1
        return Outcome(Result.ACCEPTED)

    def cancel(self, account: Account, client_id: str) -> Outcome:
        found = [stop for stop in self.waiting(account) if stop.client_id == client_id and stop.shown_from <= self._kernel.now]
        for stop in found:
            stop.is_waiting = False
            self._kernel.seen["stop_cancelled"] += 1
        return Outcome(Result.ACCEPTED if found else Result.REJECTED, None, "" if found else "not_found")

    def look_up(self, account: Account, client_id: str) -> OrderReport | None:
        known = [stop for stop in self.stops if stop.account is account and stop.client_id == client_id]
        shown = [stop for stop in known if stop.shown_from <= self._kernel.now]
        if not shown:
            return None
        [stop] = shown
        wanted, order = stop.placement.order, stop.order
        if order is not None:
            return self._venue.report(order)
        status = OrderStatus.OPEN if stop.is_waiting else OrderStatus.CANCELED
        at = stop.placement.signed_at
        return OrderReport(client_id, f"s-{client_id[:8]}", self._venue.symbol, wanted.side, None, wanted.amount, ZERO, status, at)
