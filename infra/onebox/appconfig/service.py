"""The App Configuration endpoint: http on 127.0.0.1, key-values with labels, etags and locks, requests signed with a secret.

`AppConfigService(directory, clock)`; `start`, `stop`, `connection_string`; `is_down = True` makes it answer 503, for outages in tests.
"""

import base64
import json
import os
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from .filters import BadFilter, matcher
from .settings import Setting, Settings
from .signature import is_ours

ID = "onebox"
KV, KVSET, PROBLEM = (
    f"application/{kind}" for kind in ("vnd.microsoft.appconfig.kv+json", "vnd.microsoft.appconfig.kvset+json", "problem+json")
)
PAGE = 100


class AppConfigService:
    def __init__(self, directory: Path, clock) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.is_down = False
        self._directory, self._clock = directory, clock
        self._secret = _secret(directory / "appconfig.key")
        self._settings: Settings | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def connection_string(self) -> str:
        return f"Endpoint=http://127.0.0.1:{self._port};Id={ID};Secret={self._secret}"

    async def start(self, port: int = 0) -> None:
        self._settings = Settings(self._directory, self._clock)
        app = web.Application(middlewares=[self._guard], client_max_size=64 * 1024)
        app.router.add_get("/kv", self._list)
        app.router.add_get("/kv/{key:.+}", self._get)
        app.router.add_put("/kv/{key:.+}", self._put)
        app.router.add_delete("/kv/{key:.+}", self._delete)
        app.router.add_put("/locks/{key:.+}", self._lock)
        app.router.add_delete("/locks/{key:.+}", self._lock)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        if self._settings:
            self._settings.close()
        self._runner = self._settings = None

    @web.middleware
    async def _guard(self, request: web.Request, handler) -> web.StreamResponse:
        if self.is_down:
            return _problem(503, "the store is not available")
        body = await request.read()
        if not is_ours(self._secret, ID, request.method, request.raw_path, request.headers, body, self._clock.now_ms()):
            answer = _problem(401, "the request is not signed with this store's secret")
            answer.headers["WWW-Authenticate"] = "HMAC-SHA256"
            return answer
        if "api-version" not in request.query:
            return _problem(400, "api-version must be specified")
        return await handler(request)

    async def _list(self, request: web.Request) -> web.Response:
        try:
            by_key, by_label = matcher(request.query.get("key")), matcher(request.query.get("label"))
        except BadFilter as error:
            return _problem(400, str(error))
        after = int(request.query.get("after") or 0)
        found = [one for one in self._settings.all() if by_key(one.key) and by_label(one.label)]
        page = {"items": [one.wire() for one in found[after : after + PAGE]]}
        if len(found) > after + PAGE:
            kept = "&".join(f"{name}={quote(value, safe='')}" for name, value in request.query.items() if name != "after")
            page["@nextLink"] = f"/kv?{kept}&after={after + PAGE}"
        return web.Response(text=json.dumps(page), content_type=KVSET)

    async def _get(self, request: web.Request) -> web.Response:
        one = self._settings.get(*_name(request))
        if one is None:
            return _problem(404, "no such key")
        if _quoted(one.etag) == request.headers.get("If-None-Match"):
            return web.Response(status=304, headers={"ETag": _quoted(one.etag)})
        return _kv(one) if _is_met(request, one) else _problem(412, "another version")

    async def _put(self, request: web.Request) -> web.Response:
        key, label = _name(request)
        refused = self._refused(request, self._settings.get(key, label))
        try:
            body = json.loads(await request.read())
        except ValueError:
            return _problem(400, "the body is no JSON")
        return refused or _kv(self._settings.put(key, label, body))

    async def _delete(self, request: web.Request) -> web.Response:
        one = self._settings.get(*_name(request))
        refused = self._refused(request, one)
        if refused is not None or one is None:
            return refused or web.Response(status=204)
        self._settings.delete(one.key, one.label)
        return _kv(one)

    async def _lock(self, request: web.Request) -> web.Response:
        one = self._settings.get(*_name(request))
        if one is None or not _is_met(request, one):
            return _problem(404 if one is None else 412, "no such version")
        return _kv(self._settings.lock(one.key, one.label, request.method == "PUT"))

    def _refused(self, request: web.Request, one: Setting | None) -> web.Response | None:
        """Why a change may not be."""
        if one is not None and one.locked:
            return _problem(409, "the key is read-only")
        return None if _is_met(request, one) else _problem(412, "another version")


def _is_met(request: web.Request, one: Setting | None) -> bool:
    """If-Match and If-None-Match; `*` stands for any version."""
    match, none = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    etag = None if one is None else _quoted(one.etag)
    return not (match and (etag is None or match not in ("*", etag))) and not (none and etag is not None and none in ("*", etag))


def _name(request: web.Request) -> tuple[str, str]:
    label = request.query.get("label", "")
    return request.match_info["key"], "" if label == "\0" else label


def _kv(one: Setting) -> web.Response:
    return web.Response(text=json.dumps(one.wire()), content_type=KV, headers={"ETag": _quoted(one.etag)})


def _quoted(etag: str) -> str:
    return f'"{etag}"'


def _problem(status: int, detail: str) -> web.Response:
    return web.Response(status=status, text=json.dumps({"status": status, "title": detail, "detail": detail}), content_type=PROBLEM)


def _secret(path: Path) -> str:
    """Made once, readable by its owner alone."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
            file.write(base64.b64encode(os.urandom(32)).decode())
    return path.read_text()
