"""Many orchestrations at once, each with two entity calls and three activities; answers how long they took."""

import asyncio
import json
import time

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="api/load/{count:int}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def load(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    count = int(req.route_params["count"])
    began = time.perf_counter()
    ids = await asyncio.gather(*(client.start_new("step", f"load-{n}-{began}", n) for n in range(count)))
    started = time.perf_counter()
    for instance in ids:
        while str((await client.get_status(instance)).runtime_status) != "OrchestrationRuntimeStatus.Completed":
            await asyncio.sleep(0.02)
    ended = time.perf_counter()
    return func.HttpResponse(json.dumps({"start_s": started - began, "all_s": ended - began, "per_s": count / (ended - began)}))


@app.orchestration_trigger(context_name="context", orchestration="step")
def step(context: df.DurableOrchestrationContext):
    number = context.get_input()
    entity = df.EntityId("tally", f"t{number}")
    yield context.call_activity("work", number)
    yield context.call_entity(entity, "add", 1)
    yield context.call_activity("work", number)
    yield context.call_entity(entity, "add", 1)
    return (yield context.call_activity("work", number))


@app.activity_trigger(input_name="number", activity="work")
def work(number: int) -> int:
    return number


@app.entity_trigger(context_name="context", entity_name="tally")
def tally(context: df.DurableEntityContext) -> None:
    total = context.get_state(lambda: 0) + context.get_input()
    context.set_result(total)
    context.set_state(total)
