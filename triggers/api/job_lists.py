"""What the lists of backtests and of searches have in common: how they are narrowed, and the runs of a job page by page."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends, Query

from shared.read_model import Strategy
from shared.research import JobStatus
from shared.stores import Page, Span
from triggers.api import research
from triggers.api.filters import MOST, Created, From, where_of
from triggers.api.models.bot import Symbol
from triggers.api.models.research import BotFrom, RunPage
from triggers.api.paging import listed, number_of
from triggers.api.platform import Platform

Number = Annotated[str | None, Query(description="Taken from `next` of the page before", json_schema_extra={"pattern": "^[0-9]{1,6}$"})]
Run = Annotated[int, Query(ge=0, le=100_000, description="Which run of the job")]
RunLimit = Annotated[int, Query(ge=1, le=1000, description=MOST)]


class Wanted(NamedTuple):
    """Which jobs, and which page of them."""

    where: dict[str, str]
    span: Span | None
    limit: int
    cursor: str | None


async def wanted(
    status: Annotated[JobStatus | None, Query(description="Only in this state")] = None,
    strategy: Annotated[Strategy | None, Query(description="Only of this strategy")] = None,
    symbol: Annotated[Symbol | None, Query(description="Only on this symbol")] = None,
    made: Created = None,
    limit: Annotated[int, Query(ge=1, le=100, description=MOST)] = 50,
    cursor: From = None,
) -> Wanted:
    return Wanted(where_of(status=status, strategy=strategy, symbol=symbol), made, limit, cursor)


WantedJobs = Annotated[Wanted, Depends(wanted)]


async def jobs(plat: Platform, user_id: str, kind: str, wanted: Wanted) -> Page:
    """The user's jobs of a kind, newest first."""
    return await listed(plat, user_id, "backtests", {"kind": kind, **wanted.where}, wanted.limit, wanted.cursor, wanted.span)


async def runs(plat: Platform, user_id: str, kind: str, job_id: str, cursor: str | None, limit: int) -> RunPage:
    """Finished runs by number. Errors: AppError 404, 400 for a cursor that is none."""
    document = await research.need_job(plat, user_id, job_id, kind)
    found, following = await research.runs_from(plat, user_id, document, number_of(cursor), limit)
    return RunPage(items=tuple(found), next=None if following is None else str(following))


async def bot_of(plat: Platform, user_id: str, kind: str, job_id: str, run: int) -> BotFrom:
    """What a bot like a run is created with. Errors: AppError 404."""
    return await research.bot_from(plat, user_id, await research.need_job(plat, user_id, job_id, kind), run)
