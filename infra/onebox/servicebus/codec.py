"""AMQP 1.0 values as bytes: the part of the type system that Service Bus clients use, both ways.

Rules:
1. Types survive a round trip: string is `str`, symbol is `Symbol`, binary is `bytes`, timestamp is `Timestamp` (ms since 1970).
2. A plain `int` is written as an AMQP long; `UInt`, `UShort`, `UByte`, `ULong` and `Int` say otherwise.
3. Sizes and nesting from the wire are checked before anything is allocated.

Source: OASIS AMQP 1.0, part 1 (types).
"""

import struct
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

MAX_DEPTH = 32


class Malformed(ValueError):
    """The peer sent bytes that are not AMQP."""


class Symbol(str):
    """An AMQP symbol (ASCII name)."""


class UByte(int):
    """An unsigned byte."""


class UShort(int):
    """Two unsigned bytes."""


class UInt(int):
    """Four unsigned bytes."""


class ULong(int):
    """Eight unsigned bytes."""


class Int(int):
    """Four signed bytes."""


class Timestamp(int):
    """Milliseconds since 1970, UTC."""


class Array(list[Any]):
    """An AMQP array: every element has the type of the first."""


class Described(NamedTuple):
    """A value with its descriptor (a number for everything in the standard)."""

    code: Any
    value: Any


_FIXED: dict[int, tuple[struct.Struct, type]] = {
    0x50: (struct.Struct(">B"), UByte),
    0x60: (struct.Struct(">H"), UShort),
    0x70: (struct.Struct(">I"), UInt),
    0x52: (struct.Struct(">B"), UInt),
    0x80: (struct.Struct(">Q"), ULong),
    0x53: (struct.Struct(">B"), ULong),
    0x51: (struct.Struct(">b"), Int),
    0x61: (struct.Struct(">h"), Int),
    0x71: (struct.Struct(">i"), Int),
    0x54: (struct.Struct(">b"), Int),
    0x81: (struct.Struct(">q"), int),
    0x55: (struct.Struct(">b"), int),
    0x72: (struct.Struct(">f"), float),
    0x82: (struct.Struct(">d"), float),
    0x83: (struct.Struct(">q"), Timestamp),
}
_EMPTY: dict[int, Any] = {0x40: None, 0x41: True, 0x42: False, 0x43: UInt(0), 0x44: ULong(0)}
_WIDTHS = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")
_LONG = struct.Struct(">q")


def decode(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The value that starts at `at`, and where the next one starts."""
    try:
        return _decode(data, at, 0)
    except Malformed:
        raise
    except (IndexError, struct.error, ValueError, TypeError) as error:
        raise Malformed(f"bad AMQP value at byte {at}: {error}") from error


def _decode(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    kind = data[at]
    if kind == 0x00:
        if depth > MAX_DEPTH:
            raise Malformed("values nested too deeply")
        code, at = _decode(data, at + 1, depth + 1)
        value, at = _decode(data, at, depth + 1)
        return Described(code, value), at
    return _body(data, at + 1, kind, depth)


def _body(data: bytes, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in _EMPTY:
        return _EMPTY[kind], at
    if kind in _FIXED:
        layout, made = _FIXED[kind]
        return made(layout.unpack_from(data, at)[0]), at + layout.size
    if kind == 0x45:
        return [], at
    if kind == 0x56:
        return data[at] == 1, at + 1
    if kind == 0x98:
        return uuid.UUID(bytes=bytes(data[at : at + 16])), at + 16
    family = kind >> 4
    if family in (0x7, 0x8, 0x9):  # char and decimals: kept as their bytes, nobody computes with them here
        width = _WIDTHS[family]
        return bytes(data[at : at + width]), at + width
    if family in (0xA, 0xC, 0xE):
        size, at = data[at], at + 1
    elif family in (0xB, 0xD, 0xF):
        size, at = _U32.unpack_from(data, at)[0], at + 4
    else:
        raise Malformed(f"unknown type 0x{kind:02x}")
    end = at + size
    if end > len(data):
        raise Malformed("a value is longer than its frame")
    return _sized(data, at, end, kind, depth), end


def _sized(data: bytes, at: int, end: int, kind: int, depth: int) -> Any:
    if kind in (0xA1, 0xB1):
        return str(data[at:end], "utf-8")
    if kind in (0xA3, 0xB3):
        return Symbol(str(data[at:end], "ascii"))
    if kind in (0xA0, 0xB0):
        return bytes(data[at:end])
    if depth > MAX_DEPTH:
        raise Malformed("values nested too deeply")
    wide = kind >> 4 in (0xD, 0xF)
    count = _U32.unpack_from(data, at)[0] if wide else data[at]
    at += 4 if wide else 1
    if count > end - at and count > 256:
        raise Malformed("more elements than bytes")
    if kind in (0xE0, 0xF0):
        return _array(data, at, count, depth)
    items = []
    for _ in range(count):
        item, at = _decode(data, at, depth + 1)
        items.append(item)
    if kind in (0xC0, 0xD0):
        return items
    if count % 2:
        raise Malformed("a map with a key and no value")
    return dict(zip(items[::2], items[1::2], strict=True))


def _array(data: bytes, at: int, count: int, depth: int) -> Array:
    kind, at = data[at], at + 1
    items = Array()
    for _ in range(count):
        item, at = _body(data, at, kind, depth + 1)
        items.append(item)
    return items


def encode(value: Any) -> bytes:
    """The value on the wire, type byte included."""
    writer: Callable[[Any], bytes] | None = _WRITERS.get(type(value))
    if writer is None:
        raise TypeError(f"no AMQP type for {type(value).__name__}")
    return writer(value)


def _small(value: int, short: bytes, zero: bytes, wide: bytes, layout: struct.Struct) -> bytes:
    if value == 0:
        return zero
    return short + bytes((value,)) if value < 256 else wide + layout.pack(value)


def _variable(kind: int, raw: bytes) -> bytes:
    return bytes((kind, len(raw))) + raw if len(raw) < 256 else bytes((kind + 0x10,)) + _U32.pack(len(raw)) + raw


def _compound(kind: int, count: int, raw: bytes) -> bytes:
    if len(raw) < 255 and count < 256:
        return bytes((kind, len(raw) + 1, count)) + raw
    return bytes((kind + 0x10,)) + _U32.pack(len(raw) + 4) + _U32.pack(count) + raw


def _write_list(value: list[Any]) -> bytes:
    return b"\x45" if not value else _compound(0xC0, len(value), b"".join(map(encode, value)))


def _write_map(value: dict[Any, Any]) -> bytes:
    return _compound(0xC1, 2 * len(value), b"".join(encode(key) + encode(item) for key, item in value.items()))


_ARRAY_KINDS: dict[type, tuple[int, Any]] = {
    int: (0x81, _LONG.pack),
    Timestamp: (0x83, _LONG.pack),
    Symbol: (0xB3, lambda text: _U32.pack(len(text)) + text.encode()),
    str: (0xB1, lambda text: _U32.pack(len(text.encode())) + text.encode()),
    uuid.UUID: (0x98, lambda token: token.bytes),
}


def _write_array(value: Array) -> bytes:
    kind, pack = _ARRAY_KINDS[type(value[0]) if value else int]
    return _compound(0xE0, len(value), bytes((kind,)) + b"".join(map(pack, value)))


_WRITERS: dict[type, Any] = {
    type(None): lambda _: b"\x40",
    bool: lambda value: b"\x41" if value else b"\x42",
    UByte: lambda value: b"\x50" + bytes((value,)),
    UShort: lambda value: b"\x60" + value.to_bytes(2, "big"),
    UInt: lambda value: _small(value, b"\x52", b"\x43", b"\x70", _U32),
    ULong: lambda value: _small(value, b"\x53", b"\x44", b"\x80", _U64),
    Int: lambda value: b"\x71" + value.to_bytes(4, "big", signed=True),
    int: lambda value: b"\x81" + _LONG.pack(value),
    float: lambda value: b"\x82" + struct.pack(">d", value),
    Timestamp: lambda value: b"\x83" + _LONG.pack(value),
    uuid.UUID: lambda value: b"\x98" + value.bytes,
    bytes: lambda value: _variable(0xA0, value),
    str: lambda value: _variable(0xA1, value.encode()),
    Symbol: lambda value: _variable(0xA3, value.encode()),
    list: _write_list,
    dict: _write_map,
    Array: _write_array,
    Described: lambda value: b"\x00" + encode(value.code) + encode(value.value),
}
