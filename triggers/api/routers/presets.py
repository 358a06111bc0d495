"""Presets, with the backtest that speaks for each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shared.read_model import Strategy
from triggers.api import presets
from triggers.api.filters import MOST, Created, From, where_of
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import ObjectId
from triggers.api.models.preference import BacktestOf, PresetCreate, PresetPage, PresetView
from triggers.api.paging import listed
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/presets", tags=["preferences"])


@router.post("", status_code=201)
async def create_preset(
    body: PresetCreate, user: CurrentUser, plat: Plat, response: Response, idempotency_key: IdempotencyKey = None
) -> PresetView:
    """Keep a plan to begin bots with, and the run of a backtest that used it."""
    document = await presets.create(plat, user.id, body, idempotency_key)
    response.headers["location"] = f"/api/v1/presets/{document['id']}"
    return PresetView.of_document(document)


@router.get("")
async def list_presets(
    user: CurrentUser,
    plat: Plat,
    strategy: Annotated[Strategy | None, Query(description="Only of this strategy")] = None,
    made: Created = None,
    limit: Annotated[int, Query(ge=1, le=100, description=MOST)] = 50,
    cursor: From = None,
) -> PresetPage:
    """The user's presets, newest first."""
    page = await listed(plat, user.id, "settings", where_of(kind="preset", strategy=strategy), limit, cursor, made)
    return PresetPage(items=tuple(PresetView.of_document(document) for document in page.items), next=page.next)


@router.get("/{preset_id}")
async def get_preset(preset_id: ObjectId, user: CurrentUser, plat: Plat) -> PresetView:
    """One preset."""
    return PresetView.of_document(await presets.need_preset(plat.store, user.id, preset_id))


@router.put("/{preset_id}/backtest")
async def attach_backtest(preset_id: ObjectId, body: BacktestOf, user: CurrentUser, plat: Plat) -> PresetView:
    """Let another run speak for a preset; it must have used the same strategy and config."""
    return PresetView.of_document(await presets.attach(plat, user.id, preset_id, body))


@router.delete("/{preset_id}/backtest")
async def detach_backtest(preset_id: ObjectId, user: CurrentUser, plat: Plat) -> PresetView:
    """The preset without a backtest."""
    return PresetView.of_document(await presets.detach(plat, user.id, preset_id))


@router.delete("/{preset_id}", status_code=204)
async def delete_preset(preset_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """Forget a preset; bots made from it are not touched."""
    await presets.need_preset(plat.store, user.id, preset_id)
    await plat.store.delete("settings", user.id, preset_id)
