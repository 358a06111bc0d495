"""Function chaining, a counter entity, and the HTTP functions that drive them."""

import json

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="api/start/{name}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    body = json.loads(req.get_body() or b"null")
    instance = await client.start_new(req.route_params["name"], req.params.get("id"), body)
    return func.HttpResponse(json.dumps({"id": instance}), status_code=202, mimetype="application/json")


@app.route(route="api/status/{id}", methods=["GET"])
@app.durable_client_input(client_name="client")
async def status(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    seen = await client.get_status(req.route_params["id"])
    return func.HttpResponse(json.dumps(seen.to_json()), mimetype="application/json")


@app.orchestration_trigger(context_name="context", orchestration="chain")
def chain(context: df.DurableOrchestrationContext):
    text = context.get_input()
    for _ in range(3):
        text = yield context.call_activity("extend", text)
    entity = df.EntityId("counter", "one")
    yield context.call_entity(entity, "add", 2)
    total = yield context.call_entity(entity, "add", 3)
    return {"text": text, "total": total}


@app.activity_trigger(input_name="text", activity="extend")
def extend(text: str) -> str:
    return text + "!"


@app.entity_trigger(context_name="context", entity_name="counter")
def counter(context: df.DurableEntityContext) -> None:
    total = context.get_state(lambda: 0) + (context.get_input() or 0)
    context.set_result(total)
    context.set_state(total)
