"""What the durable SDK does slowly and the simulation does again and again, done faster: nothing that happens is any different.

Every episode reads its whole history: the SDK parses each timestamp with dateutil, and makes a class of its own in every run.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from importlib import import_module

MODELS = "azure.durable_functions.models"
tuple_type = cache(namedtuple)


@contextmanager
def quick_sdk() -> Iterator[None]:
    history, executor = (import_module(f"{MODELS}.{name}") for name in ("history.HistoryEvent", "TaskOrchestrationExecutor"))
    slow = history.dt_parse, executor.namedtuple
    history.dt_parse, executor.namedtuple = datetime.fromisoformat, tuple_type
    try:
        yield
    finally:
        history.dt_parse, executor.namedtuple = slow
