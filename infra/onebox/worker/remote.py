"""The host's end of worker processes: the same three calls as `Worker`, so that host and app have a core each.

Rules
1. A worker that ends by itself ends the host (`on_lost`): what it was doing is unknown, and a restart is the honest way back.
2. Of several workers the first answers HTTP, so that no person waits behind messages; the others let it go first wherever the machine is
   short (`NICE`). Timers stay with one of them, whose memory they are written for; all else goes to the one with the least to do.
3. While it has no request to answer, the first takes its share of the orchestrations and entities: these take a millisecond or two at a
   time, wait for nothing and remember nothing.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from infra.onebox.worker.frames import Frames, Said, connect
from infra.onebox.worker.function import AppBroken, Function, FunctionFailed, Result

PACKAGE_ROOT = Path(__file__).resolve().parents[3]
STOP_S = 3.0
NICE = 5
SHORT = frozenset({"orchestrationTrigger", "entityTrigger"})


class WorkerLost(Exception):
    """The worker process ended although nobody asked it to."""


class RemoteWorker:
    """The app in `directory`, in a process of its own; see `Worker`."""

    def __init__(self, directory: Path, on_lost: Callable[[BaseException], None], nice: int = 0) -> None:
        self.directory, self._nice = Path(directory).resolve(), nice
        self.functions: dict[str, Function] = {}
        self._on_lost = on_lost
        self._waiting: dict[int, asyncio.Future[Result]] = {}
        self._numbers = count(1)
        self._stopping = False
        self._process: asyncio.subprocess.Process | None = None
        self._frames: Frames | None = None
        self._begun: asyncio.Future[Said | None] | None = None

    async def start(self) -> None:
        """Start the process and wait until the app is indexed; raises AppBroken."""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "infra.onebox.worker.process", str(self.directory), str(theirs.fileno()), str(self._nice)]
        paths = [str(PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *command, pass_fds=[theirs.fileno()], env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
            )
        self._begun = asyncio.get_running_loop().create_future()
        self._frames = await connect(ours, self._hear, self._end)
        said = await self._begun
        if said is None or said[0] != "ready":
            raise AppBroken("the worker process ended while it started" if said is None else said[1])
        self.functions = said[1]

    async def invoke(
        self,
        name: str,
        inputs: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        traceparent: str = "",
        retry: tuple[int, int] = (0, 0),
    ) -> Result:
        """Run one function; raises FunctionFailed, CancelledError once the worker is stopping."""
        if self._stopping:
            raise asyncio.CancelledError
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._frames.send("invoke", number, name, inputs, metadata, traceparent, retry)
        try:
            return await answer
        except asyncio.CancelledError:
            if not answer.done() or answer.cancelled():
                self._frames.send("cancel", number)
            raise
        finally:
            self._waiting.pop(number, None)

    @property
    def busy(self) -> int:
        """Invocations in flight."""
        return len(self._waiting)

    def _hear(self, said: Said) -> None:
        if not self._begun.done():
            self._begun.set_result(said)
            return
        answer = self._waiting.get(said[1])
        if answer is None or answer.done():
            return
        if said[0] == "done":
            answer.set_result(said[2])
        elif said[0] == "failed":
            answer.set_exception(FunctionFailed(said[2], said[3]))
        else:
            answer.cancel()

    def _end(self) -> None:
        if not self._begun.done():
            self._begun.set_result(None)
            return
        for answer in self._waiting.values():
            answer.cancel()
        if self.functions and not self._stopping:
            self._on_lost(WorkerLost("the worker process ended"))

    async def stop(self) -> None:
        """Tell the process to end, and see to it."""
        self._stopping = True
        if self._process is None:
            return
        if self.functions:
            self._frames.send("stop")
        try:
            async with asyncio.timeout(STOP_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._frames is not None:
            self._frames.close()


class RemoteWorkers:
    """So many workers of one app as one."""

    def __init__(self, directory: Path, processes: int, on_lost: Callable[[BaseException], None]) -> None:
        self._workers = [RemoteWorker(directory, on_lost, NICE if number else 0) for number in range(processes)]
        self._behind = self._workers[1:] or self._workers
        self._answering = 0

    @property
    def functions(self) -> dict[str, Function]:
        return self._workers[0].functions

    async def start(self) -> None:
        """Raises AppBroken."""
        await asyncio.gather(*(worker.start() for worker in self._workers))

    async def invoke(self, name: str, *how: Any) -> Result:
        kind = self.functions[name].trigger_type
        if kind == "httpTrigger":
            return await self._answer(name, *how)
        if kind == "timerTrigger":
            return await self._behind[0].invoke(name, *how)
        free = self._workers if kind in SHORT and not self._answering else self._behind
        return await min(reversed(free), key=lambda worker: worker.busy).invoke(name, *how)

    async def _answer(self, name: str, *how: Any) -> Result:
        self._answering += 1
        try:
            return await self._workers[0].invoke(name, *how)
        finally:
            self._answering -= 1

    async def stop(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers))
