"""The `work` queue: what is to be done later and surely, by whoever comes. A repeated message id vanishes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from shared.ids import derived
from shared.post import PostWork
from shared.settings import Settings
from shared.stores import Store

QUEUE = "work"


class Place(Protocol):
    """Where the queue is: triggers.api.platform.Platform."""

    @property
    def settings(self) -> Settings: ...

    @property
    def store(self) -> Store: ...


class Work(Protocol):
    async def put(self, id: str, task: Mapping[str, Any], delay_s: int = 0) -> None:
        """Durable when it returns."""
        ...


_queues: list[Work] = []


def own_queue(plat: Place) -> Work:
    """The one of this process."""
    if not _queues:
        _queues.append(WorkQueue(plat.settings) if plat.settings.has_service_bus else PostWork(plat.store))
    return _queues[0]


async def queue_fold(queue: Work, user_id: str, bot_id: str, place: str) -> None:
    """The bot's ledger is to be folded on; asked for many times at the same place it is one message."""
    await queue.put(derived("fold", user_id, bot_id, place), {"kind": "fold", "userId": user_id, "botId": bot_id})


class WorkQueue:
    """azure-servicebus with one sender kept open; a broken link is opened again once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None
        self._sender: Any = None
        self._lock = asyncio.Lock()

    async def put(self, id: str, task: Mapping[str, Any], delay_s: int = 0) -> None:
        from azure.servicebus import ServiceBusMessage
        from azure.servicebus.exceptions import ServiceBusError

        message = ServiceBusMessage(json.dumps(task, allow_nan=False), message_id=id, content_type="application/json")
        if delay_s:
            message.scheduled_enqueue_time_utc = datetime.now(UTC) + timedelta(seconds=delay_s)
        async with self._lock:
            try:
                await (await self._open()).send_messages(message)
            except ServiceBusError:
                await self.close()
                await (await self._open()).send_messages(message)

    async def _open(self) -> Any:
        if self._sender is None:
            from azure.servicebus.aio import ServiceBusClient

            if self._settings.service_bus:
                self._client = ServiceBusClient.from_connection_string(self._settings.service_bus)
            else:
                from shared.identity import credential

                self._client = ServiceBusClient(self._settings.need("service_bus_namespace"), credential(self._settings))
            self._sender = self._client.get_queue_sender(QUEUE)
        return self._sender

    async def close(self) -> None:
        sender, client, self._sender, self._client = self._sender, self._client, None, None
        for opened in (sender, client):
            if opened is not None:
                try:
                    await opened.close()
                except Exception:  # the link is broken already: what matters is that the next one is new
                    continue
