"""A query parameter nobody reads is refused: a mistyped filter must not look like an answer to it.

Each route's names are read off its own declaration, once.
"""

from __future__ import annotations

from typing import Any

from fastapi import Request

from shared.errors import invalid

_known: dict[tuple[str, str], frozenset[str]] = {}


async def known_query(request: Request) -> None:
    """Errors: AppError 422 naming the parameter that the route does not have."""
    if not request.scope["query_string"]:
        return
    route = request.scope["route"]
    place = (request.method, route.path)
    if place not in _known:
        _known[place] = names_of(route.dependant)
    for name in request.query_params:
        if name not in _known[place]:
            raise invalid("unknown_field", name[:100])


def names_of(dependant: Any) -> frozenset[str]:
    own = (field.alias for field in dependant.query_params)
    return frozenset(own).union(*(names_of(inner) for inner in dependant.dependencies))
