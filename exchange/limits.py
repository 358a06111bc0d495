"""A venue's patience: a budget per venue and egress, lanes for what must not wait, and bans that are honoured.

Rules
1. What protects money goes first: the last part of the budget is kept for cancels and stops, then for orders; reads wait longest.
2. A ban (429 with its time, 418) opens the circuit: until it is over nothing is sent at all, and the caller is told when to come back.
3. Waiting is bounded: who cannot be served within `patience_ms` gets RateLimited instead of a queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import IntEnum

from exchange.protocol import RateLimited


class Lane(IntEnum):
    """Who may use how much of the budget; the value is the percentage that must stay free for the lanes above."""

    RESCUE = 0  # cancels, stops, closing a position
    ORDER = 10
    READ = 25


class Budget:
    """A token bucket with a circuit breaker. One per (venue, egress address), shared by all its accounts."""

    def __init__(
        self,
        capacity: int,
        per_ms: int,
        clock: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience_ms: int = 5_000,
    ) -> None:
        """`capacity` tokens come back evenly over `per_ms`; `clock` tells milliseconds."""
        self._capacity, self._per_ms = capacity, per_ms
        self._clock, self._sleep, self._patience_ms = clock, sleep, patience_ms
        self._tokens, self._at = float(capacity), clock()
        self._banned_until = 0
        self.sent = 0

    async def take(self, cost: int, lane: Lane) -> None:
        """Waits for its turn. Errors: RateLimited(retry_after_ms), then nothing may be sent."""
        give_up = self._clock() + self._patience_ms
        while (wait := self._wait(cost, lane)) > 0:
            if self.banned_ms() > 0 or self._clock() + wait > give_up:
                raise RateLimited(f"the venue's budget is used up for {wait} ms", wait)
            await self._sleep(wait / 1000)
        self._tokens -= cost
        self.sent += 1

    def ban(self, retry_after_ms: int | None) -> None:
        """The venue said stop; without a time, for a full window."""
        self._banned_until = max(self._banned_until, self._clock() + (retry_after_ms or self._per_ms))

    def banned_ms(self) -> int:
        """How much longer nothing may be sent."""
        return max(self._banned_until - self._clock(), 0)

    def _wait(self, cost: int, lane: Lane) -> int:
        now = self._clock()
        self._tokens = min(self._capacity, self._tokens + (now - self._at) * self._capacity / self._per_ms)
        self._at = now
        if now < self._banned_until:
            return self._banned_until - now
        missing = cost + self._capacity * lane / 100 - self._tokens
        return max(int(-(-missing * self._per_ms // self._capacity)), 0)


# Half of what the venues publish: other programs of the owner share the address.
PUBLISHED: dict[str, tuple[int, int]] = {
    "binance": (3_000, 60_000),
    "bybit": (300, 5_000),
    "okx": (30, 2_000),
    "kraken": (10, 10_000),
    "coinbase": (15, 1_000),
    "kucoin": (1_000, 30_000),
    "bitget": (10, 1_000),
    "gate": (100, 10_000),
}
COSTS = {"create_order": 1, "cancel_order": 1, "fetch_order": 4, "fetch_open_orders": 6, "fetch_my_trades": 20, "fetch_ticker": 2}
COSTS |= {"fetch_closed_orders": 20, "fetch_balance": 20}
WEIGHED = frozenset({"binance"})  # elsewhere every request costs the same

_budgets: dict[tuple[str, str], Budget] = {}


def budget_for(venue: str, egress: str, clock: Callable[[], int]) -> Budget:
    """The budget all accounts share that leave through one address."""
    key = (venue, egress)
    if key not in _budgets:
        _budgets[key] = Budget(*PUBLISHED.get(venue, (10, 1_000)), clock)
    return _budgets[key]


def cost_of(venue: str, method: str) -> int:
    return COSTS.get(method, 1) if venue in WEIGHED else 1
