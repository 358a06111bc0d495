"""The Web PubSub endpoint, to be mounted on the host's HTTP application.

`WebPubSubService(directory, clock, hubs)`; `add_routes`, `connection_string`, `perform` for output bindings, `stop`.
Connections live in memory: after a restart clients connect again, as they do after any break.
"""

import asyncio
import hmac
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from .connection import PLAIN, RELIABLE, Connection
from .hub import Hub
from .protocol import Malformed, greeting, receive
from .rest import Rest
from .tokens import Refused, Tokens, listed

_RECOVERABLE_S = 30  # how long a reliable connection waits for its client
_MOST_FRAME = 1024 * 1024
_PING_EVERY_S = 30


class WebPubSubService:
    """The hubs of this machine; `origins` limits which pages may connect (None: any, the token decides)."""

    def __init__(self, directory: Path, clock, hubs: Iterable[str], origins: Collection[str] | None = None):
        directory.mkdir(parents=True, exist_ok=True)
        self._clock, self._origins = clock, origins
        self._tokens = Tokens(directory / "webpubsub.key", clock)
        self._hubs = {name.lower(): Hub(name) for name in hubs}
        self._waiting: set[asyncio.Task] = set()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/client/hubs/{hub}", self._client)
        Rest(self._tokens, self._find).add_routes(app)

    def connection_string(self, base_url: str) -> str:
        return f"Endpoint={base_url.rstrip('/')};AccessKey={self._tokens.key};Version=1.0;"

    async def perform(self, hub: str, action: dict[str, Any]) -> None:
        """Carries out one output binding action ("sendToGroup", …); raises ValueError when it makes no sense."""
        found = self._find(hub)
        if found is None:
            raise ValueError(f"no such hub: {hub!r}")
        found.perform(action)

    async def stop(self) -> None:
        """Says goodbye to everyone."""
        for task in self._waiting:
            task.cancel()
        for hub in self._hubs.values():
            hub.close(hub.everyone(), "the service stops")
            await hub.closed()

    def _find(self, hub: str) -> Hub | None:
        return self._hubs.get(hub.lower())

    async def _client(self, request: web.Request) -> web.StreamResponse:
        hub = self._find(request.match_info["hub"])
        if hub is None:
            return web.Response(status=404)
        if self._origins is not None and request.headers.get("Origin") not in (None, *self._origins):
            return web.Response(status=403)
        known, claims = None, {}
        if "awps_connection_id" in request.query:
            known = self._recoverable(hub, request)
            if known is None:
                return web.Response(status=404, text="the connection is over")
        else:
            try:
                claims = self._tokens.check(_token(request), _audiences(request))
            except Refused as refused:
                return web.Response(status=401, text=str(refused))
        socket = web.WebSocketResponse(protocols=(RELIABLE, PLAIN), heartbeat=_PING_EVERY_S, max_msg_size=_MOST_FRAME)
        await socket.prepare(request)
        return await self._serve(hub, known or _made(hub, socket, claims), socket)

    async def _serve(self, hub: Hub, connection: Connection, socket: web.WebSocketResponse) -> web.WebSocketResponse:
        former = connection.socket
        hub.connections[connection.id] = connection
        connection.attach(socket, greeting(connection) if connection.protocol else None)
        if former is not None:  # its client came back before we saw it leave
            await former.close(code=1001)
        pump = asyncio.create_task(connection.pump(socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT and connection.protocol:
                    receive(hub, connection, message.data)
        except Malformed as malformed:
            hub.close([connection], str(malformed))
            await hub.closed()
        finally:
            pump.cancel()
            if connection.socket is socket:
                self._left(hub, connection, socket)
        return socket

    def _left(self, hub: Hub, connection: Connection, socket: web.WebSocketResponse) -> None:
        """The client is gone: for good after a proper goodbye, else it may come back for a while."""
        connection.socket = None
        if not connection.is_reliable or socket.close_code in (1000, 1001, 1008):
            hub.connections.pop(connection.id, None)
            return
        task = asyncio.create_task(self._forget(hub, connection))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _forget(self, hub: Hub, connection: Connection) -> None:
        deadline = self._clock.monotonic() + _RECOVERABLE_S
        connection.deadline = deadline
        await self._clock.sleep(_RECOVERABLE_S)
        if connection.socket is None and connection.deadline == deadline:
            hub.connections.pop(connection.id, None)

    def _recoverable(self, hub: Hub, request: web.Request) -> Connection | None:
        known = hub.connections.get(request.query["awps_connection_id"])
        token = request.query.get("awps_reconnection_token", "")
        if known is None or not known.is_reliable or not hmac.compare_digest(known.token.encode(), token.encode()):
            return None
        return known


def _made(hub: Hub, socket: web.WebSocketResponse, claims: dict[str, Any]) -> Connection:
    user = claims.get("sub")
    return Connection(hub.name, user, socket.ws_protocol, listed(claims.get("role")), listed(claims.get("webpubsub.group")))


def _token(request: web.Request) -> str:
    return request.query.get("access_token") or request.headers.get("Authorization", "").removeprefix("Bearer ")


def _audiences(request: web.Request) -> list[str]:
    """The library writes the endpoint it was given, so the scheme may be any of these."""
    return [f"{scheme}://{request.host}/client/hubs/{request.match_info['hub']}" for scheme in ("http", "https", "ws", "wss")]
