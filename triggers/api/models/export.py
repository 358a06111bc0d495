"""A file of the ledger that is made in the background and fetched piece by piece."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from shared.read_model import Instant, ReadModel
from shared.tax import Method
from strategy_core.number import Model
from triggers.api.models.bot import ObjectId
from triggers.api.models.common import WHOLE


class ExportCreate(Model):
    """All of one kind, oldest first; `year`, `method` and `paper` (play money, too) are a tax year's."""

    what: Literal["fills", "orders", "deals", "equity", "events", "tax"]
    file: Literal["csv", "parquet"] = "csv"
    bot_id: ObjectId | None = None
    year: Annotated[int, WHOLE, Field(ge=2009, le=2100)] | None = None
    method: Method = "fifo"
    paper: StrictBool = False


class ExportView(ReadModel):
    """`bytes` and `rows` grow while it is made; the content is there once `status` is done. The oldest files go when new ones come."""

    id: str
    what: str
    file: str
    name: str
    bot_id: str | None = None
    year: int | None = None
    method: str | None = None
    paper: bool = False
    status: Literal["queued", "running", "done"]
    rows: int
    bytes: int
    created_at: Instant
    updated_at: Instant
