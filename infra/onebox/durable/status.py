"""An instance as the status API shows it."""

import json
from datetime import UTC, datetime
from typing import Any

from infra.onebox.durable.model import Instance

NAMES = (
    "ExecutionStarted", "ExecutionCompleted", "ExecutionFailed", "ExecutionTerminated", "TaskScheduled", "TaskCompleted", "TaskFailed",
    "SubOrchestrationInstanceCreated", "SubOrchestrationInstanceCompleted", "SubOrchestrationInstanceFailed", "TimerCreated", "TimerFired",
    "OrchestratorStarted", "OrchestratorCompleted", "EventSent", "EventRaised",
)  # fmt: skip
QUIET = frozenset({"OrchestratorStarted", "OrchestratorCompleted"})


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def of(instance: Instance, *, show_input: bool) -> dict[str, Any]:
    """The status object; the input of an instance a client started is JSON text, as the stock client sends it."""
    return {
        "name": instance.name,
        "instanceId": instance.id,
        "runtimeStatus": instance.status,
        "input": instance.input if show_input else None,
        "customStatus": json.loads(instance.custom_status) if instance.custom_status else None,
        "output": json.loads(instance.output) if instance.output else None,
        "createdTime": _time(instance.created_ms),
        "lastUpdatedTime": _time(instance.updated_ms),
    }


def history(chunks: list[str], *, show_output: bool) -> list[dict[str, Any]]:
    """The events with their names; inputs and results only on demand."""
    shown = []
    for event in json.loads(f"[{','.join(chunks)}]"):
        name = NAMES[event["EventType"]]
        if name in QUIET:
            continue
        row = {"EventType": name, "Timestamp": event["Timestamp"], "Name": event.get("Name"), "FunctionName": event.get("Name")}
        if show_output:
            row |= {key: event[key] for key in ("Input", "Result", "Reason") if event.get(key) is not None}
        shown.append(row)
    return shown
