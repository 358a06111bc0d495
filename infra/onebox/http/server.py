"""The public server: what a path belongs to, in order, and the headers every answer carries.

Rules: 1. services mounted by their own routes come first, then functions, then the site; 2. an unknown /api path is a JSON 404, never a
page; 3. /admin and /runtime do not exist; 4. nothing of a query string or a body is logged.
"""

import errno
from collections.abc import Awaitable, Callable

from aiohttp import web

from infra.onebox import log
from infra.onebox.http.functions import HttpFunctions
from infra.onebox.http.site import Site

LOG = log.get("http")
PRIVATE = ("/admin", "/runtime")
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin", "X-Frame-Options": "DENY"}
FRAMES = "frame-ancestors 'none'"
Mount = Callable[[web.Application], None]


class PublicServer:
    """One aiohttp server; `mounts` add the services' own routes before the catch-all."""

    def __init__(self, site: Site | None, mounts: list[Mount], max_body: int = 16 << 20) -> None:
        self.functions: HttpFunctions | None = None
        self._site = site
        self._runner: web.AppRunner | None = None
        self._app = web.Application(client_max_size=max_body, middlewares=[_secure])
        for mount in mounts:
            mount(self._app)
        self._app.router.add_route("*", "/{path:.*}", self._serve)

    async def start(self, host: str, port: int) -> int:
        """Open the port; the number that was opened. Raises OSError."""
        self._runner = web.AppRunner(self._app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise OSError(f"port {port} of {host} is taken by another program; PORT= chooses another") from error
        return self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path
        if path.lower().startswith(PRIVATE):
            return _problem(404, "NOT_FOUND")
        if self.functions is None:
            return _problem(503, "STARTING")
        found = self.functions.find(request.method, path)
        if isinstance(found, tuple):
            return await self.functions.serve(request, *found)
        if found:
            return _problem(405, "METHOD_NOT_ALLOWED", {"Allow": ", ".join(sorted(found))})
        return self._page(request, path)

    def _page(self, request: web.Request, path: str) -> web.StreamResponse:
        if path.startswith("/api/") or path == "/api" or self._site is None:
            return _problem(404, "NOT_FOUND")
        if request.method not in ("GET", "HEAD"):
            return _problem(405, "METHOD_NOT_ALLOWED", {"Allow": "GET, HEAD"})
        return self._site.response(path, request) or self._site.not_found(request) or _problem(404, "NOT_FOUND")


def _problem(status: int, code: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"type": "about:blank", "title": code.replace("_", " ").capitalize(), "status": status, "code": code}
    response = web.json_response(body, status=status, headers=headers)
    response.content_type = "application/problem+json"
    return response


@web.middleware
async def _secure(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPRequestEntityTooLarge:
        response = _problem(413, "BODY_TOO_LARGE")
    except web.HTTPException as error:
        response = error
    LOG.debug("%s %s %s", request.method, request.rel_url.raw_path, response.status)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", FRAMES)
    return response
