"""HTTP functions: from an aiohttp request to the worker's http message and back."""

import asyncio
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from infra.onebox import log
from infra.onebox.courtesy import Courtesy
from infra.onebox.http.template import Template, compile_route
from infra.onebox.invoker import Invoker
from infra.onebox.worker import messages as m
from infra.onebox.worker.function import Function, FunctionFailed

LOG = log.get("http")
ALL_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
SAME_SITE = {1: "Lax", 2: "Strict", 3: "None"}
HOP_BY_HOP = frozenset({"transfer-encoding", "content-length", "connection", "keep-alive"})


class Endpoint:
    """One HTTP function at its route."""

    def __init__(self, function: Function, prefix: str) -> None:
        route = function.trigger.get("route") or function.name
        self.function = function
        self.methods = frozenset(str(method).upper() for method in function.trigger.get("methods") or ALL_METHODS)
        self.template: Template = compile_route(f"{prefix}/{route.lstrip('/')}" if prefix else route)


class HttpFunctions:
    """All HTTP functions of the app; `find` by path, then `serve`."""

    def __init__(self, functions: list[Function], prefix: str, invoker: Invoker, timeout_s: float, courtesy: Courtesy) -> None:
        endpoints = [Endpoint(function, prefix) for function in functions if function.trigger_type == "httpTrigger"]
        self._endpoints = sorted(endpoints, key=lambda endpoint: endpoint.template.weight)
        self._invoker, self._timeout_s, self._courtesy = invoker, timeout_s, courtesy

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | frozenset[str]:
        """The endpoint and its route values; else the methods that this path would allow (empty: no such path)."""
        allowed: set[str] = set()
        decoded = unquote(path.lstrip("/"))
        for endpoint in self._endpoints:
            values = endpoint.template.match(decoded)
            if values is None:
                continue
            if method in endpoint.methods:
                return endpoint, values
            allowed |= endpoint.methods
        return frozenset(allowed)

    async def serve(self, request: web.Request, endpoint: Endpoint, values: dict[str, str]) -> web.StreamResponse:
        """Run the function; 500 without a body if it raised, 502 if it took too long."""
        body = await request.read()
        message = m.RpcHttp(
            method=request.method,
            url=str(request.url),
            headers={name.lower(): value for name, value in request.headers.items() if value},
            query=dict(request.query),
            params=values,
            body=m.TypedData(bytes=body) if body else m.TypedData(),
        )
        try:
            self._courtesy.request()
            async with asyncio.timeout(self._timeout_s):
                traceparent = request.headers.get("traceparent", "")
                result = await self._invoker(endpoint.function.name, m.TypedData(http=message), traceparent=traceparent)
        except FunctionFailed as error:
            LOG.error("%s failed: %s\n%s", endpoint.function.name, error, error.where())
            return web.Response(status=500)
        except TimeoutError:
            LOG.error("%s exceeded %s s", endpoint.function.name, self._timeout_s)
            return web.Response(status=502)
        value = result.outputs.get(_http_output(endpoint.function)) or result.value
        return _response(value)


def _http_output(function: Function) -> str:
    return next((b["name"] for b in function.outputs() if b["type"] == "http"), "$return")


def _response(value: Any) -> web.StreamResponse:
    if not isinstance(value, m.RpcHttp):
        text = value if isinstance(value, str) else ""
        return web.Response(body=value) if isinstance(value, bytes) else web.Response(text=text, status=200 if text else 204)
    body = value.body
    kind = body.WhichOneof("data") if body is not None else None
    content = getattr(body, kind) if kind else b""
    response = web.Response(status=int(value.status_code or 200), body=content.encode() if isinstance(content, str) else content)
    response.headers.popall("Content-Type", None)
    for name, text in value.headers.items():
        if name.lower() not in HOP_BY_HOP:
            response.headers[name] = text
    for cookie in value.cookies or ():
        _set_cookie(response, cookie)
    return response


def _set_cookie(response: web.StreamResponse, cookie: Any) -> None:
    jar: SimpleCookie = SimpleCookie()
    jar[cookie.name] = cookie.value
    morsel = jar[cookie.name]
    for name, attribute in (
        ("domain", cookie.domain),
        ("path", cookie.path),
        ("max-age", cookie.max_age),
        ("secure", cookie.secure),
        ("httponly", cookie.http_only),
    ):
        content = getattr(attribute, "value", None)
        if content not in (None, "", False):
            morsel[name] = int(content) if name == "max-age" else content
    if cookie.same_site in SAME_SITE:
        morsel["samesite"] = SAME_SITE[cookie.same_site]
    response.headers.add("Set-Cookie", morsel.OutputString())
