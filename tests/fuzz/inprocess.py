"""A session for schemathesis that calls the app on one event loop of this thread: no socket, no second thread, nothing set up per call."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import requests
import urllib3
from schemathesis.python import asgi

Message = MutableMapping[str, Any]


class InProcess(asgi.ASGIClient):
    def __init__(self, app: Callable[..., Any]) -> None:
        super().__init__(app)
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()
        super().close()

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        given = {name: kwargs.get(name) for name in ("headers", "files", "data", "params", "auth", "cookies", "json")}
        prepared = requests.Request(str(method), urljoin(self.base_url, str(url)), **given).prepare()
        return self._loop.run_until_complete(self._ask(prepared))

    async def _ask(self, request: requests.PreparedRequest) -> requests.Response:
        parts, body, sent = urlsplit(str(request.url)), request.body or b"", []
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()]
        scope = {
            "type": "http", "http_version": "1.1", "method": request.method, "path": unquote(parts.path), "raw_path": parts.path.encode(),
            "root_path": "", "scheme": "http", "query_string": parts.query.encode(), "headers": [(b"host", b"api"), *headers],
            "client": ("127.0.0.1", 50000), "server": ("api", 80), "state": {},
        }  # fmt: skip

        async def receive() -> Message:
            return {"type": "http.request", "body": body.encode() if isinstance(body, str) else body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return self.answer(request, sent)

    def answer(self, request: requests.PreparedRequest, sent: list[Message]) -> requests.Response:
        status = sent[0]["status"]
        named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0]["headers"]]
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(b"".join(one.get("body", b"") for one in sent[1:])), headers=named, status=status, version=11,
            reason=HTTPStatus(status).phrase, preload_content=False, request_method=request.method,
        )  # fmt: skip
        return self.adapter.build_response(request, raw)
