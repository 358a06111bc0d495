"""The durable client of the current invocation, and what may be started with it more than once.

Rules
1. Whoever is handed a client by a binding sets `durable` around its work; outside of such an invocation there is none.
2. An instance id names one piece of work: starting what runs already changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

durable: ContextVar[Any] = ContextVar("durable", default=None)
DONE = {"Completed"}
RUNNING = {"Running", "Pending", "ContinuedAsNew", "Suspended"}


@contextmanager
def with_client(client: Any) -> Iterator[None]:
    token = durable.set(client)
    try:
        yield
    finally:
        durable.reset(token)


async def status_of(client: Any, instance: str) -> str:
    """The runtime status as a word, "" when there is no such instance."""
    found = await client.get_status(instance)
    status = found.runtime_status if found is not None else None
    return str(getattr(status, "value", status) or "")


async def start_once(client: Any, name: str, instance: str, given: Any, unless: Set[str] = RUNNING) -> bool:
    """Starts it unless it runs (or is otherwise as `unless` says). Returns whether it was started. Errors: whatever the client raises."""
    if await status_of(client, instance) in unless:
        return False
    try:
        await client.start_new(name, instance, given)
    except Exception:
        if await status_of(client, instance) in unless:  # somebody else was faster
            return False
        raise
    return True
