"""Bots out as files, and in: our own format and 3Commas DCA bots."""

from __future__ import annotations

from fastapi import APIRouter, Response

from shared.read_model import BotView
from triggers.api import bot_files
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import ObjectId
from triggers.api.models.bot_file import BotFile, BotImport, ThreeCommasAnswer, ThreeCommasImport
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/bots", tags=["bots"])


@router.get("/{bot_id}/export")
async def export_bot(bot_id: ObjectId, user: CurrentUser, plat: Plat, response: Response) -> BotFile:
    """The bot's plan as a file: nothing of its account, its past or its secrets."""
    response.headers["content-disposition"] = f'attachment; filename="{bot_id}.json"'
    return await bot_files.export(plat, user.id, bot_id)


@router.post("/import", status_code=201)
async def import_bot(body: BotImport, user: CurrentUser, plat: Plat, response: Response, idempotency_key: IdempotencyKey = None) -> BotView:
    """A draft from a file."""
    document = await bot_files.take_file(plat, user.id, body, idempotency_key)
    response.headers["location"] = f"/api/v1/bots/{document['id']}"
    return BotView.of_document(document)


@router.post("/import/3commas")
async def import_three_commas(
    body: ThreeCommasImport, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None
) -> ThreeCommasAnswer:
    """A 3Commas DCA bot, setting by setting: what is mapped, assumed and not mapped; with an account, drafts of it."""
    return await bot_files.take_three_commas(plat, user.id, body, idempotency_key)
