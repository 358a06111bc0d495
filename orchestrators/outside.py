"""What activities reach: made once per process, handed in by tests."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, NamedTuple

from orchestrators.live_accounts import LiveAccounts, own_live_accounts
from shared.bus import Bus
from shared.clock import now_ms
from shared.post import own_bus
from shared.settings import Settings, settings
from shared.stores import CosmosStore, Store
from shared.work import Work, own_queue


class Outside(NamedTuple):
    """`markets` is an exchange.market_data.MarketData."""

    store: Store
    bus: Bus
    markets: Any
    now_ms: Callable[[], int]
    live: LiveAccounts | None = None
    work: Work | None = None


class Queued(NamedTuple):
    """Where the work queue is."""

    settings: Settings
    store: Store


given: ContextVar[Outside | None] = ContextVar("outside", default=None)
"""Set by a test around its activities; never set in the app."""


@lru_cache(maxsize=1)
def own_outside() -> Outside:
    from pathlib import Path

    from exchange.market_data import MarketData

    config = settings()
    folder = Path(config.replay_dir) if config.replay_dir else None
    markets = MarketData(now_ms, folder, config.public, addresses=config.addresses)
    store = CosmosStore(config)
    return Outside(store, own_bus(config, store), markets, now_ms, own_live_accounts(), own_queue(Queued(config, store)))


def outside() -> Outside:
    return given.get() or own_outside()
