"""The durable client of the current invocation, for the API."""

from __future__ import annotations

from shared.durable import durable


def durable_client() -> object | None:
    """For `Depends`: the client that the area function was handed."""
    client: object | None = durable.get()
    return client
