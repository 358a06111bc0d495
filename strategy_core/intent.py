"""From what is wanted to what is asked: the one place that says place, cancel or look up, shared by every strategy.

Rules
1. An id that was ever sent is never sent again: an order whose fate is unknown is looked up.
2. A leg never has two live orders: a new one waits until the old one is over.
3. Cancels go first; a market order waits until every cancel is over, any other order until the cancels of its side are.
4. `diff` is a pure function: the same three arguments give the same intents, and after they are carried out it gives none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from strategy_core.trade import Order, OrderType, Side


class Sent(StrEnum):
    """What is known of an order that was committed for sending."""

    PENDING = "pending"  # committed; whether the venue has it is not known
    OPEN = "open"  # acknowledged and not known to be over
    CANCELLING = "cancelling"  # we asked to cancel it; not known to be over
    OVER = "over"  # filled, cancelled, rejected or proved never to have arrived


class SentOrder(NamedTuple):
    """An order as it was committed for sending, and its state."""

    order: Order
    state: Sent


class Place(NamedTuple):
    id: str
    order: Order


class Cancel(NamedTuple):
    id: str
    order: Order


class LookUp(NamedTuple):
    id: str
    order: Order


Intent = Place | Cancel | LookUp


def diff(wanted: Mapping[str, Order], resting: Iterable[str], sent: Mapping[str, SentOrder]) -> tuple[Intent, ...]:
    """The intents that bring the venue from `resting` to `wanted`, both by client order id.

    `sent` is everything ever committed that is not yet forgotten; `resting` what the venue was last seen to hold.
    """
    on_venue = set(resting)
    cancels: list[Intent] = []
    lookups: list[Intent] = []
    busy_legs: set[str] = set()
    cancelling_sides: set[Side] = set()
    for id_, (order, state) in sent.items():
        if state is Sent.OVER:
            continue
        busy_legs.add(order.leg)
        if (state is Sent.PENDING and id_ not in on_venue) or state is Sent.CANCELLING:
            lookups.append(LookUp(id_, order))
        elif id_ not in wanted:
            cancels.append(Cancel(id_, order))
        if id_ not in wanted:
            cancelling_sides.add(order.side)
    places: list[Intent] = []
    for id_, order in wanted.items():
        if id_ in sent or order.leg in busy_legs:
            continue
        blocked = bool(cancelling_sides) if order.type is OrderType.MARKET else order.side in cancelling_sides
        if not blocked:
            places.append(Place(id_, order))
    return (*cancels, *lookups, *places)
