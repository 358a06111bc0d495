"""One client's connection: what it may do, which groups it is in, and what still has to reach it.

Rules
1. Nobody waits for a client. Frames go into a bounded queue that one task empties; who cannot keep up is disconnected.
2. On the reliable protocol a message is kept until the client acknowledges its number, also while the client is away.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Iterable

from aiohttp import web

RELIABLE, PLAIN = "json.reliable.webpubsub.azure.v1", "json.webpubsub.azure.v1"
_MOST_WAITING = 1000  # messages; about what the service keeps for a slow client
_MOST_BYTES = 16 * 1024 * 1024
_REMEMBERED_ACKS = 4096


class Connection:
    """A connection outlives its socket on the reliable protocol."""

    def __init__(self, hub: str, user: str | None, protocol: str | None, roles: Iterable[str], groups: Iterable[str]):
        self.id, self.token = secrets.token_urlsafe(16), secrets.token_urlsafe(24)
        self.hub, self.user, self.protocol = hub, user, protocol
        self.roles, self.groups = set(roles), set(groups)
        self.socket: web.WebSocketResponse | None = None
        self.is_over = False
        self.deadline = 0.0  # until when a client that is away may come back
        self._sequence = 0
        self._unacknowledged: deque[tuple[int, str]] = deque()
        self._kept_bytes = 0
        self._outgoing: deque[str | bytes] = deque()
        self._outgoing_bytes = 0
        self._wake = asyncio.Event()
        self._acks: dict[int, None] = {}

    @property
    def is_reliable(self) -> bool:
        return self.protocol == RELIABLE

    def may(self, what: str, group: str) -> bool:
        """Whether a role of the token, or a permission granted since, allows it: for every group or for this one."""
        return f"webpubsub.{what}" in self.roles or f"webpubsub.{what}.{group}" in self.roles

    def is_new_ack(self, ack: int) -> bool:
        """Remembers an ack id; False if it was here before."""
        if ack in self._acks:
            return False
        self._acks[ack] = None
        if len(self._acks) > _REMEMBERED_ACKS:
            del self._acks[next(iter(self._acks))]
        return True

    def message(self, frame: str) -> bool:
        """Queues a message frame, numbered if need be; False when the client is too far behind."""
        if self.is_reliable:
            self._sequence += 1
            frame = f'{frame[:-1]},"sequenceId":{self._sequence}}}'
            self._unacknowledged.append((self._sequence, frame))
            self._kept_bytes += len(frame)
            if len(self._unacknowledged) > _MOST_WAITING or self._kept_bytes > _MOST_BYTES:
                return False
            if self.socket is None:
                return True
        return self.send(frame)

    def send(self, frame: str | bytes) -> bool:
        """Queues a frame as it is; False when the client is too far behind."""
        self._outgoing.append(frame)
        self._outgoing_bytes += len(frame)
        self._wake.set()
        return len(self._outgoing) <= _MOST_WAITING and self._outgoing_bytes <= _MOST_BYTES

    def acknowledged(self, number: int) -> None:
        """The client has everything up to this number."""
        while self._unacknowledged and self._unacknowledged[0][0] <= number:
            self._kept_bytes -= len(self._unacknowledged.popleft()[1])

    def attach(self, socket: web.WebSocketResponse, hello: str | None) -> None:
        """Takes a new socket; what the client has not acknowledged follows the greeting."""
        self.socket = socket
        self._outgoing.clear()
        self._outgoing_bytes = 0
        if hello is not None:
            self.send(hello)
        for _, frame in self._unacknowledged:
            self.send(frame)

    async def pump(self, socket: web.WebSocketResponse) -> None:
        """Writes queued frames to this socket until it is no longer ours."""
        while self.socket is socket and not socket.closed:
            if not self._outgoing:
                self._wake.clear()
                await self._wake.wait()
                continue
            frame = self._outgoing.popleft()
            self._outgoing_bytes -= len(frame)
            try:
                await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
            except (ConnectionError, RuntimeError):
                return
