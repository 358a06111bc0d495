"""What a Service Bus trigger hands to its function: the body, and the trigger metadata under the names of the .NET extension.

Rules:
1. Metadata values are JSON text. One message: `MessageId`; many: `MessageIdArray`. What is absent is left out (null inside an array).
2. `DeliveryCount` is 1 at the first delivery, as .NET counts.
3. The body is text unless the binding says `dataType: binary`.

Source: Azure/azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.ServiceBus, ServiceBusTriggerBindingStrategy.
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from .codec import Symbol, Timestamp
from .message import ANNOTATIONS, DATA, SEQUENCE, VALUE, Message, application_properties, properties, sections

FOR_EVER = "9999-12-31T23:59:59.9999999Z"


def inputs(name: str, messages: list[Message], many: bool, binary: bool) -> dict[str, object]:
    """The trigger parameter: one body, or a list of them."""
    bodies = [_body(message, binary) for message in messages]
    return {name: bodies if many else bodies[0]}


def metadata(messages: list[Message], many: bool) -> dict[str, str]:
    """The trigger metadata as JSON text."""
    rows = [_row(message) for message in messages]
    if not many:
        return {key: json.dumps(value) for key, value in rows[0].items() if value is not None}
    return {f"{key}Array": json.dumps([row[key] for row in rows]) for key in rows[0]}


def _body(message: Message, binary: bool) -> str | bytes:
    parts = sections(message.payload)
    raw = parts.get(DATA)
    if raw is None:
        other = parts.get(VALUE, parts.get(SEQUENCE))
        raw = (
            b""
            if other is None
            else other
            if isinstance(other, bytes)
            else (other if isinstance(other, str) else json.dumps(_plain(other))).encode()
        )
    return raw if binary else raw.decode("utf-8", errors="replace")


def _row(message: Message) -> dict[str, Any]:
    parts = sections(message.payload)
    fields = {key: _plain(value) for key, value in properties(parts).items()}
    notes = parts.get(ANNOTATIONS) or {}
    custom = {key: _plain(value) for key, value in application_properties(message).items()}
    expires = FOR_EVER if message.expires_ms is None else _time(message.expires_ms)
    return {
        "MessageId": message.message_id,
        "SessionId": message.session_id,
        "DeliveryCount": message.deliveries + 1,
        "SequenceNumber": message.seq,
        "EnqueuedTimeUtc": _time(message.enqueued_ms),
        "EnqueuedTime": _time(message.enqueued_ms),
        "ExpiresAtUtc": expires,
        "ExpiresAt": expires,
        "LockToken": str(message.lock) if message.lock is not None else None,
        "ContentType": fields.get("content_type"),
        "CorrelationId": fields.get("correlation_id"),
        "Subject": fields.get("subject"),
        "Label": fields.get("subject"),
        "To": fields.get("to"),
        "ReplyTo": fields.get("reply_to"),
        "ReplyToSessionId": fields.get("reply_to_group_id"),
        "PartitionKey": notes.get(Symbol("x-opt-partition-key")),
        "TransactionPartitionKey": notes.get(Symbol("x-opt-via-partition-key")),
        "DeadLetterSource": None,
        "ApplicationProperties": custom,
        "UserProperties": custom,
    }


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """An AMQP value as JSON has it."""
    if isinstance(value, Timestamp):
        return _time(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
