"""The contract itself: the OpenAPI document and a page to read it, without anything fetched from elsewhere. Public."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse

from triggers.api.query import known_query

router = APIRouter(prefix="/api/v1", include_in_schema=False, dependencies=[Depends(known_query)])

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}"
    "@media(prefers-color-scheme:dark){body{color:#dbe2ea;background:#11161d}pre{background:#1a212b}}"
    "h2{margin-top:2.2rem}code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:#f3f5f8;padding:.8rem;overflow:auto}"
    ".m{display:inline-block;min-width:4.5rem;font-weight:600}details{margin:.3rem 0}summary{cursor:pointer}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@router.get("/openapi.json")
async def openapi(request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    return HTMLResponse(page(request.app.openapi()), headers={"content-security-policy": _POLICY})


def page(spec: dict[str, Any]) -> str:
    """Every operation and every model, as plain HTML."""
    groups: dict[str, list[str]] = {}
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            groups.setdefault((operation.get("tags") or ["other"])[0], []).append(_operation(method, path, operation))
    sections = "".join(f"<h2>{escape(name)}</h2>{''.join(rows)}" for name, rows in groups.items())
    models = "".join(_model(name, schema) for name, schema in sorted(spec["components"]["schemas"].items()))
    title = escape(f"{spec['info']['title']} API {spec['info']['version']}")
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>{title}</title>"
        f"<style>{_STYLE}</style><h1>{title}</h1><p>Send <code>Authorization: Bearer &lt;access token&gt;</code> with every call. "
        f"The machine-readable document is at <a href='openapi.json'>openapi.json</a>. A 429 names its limit; all of them are in "
        f"<code>docs/limits.md</code>.</p>{sections}<h2>Models</h2>{models}</html>"
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    head = f"<span class=m>{escape(method.upper())}</span> <code>{escape(path)}</code> {escape(operation.get('summary', ''))}"
    text = escape(operation.get("description", ""))
    parameters = "".join(
        f"<li><code>{escape(p['name'])}</code> ({escape(p['in'])}{', required' if p.get('required') else ''})"
        f" {escape(p.get('description', ''))}</li>"
        for p in operation.get("parameters", [])
    )
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    taken = f"<p>Takes {_reference(body)}</p>" if body else ""
    answers = "".join(
        f"<li>{escape(status)} {_reference(next(iter(answer.get('content', {}).values()), {}).get('schema', {}))}</li>"
        for status, answer in operation["responses"].items()
    )
    return f"<details><summary>{head}</summary><p>{text}</p><ul>{parameters}</ul>{taken}<p>Answers</p><ul>{answers}</ul></details>"


def _reference(schema: dict[str, Any]) -> str:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return f"<a href='#{escape(name)}'>{escape(name)}</a>" if name else ""


def _model(name: str, schema: dict[str, Any]) -> str:
    import json

    return f"<details id='{escape(name)}'><summary>{escape(name)}</summary><pre>{escape(json.dumps(schema, indent=1))}</pre></details>"
