"""Who is connected, and what happens to them: send, join, leave, close, grant. REST, output bindings and clients all end here."""

import asyncio
import base64
from collections.abc import Collection, Iterable
from typing import Any

import orjson

from .connection import Connection

_PERMISSIONS = ("sendToGroup", "joinLeaveGroup")


class Payload:
    """One message's data, written once for all its receivers."""

    def __init__(self, data: Any, kind: str):
        if kind not in ("json", "text", "binary"):
            raise ValueError(f"dataType is json, text or binary, not {kind!r}")
        self.data, self.kind = data, kind

    def frame(self, group: str | None = None, sender: str | None = None) -> str:
        """The JSON frame of a message from the server, or from a group."""
        shown = base64.b64encode(self.data).decode() if self.kind == "binary" else self.data
        frame = {"type": "message", "from": "server" if group is None else "group"}
        frame |= ({"group": group} if group is not None else {}) | ({"fromUserId": sender} if sender else {})
        return orjson.dumps({**frame, "dataType": self.kind, "data": shown}).decode()

    def bare(self) -> str | bytes:
        """What a client without a subprotocol gets."""
        return orjson.dumps(self.data).decode() if self.kind == "json" else self.data


class Hub:
    """The connections of one hub."""

    def __init__(self, name: str):
        self.name = name
        self.connections: dict[str, Connection] = {}
        self._closing: set[asyncio.Task] = set()

    def everyone(self) -> list[Connection]:
        return list(self.connections.values())

    def in_group(self, group: str) -> list[Connection]:
        return [one for one in self.connections.values() if group in one.groups]

    def of_user(self, user: str) -> list[Connection]:
        return [one for one in self.connections.values() if one.user == user]

    def one(self, connection: str) -> list[Connection]:
        found = self.connections.get(connection)
        return [found] if found else []

    def send(
        self,
        receivers: Iterable[Connection],
        payload: Payload,
        group: str | None = None,
        sender: str | None = None,
        excluded: Collection[str] = (),
    ) -> None:
        """Queues a message for each receiver; who is too far behind is disconnected."""
        frame = payload.frame(group, sender)
        for one in receivers:
            if one.id in excluded:
                continue
            is_taken = one.message(frame) if one.protocol else one.send(payload.bare())
            if not is_taken:
                self.close([one], "the client does not read fast enough")

    def close(self, connections: Iterable[Connection], reason: str = "") -> None:
        """Ends connections for good, with a farewell."""
        for one in connections:
            self.connections.pop(one.id, None)
            one.is_over = True
            if one.socket is not None:
                task = asyncio.create_task(_bid_farewell(one, reason))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    async def closed(self) -> None:
        """Waits for the farewells under way."""
        await asyncio.gather(*self._closing, return_exceptions=True)

    def perform(self, action: dict[str, Any]) -> None:
        """One action of an output binding; raises ValueError when it is not understood."""
        name = str(action.get("actionName", ""))
        excluded = action.get("excluded") or ()
        match name[:1].lower() + name[1:]:
            case "sendToAll":
                self.send(self.everyone(), _data(action), excluded=excluded)
            case "sendToGroup":
                group = _text(action, "group")
                self.send(self.in_group(group), _data(action), group, excluded=excluded)
            case "sendToUser":
                self.send(self.of_user(_text(action, "userId")), _data(action))
            case "sendToConnection":
                self.send(self.one(_text(action, "connectionId")), _data(action))
            case "addUserToGroup":
                join(self.of_user(_text(action, "userId")), _text(action, "group"))
            case "removeUserFromGroup":
                leave(self.of_user(_text(action, "userId")), _text(action, "group"))
            case "removeUserFromAllGroups":
                leave(self.of_user(_text(action, "userId")))
            case "addConnectionToGroup":
                join(self.one(_text(action, "connectionId")), _text(action, "group"))
            case "removeConnectionFromGroup":
                leave(self.one(_text(action, "connectionId")), _text(action, "group"))
            case "closeAllConnections":
                self.close([one for one in self.everyone() if one.id not in excluded], str(action.get("reason", "")))
            case "closeClientConnection":
                self.close(self.one(_text(action, "connectionId")), str(action.get("reason", "")))
            case "closeGroupConnections":
                found = self.in_group(_text(action, "group"))
                self.close([one for one in found if one.id not in excluded], str(action.get("reason", "")))
            case "grantPermission" | "revokePermission" as change:
                for one in self.one(_text(action, "connectionId")):
                    permit(one, _text(action, "permission"), action.get("targetName"), change == "grantPermission")
            case _:
                raise ValueError(f"unknown action {name!r}")


def join(connections: Iterable[Connection], group: str) -> None:
    for one in connections:
        one.groups.add(group)


def leave(connections: Iterable[Connection], group: str | None = None) -> None:
    """Leaves one group, or all."""
    for one in connections:
        one.groups.discard(group) if group is not None else one.groups.clear()


def permit(connection: Connection, permission: str, group: str | None, is_granted: bool) -> None:
    """Grants or revokes a permission, for one group or (None) for all."""
    if permission not in _PERMISSIONS:
        raise ValueError(f"permission is one of {', '.join(_PERMISSIONS)}")
    role = f"webpubsub.{permission}" + (f".{group}" if group else "")
    (connection.roles.add if is_granted else connection.roles.discard)(role)


def _text(action: dict[str, Any], name: str) -> str:
    value = action.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{action.get('actionName')} needs {name}")
    return value


def _data(action: dict[str, Any]) -> Payload:
    """`data` is a text in an action: JSON text for json, base64 for binary."""
    data, kind = action.get("data"), str(action.get("dataType", "text")).lower()
    if not isinstance(data, str):
        raise ValueError("data is a text, also for json")
    if kind == "json":
        return Payload(orjson.loads(data), kind)
    return Payload(base64.b64decode(data, validate=True) if kind == "binary" else data, kind)


async def _bid_farewell(connection: Connection, reason: str) -> None:
    socket = connection.socket
    connection.socket = None
    connection.send("")  # wakes the pump, which sees that the socket is no longer its own
    try:
        async with asyncio.timeout(2):
            if connection.protocol:
                await socket.send_str(orjson.dumps({"type": "system", "event": "disconnected", "message": reason}).decode())
            await socket.close(code=1008 if connection.protocol else 1000)
    except (ConnectionError, RuntimeError, TimeoutError):
        pass  # it was gone already
