"""What the API needs from the outside, as one value: made lazily in the app, handed in by tests."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Header

from shared.auth import TokenVerifier, User, Verifier
from shared.bus import Bus, ServiceBus
from shared.clock import now_ms
from shared.realtime import Realtime, WebPubSub
from shared.settings import Settings, settings
from shared.stores import CosmosStore, Store
from shared.webhooks.keys import SealKeys, VaultKeys
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


@lru_cache(maxsize=1)
def own_platform() -> Platform:
    config = settings()
    return Platform(config, CosmosStore(config), ServiceBus(config), TokenVerifier(config), WebPubSub(config), PublicMarkets(config))


def platform() -> Platform:
    return _given.get() or own_platform()


Plat = Annotated[Platform, Depends(platform)]


async def current_user(plat: Plat, authorization: Annotated[str | None, Header(include_in_schema=False)] = None) -> User:
    return await plat.verifier.user(authorization)


CurrentUser = Annotated[User, Depends(current_user)]
