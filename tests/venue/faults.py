"""The switches of the test venue: what goes wrong, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Fault:
    """Something wrong with requests to `path` (a part of it) and `method`; counts down `times`.

    when: "before" (the venue does not process the request), "after" (it does, and the answer suffers) or "late" (it does, once `go` is set).
    """

    path: str
    method: str = ""
    when: str = "before"
    times: int = 1
    status: int | None = None
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False  # until `go` is set; `over` is set once the request is dealt with
    go: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    drop: bool = False  # the connection is cut instead of an answer
    megabytes: int = 0  # the size of the answer, sent in parts as long as somebody reads
    content_type: str = "application/json"


@dataclass
class Faults:
    waiting: list[Fault] = field(default_factory=list)
    open_orders_lag_ms: int = 0
    banned_until: int = 0
    bytes_read: int = 0  # of answers given in parts

    def add(self, path: str, **more: Any) -> Fault:
        self.waiting.append(Fault(path, **more))
        return self.waiting[-1]

    async def answer(self, request: web.Request, process: Callable[[], web.Response]) -> web.StreamResponse:
        """Processes the request through whatever is wrong."""
        fault = next((f for f in self.waiting if f.times > 0 and f.path in request.path and f.method in ("", request.method)), None)
        if fault is None:
            return process()
        fault.times -= 1
        if fault.when == "after":
            process()
        if fault.hangs:
            await fault.go.wait()
        if fault.when == "late":
            answer = process()
            fault.over.set()
            return answer
        if fault.drop:
            assert request.transport is not None
            request.transport.abort()
        if fault.megabytes:
            return await self._in_parts(request, fault.megabytes)
        return web.Response(status=fault.status or 200, text=fault.body, headers=fault.headers, content_type=fault.content_type)

    async def _in_parts(self, request: web.Request, megabytes: int) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "application/json"})
        await response.prepare(request)
        for _ in range(megabytes):
            await response.write(b" " * 2**20)
            self.bytes_read += 2**20
        await response.write(b"{}")
        await response.write_eof()
        return response
