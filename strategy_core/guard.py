"""The pump guard: trailing waits while the market runs.

Rules
1. A trip: so many level fills, or a move of so many percent, within the window. Trailing is off until one window without a trip.
2. It is a function of the fills and looks of the last two windows, so whoever skipped quiet looks shows those first.
3. Only the looks that can still be the highest or lowest of the window are kept.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from strategy_core.decimals import plain

_KEPT = 40


class Guard:
    """`until`: the instant from which trailing is allowed again."""

    __slots__ = ("window", "limit", "ratio", "highs", "lows", "fills", "until")

    def __init__(self, window_s: int, fills: int, move_pct: Decimal) -> None:
        self.window = window_s * 1000
        self.limit = fills
        self.ratio = move_pct / 100
        self.highs: list[tuple[int, Decimal]] = []
        self.lows: list[tuple[int, Decimal]] = []
        self.fills: list[int] = []
        self.until = 0

    def fill(self, at: int) -> None:
        self.fills.append(at)
        del self.fills[: -self.limit]

    def look(self, price: Decimal, at: int) -> None:
        """One look: trips when the window holds too much."""
        oldest = at - self.window
        highs, lows = self.highs, self.lows
        while highs and highs[-1][1] <= price:
            highs.pop()
        while lows and lows[-1][1] >= price:
            lows.pop()
        highs.append((at, price))
        lows.append((at, price))
        while highs[0][0] < oldest:
            highs.pop(0)
        while lows[0][0] < oldest:
            lows.pop(0)
        del highs[1 : len(highs) - _KEPT]
        del lows[1 : len(lows) - _KEPT]
        rise = price - lows[0][1] >= self.ratio * lows[0][1]
        fall = highs[0][1] - price >= self.ratio * highs[0][1]
        many = len(self.fills) >= self.limit and self.fills[-self.limit] >= oldest
        if rise or fall or many:
            self.until = at + self.window

    def blocks(self, at: int) -> bool:
        return at < self.until

    def dump(self) -> dict[str, Any]:
        return {
            "highs": [[at, plain(price)] for at, price in self.highs],
            "lows": [[at, plain(price)] for at, price in self.lows],
            "fills": self.fills,
            "until": self.until,
        }

    def load(self, data: dict[str, Any]) -> Guard:
        self.highs = [(at, Decimal(price)) for at, price in data["highs"]]
        self.lows = [(at, Decimal(price)) for at, price in data["lows"]]
        self.fills, self.until = list(data["fills"]), data["until"]
        return self
