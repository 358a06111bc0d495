"""Entities: a counter, and one that does everything an entity should not (reliability: DE7, DE8, DE9, DE14)."""

import azure.durable_functions as df

bp = df.Blueprint()


@bp.entity_trigger(context_name="context")
def tally(context: df.DurableEntityContext) -> None:
    if context.operation_name == "add":
        total = context.get_state(lambda: 0) + context.get_input()
        context.set_result(total)
        context.set_state(total)
    elif context.operation_name == "forget":
        context.destruct_on_exit()


@bp.entity_trigger(context_name="context")
def naughty(context: df.DurableEntityContext) -> None:
    state = context.get_state(lambda: {"n": 0})
    if context.operation_name == "add":
        state["n"] += 1
        context.set_state(state)
        context.set_result("ok")
    elif context.operation_name == "set_then_raise":
        state["n"] += 100
        context.set_state(state)
        raise RuntimeError("after set_state")
    elif context.operation_name == "mutate_then_raise":
        state["n"] += 1000
        raise RuntimeError("after a mutation in place")


@bp.entity_trigger(context_name="context")
async def sleeper(context: df.DurableEntityContext) -> None:
    context.set_state(1)
