"""Where a browser listens: a Web PubSub address whose token hears the user's own group."""

from __future__ import annotations

import json

import azure.durable_functions as df
import azure.functions as func

from shared.errors import AppError
from shared.log import log_error
from triggers.api.native import cross_origin, problem_response, unknown_query
from triggers.api.platform import current_user, platform

bp = df.Blueprint()


@bp.function_name("negotiate")
@bp.route(route="api/v1/realtime/negotiate", methods=["POST", "OPTIONS"])
async def negotiate(req: func.HttpRequest) -> func.HttpResponse:
    headers = cross_origin(req)
    if req.method == "OPTIONS":
        return func.HttpResponse(status_code=204, headers=headers)
    plat = platform()
    try:
        user = await current_user(plat, req.headers.get("authorization"))
        if unknown := unknown_query(req):
            raise unknown
        body = json.dumps({"url": await plat.realtime.url(user.id)})
        return func.HttpResponse(body, mimetype="application/json", headers=headers | {"cache-control": "no-store"})
    except AppError as error:
        await plat.patience.refusal()
        return problem_response(error.status, error.code, headers, error.field)
    except Exception as error:  # the one place that logs it; the caller learns nothing but that it failed
        log_error("negotiate.failed", error)
        return problem_response(500, "internal", headers)
