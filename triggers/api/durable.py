"""The durable client of the current invocation."""

from __future__ import annotations

from contextvars import ContextVar

durable: ContextVar[object | None] = ContextVar("durable", default=None)


def durable_client() -> object | None:
    """For `Depends`: the client that the area function was handed."""
    return durable.get()
