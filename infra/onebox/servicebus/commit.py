"""Group commit: many changes, one fsync, off the event loop; acknowledgements leave when theirs is done.

Rules:
1. Whatever a callback acknowledges was appended to the journal before `after` was called.
2. A failed write is final: nothing is acknowledged any more, and the loop's exception hook hears of it.
3. Under load a write waits a moment for more (`Pace`).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ..pace import ASKED_GAP_S, Pace
from .journal import Journal

Callback = Callable[[], None]


class Committer:
    """Writes the journal in the background for as long as the loop runs."""

    def __init__(self, journal: Journal, loop: asyncio.AbstractEventLoop) -> None:
        self._journal, self._loop = journal, loop
        self._thread = ThreadPoolExecutor(1, "servicebus-journal")
        self._next: list[Callback] = []
        self._current: list[Callback] = []
        self._task: asyncio.Task[None] | None = None
        self._pace = Pace(gap_s=ASKED_GAP_S)
        self.broken: BaseException | None = None
        journal.touched = self._start
        if journal.dirty:
            self._start()

    def after(self, callback: Callback) -> None:
        """Calls back as soon as everything appended so far is on the disk."""
        if self._journal.dirty:
            self._next.append(callback)
        elif self._task is not None and not self._task.done():
            self._current.append(callback)
        elif self.broken is None:
            callback()

    async def settled(self) -> None:
        """Returns when everything appended so far is on the disk; raises when the disk has failed."""
        if self.broken is not None:
            raise self.broken
        done: asyncio.Future[None] = self._loop.create_future()

        def tell() -> None:
            if not done.done():
                done.set_result(None)

        self.after(tell)
        await done

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._run())

    async def _run(self) -> None:
        while self._journal.dirty and self.broken is None:
            if wait := self._pace.wait_s():
                await asyncio.sleep(wait)
            batch = self._journal.take()
            self._current, self._next = self._next, []
            try:
                await self._loop.run_in_executor(self._thread, self._journal.write, batch)
            except Exception as error:
                self.broken = error
                self._loop.call_exception_handler({"message": "the Service Bus journal cannot be written", "exception": error})
                return
            told, self._current = self._current, []
            for callback in told:
                callback()

    async def close(self) -> None:
        """Waits for the last write."""
        while self._task is not None and not self._task.done():
            await asyncio.wait([self._task])
        self._journal.touched = lambda: None
        self._thread.shutdown()
