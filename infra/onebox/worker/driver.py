"""Drives Microsoft's worker: index the app once, then invoke its functions.

Rules:
1. The runtime keeps module-global state: one app per process.
2. Synchronous functions are driven from the host's loop; orchestrators and entities run in place, others on the thread pool.
3. `async def` functions run on a loop of their own in another thread, so that blocking code in one slows its neighbours, as in Azure,
   and never the host that may have to answer it. A process that is a worker and nothing else needs no second loop (`is_alone`): two
   wake-ups of a thread per invocation cost as much as a read.
"""

import asyncio
import json
import os
import sys
import threading
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from infra.onebox.worker import messages as m
from infra.onebox.worker.executor import Threads
from infra.onebox.worker.function import AppBroken, Function, FunctionFailed, Result
from infra.onebox.worker.values import plain, typed

HOST_VERSION = "4.1043.100"
IN_PLACE = frozenset({"orchestrationTrigger", "entityTrigger"})


class Worker:
    """The app in `directory`, indexed by `start`; `invoke` from the loop that called `start`."""

    def __init__(self, directory: Path, *, threads: int | None = None, is_alone: bool = False) -> None:
        self.directory, self._is_alone = Path(directory).resolve(), is_alone
        self.functions: dict[str, Function] = {}
        self._threads = Threads(threads or _thread_count())
        self._ids = count(1)
        self._prefix = f"{os.getpid():08x}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        """Import and index the app; raises AppBroken."""
        if str(self.directory) not in sys.path:
            sys.path.insert(0, str(self.directory))
        self._runtime = _runtime()
        self._handler = sys.modules["azure_functions_runtime.handle_event"]
        sys.modules["azure_functions_runtime.utils.threadpool"]._threadpool_executor = self._threads
        if not self._is_alone:
            self._start_loop()
        await self._elsewhere(self._index())

    async def _index(self) -> None:
        directory = str(self.directory)
        request = m.WorkerInitRequest(host_version=HOST_VERSION, function_app_directory=directory)
        _succeeded((await self._ask(self._runtime.worker_init_request, worker_init_request=request)).result)
        request = m.FunctionsMetadataRequest(function_app_directory=directory)
        answer = await self._ask(self._runtime.functions_metadata_request, functions_metadata_request=request)
        _succeeded(answer.result)
        for metadata in answer.function_metadata_results:
            request = m.FunctionLoadRequest(function_id=metadata.function_id, metadata=metadata)
            _succeeded((await self._ask(self._runtime.function_load_request, function_load_request=request)).result)
            self.functions[metadata.name] = self._function(metadata)

    def _function(self, metadata: Any) -> Function:
        bindings = tuple(json.loads(text) for text in metadata.raw_bindings)
        trigger = next((b for b in bindings if b["type"].endswith("Trigger")), None)
        if trigger is None:
            raise AppBroken(f"function {metadata.name} has no trigger")
        info = self._handler._functions.get_function(metadata.function_id)
        return Function(metadata.name, metadata.function_id, trigger, bindings, info.is_async, metadata.retry_options)

    async def _ask(self, call: Any, **content: Any) -> Any:
        request = SimpleNamespace(request=SimpleNamespace(**content), properties={"protos": m, "host": "127.0.0.1"}, name=call.__name__)
        return await call(request)

    async def invoke(
        self,
        name: str,
        inputs: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        traceparent: str = "",
        retry: tuple[int, int] = (0, 0),
    ) -> Result:
        """Run one function; raises FunctionFailed with what the worker reported, CancelledError once the worker is stopping."""
        if self._stopping:
            raise asyncio.CancelledError
        function = self.functions[name]
        invocation = f"{self._prefix}-{next(self._ids):012x}"
        request = m.InvocationRequest(
            invocation,
            function.id,
            [m.ParameterBinding(key, typed(value)) for key, value in inputs.items()],
            {key: typed(value) for key, value in metadata.items()} if metadata else {},
            m.RpcTraceContext(traceparent),
            m.RetryContext(*retry),
        )
        call = self._ask(self._runtime.invocation_request, invocation_request=request)
        if function.is_async:
            answer = await self._elsewhere(call)
        else:
            if function.trigger_type in IN_PLACE:
                self._threads.in_place.add(invocation)
            answer = await call
        if answer.result.status != m.StatusResult.Success:
            raise FunctionFailed(answer.result.exception.message, answer.result.exception.stack_trace)
        return Result(plain(answer.return_value), {out.name: plain(out.data) for out in answer.output_data})

    async def _elsewhere(self, call: Any) -> Any:
        if self._is_alone:
            return await call
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, self._loop))

    def _start_loop(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="worker", daemon=True)
        self._thread.start()

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def stop(self, grace_s: float = 1.0) -> None:
        """Stop taking work; running synchronous functions are abandoned after the grace, as a kill would."""
        self._stopping = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._loop is None:
            if self._is_alone:
                await _close_client()
            return
        closing = asyncio.run_coroutine_threadsafe(_wind_down(), self._loop)
        try:
            await asyncio.wait_for(asyncio.wrap_future(closing), grace_s)
        except TimeoutError:
            pass
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(grace_s)


async def _wind_down() -> None:
    """Close the durable client's shared session and end what still runs on the worker's loop."""
    await _close_client()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _close_client() -> None:
    module = sys.modules.get("azure.durable_functions.models.utils.http_utils")
    if module is not None:
        await module._close_session()


def _runtime() -> Any:
    import azure_functions_runtime

    return azure_functions_runtime


def _thread_count() -> int | None:
    text = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
    return int(text) if text.isdecimal() and 1 <= int(text) <= 32 else None


def _succeeded(result: Any) -> None:
    if result.status != m.StatusResult.Success:
        raise AppBroken(f"{result.exception.message}\n{result.exception.stack_trace}".rstrip())
