"""Small structures of a queue: what is ready (by sequence number), who holds a session, which message ids were seen."""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from . import journal as log


@dataclass(slots=True)
class Ready:
    """Sequence numbers in order. A number that is no longer ready is skipped when it comes up."""

    is_ready: Callable[[int], bool]
    _heap: list[int] = field(default_factory=list)

    def push(self, seq: int) -> None:
        """Becomes ready (again)."""
        heapq.heappush(self._heap, seq)

    def pop(self) -> int | None:
        """The first one, taken out."""
        return heapq.heappop(self._heap) if self else None

    def __bool__(self) -> bool:
        while self._heap and not self.is_ready(self._heap[0]):
            heapq.heappop(self._heap)
        return bool(self._heap)


@dataclass(slots=True, eq=False)
class Session:
    """The messages of one SessionId and who holds them."""

    id: str
    ready: Ready
    locked: set[int] = field(default_factory=set)
    owner: object = None
    until_ms: int = 0


class Duplicates:
    """Message ids seen within the window, with the sequence number the first one got."""

    def __init__(self, queue: str, window_ms: int, journal: log.Journal) -> None:
        self._queue, self._window_ms, self._journal = queue, window_ms, journal
        self._seen: dict[str, int] = {}
        self._order: deque[tuple[int, str]] = deque()

    def find(self, message_id: str, now: int) -> int | None:
        """The sequence number this id was first given, if that is still remembered."""
        while self._order and self._order[0][0] <= now:
            _, gone = self._order.popleft()
            del self._seen[gone]
            self._journal.append(log.UNSEEN, (self._queue, gone))
        return self._seen.get(message_id)

    def add(self, message_id: str, seq: int, now: int) -> None:
        """Remembers an id that `find` did not."""
        until = now + self._window_ms
        self._seen[message_id] = seq
        self._order.append((until, message_id))
        self._journal.append(log.SEEN, (self._queue, message_id, seq, until))

    def load(self) -> None:
        """Reads the window back."""
        for message_id, seq, until in self._journal.rows(
            "SELECT message_id, seq, until_ms FROM seen WHERE queue=? ORDER BY until_ms", (self._queue,)
        ):
            self._seen[message_id] = seq
            self._order.append((until, message_id))
