"""Who is waited for goes first: while HTTP requests crowd, only a few messages of each queue are worked on at a time.

What a request leaves to be done may cost many times its answer. Without this the work of the first ones would keep the others waiting
outside; with it they wait inside, durable, and the backlog is worked off afterwards.

Rules
1. A crowd is CROWD requests within COUNTS_S, however soon they are answered: what is quick must stay so, and who is kept waiting on
   purpose, or for an exchange, makes none.
2. A few go on at any time, and beside them one more every ONE_MORE_S: nothing starves behind work that hangs, and long work of one queue
   takes no place from another.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CROWD, FEW, COUNTS_S, ONE_MORE_S = 8, 2, 0.25, 0.5


class Courtesy:
    """Counts the requests that have just come."""

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

    def request(self) -> None:
        """An HTTP request has come."""
        self._asking += 1
        asyncio.get_running_loop().call_later(COUNTS_S, self._counted)

    def _counted(self) -> None:
        self._asking -= 1
        for lane in self._lanes:
            lane.admit()


class Lane:
    """The messages of one trigger, in the order of their arrival."""

    def __init__(self, courtesy: Courtesy) -> None:
        self._courtesy, self._working, self._next_at = courtesy, 0, 0.0
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
        now = asyncio.get_running_loop().time()
        while self._waiting and (not self._courtesy.is_crowded or self._working < self._courtesy.few or now >= self._next_at):
            mine = self._waiting.popleft()
            if not mine.done():
                self._working += 1
                self._next_at = now + ONE_MORE_S
                mine.set_result(None)
