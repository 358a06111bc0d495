"""What a tick that places an order asks of the stock SDKs, with nothing in it: the floor below our ticks on the same machine and host.

The same messages, documents, calls, episodes and sizes as one fill of a paper bot (see bench/counts.json), but no strategy, no exchange and
no rule: a session's message, four reads and writes, an orchestration of three episodes, two entity operations, one activity with three
writes and three output bindings, and the question whether it is done.

`POST /api/go?count=N&bots=M` sends N messages to M sessions. Each tick that is done is a line "floor done".
"""

import asyncio
import json
import logging
import os
import time
from functools import lru_cache

import azure.durable_functions as df
import azure.functions as func
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import CosmosClient

DATABASE = "tickwise"
COSMOS, SERVICE_BUS = "Cosmos", "ServiceBus"  # connections, by their names in the bindings
FIRST_POLL_S, LONGEST_POLL_S = 0.05, 1.0
SMALL, BOOK, DOCUMENT, ROW, STATE = 300, 4_000, 3_800, 600, 2_400  # bytes, about those of a bot with ten orders

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def bulk(size: int) -> list[dict[str, str]]:
    """JSON of about this size, in rows as orders have them."""
    return [{"id": "0123456789abcdef", "price": "12345.67", "amount": "0.00123", "status": "open"}] * max(1, size // 80)


@lru_cache(maxsize=1)
def client() -> CosmosClient:
    return CosmosClient.from_connection_string(os.environ[COSMOS], transport=AioHttpTransport(use_env_settings=False))


@lru_cache(maxsize=8)
def container(name: str):
    return client().get_database_client(DATABASE).get_container_client(name)


@app.route("api/health", methods=["GET"])
async def health(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse('{"status":"ok"}', mimetype="application/json")


@app.route("api/go", methods=["POST"])
async def go(req: func.HttpRequest) -> func.HttpResponse:
    from azure.servicebus import ServiceBusMessage
    from azure.servicebus.aio import ServiceBusClient

    count, bots = int(req.params["count"]), int(req.params["bots"])
    for number in range(bots):
        for name, size in (("bots", DOCUMENT), ("accounts", SMALL), ("paper", BOOK)):
            await container(name).upsert_item({"id": f"b{number}", "userId": f"u{number}", "kind": "floor", "rows": bulk(size)})
    async with ServiceBusClient.from_connection_string(os.environ[SERVICE_BUS]) as bus, bus.get_queue_sender("bot-nudges") as sender:
        for first in range(0, count, 100):
            numbers = range(first, min(first + 100, count))
            await sender.send_messages(
                [
                    ServiceBusMessage(json.dumps({"bot": n % bots, "at": time.time()}), session_id=f"b{n % bots}", message_id=f"m{n}")
                    for n in numbers
                ]
            )
    return func.HttpResponse("{}", mimetype="application/json")


@app.function_name("nudges")
@app.service_bus_queue_trigger(
    arg_name="msg", connection="ServiceBus", queue_name="bot-nudges", is_sessions_enabled=True, auto_complete_messages=True
)
@app.durable_client_input(client_name="client")
async def nudges(msg: func.ServiceBusMessage, client: df.DurableOrchestrationClient) -> None:
    event = json.loads(msg.get_body())
    name, user = f"b{event['bot']}", f"u{event['bot']}"
    document = await container("bots").read_item(name, user)
    await container("accounts").read_item(name, user)
    book = await container("paper").read_item(name, user)
    await container("paper").replace_item(name, book)
    instance = f"tick-{msg.message_id}"
    await client.start_new("tick", instance, {"bot": event["bot"], "seen": document["rows"][:12]})
    pause = FIRST_POLL_S
    while True:
        await asyncio.sleep(pause)
        status = await client.get_status(instance)
        if status.runtime_status == df.OrchestrationRuntimeStatus.Completed:
            break
        pause = min(pause * 2, LONGEST_POLL_S)
    logging.getLogger("floor").info("floor done kind market late_ms %d", (time.time() - event["at"]) * 1000)


@app.orchestration_trigger(context_name="context", orchestration="tick")
def tick(context: df.DurableOrchestrationContext):
    event = context.get_input()
    bot = df.EntityId("thing", f"b{event['bot']}")
    state = yield context.call_entity(bot, "advance", {"seen": event["seen"]})
    done = yield context.call_activity("execute", {"bot": event["bot"], "publication": state})
    context.signal_entity(bot, "advance", done)
    return "done"


@app.entity_trigger(context_name="context", entity_name="thing")
def thing(context: df.DurableEntityContext) -> None:
    context.get_state(dict)
    context.set_state({"rows": bulk(STATE)})
    context.set_result({"rows": bulk(DOCUMENT)})


@app.activity_trigger(input_name="work", activity="execute")
@app.cosmos_db_output(
    arg_name="rows", connection="Cosmos", database_name="%CosmosDatabase%", container_name="bots", create_if_not_exists=False
)
@app.cosmos_db_output(
    arg_name="curve", connection="Cosmos", database_name="%CosmosDatabase%", container_name="equity", create_if_not_exists=False
)
@app.generic_output_binding(arg_name="live", type="webPubSub", hub="dash", connection="WebPubSub")
async def execute(work: dict, rows: func.Out[func.DocumentList], live: func.Out[str], curve: func.Out[func.DocumentList]) -> dict:
    name, user = f"b{work['bot']}", f"u{work['bot']}"
    await container("paper").replace_item(name, {"id": name, "userId": user, "kind": "floor", "rows": bulk(BOOK)})
    fill = {"id": f"f{time.time_ns()}", "userId": user, "kind": "fill", "rows": bulk(ROW)}
    line = {"id": f"e{time.time_ns()}", "userId": user, "kind": "event", "rows": bulk(SMALL)}
    for place, row in (("fills", fill), ("events", line)):
        await container(place).execute_item_batch([("create", (row,))], partition_key=user)
    document = {"id": name, "userId": user, "kind": "floor", "rows": work["publication"]["rows"]}
    rows.set(func.DocumentList([func.Document.from_dict(document)]))
    point = {"id": fill["id"], "userId": user, "kind": "equity", "rows": bulk(SMALL)}
    curve.set(func.DocumentList([func.Document.from_dict(point)]))
    said = {"actionName": "sendToGroup", "group": user, "data": json.dumps(document), "dataType": "json"}
    live.set(json.dumps([said]))
    return {"rows": work["publication"]["rows"][:12]}
