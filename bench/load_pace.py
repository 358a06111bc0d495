"""Which bots are woken when: so many in every second, each once.

The made-up market's future is known. A bot whose line lies just below a price that its market first reaches in a certain second is woken in
that second, and if no other of its lines is reached before the end, in no other.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from exchange.source import Source

SECOND = 1_000
LEAST_MOVE = 0.003  # of the price: lines must lie further apart than two fees
CENT = Decimal("0.01")


class Wake(NamedTuple):
    """A line of a market's bots, and the second (from the beginning) in which it is crossed."""

    market: int
    second: int
    level: Decimal


async def planned(sources: list[tuple[Source, str]], now: int, first_s: int, seconds: int, each: int) -> dict[int, Wake]:
    """By bot number, which says its market, `each` wakes a second from `first_s` after `now`. Errors: LookupError, no market moves then."""
    by_second: dict[int, list[Wake]] = {second: [] for second in range(first_s, first_s + seconds)}
    for market, (source, symbol) in enumerate(sources):
        for second, level in lines(await prices_of(source, symbol, now, first_s + seconds), first_s):
            by_second.setdefault(second, []).append(Wake(market, second, level))
    used: Counter[int] = Counter()
    plan: dict[int, Wake] = {}
    for second in range(first_s, first_s + seconds):
        if not by_second[second]:
            raise LookupError(f"no market reaches a new price in second {second}")
        for _ in range(each):
            wake = min(by_second[second], key=lambda one: used[one.market])
            plan[wake.market + used[wake.market] * len(sources)] = wake
            used[wake.market] += 1
    return plan


async def prices_of(source: Source, symbol: str, now: int, seconds: int) -> list[Decimal]:
    """Now, and after each second."""
    track = await source.track(symbol, now, now + seconds * SECOND)
    return [track.point(now).price, *(int(one) * track.unit for one in track.block(now, seconds).price)]


def lines(prices: list[Decimal], first_s: int) -> list[tuple[int, Decimal]]:
    """(second, level) wherever a grid started at the first price has a sell that is reached then, and no other order before the end."""
    seen = np.array([float(price) for price in prices])
    found = []
    for second in range(first_s, len(prices)):
        before, start = seen[:second], seen[0]
        highest = prices[int(np.argmax(before))]
        level = ((prices[second] + highest) / 2).quantize(CENT)
        move = float(level) - start
        is_new = highest < level < prices[second] and move >= LEAST_MOVE * start
        is_first = is_new and before.min() > start - 1.9 * move
        if is_first and seen[second:].min() > start - 0.45 * move and seen[second:].max() < start + 2.4 * move:
            found.append((second, level))
    return found
