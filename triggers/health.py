"""Whether the app answers. A native function: it must answer when the API does not start."""

from __future__ import annotations

import json

import azure.durable_functions as df
import azure.functions as func

from shared.clock import iso, now_ms

VERSION = "1.0.0"
bp = df.Blueprint()


@bp.function_name("health")
@bp.route(route="api/health", methods=["GET"])
def health(req: func.HttpRequest) -> func.HttpResponse:
    if req.params:
        from triggers.api.native import problem_response, unknown_query

        unknown = unknown_query(req)
        return problem_response(422, "unknown_field", field=unknown.field if unknown else None)
    body = json.dumps({"status": "ok", "version": VERSION, "time": iso(now_ms())})
    return func.HttpResponse(body, mimetype="application/json", headers={"cache-control": "no-store"})
