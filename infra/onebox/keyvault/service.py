"""The Key Vault endpoint: https on 127.0.0.1, secrets only.

`KeyVaultService(directory, clock)`; `start`, `stop`, `settings()`; `is_down = True` makes it answer 503, for outages in tests.
"""

import json
import string
from pathlib import Path
from typing import Any

from aiohttp import web

from . import certificate
from .identity import RESOURCE, Identity
from .safe import Safe, Version

_MOST_VALUE = 25 * 1024  # Key Vault's limit
_PAGE = 25
_LETTERS = set(string.ascii_letters + string.digits + "-")


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class KeyVaultService:
    """One vault."""

    def __init__(self, directory: Path, clock):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.is_down = False
        self._directory, self._clock = directory, clock
        self._identity = Identity(directory, clock)
        self._safe: Safe | None = None
        self._runner: web.AppRunner | None = None
        self._port, self._authority = 0, directory / "keyvault.ca.pem"

    async def start(self, port: int = 0) -> None:
        self._safe = Safe(self._directory, self._clock)
        server, self._authority = certificate.context(self._directory, self._clock.now_ms())
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=server).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        if self._safe:
            self._safe.close()
        self._runner = self._safe = None

    def settings(self) -> dict[str, str]:
        """What an app needs to reach it: url, ca, authority, tenantId, clientId, clientSecret."""
        url = f"https://localhost:{self._port}"
        return {"url": url, "ca": str(self._authority.resolve()), "authority": url, **self._identity.settings}

    def _app(self) -> web.Application:
        @web.middleware
        async def guard(request: web.Request, handler) -> web.StreamResponse:
            return await self._guard(request, handler)

        app = web.Application(middlewares=[guard], client_max_size=256 * 1024)
        self._identity.add_routes(app)
        routes = [
            ("PUT", "/secrets/{name}", self._put),
            ("GET", "/secrets", self._list),
            ("GET", "/secrets/{name}/versions", self._versions),
            ("GET", "/secrets/{name}", self._get),
            ("GET", "/secrets/{name}/{version}", self._get),
            ("PATCH", "/secrets/{name}/{version}", self._change),
            ("PATCH", "/secrets/{name}", self._change),
            ("DELETE", "/secrets/{name}", self._delete),
            ("GET", "/deletedsecrets", self._list_deleted),
            ("GET", "/deletedsecrets/{name}", self._get_deleted),
            ("POST", "/deletedsecrets/{name}/recover", self._recover),
            ("DELETE", "/deletedsecrets/{name}", self._purge),
        ]
        for method, path, act in routes:
            for ending in ("", "/"):
                app.router.add_route(method, path + ending, act)
        return app

    async def _guard(self, request: web.Request, act) -> web.StreamResponse:
        """Challenge, api-version and errors, for everything but the token endpoint."""
        if self.is_down:
            return _error(503, "ServiceUnavailable", "The vault is not available.")
        try:
            if request.path.startswith(("/secrets", "/deletedsecrets")):
                self._check(request)
            return await act(request)
        except _Challenge:
            challenge = f'Bearer authorization="https://{request.host}/{self._identity.tenant}", resource="{RESOURCE}"'
            answer = _error(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
            answer.headers["WWW-Authenticate"] = challenge
            return answer
        except _Refused as refused:
            return _error(refused.status, refused.code, refused.message)

    def _check(self, request: web.Request) -> None:
        if not self._identity.is_ours(request.headers.get("Authorization", "")):
            raise _Challenge
        if "api-version" not in request.query:
            raise _Refused(400, "BadParameter", "api-version must be specified")
        name = request.match_info.get("name")
        if name is not None and (not 1 <= len(name) <= 127 or not _LETTERS.issuperset(name)):
            raise _Refused(400, "BadParameter", "a secret's name has 1 to 127 letters, digits and dashes")

    # secrets

    async def _put(self, request: web.Request) -> web.Response:
        name, body = request.match_info["name"], await _body(request)
        value, tags = body.get("value"), body.get("tags") or {}
        if not isinstance(value, str) or len(value.encode()) > _MOST_VALUE or not isinstance(tags, dict):
            raise _Refused(400, "BadParameter", "a secret has a text value of at most 25 KB")
        if self._safe.deleted_at(name) is not None:
            raise _Refused(
                409, "Conflict", f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused."
            )
        made = self._safe.put(name, value, body.get("contentType"), tags, body.get("attributes") or {})
        return web.json_response(self._shown(request, made, with_value=True))

    async def _get(self, request: web.Request) -> web.Response:
        found = self._found(request)
        now_s = self._clock.now_ms() // 1000
        if not found.enabled:
            raise _Refused(403, "Forbidden", "Operation get is not allowed on a disabled secret.")
        if found.not_before is not None and found.not_before > now_s:
            raise _Refused(403, "Forbidden", "Operation get is not allowed on a secret that is not yet valid.")
        return web.json_response(self._shown(request, found, with_value=True))

    async def _change(self, request: web.Request) -> web.Response:
        found, body = self._found(request), await _body(request)
        old = {"enabled": found.enabled, "nbf": found.not_before, "exp": found.expires}
        attributes = {**old, **{name: value for name, value in (body.get("attributes") or {}).items() if name in old}}
        content_type, tags = body.get("contentType", found.content_type), body.get("tags", found.tags)
        return web.json_response(self._shown(request, self._safe.change(found, content_type, tags, attributes)))

    async def _list(self, request: web.Request) -> web.Response:
        return self._page(request, [self._newest(request, name) for name in self._safe.names(is_deleted=False)])

    async def _versions(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        kept = [] if self._safe.deleted_at(name) is not None else self._safe.versions(name)
        return self._page(request, [self._shown(request, version) for version in kept])

    async def _delete(self, request: web.Request) -> web.Response:
        found = self._found(request)
        self._safe.delete(found.name)
        return web.json_response(self._grave(request, found.name))

    async def _list_deleted(self, request: web.Request) -> web.Response:
        names = [name for name in self._safe.names(is_deleted=True) if self._safe.deleted_at(name) is not None]
        return self._page(request, [self._grave(request, name, is_listed=True) for name in names])

    async def _get_deleted(self, request: web.Request) -> web.Response:
        return web.json_response(self._grave(request, self._deleted(request)))

    async def _recover(self, request: web.Request) -> web.Response:
        name = self._deleted(request)
        self._safe.recover(name)
        return web.json_response(self._shown(request, self._safe.find(name)))

    async def _purge(self, request: web.Request) -> web.Response:
        self._safe.purge(self._deleted(request))
        return web.Response(status=204)

    # how things are found and shown

    def _found(self, request: web.Request) -> Version:
        name, version = request.match_info["name"], request.match_info.get("version")
        found = None if self._safe.deleted_at(name) is not None else self._safe.find(name, version)
        if found is None:
            raise _Refused(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")
        return found

    def _deleted(self, request: web.Request) -> str:
        name = request.match_info["name"]
        if self._safe.deleted_at(name) is None:
            raise _Refused(404, "SecretNotFound", f"Deleted Secret not found: {name}")
        return name

    def _shown(self, request: web.Request, version: Version, with_value: bool = False) -> dict[str, Any]:
        attributes: dict[str, Any] = {"enabled": version.enabled, "created": version.created, "updated": version.updated}
        attributes |= {name: time for name, time in (("nbf", version.not_before), ("exp", version.expires)) if time is not None}
        attributes |= {"recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90}
        shown = {"id": f"https://{request.host}/secrets/{version.name}/{version.version}", "attributes": attributes, "tags": version.tags}
        shown |= {"contentType": version.content_type} if version.content_type else {}
        return shown | ({"value": self._safe.value(version)} if with_value else {})

    def _newest(self, request: web.Request, name: str) -> dict[str, Any]:
        return self._shown(request, self._safe.find(name)) | {"id": f"https://{request.host}/secrets/{name}"}

    def _grave(self, request: web.Request, name: str, is_listed: bool = False) -> dict[str, Any]:
        deleted_at = self._safe.deleted_at(name)
        shown = self._newest(request, name) if is_listed else self._shown(request, self._safe.find(name))
        times = {"deletedDate": deleted_at, "scheduledPurgeDate": self._safe.purge_at(deleted_at)}
        return shown | {"recoveryId": f"https://{request.host}/deletedsecrets/{name}"} | times

    def _page(self, request: web.Request, items: list[dict[str, Any]]) -> web.Response:
        size, skip = _number(request, "maxresults", _PAGE), _number(request, "$skiptoken", 0)
        is_more = skip + size < len(items)
        version = request.query["api-version"]
        following = f"https://{request.host}{request.path}?api-version={version}&maxresults={size}&$skiptoken={skip + size}"
        return web.json_response({"value": items[skip : skip + size], "nextLink": following if is_more else None})


class _Challenge(Exception):
    """The request carries no token of ours."""


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or (name == "maxresults" and not 1 <= int(text) <= _PAGE):
        raise _Refused(400, "BadParameter", f"{name} is not valid")
    return int(text)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _Refused(400, "BadParameter", "a JSON object is expected")
    return body


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
