"""Revoked sessions: a user may make every token issued so far worthless.

Rules
1. What is known of a user is kept for KEEP_MS: a revocation reaches every process within that time, and costs no read per request.
2. A store that cannot be asked lets nobody in: the request fails, it is not waved through.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from shared.auth import User
from shared.errors import AppError
from shared.stores import Store

KEEP_MS = 30_000
MOST = 10_000
ID = "sessions"


class Sessions:
    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store, self._now_ms = store, now_ms
        self._kept: OrderedDict[str, tuple[int, int]] = OrderedDict()

    async def check(self, user: User) -> None:
        """Errors: AppError 401 for a token that was revoked."""
        before = await self._revoked_before(user.id)
        if before and (user.issued_at is None or user.issued_at * 1000 < before):
            raise AppError(401, "unauthorized")

    def forget(self, user_id: str) -> None:
        self._kept.pop(user_id, None)

    async def _revoked_before(self, user_id: str) -> int:
        now = self._now_ms()
        kept = self._kept.get(user_id)
        if kept is not None and now - kept[1] < KEEP_MS:
            return kept[0]
        document = await self._store.read("settings", user_id, ID)
        before = int(document["revokedBeforeMs"]) if document else 0
        self._kept[user_id] = (before, now)
        self._kept.move_to_end(user_id)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return before
