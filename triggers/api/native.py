"""What native HTTP functions share with the API: problems and answers to browsers of other origins."""

from __future__ import annotations

import azure.functions as func

from shared.errors import AppError, invalid
from shared.settings import settings
from triggers.api import problem


def problem_response(status: int, code: str, headers: dict[str, str] | None = None, field: str | None = None) -> func.HttpResponse:
    own = {"cache-control": "no-store", **(headers or {})}
    if status == 401:
        own["www-authenticate"] = "Bearer"
    return func.HttpResponse(problem.body(status, code, field), status_code=status, headers=own, mimetype="application/problem+json")


def unknown_query(req: func.HttpRequest) -> AppError | None:
    """What is wrong with a query where none is taken (triggers/api/query.py says why)."""
    name = next(iter(req.params), None)
    return None if name is None else invalid("unknown_field", name[:100])


def cross_origin(req: func.HttpRequest) -> dict[str, str]:
    """The CORS headers of an answer, empty for an origin that is not on the list."""
    origin = req.headers.get("origin", "")
    if not origin or origin not in [one.strip() for one in settings().cors_origins.split(",")]:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": "600",
        "vary": "Origin",
    }
