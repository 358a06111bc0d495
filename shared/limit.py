"""Limits kept in memory: tokens per caller, and a lock after too many failures.

Rules
1. They protect a process, not a promise: each worker counts for itself (shared/quota.py counts for all of them; docs/limits.md says why).
2. The number of callers remembered is bounded; the ones not seen for longest are forgotten first.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from shared.clock import now_ms

MOST = 20_000


class Buckets:
    """A bucket of `burst` tokens per caller that fills with `per_s` tokens a second."""

    def __init__(self, burst: int, per_s: float, now_ms: Callable[[], int]) -> None:
        self._burst, self._per_ms, self._now_ms = burst, per_s / 1000, now_ms
        self._kept: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def take(self, who: Hashable, tokens: int = 1) -> int:
        """0 when there was enough, else the milliseconds to wait."""
        now = self._now_ms()
        left, at = self._kept.pop(who, (float(self._burst), now))
        left = min(self._burst, left + max(0, now - at) * self._per_ms)
        wait = 0 if left >= tokens else max(1, round((tokens - left) / self._per_ms))
        self._kept[who] = (left - (0 if wait else tokens), now)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return wait


class Patience:
    """Refusals that come in a flood are answered late: who sends nonsense as fast as it is answered waits instead of working us.

    A bucket of `free` refusals that fills with PER_S a second is answered at once. Of the others at most `most` at a time wait `wait_s`
    (give or take half, so that they do not come back together); beyond that nobody is kept. Refusals that must not be told apart leave at
    one age, `alike_s`, which is longer than anything that is done for one.
    """

    PER_S = 2.0

    def __init__(
        self, free: int = 10, most: int = 500, wait_s: float = 1.0, now_ms: Callable[[], int] = now_ms, alike_s: float = 0.2
    ) -> None:
        self._most, self._wait_s, self._waiting, self._alike_s = most, wait_s, 0, alike_s
        self._bucket = Buckets(free, self.PER_S, now_ms)

    async def refusal(self) -> None:
        if not self._bucket.take("all") or self._waiting >= self._most:
            return
        self._waiting += 1
        try:
            await asyncio.sleep(self._wait_s * random.uniform(0.5, 1.5))
        finally:
            self._waiting -= 1

    async def alike(self, began: float) -> None:
        """Until the age at which they all leave; `began` on the monotonic clock."""
        await asyncio.sleep(max(0.0, began + self._alike_s - time.monotonic()))


ENDLESS = 10**9  # refusals a second that are all answered at once


class Lockout:
    """After `most` failures within `window_ms` a caller is locked for as long again."""

    def __init__(self, window_ms: int, now_ms: Callable[[], int]) -> None:
        self._window_ms, self._now_ms = window_ms, now_ms
        self._kept: OrderedDict[Hashable, tuple[int, int]] = OrderedDict()

    def is_locked(self, who: Hashable, most: int) -> bool:
        failures, since = self._kept.get(who, (0, 0))
        return failures >= most and self._now_ms() - since < self._window_ms

    def failed(self, who: Hashable) -> None:
        now = self._now_ms()
        failures, since = self._kept.pop(who, (0, now))
        self._kept[who] = (failures + 1, since) if now - since < self._window_ms else (1, now)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
