"""One native HTTP function per area of the API, one FastAPI object behind them all.

Rules
1. The body is measured before anything reads it.
2. A bug ends as a bare problem: the middleware lets exceptions rise past FastAPI's own handlers.
3. The durable client of the invocation travels in a ContextVar (shared/durable.py).
4. FastAPI's routes are built from the first request on: an instance that works on queues and timers never pays for them. FastAPI builds
   each router when it is first asked; here the others follow the first answer, one at a time, so that no later request waits for them.
"""

from __future__ import annotations

import asyncio
from functools import cache

import azure.durable_functions as df
import azure.functions as func

from shared.durable import with_client
from shared.log import log_error
from shared.trace import of_invocation, span
from triggers.api.native import problem_response

MAX_BODY = 256 * 1024
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
NOWHERE = {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []}
PAUSE_S = 0.02

bp = df.Blueprint()


@cache
def asgi() -> func.AsgiMiddleware:
    from triggers.api.app import api

    return func.AsgiMiddleware(api)


@cache
def building() -> asyncio.Task[None]:
    """Once per process, in the background."""
    return asyncio.get_running_loop().create_task(build())


async def build() -> None:
    """Ask every router for a path nobody has: what it needs for an answer is made by then."""
    from triggers.api.app import api

    for route in api.routes:
        route.matches(dict(NOWHERE))
        await asyncio.sleep(PAUSE_S)


async def serve(req: func.HttpRequest, context: func.Context, client: str, name: str = "api") -> func.HttpResponse:
    if len(req.get_body()) > MAX_BODY:
        return problem_response(413, "too_large")
    try:
        with with_client(client), span(f"{req.method} {name}", of_invocation(context), "server"):
            answered = await asgi().handle_async(req, context)
        building()
        return answered
    except Exception as error:
        log_error("api.failed", error, method=req.method, invocation=str(getattr(context, "invocation_id", "")))
        return problem_response(500, "internal")


def area(name: str, route: str) -> None:
    async def http(req: func.HttpRequest, context: func.Context, client: str) -> func.HttpResponse:
        return await serve(req, context, client, name)

    http.__name__ = name
    bp.function_name(name)(bp.route(route=route, methods=METHODS)(bp.durable_client_input(client_name="client")(http)))


area("accounts_api", "api/v1/accounts/{*rest}")
area("bots_api", "api/v1/bots/{*rest}")
area("markets_api", "api/v1/markets/{*rest}")
area("strategies_api", "api/v1/strategies/{*rest}")
area("me_api", "api/v1/me/{*rest}")
area("backtests_api", "api/v1/backtests/{*rest}")
area("optimisations_api", "api/v1/optimisations/{*rest}")
area("analytics_api", "api/v1/analytics")
area("webhooks_api", "api/v1/webhooks/{*rest}")
area("panic_api", "api/v1/panic")
area("guards_api", "api/v1/guards/{*rest}")
area("portfolio_api", "api/v1/portfolio")
area("exports_api", "api/v1/exports/{*rest}")
area("presets_api", "api/v1/presets/{*rest}")
area("shares_api", "api/v1/shares/{*rest}")
area("shared_api", "api/v1/shared/{token}")
area("notifications_api", "api/v1/notifications/{*rest}")
area("contract_api", "api/v1/openapi.json")
area("docs_api", "api/v1/docs")
