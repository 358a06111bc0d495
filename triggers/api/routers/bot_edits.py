"""Copies, edits while a bot runs, added money, deals."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shared.read_model import BotView
from triggers.api import bot_edits, commands, deal_lists
from triggers.api.deal_lists import DealStatus
from triggers.api.filters import MOST, From, Happened
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import Accepted, ObjectId, StartBody
from triggers.api.models.bot_edit import AddFundsBody, AddSafetyBody, CloneBody, DealPage, EditAnswer, EditBody
from triggers.api.platform import CurrentUser, Plat
from triggers.api.routers.bot_commands import located
from triggers.api.versions import IfMatch

router = APIRouter(prefix="/api/v1/bots", tags=["bots"])


@router.post("/{bot_id}/clone", status_code=201)
async def clone_bot(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    body: CloneBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> BotView:
    """A draft with the same plan, here or on another account or market."""
    document = await bot_edits.clone(plat, user.id, bot_id, body or CloneBody(), idempotency_key)
    response.headers["location"] = f"/api/v1/bots/{document['id']}"
    return BotView.of_document(document)


@router.post("/{bot_id}/edit", status_code=202)
async def edit_bot(
    bot_id: ObjectId,
    body: EditBody,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> EditAnswer:
    """Change a bot that runs; each field says when it takes effect. With `If-Match` only the version that was read."""
    answer = await bot_edits.edit(plat, user.id, bot_id, body, if_match, idempotency_key)
    response.headers["location"] = answer.status_url
    return answer


@router.post("/{bot_id}/add_funds", status_code=202)
async def add_funds(
    bot_id: ObjectId, body: AddFundsBody, user: CurrentUser, plat: Plat, response: Response, idempotency_key: IdempotencyKey = None
) -> Accepted:
    """More money for the plan, out of what no other bot holds."""
    return located(response, await bot_edits.add_funds(plat, user.id, bot_id, body.amount, idempotency_key))


@router.post("/{bot_id}/start_deal", status_code=202)
async def start_deal(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    body: StartBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Begin now instead of waiting for the start condition."""
    return located(response, await commands.send(plat, user.id, bot_id, "start_deal", {}, idempotency_key))


@router.post("/{bot_id}/close_deal", status_code=202)
async def close_deal(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    body: StartBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Close the open deal at market and go on."""
    return located(response, await commands.send(plat, user.id, bot_id, "close_deal", {}, idempotency_key))


@router.post("/{bot_id}/cancel_deal", status_code=202)
async def cancel_deal(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    response: Response,
    body: StartBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Accepted:
    """Give the open deal up: its orders go, its coins stay on the account."""
    return located(response, await commands.send(plat, user.id, bot_id, "cancel_deal", {}, idempotency_key))


@router.post("/{bot_id}/add_safety", status_code=202)
async def add_safety(
    bot_id: ObjectId, body: AddSafetyBody, user: CurrentUser, plat: Plat, response: Response, idempotency_key: IdempotencyKey = None
) -> Accepted:
    """One more order into the open deal, at market."""
    params = body.model_dump(mode="json")
    return located(response, await commands.send(plat, user.id, bot_id, "add_safety", params, idempotency_key))


@router.get("/{bot_id}/deals")
async def list_bot_deals(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    status: Annotated[DealStatus | None, Query(description="Only in this state")] = None,
    span: Happened = None,
    limit: Annotated[int, Query(ge=1, le=100, description=MOST)] = 50,
    cursor: From = None,
) -> DealPage:
    """The rounds of a DCA bot by when they began, or the completed cells of a ladder by when they were completed, newest first.

    A page may be short when only deals of one state are asked for: go on while there is a `next`.
    """
    return await deal_lists.deals(plat, user.id, bot_id, limit, cursor, status, span)
