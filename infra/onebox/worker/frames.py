"""What the host and its worker process say to each other over a private pair of sockets: frames of a length and a pickle.

host -> worker   ("invoke", number, name, inputs, metadata, traceparent, retry) · ("cancel", number) · ("stop",)
worker -> host   ("ready", functions) · ("broken", text)
                 ("done", number, Result) · ("failed", number, message, trace) · ("cancelled", number)
"""

import asyncio
import pickle
import struct
from typing import Any

LENGTH = struct.Struct("!I")


def send(writer: asyncio.StreamWriter, *said: Any) -> None:
    """Queue one frame; the transport keeps the order."""
    text = pickle.dumps(said, protocol=5)
    writer.write(LENGTH.pack(len(text)) + text)


async def receive(reader: asyncio.StreamReader) -> tuple[Any, ...] | None:
    """The next frame, None when the other side is gone."""
    try:
        (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
        return pickle.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
