"""Counters put on the embedded host's own seams for one process: invocations, request units by caller, Service Bus operations.

The caller of a Cosmos request is the function whose invocation it happened in; a context variable carries its name.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from contextvars import ContextVar
from typing import Any

_caller: ContextVar[str] = ContextVar("caller", default="other")
NAMES = ("functions", "charge", "bus", "seconds")
CHARGE = "x-ms-request-charge"


class Tally:
    """`functions` by name, `charge` by (caller, operation), `bus` by operation, `seconds` (of the clock) by function."""

    def __init__(self) -> None:
        self.functions: Counter[str] = Counter()
        self.charge: Counter[tuple[str, str]] = Counter()
        self.bus: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()

    def copy(self) -> Tally:
        made = Tally()
        for name in NAMES:
            setattr(made, name, getattr(self, name).copy())
        return made

    def minus(self, other: Tally) -> Tally:
        made = Tally()
        for name in NAMES:
            kept = {key: value - getattr(other, name)[key] for key, value in getattr(self, name).items()}
            getattr(made, name).update({key: value for key, value in kept.items() if value > 0})
        return made


def install() -> Tally:
    """Counts from now on, for the life of the process."""
    tally = Tally()
    _count_invocations(tally)
    _count_requests(tally)
    _count_output_documents(tally)
    _count_messages(tally)
    return tally


def _count_invocations(tally: Tally) -> None:
    from infra.onebox.invoker import Invoker

    plain = Invoker.__call__

    async def counted(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        tally.functions[name] += 1
        token, began = _caller.set(name), time.monotonic()
        try:
            return await plain(self, name, *args, **kwargs)
        finally:
            tally.seconds[name] += time.monotonic() - began  # type: ignore[assignment]
            _caller.reset(token)

    Invoker.__call__ = counted  # type: ignore[method-assign]


def _count_requests(tally: Tally) -> None:
    from azure.core.pipeline.transport import AioHttpTransport

    plain = AioHttpTransport.send

    async def counted(self: Any, request: Any, **config: Any) -> Any:
        answer = await plain(self, request, **config)
        if CHARGE in answer.headers:
            tally.charge[_caller.get(), _operation(request)] += float(answer.headers[CHARGE])  # type: ignore[assignment]
        return answer

    AioHttpTransport.send = counted  # type: ignore[method-assign]


def _operation(request: Any) -> str:
    """What was asked; of a paper account's book, which an exchange would keep, `paper` is said, too."""
    headers = {name.lower(): str(value).lower() for name, value in request.headers.items()}
    if headers.get("x-ms-documentdb-isquery") == "true":
        return "query"
    if headers.get("x-ms-cosmos-is-batch-request") == "true":
        return "batch"
    return ("paper " if "/colls/paper/" in request.url else "") + str(request.method).lower()


def _count_output_documents(tally: Tally) -> None:
    """An output binding upserts within the host: charged as the endpoint would, a replacement or a new document of that size."""
    from infra.onebox.cosmos.charge import of_create, of_replace
    from infra.onebox.cosmos.service import CosmosService

    plain = CosmosService.upsert

    async def counted(self: Any, database: str, container: str, document: dict[str, Any]) -> None:
        found = self._storage.container(database, container)
        place = found.key_of(document), document["id"]
        is_there = self._storage.reading.execute(f"SELECT 1 FROM {found.table} WHERE pk = ? AND id = ?", place).fetchone()
        charge = (of_replace if is_there else of_create)(len(json.dumps(document)))
        tally.charge[_caller.get(), "output"] += charge  # type: ignore[assignment]
        await plain(self, database, container, document)

    CosmosService.upsert = counted  # type: ignore[method-assign]


def _count_messages(tally: Tally) -> None:
    """What Service Bus would bill: a send, a receive and a completion of each message, and every session taken."""
    from infra.onebox.servicebus.queue import Queue

    def counting(name: str, amount: Any) -> None:
        plain = getattr(Queue, name)

        def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
            answer = plain(self, *args, **kwargs)
            if not self.name.endswith("deadletterqueue") and (number := amount(args, answer)):
                tally.bus[name] += number
            return answer

        setattr(Queue, name, counted)

    counting("send", lambda args, answer: len(args))
    counting("receive", lambda args, answer: len(answer))
    counting("complete", lambda args, answer: 1)
    counting("accept", lambda args, answer: int(answer is not None))
