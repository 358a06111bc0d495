"""Errors as RFC 9457 problems: the one place that turns exceptions into answers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from shared.errors import AppError
from shared.limit import Patience
from strategy_core.trade import Finding
from triggers.api.allow import methods_of

_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_field",
    "json_invalid": "bad_json",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_many",
    "too_short": "too_few",
    "string_pattern_mismatch": "bad_format",
    "literal_error": "not_a_choice",
    "enum": "not_a_choice",
    "instant": "bad_format",
    "greater_than": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than": "out_of_range",
    "less_than_equal": "out_of_range",
}
_BY_STATUS = {400: "bad_json", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}


def body(status: int, code: str, field: str | None = None, params: dict[str, str] | None = None, findings: Iterable[Finding] = ()) -> bytes:
    """The JSON of a problem."""
    return json.dumps(
        {
            "type": f"urn:tickwise:problem:{code}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "field": field,
            "params": params or {},
            "findings": [finding.model_dump(mode="json") for finding in findings],
        }
    ).encode()


def answer(status: int, content: bytes, headers: dict[str, str] | None = None) -> Response:
    own = {"cache-control": "no-store", **(headers or {})}
    if status == 401:
        own["www-authenticate"] = "Bearer"
    return Response(content, status, own, media_type="application/problem+json")


def finding_of(error: dict[str, Any]) -> Finding:
    """One pydantic error as a finding: where, which code, which bounds; never the value."""
    location = [str(part) for part in error["loc"] if part not in ("body", "query", "path", "header", "[key]", "[paper]", "[live]")]
    if error["type"] == "json_invalid":
        return Finding(field="", code="bad_json")
    code = _CODES.get(error["type"], "invalid")
    context = error.get("ctx") or {}
    if error["type"] == "value_error":
        code = "not_money" if "decimal" in str(context.get("error", "")) or "finite" in str(context.get("error", "")) else "invalid"
    if error["type"] == "placed":
        code, location = context["code"], [*location, context["at"]]
    bounds = {key: str(value) for key, value in context.items() if key in ("ge", "gt", "le", "lt", "min_length", "max_length", "expected")}
    return Finding(field=".".join(location), code=code, params=bounds)


def install(app: FastAPI, patience: Patience) -> None:
    async def refused(request: Request, status: int) -> None:
        """Who is not signed in, or asks too often, waits for the answer when there are many of them."""
        if status == 429 or not hasattr(request.state, "user_id"):
            await patience.refusal()

    @app.exception_handler(AppError)
    async def on_app_error(request: Request, error: AppError) -> Response:
        await refused(request, error.status)
        wait = error.params.get("retry_after_s")
        headers = {"retry-after": wait} if wait else None
        return answer(error.status, body(error.status, error.code, error.field, error.params, error.findings), headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        await refused(request, 422)
        findings = [finding_of(dict(one)) for one in error.errors()]
        first = findings[0]
        status = 400 if first.code == "bad_json" else 422
        return answer(status, body(status, first.code, first.field or None, first.params, findings))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        await refused(request, error.status_code)
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status_code == 405:
            headers["allow"] = ", ".join(methods_of(app, request.url.path))
        return answer(error.status_code, body(error.status_code, _BY_STATUS.get(error.status_code, "refused")), headers)
