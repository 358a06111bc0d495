"""Parquet files of text columns, row group by row group. The field's own library is fifty megabytes; a table of text needs little of it.

Rules
1. Every column is optional UTF-8 text: money as its decimal string, what is missing as null. Nothing here turns a value into a float.
2. One data page per column and row group, PLAIN and gzip: what every reader has understood since format 1.0.
3. The same rows make the same bytes.

Format: github.com/apache/parquet-format, README and parquet.thrift; the metadata is Thrift's compact protocol.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

Column = Sequence[str | None]

MAGIC = b"PAR1"
BYTE_ARRAY, OPTIONAL, UTF8, GZIP, PLAIN, RLE, DATA_PAGE = 6, 1, 0, 2, 0, 3, 0  # numbers of parquet.thrift
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12  # type nibbles of the compact protocol
LEVEL = 3  # half the time of gzip's own 6 for four percent more


class I64(NamedTuple):
    value: int


class Struct(NamedTuple):
    """(field id, value) in rising order of ids."""

    fields: tuple[tuple[int, Value], ...]


Value = int | I64 | str | list["Value"] | Struct


class Chunk(NamedTuple):
    """Where one column of a row group lies; sizes with the page's header."""

    offset: int
    values: int
    plain: int
    packed: int


class Group(NamedTuple):
    chunks: list[Chunk]
    rows: int


class Writer:
    """A file that is written row group by row group, by one process or by several in turn: `groups` is all the next one has to know."""

    def __init__(self, names: Sequence[str], groups: Sequence[Group] = ()) -> None:
        self._names, self.groups = names, list(groups)
        self._offset = len(MAGIC) + sum(chunk.packed for group in groups for chunk in group.chunks)

    def add(self, group: Mapping[str, Column]) -> Iterator[bytes]:
        """Further rows; all columns, equally long. The first group begins the file."""
        rows, chunks = len(group[self._names[0]]), []
        if not self.groups:
            yield MAGIC
        for name in self._names:
            if len(group[name]) != rows:
                raise ValueError(f"{name} is not as long as {self._names[0]}")
            content, plain = page(group[name])
            chunks.append(Chunk(self._offset, rows, plain, len(content)))
            self._offset += len(content)
            yield content
        self.groups.append(Group(chunks, rows))

    def end(self) -> bytes:
        footer = packed(metadata(self._names, self.groups))
        return (b"" if self.groups else MAGIC) + footer + struct.pack("<I", len(footer)) + MAGIC


def table(names: Sequence[str], groups: Iterable[Mapping[str, Column]]) -> Iterator[bytes]:
    """The file in pieces, one row group in memory at a time."""
    writer = Writer(names)
    for group in groups:
        yield from writer.add(group)
    yield writer.end()


def page(values: Column) -> tuple[bytes, int]:
    """A data page with its header, and its size before compression."""
    texts = [text.encode() for text in values if text is not None]
    levels = definition_levels(values)
    body = struct.pack("<I", len(levels)) + levels + b"".join(struct.pack("<I", len(text)) + text for text in texts)
    content = gzip.compress(body, LEVEL, mtime=0)
    about = Struct(((1, len(values)), (2, PLAIN), (3, RLE), (4, RLE)))
    header = packed(Struct(((1, DATA_PAGE), (2, len(body)), (3, len(content)), (5, about))))
    return header + content, len(header) + len(body)


def definition_levels(values: Column) -> bytes:
    """1 where there is a value, 0 where not, as runs: (length × 2 as a varint, the value as a byte)."""
    runs = ((has, sum(1 for _ in same)) for has, same in groupby(text is not None for text in values))
    return b"".join(varint(length << 1) + bytes([has]) for has, length in runs)


def metadata(names: Sequence[str], groups: list[Group]) -> Struct:
    """FileMetaData."""
    string = Struct(((1, Struct(())),))
    columns = [Struct(((1, BYTE_ARRAY), (3, OPTIONAL), (4, name), (6, UTF8), (10, string))) for name in names]
    root = Struct(((4, "schema"), (5, len(names))))
    rows = [
        Struct(
            (
                (1, [column(name, chunk) for name, chunk in zip(names, group.chunks, strict=True)]),
                (2, I64(sum(chunk.plain for chunk in group.chunks))),
                (3, I64(group.rows)),
            )
        )
        for group in groups
    ]
    return Struct(((1, 1), (2, [root, *columns]), (3, I64(sum(group.rows for group in groups))), (4, list(rows)), (6, "tickwise")))


def column(name: str, chunk: Chunk) -> Struct:
    """ColumnChunk with its ColumnMetaData."""
    about = Struct(
        (
            (1, BYTE_ARRAY), (2, [PLAIN, RLE]), (3, [name]), (4, GZIP), (5, I64(chunk.values)), (6, I64(chunk.plain)),
            (7, I64(chunk.packed)), (9, I64(chunk.offset)),
        )
    )  # fmt: skip
    return Struct(((2, I64(chunk.offset)), (3, about)))


def packed(value: Value) -> bytes:
    """A value in Thrift's compact protocol."""
    if isinstance(value, Struct):
        out, last = bytearray(), 0
        for number, one in value.fields:
            out += bytes([(number - last) << 4 | kind(one)]) + packed(one)
            last = number
        return bytes(out) + b"\0"
    if isinstance(value, str):
        text = value.encode()
        return varint(len(text)) + text
    if isinstance(value, list):
        of = kind(value[0]) if value else _STRUCT
        head = bytes([len(value) << 4 | of]) if len(value) < 15 else bytes([0xF0 | of]) + varint(len(value))
        return head + b"".join(packed(one) for one in value)
    number = value.value if isinstance(value, I64) else value
    return varint(number << 1)  # zigzag; nothing here is negative


def kind(value: Value) -> int:
    if isinstance(value, Struct):
        return _STRUCT
    if isinstance(value, I64):
        return _I64
    if isinstance(value, str):
        return _BINARY
    return _LIST if isinstance(value, list) else _I32


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
