"""Which resting orders a step of the path fills, at which price and in which order (`strategies.md` 1.2).

Rules
1. Touch counts. On a segment an order fills at its own price, or at the segment's start when that is better for it.
2. On a jump every reached order fills at the price jumped to: BUYs from the highest price down, SELLs from the lowest up.
3. All orders resting when the step starts take part, in the order the path meets them; then the oldest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from exchange.path import Step
from strategy_core.number import HUNDRED, ZERO, ceil_to, floor_to
from strategy_core.trade import Market, Side


class Resting(NamedTuple):
    """A limit order as the market sees it. `age` grows with each order made."""

    id: str
    side: Side
    price: Decimal
    age: int


def reached(orders: Iterable[Resting], step: Step) -> list[tuple[str, Decimal]]:
    """(order id, fill price) of the orders the step fills, in the order it fills them."""
    found: list[tuple[Decimal, int, str, Decimal]] = []
    low, high = min(step.start, step.price), max(step.start, step.price)
    for id_, side, price, age in orders:
        if step.jump:
            if price >= step.price if side is Side.BUY else price <= step.price:
                found.append((-price if side is Side.BUY else price, age, id_, step.price))
        elif low <= price if side is Side.BUY else high >= price:
            at = min(price, step.start) if side is Side.BUY else max(price, step.start)
            found.append((abs(at - step.start), age, id_, at))
    found.sort()
    return [(id_, at) for _, _, id_, at in found]


def worsened(side: Side, price: Decimal, market: Market) -> Decimal:
    """What a market order pays at `price`: the slippage against it, rounded to the tick against it."""
    slip = market.slippage_pct / HUNDRED
    if slip == ZERO:
        return price
    return ceil_to(price * (1 + slip), market.price_tick) if side is Side.BUY else floor_to(price * (1 - slip), market.price_tick)
