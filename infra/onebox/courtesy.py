"""Who is waited for goes first: while HTTP requests crowd, only a few messages of each queue are worked on at a time.

What a request leaves to be done may cost many times its answer. Without this the work of the first ones would keep the others waiting
outside; with it they wait inside, durable, and the backlog is worked off afterwards. A few go on at any time: nothing starves, and long
work of one queue takes no place from another. A request counts for COUNTS_S: who is kept waiting on purpose, or for an exchange, makes
no crowd.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

CROWD, FEW, COUNTS_S = 3, 2, 0.25


class Courtesy:
    """Counts the requests that are being answered."""

    def __init__(self, crowd: int = CROWD, few: int = FEW) -> None:
        self.few = few
        self._crowd, self._asking = crowd, 0
        self._lanes: list[Lane] = []

    @property
    def is_crowded(self) -> bool:
        return self._asking >= self._crowd

    def lane(self) -> "Lane":
        """For the messages of one trigger."""
        self._lanes.append(Lane(self))
        return self._lanes[-1]

    @contextmanager
    def request(self) -> Iterator[None]:
        """Around an HTTP request."""
        self._asking += 1
        late = asyncio.get_running_loop().call_later(COUNTS_S, self._answered)
        try:
            yield
        finally:
            if late.when() > asyncio.get_running_loop().time():  # else it has been called, or will be
                late.cancel()
                self._answered()

    def _answered(self) -> None:
        self._asking -= 1
        for lane in self._lanes:
            lane.admit()


class Lane:
    """The messages of one trigger, in the order of their arrival."""

    def __init__(self, courtesy: Courtesy) -> None:
        self._courtesy, self._working = courtesy, 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Around the work on a message: begins when there is room."""
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        self.admit()
        try:
            await mine
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            elif not mine.cancelled():
                self._leave()
            raise
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        self._working -= 1
        self.admit()

    def admit(self) -> None:
        while self._waiting and not (self._courtesy.is_crowded and self._working >= self._courtesy.few):
            mine = self._waiting.popleft()
            if not mine.done():
                self._working += 1
                mine.set_result(None)
