"""The Service Bus of onebox: one broker, its AMQP endpoint on 127.0.0.1, its trigger pumps, all on the running event loop.

Rules:
1. A message is visible at once and acknowledged when it is on the disk; one the sender never heard of may already have been seen.
2. `servicebus.db` and `servicebus.key` in the directory are everything there is.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ..clock import Clock
from .broker import Broker
from .commit import Committer
from .connection import Connection
from .faults import Faults
from .pump import Pump
from .queue import Queue
from .tokens import KEY_NAME, load_key

Invoke = Callable[[dict[str, object], dict[str, str]], Awaitable[None]]
LONGEST_WAIT_S = 60.0


class ServiceBusService:
    """Start it on a running loop; `connection_string` is known from then on."""

    def __init__(self, directory: Path, clock: Clock, queues: list[dict[str, Any]], faults: Faults | None = None) -> None:
        self.broker = Broker(directory / "servicebus.db", clock, queues, faults)
        self.key = load_key(directory / "servicebus.key")
        self.port = 0
        self._connections: set[Connection] = set()
        self._pumps: list[Pump] = []
        self._woken: dict[Queue, None] = {}
        self._clock, self._sooner = clock, asyncio.Event()
        self._timer: asyncio.Task[None] | None = None
        self._server: asyncio.Server | None = None
        self._committer: Committer | None = None

    @property
    def connection_string(self) -> str:
        """What the official SDK takes."""
        where = f"Endpoint=sb://127.0.0.1:{self.port};SharedAccessKeyName={KEY_NAME}"
        return f"{where};SharedAccessKey={self.key};UseDevelopmentEmulator=true;"

    async def start(self, port: int = 0) -> None:
        """Listens; the queues are as they were left."""
        self._loop = asyncio.get_running_loop()
        committer = self._committer = Committer(self.broker.journal, self._loop)
        self.broker.autocommit = False
        self.broker.listeners.append(self._on_woken)
        self.broker.rescheduled = self._sooner.set
        self._server = await self._loop.create_server(
            lambda: Connection(self.broker, committer, self.key, self._connections), "127.0.0.1", port
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._timer = self._loop.create_task(self._keep_time())

    async def stop(self) -> None:
        """Stops the pumps, hangs up, writes the rest."""
        for pump in self._pumps:
            await pump.stop()
        self._pumps.clear()
        if self._server is not None:
            self._server.close()
            for connection in list(self._connections):
                connection.close()
            await self._server.wait_closed()
            self._server = None
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.gather(self._timer, return_exceptions=True)
        self.broker.rescheduled = lambda: None
        self.broker.listeners.clear()
        if self._committer is not None:
            await self._committer.close()
        self.broker.close()

    async def attach(self, binding: dict[str, Any], invoke: Invoke, host_settings: dict[str, Any] | None = None) -> None:
        """Pumps a `serviceBusTrigger` binding's queue into `invoke`; `host_settings` is host.json as it stands."""
        pump = Pump(self.broker, binding, invoke, host_settings or {})
        self._pumps.append(pump)
        pump.wake()

    async def durable(self) -> None:
        """Returns when everything accepted so far is on the disk (for callers of `broker`)."""
        if self._committer is not None:
            await self._committer.settled()

    def _on_woken(self, queue: Queue) -> None:
        if not self._woken:
            self._loop.call_soon(self._hand_out)
        self._woken[queue] = None

    def _hand_out(self) -> None:
        queues, self._woken = list(self._woken), {}
        for queue in queues:
            for pump in self._pumps:
                if pump.queue is queue:
                    pump.wake()
            for connection in list(self._connections):
                connection.woken(queue)

    async def _keep_time(self) -> None:
        """Does what falls due when it does; looks again now and then, should the machine have slept."""
        while True:
            self._sooner.clear()
            self.broker.advance()
            due = self.broker.next_due_ms()
            wait = LONGEST_WAIT_S if due is None else min(LONGEST_WAIT_S, max(0.0, (due - self._clock.now_ms()) / 1_000))
            await self._clock.wait(self._sooner, wait)
