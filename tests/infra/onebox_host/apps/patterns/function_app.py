"""The sample patterns, and one HTTP function that hands any call to the stock durable client."""

import json

import azure.durable_functions as df
import azure.functions as func
from flows import bp as flows
from web import bp as web

from entities import bp as entities

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(flows)
app.register_functions(entities)
app.register_functions(web)


@app.route(route="api/client/{method}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def call_client(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """POST [positional, ...]; an entity id is written {"entity": [name, key]}."""
    given = [df.EntityId(*a["entity"]) if isinstance(a, dict) and "entity" in a else a for a in json.loads(req.get_body() or b"[]")]
    try:
        answer = await getattr(client, req.route_params["method"])(
            *given, **({"show_input": True} if req.route_params["method"] == "get_status" else {})
        )
    except Exception as error:
        return func.HttpResponse(json.dumps({"error": str(error)}), status_code=400)
    return func.HttpResponse(json.dumps(_plain(answer)), mimetype="application/json")


def _plain(answer):
    if isinstance(answer, list):
        return [_plain(one) for one in answer]
    if hasattr(answer, "runtime_status"):
        return answer.to_json() if answer else {}
    if hasattr(answer, "entity_exists"):
        return {"exists": answer.entity_exists, "state": answer.entity_state}
    return answer.instances_deleted if hasattr(answer, "instances_deleted") else answer
