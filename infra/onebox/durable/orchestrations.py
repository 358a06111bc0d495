"""Orchestrations: one episode at a time per instance, always replayed from the start.

An episode takes what waits in the mailbox, appends it to the history after an OrchestratorStarted, and asks the function again. Its
outcome, events and messages alike, is staged as one. That an episode was over is not in the history: nobody needs it, and every replay
would read it. A message for an earlier execution of the instance is dropped.
"""

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from infra.onebox.durable import store as sql
from infra.onebox.durable import wire
from infra.onebox.durable.actions import Interpreter, Outbox, numbers_something
from infra.onebox.durable.model import CONTROL, EVENT, STARTED, TIMER, Instance, Message, Progress
from infra.onebox.durable.staging import Staging

if TYPE_CHECKING:
    from collections import deque

STATUS = {"suspend": "Suspended", "resume": "Running"}


@dataclass(slots=True)
class Episode:
    """A claimed episode and what its function receives; `function` is None when the app has no such orchestrator."""

    instance: Instance
    function: str | None
    payload: str
    events: list[str]
    parsed: list[dict] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


class OrchestrationWork:
    """Claim an episode, then finish or fail it."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._held: dict[str, list[Message]] = {}

    def claim(self) -> Episode | None:
        """The next episode; control messages and strays are dealt with on the way."""
        while (claimed := self._staging.orchestration_boxes.claim()) is not None:
            target, box = claimed
            instance = self._staging.instance(target)
            messages = self._gather(instance, box)
            if messages:
                return self._episode(instance, messages)
            self._staging.staged.released.append(target)
        return None

    def finish(self, work: Episode, answer: str) -> None:
        """The function returned its answer text."""
        self._apply(work, wire.decision(answer))

    def fail(self, work: Episode, message: str) -> None:
        """The function raised; the text may hold what it had decided."""
        self._apply(work, wire.failure(message))

    def abandon(self, work: Episode) -> None:
        """Nothing is known of the outcome: put the messages back, the episode will run again."""
        boxes = self._staging.orchestration_boxes
        for message in reversed(work.messages):
            boxes.put_back(message)
        boxes.release(work.instance.id)

    # --- before the function -----------------------------------------------------------------------------------------------------

    def _gather(self, instance: Instance | None, box: "deque[Message]") -> list[Message]:
        taken: list[Message] = []
        while box:
            message = box[0]
            if instance is None or not instance.is_running or message.execution not in ("", instance.execution):
                self._staging.consume(box.popleft())
            elif message.kind == CONTROL:
                if taken:
                    break
                self._control(instance, box.popleft())
            elif instance.status == "Suspended":
                self._held.setdefault(instance.id, []).append(box.popleft())
            elif taken and self._must_be_first(instance, message):
                break
            else:
                taken.append(box.popleft())
        return taken

    @staticmethod
    def _must_be_first(instance: Instance, message: Message) -> bool:
        progress = instance.progress
        if not progress.retries and not progress.waits:
            return False
        if message.kind == TIMER:
            return message.body in progress.waits
        return numbers_something(progress, json.loads(message.body))

    def _control(self, instance: Instance, message: Message) -> None:
        what, reason = json.loads(message.body)
        self._staging.consume(message)
        held = self._held.pop(instance.id, ()) if what != "suspend" else ()
        if what == "terminate":
            self._end(instance, "Terminated", json.dumps(reason))
            for stray in held:
                self._staging.consume(stray)
            return
        instance.status, instance.updated_ms = STATUS[what], self._staging.clock.now_ms()
        self._staging.staged.steps.append((sql.UPDATE, sql.update_row(instance)))
        for waiting in reversed(held):
            self._staging.orchestration_boxes.put_back(waiting)

    def _episode(self, instance: Instance, messages: list[Message]) -> Episode:
        now = self._staging.clock.now_ms()
        news = (wire.timer_fired(now, int(m.body), m.due_ms) if m.kind == TIMER else m.body for m in messages)
        events = [wire.orchestrator_started(now), *news]
        parent = instance.parent[0] if instance.parent else None
        payload = wire.orchestration_input(instance.id, parent, instance.input, [*instance.history, *events])
        return Episode(instance, self._staging.names.orchestrator(instance.name), payload, events, messages=messages)

    # --- after the function ------------------------------------------------------------------------------------------------------

    def _apply(self, work: Episode, decision: wire.Decision) -> None:
        instance, now = work.instance, self._staging.clock.now_ms()
        for message in work.messages:
            self._staging.consume(message)
        outbox = Outbox()
        interpreter = Interpreter(instance, now, self._staging.new_id, outbox)
        progress = instance.progress
        if progress.retries or progress.waits or progress.timers:
            for text in work.events[1:]:
                interpreter.cause(json.loads(text))
        interpreter.actions(decision.actions, signals_only=decision.error is not None)
        if decision.error is None and len(decision.actions) < progress.actions:
            decision = replace(decision, error="Non-Deterministic workflow detected: actions taken before are missing on replay")
        if decision.custom_status is not None or decision.error is None:
            instance.custom_status = decision.custom_status
        self._send(instance, outbox)
        if decision.error is not None:
            self._end(instance, "Failed", json.dumps(f"Orchestrator function '{instance.name}' failed: {decision.error}"))
        elif outbox.continues:
            self._continue(instance, outbox)
            return
        elif decision.is_done:
            self._end(instance, "Completed", decision.output)
        else:
            instance.status, instance.updated_ms = "Running", now
            self._staging.staged.steps.append((sql.UPDATE, sql.update_row(instance)))
        chunk = ",".join([*work.events, *outbox.events])
        self._staging.staged.steps.append((sql.EPISODE, (instance.id, len(instance.history), chunk)))
        instance.history.append(chunk)
        self._staging.staged.released.append(instance.id)

    def _send(self, instance: Instance, outbox: Outbox) -> None:
        for message in outbox.messages:
            self._staging.add(*message)
        for timer in outbox.cancelled:
            self._staging.cancel_timer(instance, timer)
        for name, child, text, task in outbox.children:
            self._start_child(instance, name, child, text, task)

    def _start_child(self, instance: Instance, name: str, child: str, text: str | None, task: int) -> None:
        existing = self._staging.instance(child)
        if self._staging.names.orchestrator(name) is None:
            reason = f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function."
        elif existing is not None and existing.is_running:
            reason = f"An Orchestration instance with the status {existing.status} already exists."
        else:
            self._staging.create(name, child, text, (instance.id, instance.execution, task))
            return
        event = wire.sub_failed(self._staging.clock.now_ms(), task, reason, "")
        self._staging.add(EVENT, instance.id, instance.execution, 0, event)

    def _continue(self, instance: Instance, outbox: Outbox) -> None:
        """Begin the next execution with an empty history; what arrives meanwhile is for it, what was read and not awaited is gone."""
        now = self._staging.clock.now_ms()
        self._drop_timers(instance)
        instance.execution, instance.input = self._staging.new_id(), outbox.next_input
        instance.progress, instance.history = Progress(), []
        instance.status, instance.updated_ms = "Running", now
        self._staging.staged.steps += [(sql.CUT, (instance.id,)), (sql.INSTANCE, sql.instance_row(instance))]
        started = wire.execution_started(now, instance.name, instance.id, instance.execution)
        self._staging.add(STARTED, instance.id, instance.execution, 0, started)
        self._staging.staged.released.append(instance.id)

    def _end(self, instance: Instance, status: str, output: str | None) -> None:
        now = self._staging.clock.now_ms()
        instance.status, instance.output, instance.updated_ms = status, output, now
        self._drop_timers(instance)
        self._staging.staged.steps.append((sql.UPDATE, sql.update_row(instance)))
        self._staging.staged.ended.append(instance.id)
        if instance.parent is not None:
            parent, execution, task = instance.parent
            if status == "Completed":
                event = wire.sub_completed(now, task, output)
            else:
                event = wire.sub_failed(now, task, f"The sub-orchestration '{instance.name}' {status.lower()}: {output}", "")
            self._staging.add(EVENT, parent, execution, 0, event)

    def _drop_timers(self, instance: Instance) -> None:
        for timer in [*instance.progress.timers.values(), *map(int, instance.progress.waits)]:
            self._staging.cancel_timer(instance, timer)
