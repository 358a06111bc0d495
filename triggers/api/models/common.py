"""What every answer shares: problems, pages, findings."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from strategy_core.number import Model
from strategy_core.trade import Finding

Cursor = Annotated[str, Field(max_length=200, description="Opaque; taken from `next` of the page before")]


class Problem(Model):
    """RFC 9457. `code` is stable and worded by the client; `findings` holds everything wrong with the request at once."""

    type: str
    title: str
    status: int
    code: str
    field: str | None = None
    params: dict[str, str] = {}
    findings: tuple[Finding, ...] = ()
    trace: str | None = None
