"""Bands of a finished backtest: Monte-Carlo over resampled prices, walk-forward over its own."""

from __future__ import annotations

from fastapi import APIRouter

from triggers.api import research, studies
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import ObjectId
from triggers.api.models.study import StudyCreate, StudyPage, StudyView
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/backtests", tags=["research"])


@router.post("/{backtest_id}/studies", status_code=202)
async def create_study(
    backtest_id: ObjectId, body: StudyCreate, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None
) -> StudyView:
    """Compute bands of a run in the background. The same question again is the same study, with a key or without."""
    return StudyView.of_document(await studies.create(plat, user.id, backtest_id, body))


@router.get("/{backtest_id}/studies")
async def list_studies(backtest_id: ObjectId, user: CurrentUser, plat: Plat) -> StudyPage:
    """The studies of a backtest, newest first; at most twenty."""
    return StudyPage(items=tuple(StudyView.of_document(row) for row in await studies.listed(plat, user.id, backtest_id)))


@router.get("/{backtest_id}/studies/{study_id}")
async def get_study(backtest_id: ObjectId, study_id: ObjectId, user: CurrentUser, plat: Plat) -> StudyView:
    """One study with its bands, once it is done."""
    await research.need_job(plat, user.id, backtest_id, "backtest")
    return StudyView.of_document(await studies.need(plat, user.id, backtest_id, study_id))
