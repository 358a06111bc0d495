"""Bots: preview, create, read, change, delete. What a running bot does is asked for in bot_commands."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shared.read_model import BotView, Strategy
from strategy_core.trade import Status
from triggers.api import bots
from triggers.api.filters import MOST, Created, ExchangeId, From, where_of
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import BotCreate, BotPage, BotPatch, BotPlan, ObjectId, PreviewAnswer, Symbol, Verdict
from triggers.api.owned import need_bot
from triggers.api.paging import listed
from triggers.api.platform import CurrentUser, Plat
from triggers.api.versions import IfMatch

router = APIRouter(prefix="/api/v1/bots", tags=["bots"])


@router.post("/preview")
async def preview_bot(body: BotPlan, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> PreviewAnswer:
    """Everything the bot would do first: orders, funds, fees, warnings, worst case. Nothing is stored, a repeat is harmless."""
    return await bots.preview(plat, user.id, body)


@router.post("/validate")
async def validate_bot(body: BotPlan, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> Verdict:
    """Everything that is wrong with a bot, field by field, and what is not wrong but worth knowing. Makes nothing."""
    return await bots.validate(plat, user.id, body)


@router.post("", status_code=201)
async def create_bot(body: BotCreate, user: CurrentUser, plat: Plat, response: Response, idempotency_key: IdempotencyKey = None) -> BotView:
    """Make a draft; `start` makes it trade."""
    document = await bots.create(plat, user.id, body, idempotency_key)
    response.headers["location"] = f"/api/v1/bots/{document['id']}"
    return BotView.of_document(document)


@router.get("")
async def list_bots(
    user: CurrentUser,
    plat: Plat,
    status: Annotated[Status | None, Query(description="Only in this state")] = None,
    account_id: Annotated[ObjectId | None, Query(description="Only of this account")] = None,
    strategy: Annotated[Strategy | None, Query(description="Only of this strategy")] = None,
    symbol: Annotated[Symbol | None, Query(description="Only on this symbol")] = None,
    exchange: ExchangeId = None,
    made: Created = None,
    limit: Annotated[int, Query(ge=1, le=200, description=MOST)] = 50,
    cursor: From = None,
) -> BotPage:
    """The user's bots, newest first."""
    where = where_of(kind="bot", status=status, account_id=account_id, strategy=strategy, symbol=symbol, exchange=exchange)
    page = await listed(plat, user.id, "bots", where, limit, cursor, made)
    return BotPage(items=tuple(BotView.of_document(document) for document in page.items), next=page.next)


@router.get("/{bot_id}")
async def get_bot(bot_id: ObjectId, user: CurrentUser, plat: Plat, response: Response) -> BotView:
    """One bot with its figures."""
    document = await need_bot(plat.store, user.id, bot_id)
    response.headers["etag"] = document["_etag"]
    return BotView.of_document(document)


@router.patch("/{bot_id}")
async def patch_bot(
    bot_id: ObjectId,
    body: BotPatch,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    if_match: IfMatch = None,
) -> BotView:
    """Change a draft; with `If-Match` only the version that was read."""
    document = await bots.patch(plat, user.id, bot_id, body, if_match)
    response.headers["etag"] = document["_etag"]
    return BotView.of_document(document)


@router.delete("/{bot_id}", status_code=204)
async def delete_bot(bot_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """Delete a bot that does not trade: a draft, or one that has stopped or finished. Its ledger stays."""
    await bots.delete(plat, user.id, bot_id)
