"""The API: one FastAPI object behind every area function (triggers/api/areas.py).

Rules
1. The user comes from the verified token and from nowhere else; every handler that reads or writes takes `CurrentUser`.
2. Handlers validate, authorise and enqueue; the only exchange account they reach is one whose key is being proved.
3. Every error is a problem with a stable code; the rejected input is never repeated in it.
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.limit import ENDLESS, Patience
from shared.settings import settings
from triggers.api import problem
from triggers.api.openapi import document
from triggers.api.routers import (
    accounts,
    analytics,
    backtests,
    bot_commands,
    bot_edits,
    bot_files,
    bot_lists,
    bots,
    docs,
    export_files,
    ledger_files,
    markets,
    me,
    optimisations,
    portfolio,
    preferences,
    presets,
    safety,
    shares,
    strategies,
    studies,
    twins,
    webhooks,
)

PROBLEM = {"description": "Problem", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
ROUTERS = (
    strategies,
    markets,
    accounts,
    bots,
    bot_commands,
    bot_lists,
    me,
    backtests,
    optimisations,
    analytics,
    export_files,
    ledger_files,
    webhooks,
    safety,
    portfolio,
    preferences,
    presets,
    bot_edits,
    bot_files,
    shares,
    twins,
    studies,
    docs,
)
SECURITY_HEADERS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


def make_api(cors_origins: str = "", patience: Patience | None = None) -> FastAPI:
    app = FastAPI(
        title="Tickwise",
        version="1.0.0",
        summary="Crypto trading bots: plan, commit, execute",
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
        responses={422: PROBLEM, "default": PROBLEM},
    )
    problem.install(app, patience or Patience(ENDLESS))
    for module in ROUTERS:
        app.include_router(module.router)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    app.add_middleware(AnswerHeaders)
    origins = [origin.strip() for origin in cors_origins.split(",") if origin.strip()]
    if origins:
        allow_browsers(app, origins)
    return app


def allow_browsers(app: FastAPI, origins: list[str]) -> None:
    from fastapi.middleware.cors import CORSMiddleware

    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "idempotency-key", "if-match", "range"],
        expose_headers=["etag", "location", "retry-after", "x-next", "content-range", "content-disposition"],
        max_age=600,
    )


class AnswerHeaders:
    """Says of every answer what its route did not say itself. Plain ASGI: nothing is copied, no task is made."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in SECURITY_HEADERS if pair[0] not in said)]
            await send(message)

        await self.app(scope, receive, send_with_headers)


api = make_api(settings().cors_origins, Patience())
