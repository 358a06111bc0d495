"""What a bot has out and what happened to it: orders, fills, the "why" log, equity. Newest first."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from shared.read_model import EquityPoint, EventView, FillView, OrderView
from shared.stores import Page, Span
from strategy_core.trade import Side
from triggers.api.filters import MOST, From, Happened, where_of
from triggers.api.models.bot import EquityPage, EventPage, FillPage, ObjectId, OrderPage
from triggers.api.owned import need_bot
from triggers.api.paging import listed
from triggers.api.platform import CurrentUser, Plat, Platform

router = APIRouter(prefix="/api/v1/bots", tags=["bots"])

Limit = Annotated[int, Query(ge=1, le=200, description=MOST)]
OrderStatus = Annotated[Literal["pending", "open", "cancelling", "over"] | None, Query(description="Only in this state")]


@router.get("/{bot_id}/orders")
async def list_bot_orders(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    side: Annotated[Side | None, Query(description="Only of this side")] = None,
    status: OrderStatus = None,
) -> OrderPage:
    """Every order that is out, nearest to the top of the book first."""
    document = await need_bot(plat.store, user.id, bot_id)
    rows = [OrderView.of_document(row) for row in document.get("orders", ())]
    return OrderPage(items=tuple(row for row in rows if side in (None, row.side) and status in (None, row.status)))


@router.get("/{bot_id}/fills")
async def list_bot_fills(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    side: Annotated[Side | None, Query(description="Only of this side")] = None,
    span: Happened = None,
    limit: Limit = 50,
    cursor: From = None,
) -> FillPage:
    """Executions of the bot's orders."""
    page = await rows_of(plat, user.id, where_of(botId=bot_id, side=side), "fills", limit, cursor, span)
    return FillPage(items=tuple(FillView.of_document(row) for row in page.items), next=page.next)


@router.get("/{bot_id}/events")
async def list_bot_events(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    code: Annotated[str | None, Query(pattern=r"^[a-z0-9_]{1,60}$", description="Only events of this code")] = None,
    span: Happened = None,
    limit: Limit = 50,
    cursor: From = None,
) -> EventPage:
    """Why the bot did what it did, as a hash chain."""
    page = await rows_of(plat, user.id, where_of(botId=bot_id, code=code), "events", limit, cursor, span)
    return EventPage(items=tuple(EventView.of_document(row) for row in page.items), next=page.next)


@router.get("/{bot_id}/equity")
async def list_bot_equity(
    bot_id: ObjectId, user: CurrentUser, plat: Plat, span: Happened = None, limit: Limit = 200, cursor: From = None
) -> EquityPage:
    """Total profit over time."""
    page = await rows_of(plat, user.id, where_of(botId=bot_id), "equity", limit, cursor, span)
    return EquityPage(items=tuple(EquityPoint.of_document(row) for row in page.items), next=page.next)


async def rows_of(
    plat: Platform, user_id: str, where: dict[str, str], container: str, limit: int, cursor: str | None, span: Span | None
) -> Page:
    _, page = await asyncio.gather(
        need_bot(plat.store, user_id, where["botId"], is_glance=True), listed(plat, user_id, container, where, limit, cursor, span)
    )
    return page
