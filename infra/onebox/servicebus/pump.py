"""The trigger: takes messages as soon as there are any and room to run them, invokes, settles.

Rules:
1. Success completes, an exception abandons; the broker counts and dead-letters. A cancelled run gives its messages back uncounted.
2. A turn takes one session, one message (or batch) of it, and gives it back: sessions take turns, order within one is kept,
   an abandoned message comes first again.
3. Locks are renewed at half their time while the function runs, for at most `maxAutoLockRenewalDuration` (5 min); then they are lost.
4. A lock lost meanwhile costs a second delivery, never an error here: that is what at-least-once means.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .broker import Broker
from .errors import Refused
from .message import Message
from .order import Session
from .settings import duration_ms
from .trigger import inputs, metadata

log = logging.getLogger("onebox.servicebus")
Invoke = Callable[[dict[str, object], dict[str, str]], Awaitable[None]]
STOP_GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class PumpSettings:
    """host.json `extensions.serviceBus`, with the extension's defaults."""

    concurrent: int
    batch: int
    renewal_s: float
    completes: bool

    @classmethod
    def read(cls, host: dict[str, Any], binding: dict[str, Any]) -> "PumpSettings":
        """The binding's own auto-complete wins over the host's."""
        given = host.get("extensions", {}).get("serviceBus", {})
        sessions = bool(binding.get("isSessionsEnabled"))
        calls = int(given.get("maxConcurrentSessions", 8)) if sessions else int(given.get("maxConcurrentCalls", 16 * (os.cpu_count() or 1)))
        many = str(binding.get("cardinality", "ONE")).upper() == "MANY"
        completes = given.get("autoCompleteMessages", True)
        for name in ("autoCompleteMessages", "autoComplete"):
            completes = binding[name] if binding.get(name) is not None else completes
        return cls(
            concurrent=calls,
            batch=int(given.get("maxMessageBatchSize", 1_000)) if many else 1,
            renewal_s=duration_ms(given.get("maxAutoLockRenewalDuration", "00:05:00")) / 1_000,
            completes=bool(completes),
        )


class Pump:
    """One trigger binding on one queue."""

    def __init__(self, broker: Broker, binding: dict[str, Any], invoke: Invoke, host: dict[str, Any]) -> None:
        self.queue = broker.queue(binding["queueName"])
        if bool(binding.get("isSessionsEnabled")) != self.queue.settings.requires_session:
            raise ValueError(f"queue {self.queue.name!r}: isSessionsEnabled and requiresSession must agree")
        self.settings = PumpSettings.read(host, binding)
        self._broker, self._clock = broker, broker.clock
        self._invoke, self._name = invoke, str(binding["name"])
        self._many = str(binding.get("cardinality", "ONE")).upper() == "MANY"
        self._binary = str(binding.get("dataType", "")).upper() == "BINARY"
        self._turns: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def running(self) -> int:
        """Invocations in flight."""
        return len(self._turns)

    def wake(self) -> None:
        """Starts as many turns as there are messages and room for."""
        self._broker.advance()
        while not self._stopping and len(self._turns) < self.settings.concurrent and (found := self._take()):
            owner, session, messages = found
            turn = asyncio.get_running_loop().create_task(self._turn(owner, session, messages))
            self._turns.add(turn)
            turn.add_done_callback(self._done)

    def _done(self, turn: asyncio.Task[None]) -> None:
        self._turns.discard(turn)
        if not turn.cancelled() and (error := turn.exception()) is not None:
            log.error("queue %s: a turn failed outside its function", self.queue.name, exc_info=error)
        self.wake()

    def _take(self) -> tuple[object, Session | None, list[Message]] | None:
        owner = object()
        if not self.queue.settings.requires_session:
            messages = self.queue.receive(owner, self.settings.batch)
            return (owner, None, messages) if messages else None
        session = self.queue.accept(owner)
        if session is None:
            return None
        messages = self.queue.receive(owner, self.settings.batch, session.id)
        if messages:
            return owner, session, messages
        self.queue.release(session.id, owner)
        return None

    async def _turn(self, owner: object, session: Session | None, messages: list[Message]) -> None:
        tokens = [message.lock for message in messages if message.lock is not None]
        given = inputs(self._name, messages, self._many, self._binary), metadata(messages, self._many)
        renewal = asyncio.get_running_loop().create_task(self._renew(owner, session, messages))
        settle: Callable[[Any], None] | None = self.queue.complete if self.settings.completes else None
        try:
            await self._invoke(*given)
        except asyncio.CancelledError:
            settle = self.queue.release_message
            raise
        except Exception as error:
            log.warning("queue %s: message %s is abandoned: %r", self.queue.name, messages[0].message_id, error)
            settle = self.queue.abandon
        finally:
            renewal.cancel()
            self._broker.advance()
            if settle is not None:
                self._settle(settle, tokens)
                if session is not None:
                    self.queue.release(session.id, owner)

    def _settle(self, settle: Callable[[Any], None], tokens: list[Any]) -> None:
        for token in tokens:
            try:
                settle(token)
            except Refused as refused:
                log.warning("queue %s: settled too late: %s", self.queue.name, refused)

    async def _renew(self, owner: object, session: Session | None, messages: list[Message]) -> None:
        ends = self._clock.monotonic() + self.settings.renewal_s
        tokens = [message.lock for message in messages if message.lock is not None]
        while True:
            await self._clock.sleep(self.queue.settings.lock_ms / 2_000)
            if self._clock.monotonic() >= ends:
                return
            try:
                if session is not None:
                    self.queue.renew_session(session.id, owner)
                else:
                    for token in tokens:
                        self.queue.renew(token)
            except Refused:
                return

    async def stop(self) -> None:
        """Takes nothing more; what still runs after a grace is cancelled and its messages given back."""
        self._stopping = True
        if self._turns:
            await asyncio.wait(set(self._turns), timeout=STOP_GRACE_S)
        left = set(self._turns)
        for turn in left:
            turn.cancel()
        await asyncio.gather(*left, return_exceptions=True)
