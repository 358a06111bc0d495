"""onebox's broker with the kernel as its clock, the pump that feeds the triggers, and the bus port that fills it.

Rules
1. Queues, sessions, locks, duplicates, dead letters are the broker's own code; its `Faults` are drawn from the seed.
2. A turn takes one message of one session, renews its lock while its host lives, settles it and gives the session back, as onebox's pump.
3. A message that was taken is never lost. What may be lost is a timer's nudge, before it is a message.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.onebox.servicebus.broker import Broker
from infra.onebox.servicebus.errors import Refused
from infra.onebox.servicebus.faults import Faults
from infra.onebox.servicebus.message import Message, Outgoing
from infra.onebox.servicebus.order import Session
from shared.bus import NUDGES, QUEUE, BotEvent, encode, entity_key, lane, message_id
from shared.post import PostBus
from tests.sim.kernel import Io, Kernel, Task, ask

if TYPE_CHECKING:
    from tests.sim.full.world import World

RESOURCES = json.loads((Path(__file__).parents[3] / "infra" / "resources.json").read_text(encoding="utf-8"))
LANES = {
    QUEUE: "bot_events", NUDGES: "bot_nudges", f"{QUEUE}/$deadletterqueue": "dead_letters", f"{NUDGES}/$deadletterqueue": "dead_nudges",
}  # fmt: skip
"""Every queue, and the trigger that empties it."""
CONCURRENT = 16  # host.json maxConcurrentSessions
MAY_BE_LOST = ("market", "heartbeat")


class SeededFaults(Faults):
    """Late, overtaken and doubled messages, and settlements that come too late."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def delay_ms(self, queue: str, message: Outgoing) -> int:
        if not self._kernel.happens(self._kernel.swarm.message_late):
            return 0
        self._kernel.seen["message_late"] += 1
        return self._kernel.chance.randint(500, 15_000)

    def loses_lock(self, queue: str, message: Message) -> bool:
        return self._counted("lock_lost", queue, self._kernel.swarm.message_twice / 4)

    def loses_settlement(self, queue: str, message: Message) -> bool:
        return self._counted("settled_too_late", queue, self._kernel.swarm.message_twice / 4)

    def _counted(self, name: str, queue: str, rate: float) -> bool:
        happens = self._kernel.happens(rate)
        self._kernel.seen[name] += happens
        return happens


class Delivered:
    """What a Service Bus trigger is handed."""

    def __init__(self, message: Message) -> None:
        self.message_id, self.delivery_count, self._body = message.message_id, message.deliveries + 1, message.payload

    def get_body(self) -> bytes:
        return self._body


class Pump:
    """One trigger on one queue."""

    def __init__(self, world: World, broker: Broker, queue: str, function: Any) -> None:
        self._world, self._kernel, self._broker, self._name, self._function = world, world.kernel, broker, queue, function
        self._running = 0
        self._locks: dict[Any, tuple[Session | None, object]] = {}

    def wake(self) -> None:
        while self._world.is_up and self._running < CONCURRENT and (found := self._take()) is not None:
            self._turn(*found)

    def _take(self) -> tuple[object, Session | None, Message] | None:
        owner, queue = object(), self._broker.queue(self._name)
        if not queue.settings.requires_session:
            messages = queue.receive(owner)
            return (owner, None, messages[0]) if messages else None
        while (session := queue.accept(owner)) is not None:
            if messages := queue.receive(owner, 1, session.id):
                return owner, session, messages[0]
            queue.release(session.id, owner)
        return None

    def _turn(self, owner: object, session: Session | None, message: Message) -> None:
        self._running += 1
        self._locks[message.lock] = (session, owner)
        self._kernel.note("delivered", message.message_id, message.deliveries)
        self._kernel.seen[f"lane_{self._name}"] += 1

        def over() -> None:
            self._running -= 1
            self._locks.pop(message.lock, None)

        def done(_: Any, error: Exception | None) -> None:
            if task.is_zombie:
                self._kernel.seen["zombie_ignored"] += 1
            else:
                over()
            if error is not None:
                self._world.failed(self._function.get_function_name(), error)
            self._settle(session, owner, message, error is None)
            self._world.wake()

        task = Task(self._world.invoke_trigger(self._function, Delivered(message)), self._world.host(), done, over)
        task.label = self._function.get_function_name()
        self._kernel.spawn(task)
        self._renew(task, session, owner, message)

    def _settle(self, session: Session | None, owner: object, message: Message, is_done: bool) -> None:
        queue = self._broker.queue(self._name)
        try:
            (queue.complete if is_done else queue.abandon)(message.lock)  # type: ignore[arg-type]
        except Refused:
            self._kernel.seen["settled_too_late"] += 1
        if session is not None:
            queue.release(session.id, owner)

    def _renew(self, task: Task, session: Session | None, owner: object, message: Message) -> None:
        queue = self._broker.queue(self._name)

        def again() -> None:
            if task.is_over or task.is_zombie:
                return
            try:
                if session is not None:
                    queue.renew_session(session.id, owner)
                elif message.lock is not None:
                    queue.renew(message.lock)
            except Refused:
                return
            self._renew(task, session, owner, message)

        self._kernel.at(self._kernel.now + queue.settings.lock_ms // 2, again)

    def restarted(self) -> None:
        """The host that kept the queue died: what it had locked counts as failed deliveries, as onebox reads them back."""
        queue, locks, self._locks, self._running = self._broker.queue(self._name), self._locks, {}, 0
        for lock, (session, owner) in locks.items():
            try:
                queue.abandon(lock)
            except Refused:
                continue
            finally:
                if session is not None:
                    queue.release(session.id, owner)


def open_broker(world: World) -> Broker:
    kernel = world.kernel
    broker = Broker(None, world.clock, RESOURCES["serviceBus"]["queues"], SeededFaults(kernel), nonce=1)

    armed: list[int] = [0]

    def fall_due() -> None:
        armed[0] = 0
        broker.advance()
        world.wake()
        arm()

    def arm() -> None:
        due = broker.next_due_ms()
        if due is not None and (not armed[0] or due < armed[0]):
            armed[0] = due
            kernel.at(due, fall_due)

    broker.rescheduled = arm
    broker.listeners.append(lambda _: kernel.at(kernel.now, world.wake))
    return broker


def is_lost(world: World, event: BotEvent) -> bool:
    """Whether a timer's nudge never becomes a message."""
    lost = event.kind in MAY_BE_LOST and world.kernel.happens(world.kernel.swarm.message_lost)
    world.kernel.seen["message_lost"] += lost
    return lost


class SimPost:
    """The product's own bus without a Service Bus (shared/post.py)."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def send(self, events: Sequence[BotEvent]) -> None:
        kept = [event for event in events if not is_lost(self._world, event)]
        for event in kept:
            self._world.sent(event)
        await PostBus(self._world.store, self._world.kernel.now_ms).send(kept)


class SimBus:
    """shared.bus.Bus: durable when it returns, ambiguous when the answer is lost."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def send(self, events: Sequence[BotEvent]) -> None:
        if not events:
            return

        def effect() -> None:
            for event in events:
                if is_lost(self._world, event):
                    continue
                self._world.sent(event)
                text = encode(event).encode()
                self._world.broker.send(lane(event), Outgoing(text, message_id(event), entity_key(event.user_id, event.bot_id)))

        await ask(Io("bus.send", effect))
