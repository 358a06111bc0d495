"""What `$cbs` and `$management` answer: token checks, peek, schedule, renew, deferred messages, session state.

Source: Microsoft Learn, "AMQP 1.0 in Azure Service Bus: request/response-based operations".
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from . import tokens
from .broker import Broker
from .codec import Array, Described, Int, Symbol, Timestamp, ULong, encode
from .errors import Refused, SessionLockLost
from .links import Link, Receiver
from .message import APPLICATION, PROPERTIES, VALUE, Message, outgoing, properties, render, sections
from .queue import Queue

Answer = tuple[int, Any]


class Caller(Protocol):
    """What an operation needs of the connection it came by."""

    broker: Broker
    key: str

    def grant(self, entity: str, until_s: float) -> None: ...
    def links(self) -> Iterator[Link]: ...


def put_token(connection: Caller, payload: bytes) -> tuple[str | None, bytes]:
    """Checks a token; (where to answer, the answer)."""
    parts = sections(payload)
    asked = parts.get(APPLICATION) or {}
    token = parts.get(VALUE)
    try:
        text = token.decode() if isinstance(token, bytes) else str(token)
        connection.grant(*tokens.check(text, str(asked.get("name") or ""), connection.key))
        code, described = 202, "Accepted"
    except Refused as refused:
        code, described = refused.status, str(refused)
    return _reply(parts, {"status-code": Int(code), "status-description": described}, None)


def manage(connection: Caller, queue: Queue, payload: bytes) -> tuple[str | None, bytes]:
    """Runs one management operation; (where to answer, the answer)."""
    parts = sections(payload)
    asked = parts.get(APPLICATION) or {}
    name = str(asked.get("operation", "")).removeprefix("com.microsoft:")
    condition: str | None = None
    try:
        operation = OPERATIONS.get(name)
        if operation is None:
            raise _Unknown(f"The operation '{name}' is not supported.")
        connection.broker.advance()
        code, value = operation(connection, queue, parts.get(VALUE) or {})
        described = "OK" if code == 200 else "No content"
    except Refused as refused:
        code, described, condition, value = refused.status, str(refused), refused.condition, None
    except (KeyError, TypeError, AttributeError, ValueError) as wrong:
        code, described, condition, value = 400, f"bad request: {wrong!r}", "com.microsoft:argument-error", None
    told: dict[str, Any] = {"statusCode": Int(code), "statusDescription": described}
    if condition is not None:
        told["errorCondition"] = Symbol(condition)
    return _reply(parts, told, value)


class _Unknown(Refused):
    condition, status = "amqp:not-implemented", 501


def _reply(parts: dict[int, Any], told: dict[str, Any], value: Any) -> tuple[str | None, bytes]:
    asked = properties(parts)
    fields = [None, None, None, None, None, asked.get("message_id")]
    body = [Described(ULong(PROPERTIES), fields), Described(ULong(APPLICATION), told), Described(ULong(VALUE), value)]
    return asked.get("reply_to"), b"".join(map(encode, body))


def _peek(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    found = queue.peek(int(asked["from-sequence-number"]), int(asked["message-count"]), asked.get("session-id"))
    return (200, {"messages": [{"message": render(message)} for message in found]}) if found else (204, None)


def _schedule(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    return 200, {"sequence-numbers": Array(queue.send(*(outgoing(item["message"]) for item in asked["messages"])))}


def _cancel(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    queue.cancel([int(seq) for seq in asked["sequence-numbers"]])
    return 200, None


def _renew(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    return 200, {"expirations": Array(Timestamp(queue.renew(token)) for token in asked["lock-tokens"])}


def _deferred(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    seqs, session_id = [int(seq) for seq in asked["sequence-numbers"]], asked.get("session-id")
    owner = _owner(connection, queue, session_id) if queue.settings.requires_session else connection
    found = queue.receive_deferred(owner, seqs, session_id)
    answer = [{"message": render(message), "lock-token": message.lock} for message in found]
    if not int(asked.get("receiver-settle-mode", 1)):
        for message in found:
            if message.lock is not None:
                queue.complete(message.lock)
    return 200, {"messages": answer}


def _settle(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    status, held = str(asked["disposition-status"]), [queue.locked(token) for token in asked["lock-tokens"]]
    for message in held:
        _SETTLE[status](queue, message, asked)
    return 200, None


def _lock(message: Message) -> uuid.UUID:
    if message.lock is None:
        raise SessionLockLost("The message is not locked.")
    return message.lock


_SETTLE: dict[str, Callable[[Queue, Message, dict[str, Any]], None]] = {
    "completed": lambda queue, message, asked: queue.complete(_lock(message)),
    "abandoned": lambda queue, message, asked: queue.abandon(_lock(message)),
    "defered": lambda queue, message, asked: queue.defer(_lock(message)),
    "suspended": lambda queue, message, asked: queue.dead_letter(
        _lock(message), asked.get("deadletter-reason"), asked.get("deadletter-description")
    ),
}


def _owner(connection: Caller, queue: Queue, session_id: str | None) -> Receiver:
    for link in connection.links():
        if isinstance(link, Receiver) and link.queue is queue and link.session_id == session_id:
            return link
    raise SessionLockLost("The session lock has expired on the session. Accept a new session.")


def _renew_session(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    name = asked["session-id"]
    return 200, {"expiration": Timestamp(queue.renew_session(name, _owner(connection, queue, name)))}


def _get_state(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    name = asked["session-id"]
    return 200, {"session-state": queue.session_state(name, _owner(connection, queue, name))}


def _set_state(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    name, state = asked["session-id"], asked.get("session-state")
    queue.set_session_state(name, _owner(connection, queue, name), state.encode() if isinstance(state, str) else state)
    return 200, None


def _sessions(connection: Caller, queue: Queue, asked: dict[str, Any]) -> Answer:
    skip, top = int(asked.get("skip", 0)), int(asked.get("top", 100))
    found = queue.session_ids()[skip : skip + top]
    return (200, {"skip": Int(skip + len(found)), "sessions-ids": Array(found)}) if found else (204, None)


OPERATIONS: dict[str, Callable[[Caller, Queue, dict[str, Any]], Answer]] = {
    "peek-message": _peek,
    "schedule-message": _schedule,
    "cancel-scheduled-message": _cancel,
    "renew-lock": _renew,
    "receive-by-sequence-number": _deferred,
    "update-disposition": _settle,
    "renew-session-lock": _renew_session,
    "get-session-state": _get_state,
    "set-session-state": _set_state,
    "get-message-sessions": _sessions,
}
