"""Messages to a bot: one event on the bot's session of `bot-events`.

Rules
1. The session is the bot's entity key, so events of one bot keep their order; the message id makes a repeat vanish.
2. The sender is opened once and kept: opening a link costs half a second.
3. Only the SDK can set session and message ids; no output binding writes to this queue.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from shared.ids import entity_key
from shared.settings import Settings

QUEUE = "bot-events"


class BotEvent(NamedTuple):
    """`id` is unique per happening (a slot, a command); `kind`: market, command, heartbeat, continue."""

    user_id: str
    bot_id: str
    id: str
    kind: str
    at: int
    body: dict[str, Any]


class Bus(Protocol):
    async def send(self, events: Sequence[BotEvent]) -> None:
        """Durable when it returns."""
        ...


def message_id(event: BotEvent) -> str:
    return f"{entity_key(event.user_id, event.bot_id)}:{event.id}"


def encode(event: BotEvent) -> str:
    return json.dumps(
        {"userId": event.user_id, "botId": event.bot_id, "id": event.id, "kind": event.kind, "at": event.at, "body": event.body},
        allow_nan=False,
    )


def decode(text: str | bytes) -> BotEvent:
    raw = json.loads(text)
    return BotEvent(raw["userId"], raw["botId"], raw["id"], raw["kind"], int(raw["at"]), raw["body"])


class ServiceBus:
    """azure-servicebus with one sender kept open; a broken link is opened again once, duplicates are dropped by message id."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None
        self._sender: Any = None
        self._lock = asyncio.Lock()

    async def send(self, events: Sequence[BotEvent]) -> None:
        from azure.servicebus import ServiceBusMessage
        from azure.servicebus.exceptions import MessageSizeExceededError, ServiceBusError

        if not events:
            return
        messages = [
            ServiceBusMessage(
                encode(e), session_id=entity_key(e.user_id, e.bot_id), message_id=message_id(e), content_type="application/json"
            )
            for e in events
        ]
        async with self._lock:
            try:
                await self._send(messages)
            except ServiceBusError as error:
                await self._drop()
                if isinstance(error, MessageSizeExceededError):
                    raise
                await self._send(messages)

    async def _send(self, messages: Sequence[Any]) -> None:
        """In as many batches as their size asks for, in order."""
        sender = await self._open()
        batch = await sender.create_message_batch()
        for message in messages:
            try:
                batch.add_message(message)
            except ValueError:  # the batch is full (or, empty, the message is too large for any)
                if len(batch):
                    await sender.send_messages(batch)
                batch = await sender.create_message_batch()
                batch.add_message(message)
        await sender.send_messages(batch)

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
        """For who opened it for a while; the app keeps its own."""
        await self._drop()

    async def _drop(self) -> None:
        """The sender is closed by itself: a client closes only the senders somebody still holds."""
        sender, client, self._sender, self._client = self._sender, self._client, None, None
        for opened in (sender, client):
            if opened is not None:
                try:
                    await opened.close()
                except Exception:  # the link is broken already: what matters is that the next send opens a new one
                    continue
