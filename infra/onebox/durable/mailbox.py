"""Messages in memory, by whom they are for: what waits for its time, what is ready, who is at work.

Rules: 1. a target at work gets nothing more until it is released; 2. per target, messages keep the order of their ids once due;
3. which ready target comes next is the scheduler's choice (`pick`), first come first served unless a simulation decides otherwise.
"""

import heapq
from collections import deque
from collections.abc import Callable

from infra.onebox.durable.model import STARTED, Message

Pick = Callable[[int], int]


class Ready:
    """An ordered set of things that are ready, from which one is picked."""

    def __init__(self, pick: Pick | None) -> None:
        self._items: dict = {}
        self._pick = pick

    def add(self, item: object) -> None:
        self._items[item] = None

    def discard(self, item: object) -> None:
        self._items.pop(item, None)

    def take(self) -> object | None:
        if not self._items:
            return None
        item = next(iter(self._items)) if self._pick is None else list(self._items)[self._pick(len(self._items))]
        del self._items[item]
        return item

    def __len__(self) -> int:
        return len(self._items)


class Mailboxes:
    """Mailboxes of one kind of target: orchestrations, or entities."""

    def __init__(self, pick: Pick | None) -> None:
        self._boxes: dict[str, deque[Message]] = {}
        self._busy: set[str] = set()
        self.ready = Ready(pick)

    def deliver(self, message: Message) -> None:
        box = self._boxes.get(message.target)
        if box is None:
            box = self._boxes[message.target] = deque()
        if message.kind == STARTED:
            box.appendleft(message)  # nothing of an execution may be read before its beginning
        else:
            box.append(message)
        if message.target not in self._busy:
            self.ready.add(message.target)

    def claim(self) -> tuple[str, deque[Message]] | None:
        """A ready target, now at work, with its box; whoever claims takes from the left what it consumes."""
        target = self.ready.take()
        if target is None:
            return None
        self._busy.add(target)
        return target, self._boxes[target]

    def put_back(self, message: Message) -> None:
        """Return a message to the head of its box, while its target is at work."""
        self._boxes.setdefault(message.target, deque()).appendleft(message)

    def release(self, target: str) -> None:
        self._busy.discard(target)
        if self._boxes.get(target):
            self.ready.add(target)
        else:
            self._boxes.pop(target, None)

    def is_busy(self, target: str) -> bool:
        return target in self._busy

    def is_idle(self) -> bool:
        return not self._busy and not self.ready


class Later:
    """Messages whose time has not come."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Message]] = []
        self._dropped: set[int] = set()

    def add(self, message: Message) -> None:
        heapq.heappush(self._heap, (message.due_ms, message.id, message))

    def drop(self, message_id: int) -> None:
        self._dropped.add(message_id)

    def due(self, now_ms: int) -> list[Message]:
        """Take what is due, in order."""
        taken = []
        while self._heap and self._heap[0][0] <= now_ms:
            message = heapq.heappop(self._heap)[2]
            if message.id in self._dropped:
                self._dropped.discard(message.id)
            else:
                taken.append(message)
        return taken

    def next_ms(self) -> int | None:
        while self._heap and self._heap[0][1] in self._dropped:
            self._dropped.discard(heapq.heappop(self._heap)[1])
        return self._heap[0][0] if self._heap else None
