"""The JSON of the classic (1.x) durable protocol: history events, what a trigger receives, what it answers.

Numbers and field names are those of the DurableTask history and of the out-of-process schema; the SDK reads exactly these.
"""

import json
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quote
from typing import Any

from infra.onebox.clock import iso

OUT_OF_PROC = "$OutOfProcData$:"
SCHEMA_VERSION = 2  # ReplaySchema.V3 of the SDK; no longest timer is named: like the scheduler backend, any length is one timer


def event(kind: int, ms: int, event_id: int = -1, **fields: Any) -> str:
    """One history event as JSON text."""
    parts = [f'{{"EventType":{kind},"EventId":{event_id},"IsPlayed":false,"Timestamp":"{iso(ms)}"']
    for name, value in fields.items():
        parts.append(f'"{name}":{_text(value)}')
    return ",".join(parts) + "}"


def _text(value: Any) -> str:
    if type(value) is str:
        return quote(value)
    return str(value) if type(value) is int else "null" if value is None else json.dumps(value)


def execution_started(ms: int, name: str, instance: str, execution: str) -> str:
    """Without the input, which every replay gets beside its history anyway."""
    identity = {"InstanceId": instance, "ExecutionId": execution}
    return event(0, ms, Name=name, OrchestrationInstance=identity, Input=None, Version="", Tags=None, ParentInstance=None)


def task_scheduled(ms: int, task: int, name: str, text: str | None) -> str:
    return event(4, ms, task, Name=name, Version="", Input=text)


def task_completed(ms: int, task: int, result: str) -> str:
    return event(5, ms, TaskScheduledId=task, Result=result)


def task_failed(ms: int, task: int, reason: str, details: str) -> str:
    return event(6, ms, TaskScheduledId=task, Reason=reason, Details=details)


def sub_created(ms: int, task: int, name: str, instance: str, text: str | None) -> str:
    return event(7, ms, task, Name=name, Version="", InstanceId=instance, Input=text)


def sub_completed(ms: int, task: int, result: str | None) -> str:
    return event(8, ms, TaskScheduledId=task, Result=result)


def sub_failed(ms: int, task: int, reason: str, details: str) -> str:
    return event(9, ms, TaskScheduledId=task, Reason=reason, Details=details)


def timer_created(ms: int, timer: int, fire_ms: int) -> str:
    return event(10, ms, timer, FireAt=iso(fire_ms))


def timer_fired(ms: int, timer: int, fire_ms: int) -> str:
    return event(11, ms, TimerId=timer, FireAt=iso(fire_ms))


def event_sent(ms: int, task: int, target: str, content: dict) -> str:
    return event(14, ms, task, InstanceId=target, Name="op", Input=json.dumps(content))


def event_raised(ms: int, name: str, text: str | None) -> str:
    return event(15, ms, Name=name, Input=text)


def orchestrator_started(ms: int) -> str:
    return event(12, ms)


def orchestration_input(instance: str, parent: str | None, text: str | None, history: list[str]) -> str:
    """What an orchestrationTrigger receives; the history is joined as text, never parsed."""
    return (
        f'{{"history":[{",".join(history)}],"instanceId":{quote(instance)},"isReplaying":false,'
        f'"parentInstanceId":{quote(parent) if parent else "null"},"input":{quote(text) if text is not None else "null"},'
        f'"upperSchemaVersion":{SCHEMA_VERSION},"upperSchemaVersionNew":{SCHEMA_VERSION}}}'
    )


def entity_input(name: str, key: str, exists: bool, state: str | None, operations: list[dict]) -> str:
    """What an entityTrigger receives: the state is JSON text, each operation's input is JSON twice."""
    batch = [{"name": op["op"], "input": json.dumps(op["input"]), "isSignal": op["reply"] is None} for op in operations]
    return json.dumps({"self": {"name": name, "key": key}, "exists": exists, "state": state, "batch": batch})


class BadDecision(Exception):
    """What the function returned is not the answer of an orchestrator."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An orchestrator's answer; `output` and `custom_status` are JSON text, `error` is set when it raised."""

    is_done: bool
    actions: list[dict]
    output: str | None
    custom_status: str | None
    error: str | None = None


def decision(text: str, error: str | None = None) -> Decision:
    """Parse an orchestrator's answer; raises BadDecision."""
    try:
        answer = json.loads(text)
        actions, is_done = list(flat(answer["actions"])), bool(answer["isDone"])
    except (ValueError, LookupError, TypeError) as error:
        raise BadDecision("the orchestrator function did not return a durable answer") from error
    output = json.dumps(answer["output"]) if answer.get("output") is not None else None
    custom = json.dumps(answer["customStatus"]) if answer.get("customStatus") is not None else None
    return Decision(is_done, actions, output, custom, error)


def failure(message: str) -> Decision:
    """Parse an exception's text: what the user's code said, then, after the label, what it had decided."""
    said, label, data = message.partition(OUT_OF_PROC)
    said = said.rstrip("\n").removeprefix("Exception: ")
    try:
        return decision(data, said) if label else Decision(False, [], None, None, said)
    except BadDecision:
        return Decision(False, [], None, None, said)


def flat(actions: list) -> Any:
    """Actions in the order in which the SDK numbers them: compound ones give way to their parts."""
    for action in actions:
        if isinstance(action, list):
            yield from flat(action)
        elif "compoundActions" in action:
            yield from flat(action["compoundActions"])
        else:
            yield action
