"""What a client may say on the JSON subprotocols, and the answers it gets."""

import base64
import binascii
from typing import Any

import orjson

from .connection import Connection
from .hub import Hub, Payload


class Malformed(Exception):
    """A frame that is not of the protocol; the connection ends."""


def receive(hub: Hub, connection: Connection, text: str) -> None:
    """Does what one frame asks; raises Malformed."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Malformed("the frame is not JSON") from None
    if not isinstance(frame, dict):
        raise Malformed("the frame is not an object")
    match frame.get("type"):
        case "ping":
            connection.send('{"type":"pong"}')
        case "sequenceAck":
            connection.acknowledged(_number(frame, "sequenceId"))
        case "joinGroup" | "leaveGroup" | "sendToGroup" | "event":
            _acknowledged(hub, connection, frame)
        case other:
            raise Malformed(f"unknown type {str(other)[:50]!r}")


def greeting(connection: Connection) -> str:
    """The first frame of a connection, also after a recovery."""
    frame = {"type": "system", "event": "connected", "userId": connection.user, "connectionId": connection.id}
    if connection.is_reliable:
        frame["reconnectionToken"] = connection.token
    return orjson.dumps(frame).decode()


def _acknowledged(hub: Hub, connection: Connection, frame: dict[str, Any]) -> None:
    ack = _number(frame, "ackId") if frame.get("ackId") is not None else None
    if ack is not None and not connection.is_new_ack(ack):
        error: tuple[str, str] | None = ("Duplicate", f"Message with ack-id: {ack} has been processed")
    else:
        error = _do(hub, connection, frame)
    if ack is not None:
        answer: dict[str, Any] = {"type": "ack", "ackId": ack, "success": error is None}
        if error:
            answer["error"] = {"name": error[0], "message": error[1]}
        connection.send(orjson.dumps(answer).decode())


def _do(hub: Hub, connection: Connection, frame: dict[str, Any]) -> tuple[str, str] | None:
    """Carries it out; (name, message) of the error if it is not allowed."""
    if frame["type"] == "event":
        return "InternalServerError", "no event handler is registered for this hub"
    group = frame.get("group")
    if not isinstance(group, str) or not group.strip() or len(group) > 1024:
        raise Malformed("a group has between 1 and 1024 letters")
    permission = "sendToGroup" if frame["type"] == "sendToGroup" else "joinLeaveGroup"
    if not connection.may(permission, group):
        return "Forbidden", f"The client does not have permission {permission} for group '{group}'."
    if frame["type"] == "sendToGroup":
        excluded = (connection.id,) if frame.get("noEcho") is True else ()
        hub.send(hub.in_group(group), _payload(frame), group, connection.user, excluded)
    else:
        (connection.groups.add if frame["type"] == "joinGroup" else connection.groups.discard)(group)
    return None


def _payload(frame: dict[str, Any]) -> Payload:
    kind, data = frame.get("dataType", "json"), frame.get("data")
    try:
        if kind == "binary":
            return Payload(base64.b64decode(data, validate=True), kind)
        if kind == "text" and not isinstance(data, str):
            raise Malformed("text data is a text")
        return Payload(data, kind)
    except (ValueError, TypeError, binascii.Error):
        raise Malformed("the data does not fit its dataType") from None


def _number(frame: dict[str, Any], name: str) -> int:
    value = frame.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{name} is a whole number")
    return value
