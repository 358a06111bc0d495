"""Time, injected: every part of onebox asks a Clock, so that a simulation can own time.

Rules: 1. wall time is milliseconds since the epoch, UTC; 2. the host calls `time` and `asyncio.sleep` through it for all that it promises.
"""

import asyncio
import heapq
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """What the host needs of time."""

    def now_ms(self) -> int: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...

    async def wait(self, event: asyncio.Event, seconds: float | None) -> bool: ...


class SystemClock:
    """The machine's clock; wall time never runs backwards within one process."""

    def __init__(self) -> None:
        self._last_ms = 0

    def now_ms(self) -> int:
        self._last_ms = max(self._last_ms, time.time_ns() // 1_000_000)
        return self._last_ms

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None) -> bool:
        """Wait for the event, at most so long; True if it was set."""
        if event.is_set():
            return True
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        return True


class VirtualClock:
    """A clock that moves only when told to; sleepers wake in the order of their times."""

    def __init__(self, start_ms: int = 1_767_225_600_000) -> None:
        self._now_ms = start_ms
        self._start_ms = start_ms
        self._sleepers: list[tuple[int, int, asyncio.Event]] = []
        self._count = 0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic(self) -> float:
        return (self._now_ms - self._start_ms) / 1000

    async def sleep(self, seconds: float) -> None:
        if seconds > 0:
            await self._alarm(seconds).wait()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> bool:
        """Wait for the event, at most so long of virtual time; True if it was set."""
        if seconds is None or event.is_set():
            await event.wait()
            return True
        both = {asyncio.ensure_future(e.wait()) for e in (event, self._alarm(seconds))}
        _, pending = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for waiter in pending:
            waiter.cancel()
        return event.is_set()

    def advance(self, milliseconds: int) -> None:
        """Move time forward and wake whoever is due."""
        self._now_ms += milliseconds
        while self._sleepers and self._sleepers[0][0] <= self._now_ms:
            heapq.heappop(self._sleepers)[2].set()

    def next_ms(self) -> int | None:
        """When the next sleeper wakes, or None."""
        return self._sleepers[0][0] if self._sleepers else None

    def _alarm(self, seconds: float) -> asyncio.Event:
        alarm = asyncio.Event()
        self._count += 1
        heapq.heappush(self._sleepers, (self._now_ms + max(1, round(seconds * 1000)), self._count, alarm))
        return alarm


@lru_cache(maxsize=4096)
def iso(ms: int) -> str:
    """Milliseconds as the timestamp the durable wire format uses."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_iso(text: str) -> int:
    """A timestamp as milliseconds, rounded up: a timer never fires early."""
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    whole = int(moment.replace(microsecond=0).timestamp()) * 1000
    return whole + -(-moment.microsecond // 1000)
