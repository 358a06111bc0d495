"""What lists can be narrowed by. Every filter that is given must hold.

`since` is the first instant that counts, `until` the first that does not; where nothing lies between them the list is empty.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from shared.clock import iso
from shared.stores import Span
from triggers.api.models.common import Cursor, Moment

MOST = "How many at most"
From = Annotated[Cursor | None, Query(description="`next` of the page before")]
Since = Annotated[Moment | None, Query(description="Not before this instant")]
Until = Annotated[Moment | None, Query(description="Before this instant")]
ExchangeId = Annotated[str | None, Query(pattern=r"^[a-z0-9_]{2,40}$", description="paper or an exchange id")]


async def created(since: Since = None, until: Until = None) -> Span | None:
    return span_of("sort", since, until)


async def happened(since: Since = None, until: Until = None) -> Span | None:
    return span_of("at", since, until)


Created = Annotated[Span | None, Depends(created)]
"""By when a thing was made."""
Happened = Annotated[Span | None, Depends(happened)]
"""By when a row of the ledger happened."""


def span_of(field: str, since: int | None, until: int | None) -> Span | None:
    """None when neither end is given."""
    if since is None and until is None:
        return None
    begin = "" if since is None else iso(since)
    return Span("at" if field == "at" else "sort", begin, *(() if until is None else (iso(until),)))


def where_of(**given: str | None) -> dict[str, str]:
    """What a row has to be, as the store takes it."""
    return {name: str(value) for name, value in given.items() if value is not None}
