"""Messages to a bot: one event on the bot's session of `bot-events`, or of `bot-nudges` where only the newest matters.

Rules
1. The session is the bot's entity key, so events of one lane keep their order; the message id makes a repeat vanish.
2. Nudges (the market moved, a heartbeat) have a lane of their own: when a whole market moves, a stop does not stand in line behind
   everybody's nudges.
3. Senders are opened once and kept: opening a link costs half a second. Who sends nothing has the link of the nudges opened, so that the
   first one need not wait for it.
4. Only the SDK can set session and message ids; no output binding writes to these queues.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from shared.ids import entity_key
from shared.settings import Settings
from shared.trace import here, span

QUEUE = "bot-events"
NUDGES = "bot-nudges"


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

    async def reach(self) -> object:
        """Whether messages could be sent; sends none. Errors: whatever stands in the way."""
        ...


def lane(event: BotEvent) -> str:
    """The queue an event travels on."""
    return NUDGES if event.kind in ("market", "heartbeat") else QUEUE


def message_id(event: BotEvent) -> str:
    return f"{entity_key(event.user_id, event.bot_id)}:{event.id}"


def instance_id(message_id: str) -> str:
    """The message's own tick. Durable refuses `/`, `\\`, `#` and `?` in an instance id; ours hold none."""
    return f"tick-{message_id}".replace(":", "-")


def encode(event: BotEvent) -> str:
    return json.dumps(
        {"userId": event.user_id, "botId": event.bot_id, "id": event.id, "kind": event.kind, "at": event.at, "body": event.body},
        allow_nan=False,
    )


def decode(text: str | bytes) -> BotEvent:
    raw = json.loads(text)
    return BotEvent(raw["userId"], raw["botId"], raw["id"], raw["kind"], int(raw["at"]), raw["body"])


class Waiting(NamedTuple):
    """What one caller wants sent, and how it is told."""

    messages: list[Any]
    sent: asyncio.Future[None]


class ServiceBus:
    """azure-servicebus with a sender per lane kept open; a broken link is opened again once, duplicates are dropped by message id.

    Callers that come while a batch is on its way share the next one: a burst of alerts costs a few round trips, not one each.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Any = None
        self._senders: dict[str, Any] = {}
        self._locks = {QUEUE: asyncio.Lock(), NUDGES: asyncio.Lock()}
        self._waiting: dict[str, list[Waiting]] = {QUEUE: [], NUDGES: []}

    async def send(self, events: Sequence[BotEvent]) -> None:
        """Durable when it returns; nudges last."""
        if not events and NUDGES not in self._senders:
            await self._open_early(NUDGES)
        for queue in self._locks:
            if own := [event for event in events if lane(event) == queue]:
                with span(f"send {queue}", kind="producer", messages=len(own)):
                    await self._send_to(queue, own)

    async def _send_to(self, queue: str, events: Sequence[BotEvent]) -> None:
        from azure.servicebus import ServiceBusMessage

        messages = [
            ServiceBusMessage(
                encode(e),
                session_id=entity_key(e.user_id, e.bot_id),
                message_id=message_id(e),
                content_type="application/json",
                application_properties=here() or None,
            )
            for e in events
        ]
        mine = Waiting(messages, asyncio.get_running_loop().create_future())
        self._waiting[queue].append(mine)
        try:
            async with self._locks[queue]:
                if not mine.sent.done():
                    await self._send_all(queue)
        finally:
            if mine in self._waiting[queue]:  # cancelled: nobody waits for it any more
                self._waiting[queue].remove(mine)
        mine.sent.result()

    async def _send_all(self, queue: str) -> None:
        """Everything that waits, together; when that fails each alone, so that nobody pays for another's message."""
        taken, self._waiting[queue] = self._waiting[queue], []
        try:
            try:
                await self._send_or_reopen(queue, [message for one in taken for message in one.messages])
            except Exception as error:
                if len(taken) == 1:
                    taken[0].sent.set_exception(error)
                    return
                for one in taken:
                    await self._send_alone(queue, one)
                return
            for one in taken:
                one.sent.set_result(None)
        finally:  # a caller that was cancelled in here leaves the others to the next one of them
            self._waiting[queue] = [one for one in taken if not one.sent.done()] + self._waiting[queue]

    async def _send_alone(self, queue: str, one: Waiting) -> None:
        try:
            await self._send_or_reopen(queue, one.messages)
        except Exception as error:
            one.sent.set_exception(error)
        else:
            one.sent.set_result(None)

    async def _send_or_reopen(self, queue: str, messages: Sequence[Any]) -> None:
        from azure.servicebus.exceptions import MessageSizeExceededError, ServiceBusError

        try:
            await self._send(queue, messages)
        except ServiceBusError as error:
            await self._drop(queue)
            if isinstance(error, MessageSizeExceededError):
                raise
            await self._send(queue, messages)

    async def _send(self, queue: str, messages: Sequence[Any]) -> None:
        """In as many batches as their size asks for, in order."""
        sender = self._open(queue)
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

    async def reach(self) -> object:
        return await self._open(QUEUE).create_message_batch()  # opens the link, and learns from it how large a batch may be

    def _open(self, queue: str) -> Any:
        if self._client is None:
            from azure.servicebus.aio import ServiceBusClient

            if self._settings.service_bus:
                self._client = ServiceBusClient.from_connection_string(self._settings.service_bus)
            else:
                from shared.identity import credential

                self._client = ServiceBusClient(self._settings.need("service_bus_namespace"), credential(self._settings))
        if queue not in self._senders:
            self._senders[queue] = self._client.get_queue_sender(queue)
        return self._senders[queue]

    async def _open_early(self, queue: str) -> None:
        async with self._locks[queue]:
            try:
                await self._open(queue).create_message_batch()
            except Exception:  # who has something to send says what is wrong
                await self._drop(queue)

    async def close(self) -> None:
        """For who opened it for a while; the app keeps its own."""
        for queue in self._locks:
            await self._drop(queue)
        client, self._client = self._client, None
        await closed(client)

    async def _drop(self, queue: str) -> None:
        """The sender is closed by itself: a client closes only the senders somebody still holds."""
        await closed(self._senders.pop(queue, None))


async def closed(opened: Any) -> None:
    if opened is not None:
        try:
            await opened.close()
        except Exception:  # the link is broken already: what matters is that the next send opens a new one
            return
