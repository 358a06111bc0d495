"""Virtual time, one thread, one seed: coroutines of production code run until they ask for I/O, and the kernel decides what becomes of it.

    await ask(Io("store.read", effect))   ->  kill before? frozen? slow? lost on the way? -> effect -> reply lost? kill after?

Rules
1. All chance comes from one `random.Random`; nothing iterates over a set or asks a real clock. The same seed gives the same log.
2. A killed host's coroutines are closed where they stand; requests already under way still arrive.
3. A frozen host goes on later, while somebody else has taken over its work: it is a zombie and does not know it.
"""

from __future__ import annotations

import contextvars
import hashlib
import heapq
import random
import types
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from typing import Any, NamedTuple

EPOCH = 1_700_000_000_000
TIMEOUT_MS = 10_000


class Io(NamedTuple):
    """One request: `effect` happens when it arrives. `far`: a venue, with the long and uncertain ways of the internet. `sure`: the
    platform's own step, which is neither lost nor refused; its host may die or freeze all the same."""

    name: str
    effect: Callable[[], Any]
    far: bool = False
    sure: bool = False


class Sleep(NamedTuple):
    ms: int


class TimedOut(TimeoutError):
    """No answer. It may have been done."""


class Broken(ConnectionError):
    """A definite failure of a store or a bus (429 after all retries, connection refused): nothing was done."""


@types.coroutine
def ask(what: Io | Sleep) -> Generator[Io | Sleep, Any, Any]:
    return (yield what)


class Swarm(NamedTuple):
    """Which faults this seed has, as chances per I/O (or per message). A seed switches a random subset on."""

    kill: float = 0.0
    freeze: float = 0.0
    slow: float = 0.0
    lost_request: float = 0.0
    lost_reply: float = 0.0
    store_down: float = 0.0
    message_lost: float = 0.0
    message_twice: float = 0.0
    message_late: float = 0.0
    skew: float = 0.0
    partial: float = 0.0
    venue_down: float = 0.0
    rejects: float = 0.0
    user: float = 0.0
    stale_read: float = 0.0
    race_lost: float = 0.0

    @classmethod
    def of(cls, chance: random.Random) -> Swarm:
        rates = {"kill": 0.02, "freeze": 0.01, "slow": 0.08, "lost_request": 0.04, "lost_reply": 0.06, "store_down": 0.02}
        rates |= {"message_lost": 0.1, "message_twice": 0.12, "message_late": 0.15, "skew": 1.0, "partial": 0.5, "venue_down": 0.04}
        rates |= {"rejects": 0.04, "user": 1.0, "stale_read": 0.05, "race_lost": 0.05}
        return cls(**{name: rate * chance.choice((0.3, 1.0, 2.0)) if chance.random() < 0.65 else 0.0 for name, rate in rates.items()})


class Host:
    """A process. `skew_ms`: how wrong its clock is."""

    def __init__(self, name: str, skew_ms: int = 0) -> None:
        self.name, self.skew_ms, self.tasks = name, skew_ms, {}  # type: str, int, dict[int, Task]
        self.died: Callable[[], None] = lambda: None


class Task:
    """A coroutine on a host. `done(result, error)` is called unless the host dies first; then `lost()` is. `frozen()`: it seems dead."""

    def __init__(self, coro: Coroutine[Any, Any, Any], host: Host, done: Callable[[Any, Any], None], lost: Callable[[], None]) -> None:
        self.coro, self.host, self.done, self.lost = coro, host, done, lost
        self.context = contextvars.copy_context()
        self.is_zombie = self.is_over = False
        self.id = 0
        self.label = ""


class Kernel:
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now = EPOCH
        self.swarm = Swarm.of(self.chance)
        self.faults = True
        self.seen: Counter[str] = Counter()
        self.host: Host | None = None
        self.kill_at: Callable[[str, str], bool] | None = None  # the enumerated crash: (label of the I/O, before | after)
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._count = self._tasks = 0
        self._begun: dict[int, Task] = {}  # not over: those of hosts, and zombies that nobody waits for
        self._hash = hashlib.sha256()

    # -- time

    def at(self, when: int, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._heap, (max(when, self.now), self._count, action))

    def run(self, until: int) -> None:
        while self._heap and self._heap[0][0] <= until:
            self.now, _, action = heapq.heappop(self._heap)
            action()
        self.now = max(self.now, until)

    def now_ms(self) -> int:
        """The clock of whoever runs now."""
        return self.now + (self.host.skew_ms if self.host is not None else 0)

    def happens(self, rate: float) -> bool:
        return self.faults and rate > 0 and self.chance.random() < rate

    def note(self, *what: Any) -> None:
        """A line of the event log, of which only the hash is kept."""
        self._hash.update(f"{self.now} {what!r}\n".encode())

    def digest(self) -> str:
        return self._hash.hexdigest()

    # -- coroutines

    def spawn(self, task: Task) -> None:
        self._tasks += 1
        task.id = self._tasks
        task.host.tasks[task.id] = self._begun[task.id] = task
        self.step(task, None, None)

    def step(self, task: Task, value: Any, error: BaseException | None) -> None:
        if task.is_over:
            return
        before, self.host = self.host, task.host
        try:
            asked = task.context.run(task.coro.throw, error) if error is not None else task.context.run(task.coro.send, value)
        except StopIteration as stop:
            self._end(task, stop.value, None)
        except Exception as failure:  # the production code's own: reported to whoever waits for the task
            self._end(task, None, failure)
        else:
            self._carry_out(task, asked)
        finally:
            self.host = before

    def _end(self, task: Task, value: Any, error: Exception | None) -> None:
        task.is_over = True
        self._begun.pop(task.id, None)
        task.host.tasks.pop(task.id, None)
        self.note("end", task.label, type(error).__name__ if error else "")
        task.done(value, error)

    def kill(self, host: Host, why: str = "kill") -> None:
        """kill -9: everything the process was doing is gone; what it was doing is found undone later."""
        self.note(why, host.name)
        tasks, host.tasks = list(host.tasks.values()), {}
        for task in tasks:
            if not task.is_over:
                self._close(task)
                task.lost()
        host.died()

    def close(self) -> None:
        """The run is over, and whatever has not ended by now never will."""
        for task in list(self._begun.values()):
            self._close(task)

    def _close(self, task: Task) -> None:
        """Where it stands, in the context it ran in: what it had set is put back there and nowhere else."""
        task.is_over = True
        self._begun.pop(task.id, None)
        task.context.run(task.coro.close)

    # -- I/O

    def _carry_out(self, task: Task, asked: Io | Sleep | None) -> None:
        if asked is None or isinstance(asked, Sleep):
            self.at(self.now + (asked.ms if asked else 0), lambda: self.step(task, None, None))
            return
        self.note("io", task.label, asked.name)
        if self._dies(task, asked, "before", self.swarm.kill):
            return
        if self.happens(self.swarm.freeze) and not task.is_zombie:
            self.seen["zombie"] += 1
            task.is_zombie = True
            task.host.tasks.pop(task.id, None)
            task.lost()
            self.at(self.now + self.chance.randint(8_000, 70_000), lambda: self._send(task, asked))
            return
        self._send(task, asked)

    def _dies(self, task: Task, asked: Io, when: str, rate: float) -> bool:
        wanted = self.kill_at is not None and self.kill_at(f"{task.label}:{asked.name}", when)
        if wanted or (not task.is_zombie and self.happens(rate)):
            self.seen[f"kill_{when}"] += 1
            self.kill(task.host)
            return True
        return False

    def _send(self, task: Task, asked: Io) -> None:
        if asked.sure:
            self.at(self.now + self.chance.randint(1, 30), lambda: self._arrive(task, asked, lambda *answer: self.step(task, *answer)))
            return
        if not asked.far and self.happens(self.swarm.store_down):
            self.seen["store_down"] += 1
            self.at(self.now + self.chance.randint(5, 3_000), lambda: self.step(task, None, Broken(asked.name)))
            return
        heard: list[bool] = []

        def hear(value: Any, error: BaseException | None) -> None:
            if not heard:
                heard.append(True)
                self.step(task, value, error)

        self.at(self.now + TIMEOUT_MS, lambda: hear(None, TimedOut(asked.name)))
        if self.happens(self.swarm.lost_request if asked.far else self.swarm.lost_request / 4):
            self.seen["lost_request"] += 1
            return
        is_slow = asked.far and self.happens(self.swarm.slow)
        there = self.chance.randint(1_000, 28_000) if is_slow else self.chance.randint(5, 150 if asked.far else 15)
        self.seen["late_arrival"] += there > TIMEOUT_MS
        self.at(self.now + there, lambda: self._arrive(task, asked, hear))

    def _arrive(self, task: Task, asked: Io, hear: Callable[[Any, BaseException | None], None]) -> None:
        value, error = None, None
        try:
            value = asked.effect()
        except AssertionError:
            raise  # an invariant, not an answer
        except Exception as answer:
            error = answer
        self.note("done", asked.name, type(error).__name__ if error else "")
        if not task.is_over and self._dies(task, asked, "after", self.swarm.kill):
            return
        if not asked.sure and self.happens(self.swarm.lost_reply if asked.far else self.swarm.lost_reply / 3):
            self.seen["lost_reply"] += 1
            return
        self.at(self.now + self.chance.randint(2, 80 if asked.far else 8), lambda: hear(value, error))
