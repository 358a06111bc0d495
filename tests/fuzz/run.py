"""Schemathesis over the API in process: what the document allows and forbids, tried on memory stores with a world in them.

`python -m tests.fuzz [examples]` tries more than the suite does.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from shared.auth import User
from shared.errors import AppError
from tests.security.world import make_world, world_platform
from triggers.api.app import make_api
from triggers.api.platform import Platform, platform

NATIVE = ("/api/health", "/api/hooks/{opaque}", "/api/v1/realtime/negotiate")
SLOWEST_S = 5.0


class OnlyAda:
    """One good token, and it outlives every revocation."""

    async def user(self, authorization: str | None) -> User:
        if authorization != "Bearer ada":
            raise AppError(401, "unauthorized")
        return User("ada", "ada@example.com", ("bots.read", "bots.write"), 10**11, 10**11)


def made() -> tuple[FastAPI, Platform, dict[str, str]]:
    """The API on its own platform, and ada's objects in it."""
    folder = Path(tempfile.mkdtemp()) / "market"
    plat = world_platform(folder, OnlyAda(), bots_per_user=10**6, accounts_per_user=10**6)
    app = make_api()
    app.dependency_overrides[platform] = lambda: plat

    async def fill() -> dict[str, str]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers={"authorization": "Bearer ada"}) as client:
            return await make_world(client, plat)

    return app, plat, asyncio.run(fill())


def operations(app: FastAPI) -> Iterator[Any]:
    config = schemathesis.Config.from_dict({})
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path not in NATIVE:
            yield operation


def fuzz(operation: Any, ids: dict[str, str], examples: int, mode: GenerationMode) -> None:
    """Errors: the first example that breaks a check."""

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        for name in case.path_parameters or {}:
            if (
                name in ids and case.method != "DELETE" and len(str(case.path_parameters[name])) % 2
            ):  # half of the cases meet an object that is there
                case.path_parameters[name] = ids[name]
        headers = {"authorization": "Bearer ada"}
        response = case.call(headers=headers)
        assert response.status_code < 500, f"{case.method} {case.path} {response.status_code} {response.text[:500]}"
        case.validate_response(response, checks=[CHECKS.get_one(name) for name in NAMES], headers=headers)

    one()


NAMES = (
    "not_a_server_error",
    "ignored_auth",
    "unsupported_method",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
