"""What an answer of a venue must be before ccxt reads it: of a bounded size, and an object or a list.

aiohttp is loaded on first use: importing this costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LARGEST = 32 * 1024 * 1024  # bytes after decompression; a big venue's list of markets is about half of it
PART = 64 * 1024


def bounded_open(client: Any) -> Callable[..., None]:
    """ccxt's `open` (which makes its HTTP session), with a session that stops reading at LARGEST.

    Too much is an `aiohttp.ClientPayloadError`: ccxt's ExchangeError, so UNKNOWN for a write and Unavailable for a read.
    """
    import aiohttp

    class Bounded(aiohttp.ClientResponse):
        async def read(self) -> bytes:
            if self._body is None:
                parts, size = [], 0
                async for part in self.content.iter_chunked(PART):
                    size += len(part)
                    if size > LARGEST:
                        self.close()
                        raise aiohttp.ClientPayloadError(f"the answer is larger than {LARGEST} bytes")
                    parts.append(part)
                self._body = b"".join(parts)
            return await super().read()

    plain_open = client.open

    def open_(*args: Any, **kwargs: Any) -> None:
        before = client.session
        plain_open(*args, **kwargs)
        if client.session is not before:
            client.session.detach()  # its connector goes on in ours, which ccxt closes
            client.session = aiohttp.ClientSession(
                connector=client.tcp_connector, trust_env=client.aiohttp_trust_env, response_class=Bounded
            )

    return open_


def structured_fetch(fetch: Callable[..., Any]) -> Callable[..., Any]:
    """ccxt's `fetch`, refusing answers without structure: ccxt would read an error page as an empty list."""

    async def checked(*args: Any, **kwargs: Any) -> Any:
        answer = await fetch(*args, **kwargs)
        if not isinstance(answer, dict | list):
            from ccxt.base.errors import BadResponse

            raise BadResponse(f"the answer is {type(answer).__name__}, not an object or a list")
        return answer

    return checked
