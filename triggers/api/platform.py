"""What the API needs from the outside, as one value: made lazily in the app, handed in by tests."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Header, Request

from orchestrators.live_accounts import LiveAccounts, own_live_accounts
from shared.auth import TokenVerifier, User, Verifier
from shared.bus import Bus
from shared.clock import now_ms
from shared.errors import AppError
from shared.limit import ENDLESS, Buckets, Patience
from shared.limits import Limits
from shared.post import own_bus
from shared.realtime import Realtime, WebPubSub
from shared.safe_url import Resolve, resolve
from shared.sessions import Sessions
from shared.settings import Settings, settings
from shared.stores import CosmosStore, Store
from shared.webhooks.keys import SealKeys, VaultKeys
from triggers.api.query import known_query
from triggers.market_source import MarketSource, PublicMarkets

_given: ContextVar[Platform | None] = ContextVar("platform", default=None)
"""Set by a test around its requests; never set in the app."""


@dataclass(frozen=True)
class Platform:
    settings: Settings
    store: Store
    bus: Bus
    verifier: Verifier
    realtime: Realtime
    markets: MarketSource
    now_ms: Callable[[], int] = now_ms
    seals: SealKeys = field(default_factory=lambda: VaultKeys(settings()))
    resolve: Resolve = resolve
    live: LiveAccounts = field(default_factory=own_live_accounts)
    patience: Patience = field(default_factory=lambda: Patience(ENDLESS, alike_s=0.0))
    sessions: Sessions = field(init=False)
    limits: Limits = field(init=False)
    rates: Buckets = field(init=False)

    def __post_init__(self) -> None:
        per_minute = self.settings.requests_per_minute
        object.__setattr__(self, "sessions", Sessions(self.store, self.now_ms))
        object.__setattr__(self, "limits", Limits(self.settings))
        object.__setattr__(self, "rates", Buckets(per_minute, per_minute / 60, self.now_ms))


@lru_cache(maxsize=1)
def own_platform() -> Platform:
    config = settings()
    store = CosmosStore(config)
    ports = TokenVerifier(config), WebPubSub(config), PublicMarkets(config)
    return Platform(config, store, own_bus(config, store), *ports, patience=Patience())


def platform() -> Platform:
    return _given.get() or own_platform()


async def given_platform() -> Platform:
    """`platform` for the API: a plain function would be called on a thread of the pool, for every request."""
    return platform()


Plat = Annotated[Platform, Depends(given_platform)]


async def current_user(plat: Platform, authorization: str | None) -> User:
    """Who calls, signed in and within their share of requests. Errors: AppError 401, 429."""
    user = await plat.verifier.user(authorization)
    wait = plat.rates.take(user.id)
    if wait:
        limit = str(plat.settings.requests_per_minute)
        raise AppError(429, "too_many_requests", params={"limit": limit, "per": "minute", "retry_after_s": str(wait // 1000 + 1)})
    await plat.sessions.check(user)
    return user


async def signed_in(request: Request, plat: Plat, authorization: Annotated[str | None, Header(include_in_schema=False)] = None) -> User:
    """Who calls, and a query that says nothing the route does not know. Errors: AppError 401, 422, 429."""
    user = await current_user(plat, authorization)
    request.state.user_id = user.id
    await known_query(request)
    return user


CurrentUser = Annotated[User, Depends(signed_in)]
