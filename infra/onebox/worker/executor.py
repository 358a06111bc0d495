"""The thread pool the runtime runs synchronous functions on, with a short cut for durable code.

Orchestrators and entities do no I/O and take well under a millisecond, so a thread hop would cost more than they do; the driver asks for
them to be run in place. Everything else goes to a thread, as in Azure.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Threads(ThreadPoolExecutor):
    """A thread pool that runs in place the calls of the invocations in `in_place`, and forgets them."""

    def __init__(self, max_workers: int | None) -> None:
        super().__init__(max_workers, thread_name_prefix="function")
        self.in_place: set[str] = set()

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        # The runtime submits run_sync_func(invocation id, context, function, arguments).
        if not args or args[0] not in self.in_place:
            return super().submit(call, *args, **kwargs)
        self.in_place.discard(args[0])
        future: Future = Future()
        try:
            future.set_result(call(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
