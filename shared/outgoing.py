"""Calling an address a user gave us: only the addresses that were checked, no redirect, little patience.

Rules
1. The name was resolved and judged by shared/safe_url.py; the connection goes to those addresses, whatever the name says meanwhile.
2. A redirect is an answer like any other. At most SHOWN bytes of an answer are read, and none is shown to anybody.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

TIMEOUT_S, SHOWN = 10, 2_048
Post = Callable[[str, bytes, Mapping[str, str], Sequence[str]], Awaitable[int]]


async def post(url: str, body: bytes, headers: Mapping[str, str], addresses: Sequence[str]) -> int:
    """The status of the answer. Errors: OSError, TimeoutError, aiohttp.ClientError."""
    import aiohttp
    from aiohttp.abc import AbstractResolver

    class Checked(AbstractResolver):
        async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
            return [
                {
                    "hostname": host,
                    "host": one,
                    "port": port,
                    "family": socket.AF_INET6 if ":" in one else socket.AF_INET,
                    "proto": 0,
                    "flags": 0,
                }
                for one in addresses
            ]

        async def close(self) -> None: ...

    connector = aiohttp.TCPConnector(resolver=Checked(), use_dns_cache=False)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session:
        async with session.post(url, data=body, headers={**headers, "content-type": "application/json"}, allow_redirects=False) as answer:
            await answer.content.read(SHOWN)
            return answer.status
