"""The API as typed calls: paths of the OpenAPI document in, its pydantic models out.

Rules
1. Every POST carries an idempotency key, and a POST whose answer was lost is sent once more with the same key.
2. A problem of the API is a `Refused` with its code and field; nothing of the request is repeated in it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
from pydantic import BaseModel

from cli import session as sessions
from cli.session import Session

M = TypeVar("M", bound=BaseModel)
PROTOCOL = "json.webpubsub.azure.v1"


class Refused(Exception):
    """The API said no."""

    def __init__(self, status: int, code: str, field: str | None = None, params: dict[str, str] | None = None) -> None:
        where = f" ({field})" if field else ""
        figures = "".join(f", {name} {value}" for name, value in (params or {}).items())
        super().__init__(f"{status} {code}{where}{figures}")
        self.status, self.code, self.field = status, code, field


class Client:
    """Signed in for the time of a `with` block."""

    def __init__(self, path: Path) -> None:
        found = sessions.load(path)
        if found is None:
            raise Refused(401, "not_signed_in")
        self._path, self._session = path, found
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        if not self._session.is_fresh and self._session.refresh_token:
            form = {"grant_type": "refresh_token", "refresh_token": self._session.refresh_token, "client_id": self._session.client_id}
            self._session = await token(self._http, self._session.url, form)
            sessions.save(self._path, self._session)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http is not None:
            await self._http.close()

    async def get(self, path: str, model: type[M], **query: Any) -> M:
        return model.model_validate_json(await self._ask("GET", path, query=query))

    async def file(self, path: str) -> AsyncIterator[bytes]:
        """A file range by range, whatever its size. Errors: Refused."""
        got, total = 0, 1
        while got < total:
            asked = self._headers() | {"range": f"bytes={got}-"}
            async with self._open().get(self._session.url + path, headers=asked) as answer:
                body = await answer.read()
                raise_for(answer.status, body.decode(errors="replace") if answer.status >= 400 else "")
                total = int(answer.headers["content-range"].rpartition("/")[2])
            got += len(body)
            yield body

    async def post(self, path: str, model: type[M], body: Any = None) -> M:
        return model.model_validate_json(await self._ask("POST", path, body=body, key=secrets.token_hex(16)))

    async def delete(self, path: str) -> None:
        await self._ask("DELETE", path)

    async def ask(self, method: str, path: str, query: dict[str, Any] | None = None, body: Any = None) -> str:
        """Any operation of the API; what is not a GET carries an idempotency key. Errors: Refused."""
        key = "" if method == "GET" else secrets.token_hex(16)
        return await self._ask(method, path, query=query, body=body, key=key)

    async def live(self) -> AsyncIterator[dict[str, Any]]:
        """The user's own live messages, as they come; a broken connection is made again."""
        while True:
            try:
                address = json.loads(await self._ask("POST", "/api/v1/realtime/negotiate"))["url"]
                async with self._open().ws_connect(address, protocols=[PROTOCOL], heartbeat=20) as socket:
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            found = json.loads(message.data)
                            if found.get("type") == "message":
                                yield found["data"]
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(1)

    async def _ask(self, method: str, path: str, query: dict[str, Any] | None = None, body: Any = None, key: str = "") -> str:
        headers = self._headers() | ({"idempotency-key": key} if key else {})
        for attempt in (1, 2):
            try:
                async with self._open().request(
                    method, self._session.url + path, params=known(query or {}), json=body, headers=headers
                ) as answer:
                    text = await answer.text()
                    raise_for(answer.status, text)
                    return text
            except (aiohttp.ClientConnectionError, TimeoutError):
                if attempt == 2 or (method == "POST" and not key):
                    raise
        raise AssertionError("unreachable")

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._session.access_token}"}

    def _open(self) -> aiohttp.ClientSession:
        assert self._http is not None  # used inside `async with` only
        return self._http


def known(query: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items() if value is not None}


def raise_for(status: int, body: str) -> None:
    """Errors: Refused for a problem."""
    if status < 400:
        return
    try:
        problem = json.loads(body)
        raise Refused(status, problem["code"], problem.get("field"), problem.get("params"))
    except (ValueError, KeyError, TypeError):
        raise Refused(status, "no_problem_body") from None


async def sign_in(path: Path, url: str, email: str, password: str, register: bool) -> Session:
    """With a password at the platform's own issuer. Errors: Refused."""
    url = url.rstrip("/")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http:
        if register:
            async with http.post(f"{url}/oidc/register", json={"email": email, "password": password}) as answer:
                if answer.status >= 400:
                    raise Refused(answer.status, "not_registered")
        form = {"grant_type": "password", "username": email, "password": password, "client_id": "tickwise-cli"}
        session = await token(http, url, form)
    sessions.save(path, session)
    return session


async def token(http: aiohttp.ClientSession, url: str, form: dict[str, str]) -> Session:
    async with http.post(f"{url}/oidc/token", data=form) as answer:
        if answer.status >= 400:
            raise Refused(answer.status, "not_signed_in")
        found = await answer.json()
    expires = int(time.time()) + int(found.get("expires_in", 3600))
    return Session(url=url, access_token=found["access_token"], refresh_token=found.get("refresh_token"), expires_at=expires)
