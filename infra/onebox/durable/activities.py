"""Activities: no order, no lock; the result goes to the instance's mailbox in the transaction that consumes the task."""

import json
from dataclasses import dataclass

from infra.onebox.durable import wire
from infra.onebox.durable.model import EVENT, Message
from infra.onebox.durable.staging import Staging


@dataclass(frozen=True, slots=True)
class Activity:
    """One claimed task; `function` is None when the app has no such activity."""

    message: Message
    name: str
    function: str | None
    input: str


class ActivityWork:
    """Claim a task, then finish or fail it."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._waiting: dict[int, Message] = {}
        self._running = 0

    def offer(self, message: Message) -> None:
        self._waiting[message.id] = message
        self._staging.activity_queue.add(message.id)

    def claim(self) -> Activity | None:
        message_id = self._staging.activity_queue.take()
        if message_id is None:
            return None
        message = self._waiting.pop(message_id)
        body = json.loads(message.body)
        self._running += 1
        return Activity(message, body["name"], self._staging.names.activity(body["name"]), body["input"])

    def finish(self, work: Activity, result: str | None) -> None:
        """The activity returned; its result is JSON text."""
        self._answer(work, wire.task_completed(self._staging.clock.now_ms(), self._task(work), result if result is not None else "null"))

    def fail(self, work: Activity, reason: str, details: str) -> None:
        """The activity raised, or does not exist."""
        said = f"Activity function '{work.name}' failed: {reason}"
        self._answer(work, wire.task_failed(self._staging.clock.now_ms(), self._task(work), said, details))

    def abandon(self, work: Activity) -> None:
        """Nothing is known of the outcome: put the task back, it will run again."""
        self._running -= 1
        self.offer(work.message)

    def is_idle(self) -> bool:
        return not self._running and not self._waiting

    def _answer(self, work: Activity, event: str) -> None:
        self._running -= 1
        self._staging.consume(work.message)
        self._staging.add(EVENT, work.message.target, work.message.execution, 0, event)

    @staticmethod
    def _task(work: Activity) -> int:
        return json.loads(work.message.body)["task"]
