"""One message: what a sender hands over, what a queue keeps, what a receiver is shown.

Rules:
1. The bare message (properties, application properties, body) is kept byte for byte; only header and annotations are rewritten.
2. `deliveries` counts deliveries that failed. AMQP shows it as it is; .NET, and so a trigger, shows one more.
"""

import uuid
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from .codec import Described, Int, Malformed, Symbol, Timestamp, UInt, ULong, decode, encode

HEADER, DELIVERY, ANNOTATIONS, PROPERTIES, APPLICATION, DATA, SEQUENCE, VALUE = range(0x70, 0x78)
SCHEDULED_AT = Symbol("x-opt-scheduled-enqueue-time")
_OURS = {"x-opt-sequence-number", "x-opt-enqueued-time", "x-opt-locked-until", "x-opt-lock-token", "x-opt-message-state", SCHEDULED_AT}
_FIELDS = (
    "message_id",
    "user_id",
    "to",
    "subject",
    "reply_to",
    "correlation_id",
    "content_type",
    "content_encoding",
    "absolute_expiry_time",
    "creation_time",
    "group_id",
    "group_sequence",
    "reply_to_group_id",
)


class State(IntEnum):
    """Where a message stands; the numbers are Service Bus's own for the first three."""

    ACTIVE = 0
    DEFERRED = 1
    SCHEDULED = 2


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way in: the AMQP bytes and what the broker needs to know of them."""

    payload: bytes
    message_id: str | None = None
    session_id: str | None = None
    ttl_ms: int | None = None
    scheduled_ms: int | None = None


@dataclass(slots=True, eq=False)
class Message:
    """A message in a queue; times in ms since 1970."""

    seq: int
    payload: bytes
    message_id: str | None
    session_id: str | None
    enqueued_ms: int
    scheduled_ms: int | None = None
    expires_ms: int | None = None
    ttl_ms: int | None = None
    deliveries: int = 0
    state: State = State.ACTIVE
    reason: str | None = None
    description: str | None = None
    lock: uuid.UUID | None = None
    locked_until_ms: int = 0
    owner: object = None


def outgoing(payload: bytes) -> Outgoing:
    """Reads an encoded AMQP message as a sender's transfer carried it."""
    parts = sections(payload)
    header, annotations, fields = parts.get(HEADER) or [], parts.get(ANNOTATIONS) or {}, properties(parts)
    ttl = header[2] if len(header) > 2 else None
    scheduled = annotations.get(SCHEDULED_AT)
    return Outgoing(
        payload,
        message_id=_text(fields.get("message_id")),
        session_id=_text(fields.get("group_id")),
        ttl_ms=int(ttl) if ttl is not None else None,
        scheduled_ms=int(scheduled) if scheduled is not None else None,
    )


def batched(payload: bytes) -> list[Outgoing]:
    """The messages inside a batch transfer (message format 0x80013700): one per data section."""
    found, at = [], 0
    while at < len(payload):
        section, at = decode(payload, at)
        if section.code == DATA:
            found.append(outgoing(section.value))
    return found


def compose(
    body: bytes | str,
    *,
    application: dict[str, Any] | None = None,
    ttl_ms: int | None = None,
    scheduled_ms: int | None = None,
    **fields: Any,
) -> Outgoing:
    """A message built here rather than by a client; `fields` are AMQP property names plus `session_id`."""
    if "session_id" in fields:
        fields["group_id"] = fields.pop("session_id")
    if unknown := set(fields) - set(_FIELDS):
        raise ValueError(f"not message properties: {sorted(unknown)}")
    raw = body.encode() if isinstance(body, str) else body
    out = [_section(HEADER, [None, None, UInt(ttl_ms)])] if ttl_ms is not None else []
    out += [_section(ANNOTATIONS, {SCHEDULED_AT: Timestamp(scheduled_ms)})] if scheduled_ms is not None else []
    out += [_section(PROPERTIES, [fields.get(name) for name in _FIELDS])]
    out += [_section(APPLICATION, application)] if application else []
    return outgoing(b"".join([*out, _section(DATA, raw)]))


def render(message: Message) -> bytes:
    """The message as a receiver gets it: our header and annotations around the sender's bare message."""
    theirs, bare = _split(message.payload)
    header: list[Any] = [True, None, UInt(message.ttl_ms) if message.ttl_ms is not None else None, None, UInt(message.deliveries)]
    notes = {key: value for key, value in theirs.items() if key not in _OURS}
    notes[Symbol("x-opt-sequence-number")] = message.seq
    notes[Symbol("x-opt-enqueued-time")] = Timestamp(message.enqueued_ms)
    notes[Symbol("x-opt-message-state")] = Int(message.state)
    if message.scheduled_ms is not None:
        notes[SCHEDULED_AT] = Timestamp(message.scheduled_ms)
    if message.lock is not None:
        notes[Symbol("x-opt-locked-until")] = Timestamp(message.locked_until_ms)
    if message.reason is not None or message.description is not None:
        bare = _with_reason(bare, message)
    return _section(HEADER, header) + _section(ANNOTATIONS, notes) + bare


def sections(payload: bytes) -> dict[int, Any]:
    """Section code to value; the body is under DATA (joined), SEQUENCE or VALUE."""
    found: dict[int, Any] = {}
    at = 0
    while at < len(payload):
        section, at = decode(payload, at)
        if not isinstance(section, Described):
            raise Malformed("a message is made of described sections")
        code = int(section.code)
        found[code] = found[code] + section.value if code in (DATA, SEQUENCE) and code in found else section.value
    return found


def properties(parts: dict[int, Any]) -> dict[str, Any]:
    """The properties section by name."""
    return dict(zip(_FIELDS, parts.get(PROPERTIES) or [], strict=False))


def application_properties(message: Message) -> dict[str, Any]:
    """The sender's application properties, with the reason where the message was dead-lettered."""
    found = dict(sections(message.payload).get(APPLICATION) or {})
    return found | _reasons(message)


def _reasons(message: Message) -> dict[str, str]:
    given = {"DeadLetterReason": message.reason, "DeadLetterErrorDescription": message.description}
    return {name: text for name, text in given.items() if text is not None}


def _section(code: int, value: Any) -> bytes:
    return encode(Described(ULong(code), value))


def _split(payload: bytes) -> tuple[dict[Any, Any], bytes]:
    """The sender's annotations, and everything that must stay untouched."""
    theirs: dict[Any, Any] = {}
    kept, at = [], 0
    while at < len(payload):
        section, end = decode(payload, at)
        if section.code == ANNOTATIONS:
            theirs = section.value or {}
        elif section.code not in (HEADER, DELIVERY):
            kept.append(payload[at:end])
        at = end
    return theirs, b"".join(kept)


def _with_reason(bare: bytes, message: Message) -> bytes:
    known: dict[str, Any] = {}
    before, after, at = b"", bare, 0
    while at < len(bare):
        section, end = decode(bare, at)
        if section.code == PROPERTIES:
            before, after = bare[:end], bare[end:]
        elif section.code == APPLICATION:
            known, after = section.value or {}, bare[end:]
        at = end
    return before + _section(APPLICATION, known | _reasons(message)) + after


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)
