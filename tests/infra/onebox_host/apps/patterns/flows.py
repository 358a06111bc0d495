"""Orchestrations and activities: fan-out, retries, sub-orchestration, human interaction, monitor, eternal, failures."""

from datetime import timedelta

import azure.durable_functions as df

bp = df.Blueprint()
ATTEMPTS: dict[str, int] = {}


@bp.orchestration_trigger(context_name="context")
def fan_out(context: df.DurableOrchestrationContext):
    results = yield context.task_all([context.call_activity("square", n) for n in range(context.get_input())])
    return sum(results)


@bp.activity_trigger(input_name="n")
def square(n: int) -> int:
    return n * n


@bp.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext):
    deadline = context.current_utc_datetime + timedelta(milliseconds=context.get_input())
    timer, event = context.create_timer(deadline), context.wait_for_external_event("decision")
    context.set_custom_status("waiting")
    winner = yield context.task_any([timer, event])
    if winner == event:
        timer.cancel()
        context.set_custom_status("decided")
        return {"decision": event.result}
    return "too late"


@bp.orchestration_trigger(context_name="context")
def monitor(context: df.DurableOrchestrationContext):
    for look in range(1, 6):
        if (yield context.call_activity("ready", {"key": context.instance_id, "look": look})):
            return look
        yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=20))
    return None


@bp.activity_trigger(input_name="asked")
def ready(asked: dict) -> bool:
    return asked["look"] >= 3


@bp.orchestration_trigger(context_name="context")
def flaky_twice(context: df.DurableOrchestrationContext):
    policy = df.RetryOptions(20, context.get_input())
    tasks = [context.call_activity_with_retry("flaky", policy, {"key": f"{context.instance_id}{n}", "fails": n}) for n in range(3)]
    try:
        return (yield context.task_all(tasks))
    except Exception as error:
        return "gave up: " + str(error).strip().split("\n")[0]


@bp.activity_trigger(input_name="asked")
def flaky(asked: dict) -> int:
    ATTEMPTS[asked["key"]] = ATTEMPTS.get(asked["key"], 0) + 1
    if ATTEMPTS[asked["key"]] <= asked["fails"]:
        raise ValueError("not yet")
    return ATTEMPTS[asked["key"]]


@bp.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext):
    child = yield context.call_sub_orchestrator("fan_out", 4)
    try:
        yield context.call_sub_orchestrator("breaks", None)
    except Exception as error:
        return [child, "boom" in str(error)]


@bp.orchestration_trigger(context_name="context")
def breaks(context: df.DurableOrchestrationContext):
    context.signal_entity(df.EntityId("tally", "breaks"), "add", 1)
    yield context.call_activity("square", 1)
    raise RuntimeError("boom")


@bp.orchestration_trigger(context_name="context")
def eternal(context: df.DurableOrchestrationContext):
    count = context.get_input()
    yield context.call_entity(df.EntityId("tally", context.instance_id), "add", 1)
    if count < 5:
        context.continue_as_new(count + 1)
        return None
    return count


@bp.orchestration_trigger(context_name="context")
def slow_chain(context: df.DurableOrchestrationContext):
    """Ten steps, each an activity and an entity operation: for kills in the middle."""
    steps = []
    for _ in range(10):
        yield context.call_activity("nap", 0.03)
        steps.append((yield context.call_entity(df.EntityId("tally", context.instance_id), "add", 1)))
    return steps


@bp.activity_trigger(input_name="seconds")
def nap(seconds: float) -> None:
    import time

    time.sleep(seconds)


@bp.orchestration_trigger(context_name="context")
def calls(context: df.DurableOrchestrationContext):
    """One entity call; the answer or the error's text."""
    asked = context.get_input()
    try:
        return (yield context.call_entity(df.EntityId(*asked["target"]), asked["op"], asked.get("input")))
    except Exception as error:
        return {"error": str(error)}


@bp.orchestration_trigger(context_name="context")
def waits(context: df.DurableOrchestrationContext):
    return (yield context.wait_for_external_event("go"))
