"""Limits and feature flags that change while the app runs: App Configuration over the settings of the deployment.

Rules
1. Optional: without a connection the settings are the limits, and nothing is loaded.
2. All is read once, and again when the sentinel's etag has changed; that is looked at every LOOK_S at most, by one caller at a time.
3. Only what CHANGEABLE names can be changed. A value that does not fit leaves everything as it was, and the log says so.
4. A store that is away changes nothing: the last limits stand, at first those of the settings.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from shared.log import log
from shared.settings import Settings

PREFIX = "tickwise:"
SENTINEL = PREFIX + "sentinel"
FLAG = ".appconfig.featureflag/"
LIVE_TRADING = "live_trading"
CHANGEABLE = frozenset({"bots_per_user", "accounts_per_user"})
LOOK_S, WAIT_S = 30.0, 3.0


class Source(Protocol):
    """The calls of azure-appconfiguration's asynchronous client that are used."""

    async def get_configuration_setting(
        self, key: str, label: str | None = None, etag: str | None = "*", match_condition: Any = None
    ) -> Any: ...

    def list_configuration_settings(self, *, key_filter: str, label_filter: str) -> Any: ...


class Limits:
    def __init__(self, base: Settings, source: Source | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._base, self._now, self._source, self._monotonic = base, base, source, monotonic
        self._etag: str | None = None
        self._next_look = float("-inf")

    async def now(self) -> Settings:
        """The settings with what the store says of them."""
        if self._is_off() or self._monotonic() < self._next_look:
            return self._now
        self._next_look = self._monotonic() + LOOK_S
        try:
            await asyncio.wait_for(self._look(), WAIT_S)
        except Exception as error:
            log("limits.kept", logging.WARNING, error=type(error).__name__)
        return self._now

    def _is_off(self) -> bool:
        return self._source is None and not (self._base.app_configuration or self._base.app_configuration_endpoint)

    async def _look(self) -> None:
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceNotFoundError

        source = self._open()
        changed = MatchConditions.IfModified if self._etag else MatchConditions.Unconditionally
        try:
            sentinel = await source.get_configuration_setting(SENTINEL, etag=self._etag, match_condition=changed)
        except ResourceNotFoundError:
            sentinel, self._etag = None, None
            self._now = self._base  # nothing is in force without a sentinel
        if sentinel is not None:
            self._now = settled(self._base, await read_all(source))
            self._etag = sentinel.etag

    def _open(self) -> Source:
        if self._source is None:
            from azure.appconfiguration.aio import AzureAppConfigurationClient

            if self._base.app_configuration:
                self._source = AzureAppConfigurationClient.from_connection_string(self._base.app_configuration)
            else:
                from shared.identity import credential

                self._source = AzureAppConfigurationClient(self._base.app_configuration_endpoint, credential(self._base))
        return self._source

    async def close(self) -> None:
        """For who opened it for a while; the app keeps its own."""
        if self._source is not None and hasattr(self._source, "close"):
            await self._source.close()


async def read_all(source: Source) -> dict[str, str]:
    """{key: value} of our settings and flags, those without a label."""
    found: dict[str, str] = {}
    for wanted in (PREFIX + "*", FLAG + "*"):
        async for one in source.list_configuration_settings(key_filter=wanted, label_filter="\0"):
            found[one.key] = one.value
    return found


def settled(base: Settings, found: dict[str, str]) -> Settings:
    """The settings with the store's values. Errors: ValidationError, ValueError."""
    values = {key.removeprefix(PREFIX): value for key, value in found.items() if key.startswith(PREFIX) and key != SENTINEL}
    strangers = sorted(set(values) - CHANGEABLE)
    if strangers:
        log("limits.unknown", logging.WARNING, names=strangers)
    flag = json.loads(found.get(FLAG + LIVE_TRADING) or '{"enabled": true}')
    closed = {} if flag["enabled"] else {"live_exchanges": ""}
    return Settings.model_validate(base.model_dump() | {name: value for name, value in values.items() if name in CHANGEABLE} | closed)
