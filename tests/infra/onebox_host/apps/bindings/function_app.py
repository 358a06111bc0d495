"""Triggers and output bindings against the services of the host: queue in, documents, live messages and another queue out."""

import json
import os

import azure.durable_functions as df
import azure.functions as func
from azure.cosmos.aio import CosmosClient
from azure.servicebus import ServiceBusMessage
from azure.servicebus.aio import ServiceBusClient

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
SEEN: list[dict] = []
TICKS: list[bool] = []


@app.route(route="send", methods=["POST"])
async def send(req: func.HttpRequest) -> func.HttpResponse:
    """POST [[session, message id, body], ...]."""
    async with ServiceBusClient.from_connection_string(os.environ["BUS"]) as bus, bus.get_queue_sender("events") as sender:
        await sender.send_messages([ServiceBusMessage(b, session_id=s, message_id=m) for s, m, b in req.get_json()])
    return func.HttpResponse(status_code=202)


@app.service_bus_queue_trigger(arg_name="message", connection="ServiceBus", queue_name="%QUEUE%", is_sessions_enabled=True)
@app.durable_client_input(client_name="client")
async def on_event(message: func.ServiceBusMessage, client: df.DurableOrchestrationClient) -> None:
    body = message.get_body().decode()
    SEEN.append({"id": message.message_id, "session": message.session_id, "body": body, "delivery": message.delivery_count})
    if body == "fail":
        raise RuntimeError("refused")
    await client.start_new("publishing", f"p-{message.message_id}", {"id": message.message_id, "text": body})


@app.orchestration_trigger(context_name="context")
def publishing(context: df.DurableOrchestrationContext):
    return (yield context.call_activity("publish", context.get_input()))


@app.activity_trigger(input_name="row", activity="publish")
@app.cosmos_db_output(arg_name="rows", connection="Cosmos", database_name="shop", container_name="rows")
@app.generic_output_binding(arg_name="live", type="webPubSub", hub="dash", connection="WebPubSub")
@app.service_bus_queue_output(arg_name="out", connection="ServiceBus", queue_name="plain")
def publish(row: dict, rows: func.Out[func.DocumentList], live: func.Out[str], out: func.Out[str]) -> str:
    rows.set(func.DocumentList([func.Document.from_dict({"id": row["id"], "userId": "u", "text": row["text"]})]))
    live.set(json.dumps({"actionName": "sendToGroup", "group": "g", "dataType": "json", "data": json.dumps(row)}))
    out.set("out " + row["text"])
    return "published"


@app.service_bus_queue_trigger(arg_name="message", connection="ServiceBus", queue_name="plain")
def on_plain(message: func.ServiceBusMessage) -> None:
    SEEN.append({"plain": message.get_body().decode()})


@app.timer_trigger(arg_name="timer", schedule="%EVERY%", use_monitor=False)
def tick(timer: func.TimerRequest) -> None:
    TICKS.append(timer.past_due)


@app.route(route="seen", methods=["GET"])
async def seen(req: func.HttpRequest) -> func.HttpResponse:
    async with CosmosClient.from_connection_string(os.environ["COSMOS"]) as cosmos:
        container = cosmos.get_database_client("shop").get_container_client("rows")
        rows = [row["text"] async for row in container.query_items("SELECT * FROM c", partition_key="u")]
    shown = {"seen": SEEN, "rows": rows, "ticks": len(TICKS), "issuer": os.environ.get("ISSUER"), "vault": os.environ.get("VAULT")}
    return func.HttpResponse(json.dumps(shown), mimetype="application/json")
