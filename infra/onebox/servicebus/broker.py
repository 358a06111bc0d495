"""The broker: the declared queues with their dead-letter queues, one clock, one journal.

Rules:
1. Time is read from the injected clock alone. What falls due happens in `advance`, in order of time, then of arrival.
2. With `autocommit` every call is on the disk before it returns. Without, `commit` (or the service's group commit) makes it so,
   and only then may anybody be told.
3. Not thread-safe: one thread owns it. Lock tokens count from a nonce, so a seeded run repeats itself.
"""

import heapq
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ..clock import Clock
from .errors import NoQueue
from .faults import Faults
from .journal import Journal
from .message import Message, Outgoing
from .order import Session
from .queue import Queue
from .sessions import Surroundings
from .settings import QueueSettings

Result = TypeVar("Result")
CROWDED = 10_000


class Broker:
    """Queues by name; a dead-letter queue is `<name>/$deadletterqueue`. `path` None keeps nothing on disk."""

    def __init__(
        self, path: Path | None, clock: Clock, queues: Iterable[dict[str, Any]], faults: Faults | None = None, nonce: int | None = None
    ) -> None:
        self.clock, self.journal = clock, Journal(path)
        self.autocommit = True
        self.rescheduled: Callable[[], None] = lambda: None
        self.listeners: list[Callable[[Queue], None]] = []
        self._nonce, self._tokens = secrets.randbits(62) if nonce is None else nonce, 0
        self._due: list[tuple[int, int, Callable[[], bool], Callable[[], None]]] = []
        self._order, self._crowded = 0, CROWDED
        self._queues: dict[str, Queue] = {}
        around = Surroundings(clock.now_ms, self._at, self._token, self._woken, self.journal, faults or Faults())
        for settings in map(QueueSettings.read, queues):
            dead = Queue(settings.dead_letters(), around)
            for queue in (dead, Queue(settings, around, dead)):
                self._queues[queue.name.lower()] = queue
        for queue in self._queues.values():
            queue.load(self.journal)
        self.commit()

    def queue(self, name: str) -> Queue:
        """The queue of this name, in any case, with everything done that has fallen due."""
        found = self._queues.get(name.lower())
        if found is None:
            raise NoQueue(f"The messaging entity '{name}' could not be found.")
        self.advance()
        return found

    def queues(self) -> list[Queue]:
        """Every queue, dead-letter queues included."""
        return list(self._queues.values())

    # -- the calls a simulation or the host makes; a client's frames reach the queue itself

    def send(self, queue: str, *messages: Outgoing) -> list[int]:
        """Takes all or none; sequence numbers."""
        return self._committed(self.queue(queue).send(*messages))

    def receive(self, queue: str, owner: object, limit: int = 1, session_id: str | None = None) -> list[Message]:
        """Messages under peek-lock."""
        return self._committed(self.queue(queue).receive(owner, limit, session_id))

    def accept(self, queue: str, owner: object, session_id: str | None = None) -> Session | None:
        """Locks a session: the named one, or the next that waits."""
        return self.queue(queue).accept(owner, session_id)

    def release(self, queue: str, session_id: str, owner: object) -> None:
        """Gives a session back."""
        self.queue(queue).release(session_id, owner)
        self._done()

    def complete(self, queue: str, token: uuid.UUID) -> None:
        """Done."""
        self.queue(queue).complete(token)
        self._done()

    def abandon(self, queue: str, token: uuid.UUID) -> None:
        """Again, counted."""
        self.queue(queue).abandon(token)
        self._done()

    def defer(self, queue: str, token: uuid.UUID) -> None:
        """Set aside."""
        self.queue(queue).defer(token)
        self._done()

    def dead_letter(self, queue: str, token: uuid.UUID, reason: str | None = None, description: str | None = None) -> None:
        """To the dead-letter queue."""
        self.queue(queue).dead_letter(token, reason, description)
        self._done()

    def cancel(self, queue: str, seqs: Sequence[int]) -> None:
        """Takes scheduled messages back."""
        self.queue(queue).cancel(seqs)
        self._done()

    def _committed(self, result: Result) -> Result:
        self._done()
        return result

    def _done(self) -> None:
        if self.autocommit:
            self.commit()

    def commit(self) -> None:
        """Everything so far is on the disk when this returns."""
        self.journal.write(self.journal.take())

    def close(self) -> None:
        """Commits and closes the file."""
        self.journal.close()

    # -- time

    def advance(self) -> None:
        """Does what has fallen due: schedules, lock and session expiry, time to live."""
        now, did = self.clock.now_ms(), False
        while (due := self.next_due_ms()) is not None and due <= now:
            heapq.heappop(self._due)[3]()
            did = True
        if did:
            self._done()

    def next_due_ms(self) -> int | None:
        """When `advance` next has something to do; None: never."""
        while self._due and not self._due[0][2]():
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def _at(self, at_ms: int, alive: Callable[[], bool], do: Callable[[], None]) -> None:
        if len(self._due) >= self._crowded:  # most are locks long settled: keep the heap as large as what is alive
            self._due = [entry for entry in self._due if entry[2]()]
            heapq.heapify(self._due)
            self._crowded = max(CROWDED, 2 * len(self._due))
        self._order += 1
        entry = (at_ms, self._order, alive, do)
        heapq.heappush(self._due, entry)
        if self._due[0] is entry:
            self.rescheduled()

    def _token(self) -> uuid.UUID:
        self._tokens += 1
        return uuid.UUID(int=self._nonce << 64 | self._tokens)

    def _woken(self, queue: Queue) -> None:
        for listener in self.listeners:
            listener(queue)
