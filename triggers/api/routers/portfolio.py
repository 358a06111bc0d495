"""The portfolio, and the ledger as files."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from triggers.api import exports, portfolio
from triggers.api.filters import From
from triggers.api.models.bot import ObjectId
from triggers.api.models.portfolio import Portfolio
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1", tags=["portfolio"])
CSV = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The file"}}


@router.get("/portfolio")
async def get_portfolio(user: CurrentUser, plat: Plat) -> Portfolio:
    """What the bots own and have earned at the prices of now: per currency, paper apart from live."""
    return await portfolio.portfolio(plat, user.id)


@router.get("/exports/{what}", response_class=PlainTextResponse, responses=CSV)  # type: ignore[arg-type]
async def export_csv(
    what: Literal["fills.csv", "orders.csv", "deals.csv", "equity.csv", "events.csv"],
    user: CurrentUser,
    plat: Plat,
    bot_id: Annotated[ObjectId | None, Query(description="Only of this bot")] = None,
    before: From = None,
) -> PlainTextResponse:
    """The ledger, newest first; a header `x-next` names where a file that was cut goes on (`before`)."""
    file = await exports.export(plat, user.id, what.removesuffix(".csv"), bot_id, before)
    headers = {"content-disposition": f'attachment; filename="{what}"', **({"x-next": file.next} if file.next else {})}
    return PlainTextResponse(file.text, headers=headers, media_type="text/csv; charset=utf-8")
