"""The REST interface as azure-messaging-webpubsubservice 1.3 calls it; every request carries a token for its own address."""

from collections.abc import Callable

import orjson
from aiohttp import web

from .connection import Connection
from .hub import Hub, Payload, join, leave, permit
from .tokens import Refused, Tokens

_MOST_BODY = 1024 * 1024  # the service's limit for one message
_OF = "{of:(?:groups|users|connections)}/{name}"


class Rest:
    """Routes below /api/hubs."""

    def __init__(self, tokens: Tokens, find: Callable[[str], Hub | None]):
        self._tokens, self._find = tokens, find

    def add_routes(self, app: web.Application) -> None:
        hub = "/api/hubs/{hub}"
        routes = [
            ("POST", f"{hub}/:send", self._send),
            ("POST", f"{hub}/{_OF}/:send", self._send),
            ("POST", f"{hub}/:closeConnections", self._close),
            ("POST", f"{hub}/{_OF}/:closeConnections", self._close),
            ("POST", f"{hub}/:generateToken", self._token),
            ("HEAD", f"{hub}/{_OF}", self._exists),
            ("DELETE", f"{hub}/{{of:connections}}/{{name}}", self._close),
            ("GET", f"{hub}/groups/{{group}}/connections", self._list),
            ("PUT", f"{hub}/groups/{{group}}/{{of:connections}}/{{name}}", self._join),
            ("DELETE", f"{hub}/groups/{{group}}/{{of:connections}}/{{name}}", self._leave),
            ("PUT", f"{hub}/{{of:users}}/{{name}}/groups/{{group}}", self._join),
            ("DELETE", f"{hub}/{{of:users}}/{{name}}/groups/{{group}}", self._leave),
            ("DELETE", f"{hub}/{{of:users|connections}}/{{name}}/groups", self._leave),
            ("PUT", f"{hub}/permissions/{{permission}}/{{of:connections}}/{{name}}", self._permit),
            ("DELETE", f"{hub}/permissions/{{permission}}/{{of:connections}}/{{name}}", self._permit),
            ("HEAD", f"{hub}/permissions/{{permission}}/{{of:connections}}/{{name}}", self._may),
        ]
        app.add_routes([web.route(method, path, self._checked(act)) for method, path, act in routes])

    def _checked(self, act):
        async def checked(request: web.Request) -> web.Response:
            address = f"{request.host}{request.rel_url.raw_path}"
            query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
            meant = [f"{scheme}://{address}{rest}" for scheme in ("http", "https") for rest in ("", query)]
            try:
                self._tokens.check(request.headers.get("Authorization", "").removeprefix("Bearer "), meant)
            except Refused as refused:
                return web.json_response({"code": "Unauthorized", "message": str(refused)}, status=401)
            hub = self._find(request.match_info["hub"])
            if hub is None:
                return web.json_response({"code": "NotFound", "message": "no such hub"}, status=404)
            try:
                return await act(request, hub)
            except ValueError as error:
                return web.json_response({"code": "BadRequest", "message": str(error)}, status=400)

        return checked

    async def _send(self, request: web.Request, hub: Hub) -> web.Response:
        group = request.match_info["name"] if request.match_info.get("of") == "groups" else None
        if "filter" in request.query:
            raise ValueError("filters are not supported")
        hub.send(_meant(request, hub), await _payload(request), group, excluded=request.query.getall("excluded", []))
        return web.Response(status=202)

    async def _close(self, request: web.Request, hub: Hub) -> web.Response:
        excluded = request.query.getall("excluded", [])
        hub.close([one for one in _meant(request, hub) if one.id not in excluded], request.query.get("reason", ""))
        return web.Response(status=204)

    async def _exists(self, request: web.Request, hub: Hub) -> web.Response:
        return web.Response(status=200 if _meant(request, hub) else 404)

    async def _list(self, request: web.Request, hub: Hub) -> web.Response:
        top = int(request.query.get("top", "2147483647"))
        found = [{"connectionId": one.id, "userId": one.user} for one in hub.in_group(request.match_info["group"])]
        return web.json_response({"value": found[:top]})

    async def _join(self, request: web.Request, hub: Hub) -> web.Response:
        meant = _meant(request, hub)
        if not meant and request.match_info["of"] == "connections":
            return web.Response(status=404)
        join(meant, request.match_info["group"])
        return web.Response(status=200)

    async def _leave(self, request: web.Request, hub: Hub) -> web.Response:
        leave(_meant(request, hub), request.match_info.get("group"))
        return web.Response(status=204)

    async def _permit(self, request: web.Request, hub: Hub) -> web.Response:
        meant = _meant(request, hub)
        if not meant:
            return web.Response(status=404)
        is_granted = request.method == "PUT"
        permit(meant[0], request.match_info["permission"], request.query.get("targetName"), is_granted)
        return web.Response(status=200 if is_granted else 204)

    async def _may(self, request: web.Request, hub: Hub) -> web.Response:
        meant = _meant(request, hub)
        is_allowed = bool(meant) and meant[0].may(request.match_info["permission"], request.query.get("targetName", ""))
        return web.Response(status=200 if is_allowed else 404)

    async def _token(self, request: web.Request, hub: Hub) -> web.Response:
        query = request.query
        minutes = int(query.get("minutesToExpire", "60"))
        if not 0 < minutes <= 1440:
            raise ValueError("minutesToExpire is between 1 and 1440")
        audience = f"{request.scheme}://{request.host}/client/hubs/{request.match_info['hub']}"
        token = self._tokens.client(audience, minutes, query.get("userId"), query.getall("role", []), query.getall("group", []))
        return web.json_response({"token": token})


def _meant(request: web.Request, hub: Hub) -> list[Connection]:
    """The connections a path is about."""
    name = request.match_info.get("name", "")
    match request.match_info.get("of"):
        case "groups":
            return hub.in_group(name)
        case "users":
            return hub.of_user(name)
        case "connections":
            return hub.one(name)
    return hub.everyone()


async def _payload(request: web.Request) -> Payload:
    body = await request.read()
    if len(body) > _MOST_BODY:
        raise ValueError("a message has at most 1 MB")
    match request.content_type:
        case "application/json":
            return Payload(orjson.loads(body), "json")
        case "application/octet-stream":
            return Payload(body, "binary")
    return Payload(body.decode(), "text")
