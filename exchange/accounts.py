"""The open accounts of this process: one adapter per account, made at its first order, reused, closed cleanly.

Rules
1. The key is read once per `KEY_TTL_MS`, or when its version changes; while the vault is down a key that was read goes on being used.
2. Two callers that come at once get the same adapter.
3. A key that is gone closes its adapter. Nothing here writes a key anywhere.
4. When the process's event loop ends, whatever is still open is closed: `asyncio.run` cancels and awaits the task that waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from exchange.ccxt_adapter import CcxtExchange
from exchange.limits import Budget, budget_for
from exchange.venues import open_ccxt, venue

KEY_TTL_MS = 900_000
MAX_OPEN = 200  # accounts kept open; the one unused for the longest goes first

Credentials = dict[str, str]


def open_there(venue_id: str, credentials: Credentials, clock: Callable[[], int], budget: Budget, address: str = "") -> CcxtExchange:
    """An account on a first-rank venue, at `address` instead of the venue's own when one is given. Loads ccxt when first used."""
    return CcxtExchange(venue(venue_id), open_ccxt(venue_id, credentials, address=address), clock, budget)


class _Open(NamedTuple):
    exchange: CcxtExchange
    credentials: Credentials
    read_at: int


class Accounts:
    """Every live account this process has used lately."""

    def __init__(self, clock: Callable[[], int], egress: str = "here", opener: Callable[..., CcxtExchange] | None = None) -> None:
        """`egress` names the address requests leave from: accounts behind one share the venue's limits."""
        self._clock, self._egress, self._opener = clock, egress, opener or open_there
        self._open: dict[str, _Open] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._farewell: asyncio.Task[None] | None = None

    async def get(self, account_id: str, venue_id: str, read_key: Callable[[], Awaitable[Credentials]], **options: Any) -> CcxtExchange:
        """The account's adapter. Errors: whatever `read_key` raises when the key was never read."""
        async with self._locks.setdefault(account_id, asyncio.Lock()):
            kept = self._open.pop(account_id, None)
            if kept is None or self._clock() - kept.read_at >= KEY_TTL_MS:
                kept = await self._renewed(kept, venue_id, read_key, options)
            self._open[account_id] = kept  # at the end: used last
            if self._farewell is None or self._farewell.done():
                self._farewell = asyncio.create_task(self._close_at_the_end())
            await self._close_oldest()
            return kept.exchange

    async def forget(self, account_id: str) -> None:
        """Closes an account whose key was removed or replaced."""
        kept = self._open.pop(account_id, None)
        self._locks.pop(account_id, None)
        if kept is not None:
            await kept.exchange.close()

    async def close(self) -> None:
        for account_id in list(self._open):
            await self.forget(account_id)

    async def _close_at_the_end(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def _renewed(
        self, kept: _Open | None, venue_id: str, read_key: Callable[[], Awaitable[Credentials]], options: dict[str, Any]
    ) -> _Open:
        try:
            credentials = await read_key()
        except Exception:
            if kept is None:
                raise
            return kept._replace(read_at=self._clock())
        if kept is not None and kept.credentials == credentials:
            return kept._replace(read_at=self._clock())
        if kept is not None:
            await kept.exchange.close()
        budget = budget_for(venue_id, self._egress, self._clock)
        return _Open(self._opener(venue_id, credentials, self._clock, budget, **options), credentials, self._clock())

    async def _close_oldest(self) -> None:
        while len(self._open) > MAX_OPEN:
            await self.forget(next(iter(self._open)))
