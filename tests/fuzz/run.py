"""Schemathesis over the API in process: what the document allows and forbids, tried on memory stores with a world in them.

`python -m tests.fuzz [examples]` tries more than the suite does.

Rules
1. Every example passes every check that looks at one answer. `use_after_free` and the like look at several: the matrix of
   tests/security has them, with every route and every object.
2. A document cannot say everything: what it allows may still be refused for what it means (`SHAPE` says what is not meaning).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.parameters import ParameterLocation

from shared import work
from shared.auth import User
from shared.errors import AppError
from tests.fuzz.inprocess import InProcess
from tests.security.world import make_world, world_platform
from tests.triggers.test_notify import Queue
from triggers.api.app import make_api
from triggers.api.platform import Platform, given_platform

NATIVE = ("/api/health", "/api/ready", "/api/hooks/{opaque}", "/api/v1/realtime/negotiate")
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
MANY_ANSWERS = ("use_after_free", "ensure_resource_availability", "object_level_authorization")
AUTH_PROBES = 3  # per operation: the same two requests without a good token, after an answer of 2xx
OPAQUE = {"cursor", "before", "after"}  # handed out by a page: made up, they are refused
SHAPE = {
    "required", "unknown_field", "bad_json", "too_long", "too_short", "too_many", "too_few", "bad_format", "not_a_choice", "not_money",
    "invalid",
}  # fmt: skip
FREE = ("config", "variants", "space", "balances", "bot", "file", "preset")  # documents inside the document, with rules of their own
EITHER = {
    "exchange",
    "source",
    "bot_id",
    "year",
    "channels",
    "ranges",
    "range",
    "items",
    "quiet_from",
    "quiet_until",
    "time_zone",
    "None",
}  # one thing or another, or what fits the other thing
BESIDE = {"/api/v1/exports/files"}  # GET of it is an operation of the document, too: /exports/{what}, which refuses the word
HEADERS = {"authorization": "Bearer ada"}


class OnlyAda:
    """One good token, and it outlives every revocation."""

    async def user(self, authorization: str | None) -> User:
        if authorization != "Bearer ada":
            raise AppError(401, "unauthorized")
        return User("ada", "ada@example.com", ("bots.read", "bots.write"), 10**11, 10**11)


class World(NamedTuple):
    """The API on its own platform, a session that calls it, and ada's objects in it."""

    app: FastAPI
    session: InProcess
    ids: dict[str, str]


def made() -> World:
    folder = Path(tempfile.mkdtemp()) / "market"
    plat = world_platform(folder, OnlyAda(), bots_per_user=10**6, accounts_per_user=10**6)
    work._queues[:] = [Queue()]  # what is made in the background is only asked for here
    app = make_api()

    async def own() -> Platform:
        return plat

    app.dependency_overrides[given_platform] = own

    async def fill() -> dict[str, str]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=HEADERS) as client:
            return await make_world(client, plat)

    return World(app, InProcess(app), asyncio.run(fill()))


def operations(app: FastAPI) -> Iterator[Any]:
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app, config=config)
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path not in NATIVE:
            yield operation


def well_formed_is_understood(ctx: Any, response: Any, case: Any) -> None:
    """What the document allows is never refused for its shape. Errors: AssertionError."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    problem = response.json()
    named = str(problem["field"]).partition(".")[0]
    assert problem["code"] not in SHAPE or named in (*FREE, *EITHER), f"refused, though the document allows it: {problem}"


class Trial:
    """One operation under test: its session, its checks, and how often its token was taken away."""

    def __init__(self, operation: Any, world: World) -> None:
        load_all_checks()
        self.operation, self.ids, self.session, self.probes = operation, world.ids, world.session, 0
        names = [name for name in CHECKS.get_all_names() if name not in MANY_ANSWERS]
        if operation.path in BESIDE:
            names.remove("unsupported_method")
        self.checks = [
            *(CHECKS.get_one(name) for name in names if name not in ("ignored_auth", "positive_data_acceptance")),
            well_formed_is_understood,
        ]
        self.auth = CHECKS.get_one("ignored_auth")

    def run(self, case: Any) -> None:
        if case.meta is not None and case.meta.generation.mode.is_positive:
            for name in OPAQUE & set(case.query or {}):
                del case.query[name]
        self.point_at_what_is_there(case)
        response = case.call(headers=HEADERS, session=self.session)
        checks = list(self.checks)
        if self.probes < AUTH_PROBES and 200 <= response.status_code < 300:
            self.probes += 1
            checks.append(self.auth)
        case.validate_response(response, checks=checks, headers=HEADERS, transport_kwargs={"session": self.session})

    def point_at_what_is_there(self, case: Any) -> None:
        """Half of the cases meet an object; a deletion never does."""
        if case.meta is not None and case.meta.is_negative_at(ParameterLocation.PATH):
            return
        for name in case.path_parameters or {}:
            if name in self.ids and case.method != "DELETE" and len(str(case.path_parameters[name])) % 2:
                case.path_parameters[name] = self.ids[name]


def fuzz(operation: Any, world: World, examples: int, mode: GenerationMode) -> None:
    """Random requests. Errors: the first example that breaks a check."""
    if mode is GenerationMode.NEGATIVE and not operation.path_parameters and not operation.query and not operation.body:
        return  # it takes nothing that could be wrong
    trial = Trial(operation, world)

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        trial.run(case)

    one()


def cover(operation: Any, world: World) -> int:
    """Every limit of the document, from both sides; returns how many requests that took."""
    trial, config = Trial(operation, world), operation.schema.config.generation_for(operation=operation)
    count = 0
    for case in operation.schema.iter_coverage_cases(operation, generation_modes=list(GenerationMode), generation_config=config):
        trial.run(case)
        count += 1
    return count
