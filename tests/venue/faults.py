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

    when: "before" (the venue does not process the request), "after" (it does, and the answer suffers) or "late" (it does, after the delay).
    """

    path: str
    method: str = ""
    when: str = "before"
    times: int = 1
    status: int | None = None
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    drop: bool = False  # the connection is cut instead of an answer
    content_type: str = "application/json"


@dataclass
class Faults:
    waiting: list[Fault] = field(default_factory=list)
    open_orders_lag_ms: int = 0
    banned_until: int = 0

    def add(self, path: str, **more: Any) -> None:
        self.waiting.append(Fault(path, **more))

    async def answer(self, request: web.Request, process: Callable[[], web.Response]) -> web.StreamResponse:
        """Processes the request through whatever is wrong."""
        fault = next((f for f in self.waiting if f.times > 0 and f.path in request.path and f.method in ("", request.method)), None)
        if fault is None:
            return process()
        fault.times -= 1
        if fault.when == "after":
            process()
        if fault.hang_s:
            await asyncio.sleep(fault.hang_s)
        if fault.when == "late":
            return process()
        if fault.drop:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=fault.status or 200, text=fault.body, headers=fault.headers, content_type=fault.content_type)
