"""What an orchestrator decided, turned into history events and messages.

The problem: the SDK numbers its tasks itself, and the answer holds only the list of actions. Two things take a number without an action:
the timer after a failed attempt of a task with a retry policy, and the next attempt after that timer. Both are numbered when their cause
is read from the history, before any code runs on. So the engine lets an episode begin with at most one such cause and hold no other
(`cut`); then the order of numbers is: what that cause needs, then the new actions as listed. An external event takes no number.

    history …, TaskFailed(0)            -> TimerCreated(1)            (retry of task 0)
    history …, TimerFired(1)            -> TaskScheduled(2)           (second attempt)
    history …, TaskCompleted(2)         -> TaskScheduled(3)           (the next action in the list)

What was sent is in the messages, not in the history: a replay has no use for it, and would read it anew at every episode.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.onebox.clock import from_iso
from infra.onebox.durable import wire
from infra.onebox.durable.model import ACTIVITY, OPERATION, TIMER, Instance, Progress

ACTIVITIES, SUBS = (0, 1), (2, 3)
CONTINUE_AS_NEW, CREATE_TIMER, WAIT, CALL_ENTITY, CALL_HTTP, SIGNAL_ENTITY = 4, 5, 6, 7, 8, 9


@dataclass(slots=True)
class Outbox:
    """What an episode adds: events for its history, messages (kind, target, execution, due, body), children to start, timers to drop."""

    events: list[str] = field(default_factory=list)
    messages: list[tuple[str, str, str, int, str]] = field(default_factory=list)
    children: list[tuple[str, str, str | None, int]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    next_input: str | None = None
    continues: bool = False


class Interpreter:
    """Applies one episode's causes and actions to an instance; numbers come from its progress."""

    def __init__(self, instance: Instance, now_ms: int, new_id: Callable[[], str], out: Outbox) -> None:
        self.instance, self.progress, self.now, self.new_id, self.out = instance, instance.progress, now_ms, new_id, out

    def cause(self, event: dict) -> None:
        """Number what the SDK numbers on reading this event: the timer after a failure, the attempt after that timer."""
        if event["EventType"] in (6, 9):
            task = self.progress.retries.pop(str(event["TaskScheduledId"]), None)
            if task:
                self._retry_timer(task)
        elif event["EventType"] == 11:
            task = self.progress.waits.pop(str(event["TimerId"]), None)
            if task and task["attempt"] < task["max"]:
                self._schedule_task({**task, "attempt": task["attempt"] + 1})
            self._fired(event["TimerId"])
        elif event["EventType"] in (5, 8):
            self.progress.retries.pop(str(event["TaskScheduledId"]), None)

    def actions(self, actions: list[dict], *, signals_only: bool = False) -> None:
        """Turn the actions not seen before into decisions, and cancel timers."""
        for index in range(self.progress.actions, len(actions)):
            action = actions[index]
            if not signals_only or action["actionType"] == SIGNAL_ENTITY:
                self._act(index, action)
        self.progress.actions = max(self.progress.actions, len(actions))
        for index, timer in list(self.progress.timers.items()):
            if int(index) < len(actions) and actions[int(index)].get("isCanceled"):
                self.out.cancelled.append(timer)
                del self.progress.timers[index]

    def _act(self, index: int, action: dict) -> None:
        kind = action["actionType"]
        if kind in ACTIVITIES or kind in SUBS:
            self._schedule_task(_task(action))
        elif kind == CREATE_TIMER:
            self.progress.timers[str(index)] = self._timer(from_iso(action["fireAt"]))
        elif kind in (CALL_ENTITY, SIGNAL_ENTITY):
            self._entity(action, is_signal=kind == SIGNAL_ENTITY)
        elif kind == CONTINUE_AS_NEW:
            self._number()
            self.out.continues, self.out.next_input = True, action["input"]
        elif kind == CALL_HTTP:
            task = self._number()
            self.out.events.append(wire.task_scheduled(self.now, task, "BuiltIn::HttpActivity", None))
            self._send_event(wire.task_failed(self.now, task, "call_http is not supported by onebox: call an activity", ""))
        elif kind != WAIT:
            raise ValueError(f"unknown durable action type {kind}")

    def _schedule_task(self, task: dict) -> None:
        number = self._number()
        if task["max"] > 0:
            self.progress.retries[str(number)] = task
        if task["sub"]:
            child = task["instance"] if task.get("instance") else f"{self.instance.execution}:{number}"
            self.out.events.append(wire.sub_created(self.now, number, task["name"], child, task["input"]))
            self.out.children.append((task["name"], child, task["input"], number))
        else:
            self.out.events.append(wire.task_scheduled(self.now, number, task["name"], None))
            body = json.dumps({"name": task["name"], "task": number, "input": task["input"]})
            self.out.messages.append((ACTIVITY, self.instance.id, self.instance.execution, 0, body))

    def _retry_timer(self, task: dict) -> None:
        # A timer fires after the last attempt too: the SDK reports the failure only then.
        number = self._timer(self.now + task["delay_ms"])
        self.progress.waits[str(number)] = task

    def _timer(self, fire_ms: int) -> int:
        number = self._number()
        self.out.events.append(wire.timer_created(self.now, number, fire_ms))
        self.out.messages.append((TIMER, self.instance.id, self.instance.execution, fire_ms, str(number)))
        return number

    def _fired(self, timer: int) -> None:
        for index, number in list(self.progress.timers.items()):
            if number == timer:
                del self.progress.timers[index]

    def _entity(self, action: dict, *, is_signal: bool) -> None:
        number, call = self._number(), self.new_id()
        content = {"op": action["operation"], "id": call, "signal": is_signal}
        self.out.events.append(wire.event_sent(self.now, number, action["instanceId"], content))
        reply = None if is_signal else [self.instance.id, self.instance.execution, call]
        body = json.dumps({"op": action["operation"], "input": action["input"], "reply": reply})
        self.out.messages.append((OPERATION, action["instanceId"], "", 0, body))

    def _send_event(self, text: str) -> None:
        self.out.messages.append(("event", self.instance.id, self.instance.execution, 0, text))

    def _number(self) -> int:
        number = self.progress.next_id
        self.progress.next_id += 1
        return number


def _task(action: dict[str, Any]) -> dict[str, Any]:
    """An activity or sub-orchestration with its retry policy (max 0: none); intervals in milliseconds."""
    retry = action.get("retryOptions") or {}
    return {
        "sub": action["actionType"] in SUBS,
        "name": action["functionName"],
        "input": action.get("input"),
        "instance": action.get("instanceId"),
        "attempt": 1,
        "max": int(retry.get("maxNumberOfAttempts", 0)),
        "delay_ms": int(retry.get("firstRetryIntervalInMilliseconds", 0)),
    }


def numbers_something(progress: Progress, event: dict) -> bool:
    """Whether the SDK gives out a number on reading this event."""
    if event["EventType"] in (6, 9):
        return str(event["TaskScheduledId"]) in progress.retries
    return event["EventType"] == 11 and str(event["TimerId"]) in progress.waits
