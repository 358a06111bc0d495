"""Processes of the app's own for what takes CPU: the worker has one interpreter lock, and orders must not wait behind a backtest.

Rules
1. There is one per core, at most MOST of them, started when first needed, one task at a time each. They keep candles between tasks.
2. A process that breaks or takes too long is ended, and its task raises; the next task gets a new one.
3. They end with the app: their input closes when it dies.
4. They run the compiled build of the core where there is one of this source, from the task after it was made; the log says which.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

from shared.log import log
from strategy_core import compiled

Doc = dict[str, Any]
TIMEOUT_S = 100.0  # below functionTimeout of host.json
MOST = 4
KEEPS_MEMORY = {  # columns of a year are freed and wanted again at every run: from the heap they come without new pages
    "MALLOC_MMAP_THRESHOLD_": str(1 << 28), "MALLOC_TRIM_THRESHOLD_": str(1 << 28), "MALLOC_TOP_PAD_": str(1 << 25),
}  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]


class ComputeFailed(Exception):
    """The class and the text of what the task raised, or how its process ended."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name, self.detail = name, detail


class Process:
    """One computing process and its two pipes."""

    def __init__(self) -> None:
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "TMPDIR") if name in os.environ}
        self.build_mark = compiled.mark()
        build = compiled.path()  # the same source as binaries, where somebody made them
        folders = [*([build] if build else []), str(ROOT), *(path for path in sys.path if path)]
        environment |= {"PYTHONPATH": os.pathsep.join(folders), "OMP_NUM_THREADS": "1", **KEEPS_MEMORY}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "orchestrators.compute_worker"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._rest = b""

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, task: Doc, timeout_s: float) -> Doc:
        """Errors: ComputeFailed."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(task, allow_nan=False).encode() + b"\n")
            self._process.stdin.flush()
            answer = json.loads(self._line(self._process.stdout.fileno(), monotonic() + timeout_s))
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.end()
            raise ComputeFailed(type(error).__name__, str(error)) from error
        if "error" in answer:
            raise ComputeFailed(answer["error"], answer["detail"])
        result: Doc = answer["ok"]
        return result

    def _line(self, source: int, deadline: float) -> bytes:
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            ready, _, _ = select.select([source], [], [], max(0.0, deadline - monotonic()))
            if not ready:
                raise TimeoutError("took too long")
            part = os.read(source, 1 << 20)
            if not part:
                raise EOFError("the process ended")
            parts.append(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:  # what was not written any more
                pass


class Processes:
    """`run` a task in the next free process."""

    def __init__(self, size: int, timeout_s: float = TIMEOUT_S) -> None:
        self.size = size
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="compute")
        self._own = threading.local()
        self._all: list[Process] = []
        self._told: set[str] = set()

    async def run(self, task: Doc) -> Doc:
        """Errors: ComputeFailed."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, task)

    def _ask(self, task: Doc) -> Doc:
        process: Process | None = getattr(self._own, "process", None)
        if process is not None and process.build_mark != compiled.mark():
            process.end()
        if process is None or not process.is_alive:
            self._tell(compiled.found())
            process = self._own.process = Process()
            self._all.append(process)
        return process.ask(task, self._timeout_s)

    def _tell(self, build: str) -> None:
        """Once: without a build of this source backtests take twice as long."""
        if build not in self._told:
            self._told.add(build)
            log("compute.build", compiled=build)

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        for process in self._all:
            process.end()


@lru_cache(maxsize=1)
def processes() -> Processes:
    return Processes(max(1, min(MOST, os.cpu_count() or 1)))
