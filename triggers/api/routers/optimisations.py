"""Optimisations: a search over a strategy's parameters, proven on candles the search never saw."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shared.research import OptimisationView
from triggers.api import job_lists, research
from triggers.api.idempotency import IdempotencyKey
from triggers.api.job_lists import Number, Run, RunLimit, WantedJobs
from triggers.api.models.bot import ObjectId
from triggers.api.models.research import BotFrom, HeatMap, OptimisationCreate, OptimisationPage, RunPage
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/optimisations", tags=["research"])
Field = Annotated[str, Query(pattern=r"^[a-z0-9_]{1,60}$", description="Path of a field that was searched")]


@router.post("", status_code=202)
async def create_optimisation(
    body: OptimisationCreate, user: CurrentUser, plat: Plat, response: Response, idempotency_key: IdempotencyKey = None
) -> OptimisationView:
    """Start a search; it goes on in the background and tells its progress on the live feed."""
    document = await research.create_optimisation(plat, user.id, body, idempotency_key)
    response.headers["location"] = f"/api/v1/optimisations/{document['id']}"
    return OptimisationView.of_document(document)


@router.get("")
async def list_optimisations(user: CurrentUser, plat: Plat, wanted: WantedJobs) -> OptimisationPage:
    """The user's searches, newest first."""
    page = await job_lists.jobs(plat, user.id, "optimisation", wanted)
    return OptimisationPage(items=tuple(OptimisationView.of_document(document) for document in page.items), next=page.next)


@router.get("/{optimisation_id}")
async def get_optimisation(optimisation_id: ObjectId, user: CurrentUser, plat: Plat) -> OptimisationView:
    """One search with its best run so far, and in the end how the finalists did on unseen candles."""
    return OptimisationView.of_document(await research.need_job(plat, user.id, optimisation_id, "optimisation"))


@router.get("/{optimisation_id}/runs")
async def list_optimisation_runs(
    optimisation_id: ObjectId, user: CurrentUser, plat: Plat, limit: RunLimit = 100, cursor: Number = None
) -> RunPage:
    """The trials with their figures, by number."""
    return await job_lists.runs(plat, user.id, "optimisation", optimisation_id, cursor, limit)


@router.get("/{optimisation_id}/heatmap")
async def get_heatmap(
    optimisation_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    x: Field,
    y: Field,
    size: Annotated[int, Query(ge=2, le=40, description="Cells along each side")] = 12,
) -> HeatMap:
    """The best objective over two searched fields, in at most `size` by `size` cells."""
    document = await research.need_job(plat, user.id, optimisation_id, "optimisation")
    return await research.heat_map(plat, user.id, document, (x, y), size)


@router.get("/{optimisation_id}/bot")
async def get_bot_of_optimisation(optimisation_id: ObjectId, user: CurrentUser, plat: Plat, run: Run = 0) -> BotFrom:
    """What a bot like this trial is created with."""
    return await job_lists.bot_of(plat, user.id, "optimisation", optimisation_id, run)


@router.post("/{optimisation_id}/cancel", status_code=202)
async def cancel_optimisation(
    optimisation_id: ObjectId, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None
) -> OptimisationView:
    """Stop a search; the trials that are finished stay. A repeat is harmless, with a key or without."""
    return OptimisationView.of_document(await research.cancel(plat, user.id, optimisation_id, "optimisation"))


@router.delete("/{optimisation_id}", status_code=204)
async def delete_optimisation(optimisation_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """Delete a search that is over, with everything it kept."""
    await research.delete(plat, user.id, optimisation_id, "optimisation")
