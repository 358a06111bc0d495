"""One event of one bot, worked on to the end: advance -> (execute -> advance)* -> publish.

What was observed comes with the event (`seen`); where the trigger could not look, the tick does.
One fill that goes as planned takes six executions: three episodes of this function, advance, execute (which publishes, too), advance.

Rules
1. Deterministic: no clock, no randomness, no I/O; every instant comes out of an activity.
2. What is to be sent was committed by the entity's `advance` before `execute` sees it.
3. Bounded: after MAX_ROUNDS the rest goes into a message of its own, so that the session is given back.
4. An event that cannot be worked on is tried again by its message, one that would fail every time is not; the bot's entity counts and
   puts the bot aside in the end.
5. A bot that is said to run and whose state is gone is put aside for its owner, who may have it made again (entities/rebuild.py).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from entities.operation import AccountOperation, BotOperation
from shared.bot_document import STATE_LOST
from shared.ids import entity_key
from shared.money_field import money_field, refused_field

MAX_ROUNDS = 40
RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=500, max_number_of_attempts=3)

Doc = dict[str, Any]
Steps = Generator[Any, Any, Any]
bp = df.Blueprint()


def bot_tick(context: df.DurableOrchestrationContext) -> Steps:
    event: Doc = context.get_input()
    seen = event.pop("seen", None)
    if (yield from is_made_again(context, event)):
        event |= {"kind": "heartbeat", "body": {}}
    if seen is None:
        seen = yield context.call_activity_with_retry("observe", RETRY, event)
    if seen["idle"]:
        return "idle"
    if "broken" in seen:
        yield from put_aside(context, event, seen, seen["broken"], seen.get("reason"))
        return "broken"
    try:
        if "start" in seen:
            state = yield from start(context, event, seen)
        elif "rebuild" in seen:
            state = yield from rebuild(context, event, seen)
        else:
            facts = {"now": seen["now"], "event": wire_event(event), "view": seen["view"], "published": seen["published"]}
            money = (yield from ask_for_money(context, event, seen)) if "money" in seen else {}
            state = yield from advance(context, event, seen, facts | money)
            if state.get("gone"):  # its document says that it runs, and there is no state to run it by
                return (yield from tell_lost(context, event))
        if state.get("gone"):
            return "gone"
        return (yield from work(context, event, seen, state))
    except Exception as error:
        if not (yield from put_aside(context, event, seen, type(error).__name__)):
            raise
        return "quarantined"


def is_made_again(context: df.DurableOrchestrationContext, event: Doc) -> Steps:
    """Whether an earlier run of this rebuild has made the bot, which is there: to fence it off would be for nothing."""
    if event.get("run", 1) == 1 or (event["kind"], event["body"].get("name")) != ("command", "rebuild"):
        return False
    told = yield bot(context, event, BotOperation.WEIGH, {"event": wire_event(event)})
    return bool(told.get("is_done"))


def put_aside(context: df.DurableOrchestrationContext, event: Doc, seen: Doc, why: str, reason: str | None = None) -> Steps:
    """Counts a failure; True when it was one too many, or has a `reason`, and the bot now waits for its owner."""
    failed = yield bot(context, event, BotOperation.FAIL, {"error": why, "reason": reason, "now": seen["now"]})
    is_in_vain = failed.get("gone") and event["body"].get("name") == "rebuild"
    if (failed.get("broken") or is_in_vain) and "rebuild" not in seen:
        yield from tell_lost(context, event)
        return True
    if not failed.get("quarantined"):
        return False
    yield context.call_activity_with_retry("publish", RETRY, failed["publish"])
    return True


def work(context: df.DurableOrchestrationContext, event: Doc, seen: Doc, state: Doc) -> Steps:
    """Rounds of asking and advancing until there is nothing left to ask."""
    rounds, now = 0, seen["now"]
    while (state["intents"] or state["more"]) and rounds < MAX_ROUNDS:
        rounds += 1
        asked = {
            "userId": event["user_id"], "botId": event["bot_id"], "accountId": seen["accountId"], "account": seen.get("account"),
            "symbol": seen["symbol"],
            "intents": state["intents"], "look": state["look"], "publication": state["publish"], "calm": state.get("calm", False),
        }  # fmt: skip
        asked |= {name: event[name] for name in ("traceparent", "kind", "at") if name in event}
        done = yield context.call_activity("execute", asked)
        now = done["now"]
        facts = {"now": now, "outcomes": done["outcomes"], "view": done["view"], "published": done["published"] or state.get("announced")}
        if done["settled"]:  # everything went as planned and is published: the entity hears it, nobody waits
            context.signal_entity(bot_id(event), BotOperation.ADVANCE.value, {**facts, "settled": True})
            return "done"
        state = yield from advance(context, event, seen, facts)
        if state.get("gone"):
            return (yield from tell_lost(context, event))
    if state["intents"] or state["more"]:
        yield context.call_activity_with_retry("again", RETRY, {"userId": event["user_id"], "botId": event["bot_id"], "id": f"more-{now}"})
    if state["final"]:  # before it is published: who finds the bot at rest looks no further, and its money would stay promised
        release(context, event, seen)
    if state["publish"] is not None:
        yield context.call_activity_with_retry("publish", RETRY, state["publish"])
    return "done"


def advance(context: df.DurableOrchestrationContext, event: Doc, seen: Doc, facts: Doc) -> Steps:
    """The bot's next step; when it counts on other money from now on, its account hears it."""
    state = yield bot(context, event, BotOperation.ADVANCE, facts)
    yield from settle(context, event, seen, state)
    return state


def settle(context: df.DurableOrchestrationContext, event: Doc, seen: Doc, state: Doc) -> Steps:
    if state.get("settle"):
        yield account(context, event, seen, AccountOperation.SETTLE, {"bot": event["bot_id"], **state["settle"]})


def ask_for_money(context: df.DurableOrchestrationContext, event: Doc, seen: Doc) -> Steps:
    """A command that takes more than the bot has gets it promised first: what the account says, as facts of the advance."""
    weighed = yield bot(context, event, BotOperation.WEIGH, {"event": wire_event(event)})
    if not weighed.get("more"):
        return {}
    if seen["money"] is None:
        return {"refused": {"reason": "venue_down", "params": {}}}
    ask = {"bot": event["bot_id"], "id": event["id"], "more": weighed["more"], "own": weighed["own"], **seen["money"]}
    promise = yield account(context, event, seen, AccountOperation.RAISE, ask)
    return {"raised": event["id"]} if promise["ok"] else {"refused": refusal_of(promise, refused_field(event["body"]))}


def refusal_of(promise: Doc, field: str | None) -> Doc:
    """An account's no, as reason and figures; `field`: what asked for the money."""
    figures = {name: promise[name] for name in ("currency", "needed", "available", "symbol") if name in promise}
    named = "symbol" if "symbol" in promise else field if "needed" in promise else None
    return {"reason": promise["reason"], "params": figures if named is None else {"field": named, **figures}}


def start(context: df.DurableOrchestrationContext, event: Doc, seen: Doc) -> Steps:
    """Money first, then the state. What cannot start stays a draft that says why; what has started goes on, whatever the plan says now."""
    begun = yield bot(context, event, BotOperation.ADVANCE, {"now": seen["now"], "event": wire_event(event), "aloud": True})
    if not begun.get("gone"):
        return (yield from announced(context, begun))
    plan = seen["start"]
    if "refused" in plan:
        return (yield from refuse(context, event, plan["refused"]))
    ask = {
        "bot": event["bot_id"], "revision": event["id"], "amounts": plan["reserved"], "balances": plan["balances"], "held": plan["held"],
        "seen": plan["seen"], "alone": plan["alone"],
    }  # fmt: skip
    promise = yield account(context, event, seen, AccountOperation.RESERVE, ask)
    if not promise["ok"]:
        is_base = promise.get("currency") == plan["record"]["symbol"].partition("/")[0]
        return (yield from refuse(context, event, refusal_of(promise, money_field(plan["record"]["config"], is_base))))
    facts = {name: plan[name] for name in ("record", "market", "price", "at", "cursor", "epoch", "reserved", "keeps_stops")}
    state = yield bot(
        context, event, BotOperation.START, {**facts, "userId": event["user_id"], "event": wire_event(event), "now": seen["now"]}
    )
    if "refused" in state:
        release(context, event, seen)
        first = state["refused"][0]
        return (yield from refuse(context, event, {"reason": first["code"], "params": {"field": first["field"], **first["params"]}}))
    return (yield from announced(context, state))


def announced(context: df.DurableOrchestrationContext, state: Doc) -> Steps:
    """Nothing is sent for a bot whose document is a draft: a state that got lost would be started a second time, not made again."""
    if state["publish"] is None:
        return state
    revision = yield context.call_activity_with_retry("publish", RETRY, state["publish"])
    return {**state, "publish": None, "announced": revision}


def rebuild(context: df.DurableOrchestrationContext, event: Doc, seen: Doc) -> Steps:
    """A lost or broken state is made again; its account learns what the bot counts on, in case it forgot. What cannot be is said."""
    plan = {**seen["rebuild"], "userId": event["user_id"], "event": wire_event(event), "now": seen["now"]}
    if "refused" in plan:
        state = yield from advance(context, event, seen, plan)
        if state.get("gone"):
            yield from tell_lost(context, event, {"rebuild": plan["refused"]["reason"]})
        return state
    state = yield bot(context, event, BotOperation.REBUILD, plan)
    document = plan["document"]
    kept = {"amounts": document["reserved"], "alone": document["symbol"] if ":" in document["symbol"] else None}
    yield account(context, event, seen, AccountOperation.RESTORE, {"bot": event["bot_id"], "revision": event["id"], **kept})
    yield from settle(context, event, seen, state)
    return state


def refuse(context: df.DurableOrchestrationContext, event: Doc, why: Doc) -> Steps:
    """What cannot start is said in the log of its entity first, then by its document."""
    said = {"userId": event["user_id"], "botId": event["bot_id"], "hit": event["body"].get("hit"), **why}
    if event["kind"] == "command" and why["reason"] != STATE_LOST:
        word = {**wire_event(event), "at": event["at"]}
        said |= yield bot(context, event, BotOperation.REFUSE, {"bot": event["bot_id"], "event": word, **why})
    yield context.call_activity_with_retry("refuse", RETRY, said)
    return {"gone": True}


def tell_lost(context: df.DurableOrchestrationContext, event: Doc, figures: Doc | None = None) -> Steps:
    """The bot's owner is told, and may have it made again."""
    yield from refuse(context, event, {"reason": STATE_LOST, "params": figures or {}})
    return "lost"


def bot(context: df.DurableOrchestrationContext, event: Doc, operation: BotOperation, given: Doc) -> Any:
    return context.call_entity(bot_id(event), operation.value, given)


def bot_id(event: Doc) -> df.EntityId:
    return df.EntityId("bot", entity_key(event["user_id"], event["bot_id"]))


def account(context: df.DurableOrchestrationContext, event: Doc, seen: Doc, operation: AccountOperation, given: Doc) -> Any:
    return context.call_entity(account_id(event, seen), operation.value, given)


def release(context: df.DurableOrchestrationContext, event: Doc, seen: Doc) -> None:
    """The account hears it, nobody waits: a promise taken back needs no answer."""
    context.signal_entity(account_id(event, seen), AccountOperation.RELEASE.value, {"bot": event["bot_id"]})


def account_id(event: Doc, seen: Doc) -> df.EntityId:
    return df.EntityId("account", entity_key(event["user_id"], seen["accountId"]))


def wire_event(event: Doc) -> Doc:
    return {"id": event["id"], "kind": event["kind"], "body": event["body"]}


bp.orchestration_trigger(context_name="context", orchestration="bot_tick")(bot_tick)
