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
from infra.onebox.worker.frames import receive, send
from infra.onebox.worker.function import AppBroken, FunctionFailed


async def serve(app: Path, descriptor: int) -> None:
    """Index the app, then invoke until told to stop or until the host is gone."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=descriptor))
    worker, running = Worker(app, is_alone=True), {}  # type: Worker, dict[int, asyncio.Task[None]]
    try:
        await worker.start()
    except AppBroken as error:
        send(writer, "broken", str(error))
        await writer.drain()
        return
    tidying = asyncio.create_task(keep_tidy(lambda: not running))
    send(writer, "ready", worker.functions)
    while (said := await receive(reader)) is not None and said[0] != "stop":
        if said[0] == "invoke":
            task = asyncio.create_task(answer(worker, writer, *said[1:]))
            running[said[1]] = task
            task.add_done_callback(lambda _, number=said[1]: running.pop(number, None))
        elif said[1] in running:
            running[said[1]].cancel()
    if said is None:
        os._exit(1)  # the host was killed: what runs must not go on
    ending = [tidying, *running.values()]
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
    await worker.stop()
    await writer.drain()


async def answer(worker: Worker, writer: asyncio.StreamWriter, number: int, name: str, *how: Any) -> None:
    try:
        result = await worker.invoke(name, *how)
    except FunctionFailed as error:
        send(writer, "failed", number, error.message, error.trace)
    except asyncio.CancelledError:
        send(writer, "cancelled", number)
    else:
        send(writer, "done", number, result)


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
