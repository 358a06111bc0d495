"""The OpenAPI document: FastAPI's own, plus the native functions and the models no route names.

`python -m triggers.api` writes it to standard output.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from triggers.api.models.common import Problem
from triggers.api.models.live import LiveMessage
from triggers.api.models.market import Health, Negotiated, Ready
from triggers.api.models.webhook import AlertTaken

MODELS = (Problem, LiveMessage, Negotiated, Health, Ready, AlertTaken)


def document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        spec = get_openapi(title=app.title, version=app.version, summary=app.summary, openapi_version="3.1.0", routes=app.routes)
        schemas = spec.setdefault("components", {}).setdefault("schemas", {})
        extra = models_json_schema([(model, "serialization") for model in MODELS], ref_template="#/components/schemas/{model}")
        for name, schema in extra[1]["$defs"].items():
            schemas.setdefault(name, schema)
        spec["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        spec["security"] = [{"bearer": []}]
        spec["paths"] |= native_paths()
        app.openapi_schema = spec
    return app.openapi_schema


def native_paths() -> dict[str, Any]:
    """What native functions answer (triggers/health.py, triggers/ready.py, triggers/negotiate.py, triggers/hooks.py)."""
    return {
        "/api/v1/realtime/negotiate": {"post": operation("negotiate", "realtime", "Where and with which token to listen", "Negotiated")},
        "/api/hooks/{opaque}": {"post": alert_operation()},
        "/api/ready": {"get": ready_operation()},
        "/api/health": {"get": operation("health", "health", "Whether the app answers; needs no token", "Health") | {"security": []}},
    }


def alert_operation() -> dict[str, Any]:
    """A TradingView alert (triggers/hooks.py): text of the webhook's dialect, let in by its address and its own secret."""
    found = operation("receive_alert", "webhooks", "A TradingView alert; needs no token", "AlertTaken")
    found["responses"]["202"] = found["responses"].pop("200") | {"description": "Durable"}
    text = {"schema": {"type": "string", "maxLength": 16384}}
    opaque = {"name": "opaque", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 800}}
    body = {"required": True, "content": {"application/json": {"schema": {}}, "text/plain": text}}
    return found | {"parameters": [opaque], "requestBody": body, "security": []}


def ready_operation() -> dict[str, Any]:
    found = operation("ready", "health", "Whether stores, bus and vault can be asked; needs no token", "Ready")
    found["responses"]["503"] = found["responses"]["200"] | {"description": "Degraded"}
    return found | {"security": []}


def operation(name: str, tag: str, summary: str, model: str) -> dict[str, Any]:
    def answer(media: str, schema: str) -> dict[str, Any]:
        return {"content": {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}

    responses = {
        "200": {"description": "Successful Response"} | answer("application/json", model),
        "default": {"description": "Problem"} | answer("application/problem+json", "Problem"),
    }
    return {"operationId": name, "tags": [tag], "summary": summary, "responses": responses}
