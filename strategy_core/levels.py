"""The levels of a ladder: prices by index, and what a level is called.

Rules
1. Index j is any integer; `raw_0` is low and `raw_n` is high, exactly. `buy` floors to the tick, `sell` ceils.
2. A ladder is a function of (low, high, n, spacing, tick): it is remembered, never stored.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Final

from strategy_core.decimals import WORK, ceil_to, floor_to


class Ladder:
    """Prices by index, computed when first asked for."""

    __slots__ = ("low", "high", "n", "geometric", "tick", "_raw", "_buy", "_sell")

    def __init__(self, low: Decimal, high: Decimal, n: int, spacing: str, tick: Decimal) -> None:
        self.low, self.high, self.n, self.tick = low, high, n, tick
        self.geometric = spacing == "geometric"
        self._raw: dict[int, Decimal] = {0: low, n: high}
        self._buy: dict[int, Decimal] = {}
        self._sell: dict[int, Decimal] = {}

    def raw(self, j: int) -> Decimal:
        found = self._raw.get(j)
        if found is None:
            with localcontext(WORK):
                step = Decimal(j) / self.n
                found = self.low * (self.high / self.low) ** step if self.geometric else self.low + j * (self.high - self.low) / self.n
            self._raw[j] = found
        return found

    def buy(self, j: int) -> Decimal:
        found = self._buy.get(j)
        if found is None:
            found = self._buy[j] = floor_to(self.raw(j), self.tick)
        return found

    def sell(self, j: int) -> Decimal:
        found = self._sell.get(j)
        if found is None:
            found = self._sell[j] = ceil_to(self.raw(j), self.tick)
        return found

    def nearest(self, price: Decimal) -> int:
        """The level nearest to a price by plain distance; the lower of two equally near."""
        low, high = 0, self.n
        while low < high:
            middle = (low + high) // 2
            if self.raw(middle) < price:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return 0
        return low - 1 if price - self.raw(low - 1) <= abs(self.raw(low) - price) else low


_MOST: Final = 4096
_legs: Final[dict[int, str]] = {}
_levels: Final[dict[str, int]] = {}


def leg(j: int) -> str:
    """The strategy's name of level j."""
    found = _legs.get(j)
    if found is None:
        if len(_legs) >= _MOST:
            _legs.clear()
        found = _legs[j] = f"L{j}"
    return found


def level_of(name: str) -> int:
    """The level a leg is the name of."""
    found = _levels.get(name)
    if found is None:
        if len(_levels) >= _MOST:
            _levels.clear()
        found = _levels[name] = int(name[1:])
    return found
