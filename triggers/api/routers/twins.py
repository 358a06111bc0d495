"""Shadow twins of bots and their parity reports."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from triggers.api import twins
from triggers.api.filters import MOST, Created, From
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import ObjectId
from triggers.api.models.twin import ParityPage, ParityReport, TwinView
from triggers.api.paging import listed
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/bots", tags=["bots"])


@router.post("/{bot_id}/twin", status_code=201)
async def create_twin(bot_id: ObjectId, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> TwinView:
    """A paper bot with the same settings beside this one. A repeat finds the same twin, with a key or without.

    A bot on a replay has none (409 `replay_has_no_twin`): a replay runs on the recording's time, and a week of it is no week to report on.
    """
    return TwinView.of_document(await twins.attach(plat, user.id, bot_id))


@router.get("/{bot_id}/twin")
async def get_twin(bot_id: ObjectId, user: CurrentUser, plat: Plat) -> TwinView:
    """The bot's twin, or 404 when it has none."""
    return TwinView.of_document(await twins.need_link(plat, user.id, bot_id))


@router.delete("/{bot_id}/twin", status_code=204)
async def delete_twin(bot_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """Stop the twin and compare no more; the bot itself goes on."""
    await twins.detach(plat, user.id, bot_id)


@router.get("/{bot_id}/parity")
async def get_parity(
    bot_id: ObjectId, user: CurrentUser, plat: Plat, days: Annotated[int, Query(ge=1, le=365, description="How many days back")] = 7
) -> ParityReport:
    """How far the bot drifted from its twin in the last days, computed now."""
    link = await twins.need_link(plat, user.id, bot_id)
    now = plat.now_ms()
    return await twins.compared(plat, user.id, link, now - days * twins.DAY_MS, now + 1)


@router.get("/{bot_id}/parity/reports")
async def list_parity_reports(
    bot_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    limit: Annotated[int, Query(ge=1, le=100, description=MOST)] = 50,
    cursor: From = None,
    made: Created = None,
) -> ParityPage:
    """The weekly reports, newest first."""
    await twins.need_link(plat, user.id, bot_id)
    page = await listed(plat, user.id, "settings", {"kind": "parity", "botId": bot_id}, limit, cursor, made)
    return ParityPage(items=tuple(ParityReport.of_document(row["report"]) for row in page.items), next=page.next)
