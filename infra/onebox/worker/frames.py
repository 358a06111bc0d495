"""What the host and its worker process say to each other over a private pair of sockets: frames of a length and a pickle.

host -> worker   ("invoke", number, name, inputs, metadata, traceparent, retry) · ("cancel", number) · ("stop",)
worker -> host   ("ready", functions) · ("broken", text)
                 ("done", number, Result) · ("failed", number, message, trace) · ("cancelled", number)

A frame is handed on where it arrives, without a task that waits for it: there are fifteen of them to a tick.
"""

import asyncio
import pickle
import socket
import struct
from collections.abc import Callable
from typing import Any

LENGTH = struct.Struct("!I")
Said = tuple[Any, ...]


class Frames(asyncio.Protocol):
    """One end: `hear` is called with every frame, `end` once when the other side is gone."""

    def __init__(self, hear: Callable[[Said], None], end: Callable[[], None]) -> None:
        self._hear, self._end = hear, end
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer, at = self._buffer, 0
        buffer += data
        while len(buffer) - at >= LENGTH.size:
            (length,) = LENGTH.unpack_from(buffer, at)
            begin = at + LENGTH.size
            if len(buffer) - begin < length:
                break
            at = begin + length
            self._hear(pickle.loads(bytes(buffer[begin:at])))
        if at:
            del buffer[:at]

    def connection_lost(self, error: Exception | None) -> None:
        self._end()

    def send(self, *said: Any) -> None:
        """Queue one frame; the transport keeps the order. To nobody is nothing said."""
        if self._transport is not None and not self._transport.is_closing():
            text = pickle.dumps(said, protocol=5)
            self._transport.write(LENGTH.pack(len(text)) + text)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def connect(sock: socket.socket, hear: Callable[[Said], None], end: Callable[[], None]) -> Frames:
    """An end of a connected pair."""
    _, frames = await asyncio.get_running_loop().create_connection(lambda: Frames(hear, end), sock=sock)
    return frames
