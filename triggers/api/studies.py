"""Studies of a finished backtest: jobs of their own beside it, computed by the same orchestration.

Rules
1. The same question is the same study: its id is made of the run, the method and its figures. Asked again it is found, not computed.
2. A study lives as long as its backtest.
"""

from __future__ import annotations

import asyncio
from typing import Any

from shared.clock import iso, ms_of
from shared.errors import AppError, conflict, invalid, not_found
from shared.ids import derived
from shared.job import CONTAINER, SPEC, part_id
from shared.read_model import SCHEMA
from shared.research import JobProgress
from shared.stores import Exists, Stale
from triggers.api import research
from triggers.api.models.study import StudyCreate
from triggers.api.platform import Platform

KIND, MOST, MOST_VARIANTS, HOUR_CANDLES = "study", 20, 50, 60
LEAST_BLOCKS = 4  # of a path: one block as long as the range would be the range itself, again and again

Doc = dict[str, Any]


async def create(plat: Platform, user_id: str, backtest_id: str, body: StudyCreate) -> Doc:
    """Errors: AppError 404, 409 for a backtest that is not over, 422, 429."""
    job = await research.need_job(plat, user_id, backtest_id, "backtest")
    if job["status"] != "done":
        raise conflict("job_is_open" if job["status"] in research.OPEN else "job_has_no_result", status=job["status"])
    run = await research.need_run(plat, user_id, job, body.run)
    if run.metrics is None:
        raise invalid("run_has_no_result", "run")
    study_id = derived(KIND, user_id, backtest_id, body.model_dump_json())
    stored = await plat.store.read(CONTAINER, user_id, study_id)
    if stored is None:
        stored = await write(plat, user_id, study_id, job, run.overrides, job["ranges"][run.range], body)
    if stored["status"] == "queued":
        await research.start(user_id, study_id)
    return stored


async def write(plat: Platform, user_id: str, study_id: str, job: Doc, overrides: Doc, range_: Doc, body: StudyCreate) -> Doc:
    is_paths = body.method == "monte_carlo"
    variants = [{}] if is_paths else (await spec_of(plat, user_id, job))[:MOST_VARIANTS]
    runs = body.paths if is_paths else body.windows
    minutes = (ms_of(range_["last"]) - ms_of(range_["first"])) // research.MINUTE
    if minutes * (runs if is_paths else len(variants) + 1) > research.MOST_CANDLES:
        raise invalid("too_many_candles", "paths" if is_paths else "windows", limit=str(research.MOST_CANDLES))
    await research.need_room(plat, user_id)
    if len(job.get("studies", ())) >= MOST:
        raise AppError(429, "too_many_studies", params={"limit": str(MOST)})
    at = iso(plat.now_ms())
    config = {**job["config"], **overrides} if is_paths or len(variants) == 1 else job["config"]
    document = {
        **{name: job[name] for name in ("name", "strategy", "symbol", "source")}, "id": study_id, "kind": KIND, "schema": SCHEMA,
        "sort": f"{at}:{study_id}", "backtest_id": job["id"], "method": body.method, "run": body.run, "config": config,
        "variants": variants if len(variants) > 1 else [{}], "ranges": [range_], "runs": runs, "seed": body.seed,
        "block": max(1, min(body.block_hours * HOUR_CANDLES, minutes // LEAST_BLOCKS)), "kept": False, "status": "queued",
        "progress": JobProgress(at=at).model_dump(mode="json"), "best": None, "error": None, "created_at": at, "updated_at": at,
    }  # fmt: skip
    await remember(plat, user_id, job["id"], study_id)
    try:
        return await plat.store.create(CONTAINER, user_id, document)
    except Exists:
        return await need(plat, user_id, job["id"], study_id)


async def spec_of(plat: Platform, user_id: str, job: Doc) -> list[Doc]:
    spec = await plat.store.read(CONTAINER, user_id, part_id(job["id"], SPEC))
    return list(spec["variants"]) if spec else [{}]


async def remember(plat: Platform, user_id: str, backtest_id: str, study_id: str) -> None:
    """The backtest names its studies, so that they go with it."""
    while True:
        job = await research.need_job(plat, user_id, backtest_id, "backtest")
        known = job.get("studies", [])
        if study_id in known:
            return
        try:
            await plat.store.replace(CONTAINER, user_id, {**job, "studies": [*known, study_id]})
            return
        except Stale:
            continue


async def need(plat: Platform, user_id: str, backtest_id: str, study_id: str) -> Doc:
    document = await plat.store.read(CONTAINER, user_id, study_id)
    if document is None or document.get("kind") != KIND or document["backtest_id"] != backtest_id:
        raise not_found(KIND)
    return document


async def listed(plat: Platform, user_id: str, backtest_id: str) -> list[Doc]:
    """Newest first."""
    job = await research.need_job(plat, user_id, backtest_id, "backtest")
    rows = await asyncio.gather(*(plat.store.read(CONTAINER, user_id, own) for own in job.get("studies", ())))
    return sorted((row for row in rows if row is not None), key=lambda row: str(row["sort"]), reverse=True)
