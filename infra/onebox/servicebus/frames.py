"""AMQP 1.0 frames: numbers of the performatives and outcomes, cutting a byte stream, writing a frame.

Source: OASIS AMQP 1.0, parts 2 (transport), 3 (messaging), 5 (security).
"""

import struct
from collections.abc import Iterator
from typing import Any

from .codec import Described, Malformed, Symbol, ULong, decode, encode

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
ERROR = 0x1D
ACCEPTED, REJECTED, RELEASED, MODIFIED = range(0x24, 0x28)
SOURCE, TARGET = 0x28, 0x29
MECHANISMS, INIT, OUTCOME = 0x40, 0x41, 0x44
MAX_FRAME = 1_048_576
BATCH_FORMAT = 0x80013700
_HEAD = struct.Struct(">IBBH")
SASL_HEADER, AMQP_HEADER = b"AMQP\x03\x01\x00\x00", b"AMQP\x00\x01\x00\x00"
EMPTY = _HEAD.pack(8, 2, 0, 0)


def frame(code: int, fields: list[Any], channel: int = 0, payload: bytes = b"", kind: int = 0) -> bytes:
    """One frame; trailing fields that are None are left out."""
    while fields and fields[-1] is None:
        fields = fields[:-1]
    body = encode(Described(ULong(code), fields)) + payload
    return _HEAD.pack(len(body) + 8, 2, kind, channel) + body


def error(condition: str, description: str) -> Described:
    """An AMQP error as it stands in detach, close and rejected."""
    return Described(ULong(ERROR), [Symbol(condition), description, None])  # all three: the SDK reads them by position


class Frame:
    """One received frame; fields by position, None where the peer left them out."""

    __slots__ = ("channel", "code", "fields", "kind", "payload")

    def __init__(self, kind: int, channel: int, body: bytes) -> None:
        described, end = decode(body)
        if not isinstance(described, Described) or not isinstance(described.value, list):
            raise Malformed("a frame is a described list")
        self.kind, self.channel, self.code, self.fields, self.payload = kind, channel, int(described.code), described.value, body[end:]

    def __getitem__(self, position: int) -> Any:
        return self.fields[position] if position < len(self.fields) else None


class Cutter:
    """Bytes in, protocol headers and frames out."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes | Frame]:
        """What is complete so far; empty frames (keep-alive) are swallowed."""
        self._buffer += data
        while len(self._buffer) >= 8:
            if self._buffer[:4] == b"AMQP":
                header = bytes(self._buffer[:8])
                del self._buffer[:8]
                yield header
                continue
            size, offset, kind, channel = _HEAD.unpack_from(self._buffer)
            if not 8 <= size <= MAX_FRAME or not 2 <= offset <= size // 4:
                raise Malformed(f"a frame of {size} bytes")
            if len(self._buffer) < size:
                return
            body = bytes(self._buffer[offset * 4 : size])
            del self._buffer[:size]
            if body:
                yield Frame(kind, channel, body)
