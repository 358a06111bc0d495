"""AMQP values and frames: what is written reads back, and nonsense hurts nobody else."""

import asyncio
import uuid
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.onebox.servicebus.codec import Array, Described, Int, Malformed, Symbol, Timestamp, UByte, UInt, ULong, UShort, decode, encode
from infra.onebox.servicebus.frames import AMQP_HEADER, SASL_HEADER, Cutter, Frame, frame
from infra.onebox.servicebus.message import Message as Stored
from infra.onebox.servicebus.message import application_properties, compose, outgoing, properties, render, sections
from infra.onebox.servicebus.service import ServiceBusService

LONG = st.integers(-(2**63), 2**63 - 1)
SIMPLE = st.one_of(
    st.none(),
    st.booleans(),
    st.text(),
    st.binary(max_size=300),
    LONG,
    LONG.map(Timestamp),
    st.integers(0, 255).map(UByte),
    st.integers(0, 2**16 - 1).map(UShort),
    st.integers(0, 2**32 - 1).map(UInt),
    st.integers(0, 2**64 - 1).map(ULong),
    st.integers(-(2**31), 2**31 - 1).map(Int),
    st.floats(allow_nan=False),
    st.uuids(),
    st.text("abc:-", max_size=300).map(Symbol),
    st.lists(LONG, max_size=300).map(Array),
    st.lists(st.text(), max_size=4).map(Array),
)
VALUES = st.recursive(SIMPLE, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5), max_leaves=12)


def typed(value: Any) -> Any:
    """The value with its types, since Symbol('a') == 'a' and UInt(1) == 1."""
    if isinstance(value, list):
        return [type(value), *map(typed, value)]
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return type(value), value


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_a_value_reads_back_with_its_type(value: Any) -> None:
    raw = encode(value)
    assert decode(raw) == (decode(raw)[0], len(raw))
    assert typed(decode(raw)[0]) == typed(value)


@given(st.binary(max_size=60))
@example(b"\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40")
@example(b"\xd0\x00\x00\x00\x04\xff\xff\xff\xff")
@example(b"\x00" * 60)
@settings(max_examples=300, deadline=None)
def test_nonsense_is_malformed_and_nothing_else(raw: bytes) -> None:
    try:
        decode(raw)
    except Malformed:
        pass


def test_an_unknown_type_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        encode(object())


def test_frames_are_cut_whatever_the_pieces() -> None:
    stream = SASL_HEADER + frame(0x10, ["me", None, UInt(7)], channel=3) + frame(0x14, [UInt(0)], payload=b"body")
    for size in range(1, len(stream)):
        cutter, found = Cutter(), []
        for at in range(0, len(stream), size):
            found += list(cutter.feed(stream[at : at + size]))
        header, opened, sent = found
        assert header == SASL_HEADER
        assert isinstance(opened, Frame) and isinstance(sent, Frame)
        assert (opened.code, opened.channel, opened[0], opened[1], opened[2], opened[9]) == (0x10, 3, "me", None, 7, None)
        assert (sent.code, sent.payload) == (0x14, b"body")


def test_the_senders_bytes_stay_as_they_were() -> None:
    sent = compose("body", message_id="1", application={"n": UInt(7)}, session_id="s", scheduled_ms=5)
    kept = Stored(9, sent.payload, "1", "s", 1_000, deliveries=2, lock=uuid.UUID(int=1), locked_until_ms=2_000)
    shown = render(kept)
    parts, before = sections(shown), sections(sent.payload)
    assert parts[0x70] == [True, None, None, None, 2]
    assert parts[0x72] == {"x-opt-sequence-number": 9, "x-opt-enqueued-time": 1_000, "x-opt-message-state": 0, "x-opt-locked-until": 2_000}
    assert [parts[code] for code in (0x73, 0x74, 0x75)] == [before[code] for code in (0x73, 0x74, 0x75)]
    assert properties(parts)["group_id"] == "s"
    assert outgoing(sent.payload) == sent
    kept.reason, kept.description = "why", None
    assert sections(render(kept))[0x74] == application_properties(kept) == {"n": 7, "DeadLetterReason": "why"}


def test_an_unknown_message_property_is_refused() -> None:
    with pytest.raises(ValueError, match="sesion"):
        compose("a", sesion="s")


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        AMQP_HEADER + b"\xff" * 64,
        AMQP_HEADER + frame(0x12, ["l", UInt(0), True]) + frame(0x99, []),
        AMQP_HEADER + frame(0x10, [7, 8, Symbol("x")]),
    ],
    ids=["http", "noise", "unknown performative", "wrong types"],
)
async def test_a_peer_that_sends_nonsense_is_disconnected_and_nobody_else_notices(service: ServiceBusService, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(sent)
    async with asyncio.timeout(30):
        while await reader.read(1_000):
            pass
    writer.close()
    assert service.broker.send("plain", compose("still here"))


async def test_a_link_without_a_token_is_refused(service: ServiceBusService) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    begin = frame(0x11, [None, UInt(0), UInt(100), UInt(100)])
    target = Described(ULong(0x29), ["plain"])
    attach = frame(0x12, ["l", UInt(0), False, None, None, Described(ULong(0x28), ["me"]), target])
    writer.write(AMQP_HEADER + frame(0x10, ["me"]) + begin + attach)
    cutter, found = Cutter(), []
    async with asyncio.timeout(30):
        while not any(isinstance(item, Frame) and item.code == 0x16 for item in found):
            found += list(cutter.feed(await reader.read(1_000)))
    detached = found[-1]
    assert isinstance(detached, Frame)
    assert detached[2].value[0] == "amqp:unauthorized-access"
    writer.close()
