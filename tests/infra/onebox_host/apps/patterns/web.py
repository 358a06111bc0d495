"""HTTP functions: routes, methods, bodies, headers, cookies, failures."""

import json

import azure.durable_functions as df
import azure.functions as func

bp = df.Blueprint()


@bp.route(route="api/echo/{*rest}", methods=["GET", "POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    seen = {
        "method": req.method,
        "rest": req.route_params.get("rest"),
        "q": req.params.get("q"),
        "body": req.get_body().decode(),
        "x": req.headers.get("x-test"),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", headers={"X-Answer": "42"})


@bp.route(route="api/echo/literal", methods=["GET"])
def literal(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("literal")


@bp.route(route="api/broken", methods=["GET"])
def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("a secret")
