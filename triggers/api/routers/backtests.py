"""Backtests: one or many configurations over one or many ranges, computed in the background with the code that trades."""

from __future__ import annotations

from fastapi import APIRouter, Response

from shared.research import BacktestView
from triggers.api import bands, job_lists, research
from triggers.api.idempotency import IdempotencyKey
from triggers.api.job_lists import Number, Run, RunLimit, WantedJobs
from triggers.api.models.bot import ObjectId
from triggers.api.models.research import BacktestBand, BacktestCreate, BacktestEquity, BacktestFillPage, BacktestPage, BotFrom, RunPage
from triggers.api.paging import number_of
from triggers.api.platform import CurrentUser, Plat

router = APIRouter(prefix="/api/v1/backtests", tags=["research"])


@router.post("", status_code=202)
async def create_backtest(
    body: BacktestCreate, user: CurrentUser, plat: Plat, response: Response, idempotency_key: IdempotencyKey = None
) -> BacktestView:
    """Start a job; it goes on in the background and tells its progress on the live feed."""
    document = await research.create_backtest(plat, user.id, body, idempotency_key)
    response.headers["location"] = f"/api/v1/backtests/{document['id']}"
    return BacktestView.of_document(document)


@router.get("")
async def list_backtests(user: CurrentUser, plat: Plat, wanted: WantedJobs) -> BacktestPage:
    """The user's backtests, newest first."""
    page = await job_lists.jobs(plat, user.id, "backtest", wanted)
    return BacktestPage(items=tuple(BacktestView.of_document(document) for document in page.items), next=page.next)


@router.get("/{backtest_id}")
async def get_backtest(backtest_id: ObjectId, user: CurrentUser, plat: Plat) -> BacktestView:
    """One job with its progress and its best run."""
    return BacktestView.of_document(await research.need_job(plat, user.id, backtest_id, "backtest"))


@router.get("/{backtest_id}/runs")
async def list_backtest_runs(backtest_id: ObjectId, user: CurrentUser, plat: Plat, limit: RunLimit = 100, cursor: Number = None) -> RunPage:
    """Finished runs with their figures, by number: while the job goes on, those there are."""
    return await job_lists.runs(plat, user.id, "backtest", backtest_id, cursor, limit)


@router.get("/{backtest_id}/fills")
async def list_backtest_fills(
    backtest_id: ObjectId, user: CurrentUser, plat: Plat, run: Run = 0, cursor: Number = None
) -> BacktestFillPage:
    """Every fill of a run, oldest first, 500 at a time."""
    document = await research.need_job(plat, user.id, backtest_id, "backtest")
    items, following = await research.run_fills(plat, user.id, document, run, number_of(cursor))
    return BacktestFillPage(items=tuple(items), next=following)


@router.get("/{backtest_id}/equity")
async def list_backtest_equity(backtest_id: ObjectId, user: CurrentUser, plat: Plat, run: Run = 0) -> BacktestEquity:
    """Total profit of a run over time, at most 500 points."""
    document = await research.need_job(plat, user.id, backtest_id, "backtest")
    return BacktestEquity(items=tuple(await research.run_equity(plat, user.id, document, run)))


@router.get("/{backtest_id}/band")
async def get_backtest_band(backtest_id: ObjectId, user: CurrentUser, plat: Plat, run: Run = 0) -> BacktestBand:
    """How much of a run's result was luck of the order: its curve resampled in blocks, at each point."""
    document = await research.need_job(plat, user.id, backtest_id, "backtest")
    return await bands.run_band(plat, user.id, document, run)


@router.get("/{backtest_id}/bot")
async def get_bot_of_backtest(backtest_id: ObjectId, user: CurrentUser, plat: Plat, run: Run = 0) -> BotFrom:
    """What a bot like this run is created with."""
    return await job_lists.bot_of(plat, user.id, "backtest", backtest_id, run)


@router.post("/{backtest_id}/cancel", status_code=202)
async def cancel_backtest(backtest_id: ObjectId, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> BacktestView:
    """Stop a job; the runs that are finished stay. A repeat is harmless, with a key or without."""
    return BacktestView.of_document(await research.cancel(plat, user.id, backtest_id, "backtest"))


@router.delete("/{backtest_id}", status_code=204)
async def delete_backtest(backtest_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """Delete a job that is over, with everything it kept."""
    await research.delete(plat, user.id, backtest_id, "backtest")
