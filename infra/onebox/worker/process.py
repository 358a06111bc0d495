"""The worker in a process of its own, as in Azure: `python -m infra.onebox.worker.process APP FD NICE`, started by the host and by nobody
else. NICE is how far the machine lets others go first.

Rules: 1. it lives as long as its socket: a host that was killed takes its worker with it; 2. signals are the host's business.
"""

import asyncio
import atexit
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from infra.onebox import log, loop
from infra.onebox.tidy import keep_tidy
from infra.onebox.worker.driver import Worker
from infra.onebox.worker.frames import Frames, Said, connect
from infra.onebox.worker.function import AppBroken, FunctionFailed


async def serve(app: Path, descriptor: int) -> None:
    """Index the app, then invoke until told to stop or until the host is gone."""
    worker, running, stopped = Worker(app, is_alone=True), {}, asyncio.Event()  # type: Worker, dict[int, asyncio.Task[None]], asyncio.Event

    def hear(said: Said) -> None:
        if said[0] == "stop":
            stopped.set()
        elif said[0] == "invoke":
            task = running[said[1]] = asyncio.create_task(answer(worker, frames, *said[1:]))
            task.add_done_callback(lambda _: running.pop(said[1], None))
        elif said[1] in running:
            running[said[1]].cancel()

    frames = await connect(socket.socket(fileno=descriptor), hear, lambda: os._exit(1))  # the host was killed: what runs must not go on
    try:
        await worker.start()
    except AppBroken as error:
        frames.send("broken", str(error))
        return
    frames.send("ready", worker.functions)
    tidying = asyncio.create_task(keep_tidy(lambda: not running))
    await stopped.wait()
    ending = [tidying, *running.values()]
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
    await worker.stop()


async def answer(worker: Worker, frames: Frames, number: int, name: str, *how: Any) -> None:
    try:
        result = await worker.invoke(name, *how)
    except FunctionFailed as error:
        frames.send("failed", number, error.message, error.trace)
    except asyncio.CancelledError:
        frames.send("cancelled", number)
    else:
        frames.send("done", number, result)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    log.configure()
    os.nice(int(sys.argv[3]))
    loop.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
    atexit._run_exitfuncs()  # what is still to be exported is; threads that hang are not waited for
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
