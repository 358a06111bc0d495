"""Files for other programs: the ledger as parquet, a tax year as CSV or parquet."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from shared.tax import Method
from triggers.api import ledger_files
from triggers.api.filters import From
from triggers.api.models.bot import ObjectId
from triggers.api.owned import need_bot
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/exports", tags=["portfolio"])
PARQUET = "application/vnd.apache.parquet"
BYTES = {200: {"content": {PARQUET: {"schema": {"type": "string", "format": "binary"}}}, "description": "The file"}}
EITHER = {200: {"content": {"text/csv": {"schema": {"type": "string"}}, **BYTES[200]["content"]}, "description": "The file"}}  # type: ignore[dict-item]


@router.get("/parquet/{kind}", response_class=Response, responses=BYTES)  # type: ignore[arg-type]
async def export_parquet(
    kind: Literal["fills", "orders", "deals", "equity", "events"],
    user: CurrentUser,
    plat: Plat,
    bot_id: Annotated[ObjectId | None, Query(description="Only of this bot")] = None,
    after: From = None,
) -> Response:
    """The ledger, oldest first, money as text; a header `x-next` names where a file that was cut goes on (`after`)."""
    if bot_id is not None:
        await need_bot(plat.store, user.id, bot_id, field="bot_id")
    file = await ledger_files.parquet(plat, user.id, kind, bot_id, after)
    headers = {"content-disposition": f'attachment; filename="{kind}.parquet"', **({"x-next": file.next} if file.next else {})}
    return Response(file.content, headers=headers, media_type=PARQUET)


@router.get("/tax/{year}", response_class=Response, responses=EITHER)  # type: ignore[arg-type]
async def export_tax_year(
    year: Annotated[int, Path(ge=2009, le=2100)],
    user: CurrentUser,
    plat: Plat,
    method: Annotated[Method, Query(description="Which lots are sold first")] = "fifo",
    paper: Annotated[bool, Query(description="Play money, too")] = False,
    file: Annotated[Literal["csv", "parquet"], Query(description="In which format")] = "csv",
) -> Response:
    """What was gained by selling in a year (UTC), lot by lot. Information, not advice."""
    rows = await ledger_files.tax_year(plat, user.id, year, method, paper)
    headers = {"content-disposition": f'attachment; filename="tax-{year}-{method}.{file}"'}
    if file == "parquet":
        return Response(ledger_files.tax_parquet(rows), headers=headers, media_type=PARQUET)
    return Response(ledger_files.tax_csv(rows), headers=headers, media_type="text/csv; charset=utf-8")
