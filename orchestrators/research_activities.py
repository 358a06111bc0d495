"""The activities of backtests and searches: they read and write the job's documents and hand the computing to processes.

research_plan     what the next wave has to do; wave 0 settles the ranges, the market's rules and which candles are missing
research_work     one part: a piece of candles, a batch of runs, or the finalists on unseen candles
research_report   progress into the job's document and onto the live feed
research_finish   how it ended

Rules
1. Every part is written under its own id before it counts as done; written twice it is the same (a batch: orchestrators/research_batch.py).
2. The job's document changes by compare-and-set: a cancellation that comes meanwhile is not overwritten by a report.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from orchestrators import research_studies as studies
from orchestrators.activities import outside
from orchestrators.compute import ComputeFailed, processes
from orchestrators.research_batch import CANDLES, JobError, candles_of, change, compute, get_piece, need, pieces_of, run_batch, so_far
from orchestrators.research_plan import backtest_tasks, batch_size, longest, progress_of, split, trial_tasks, wave_size
from shared import notice_box
from shared.clock import iso
from shared.job import CONTAINER, RUNS, SPEC, TRIALS, part, part_id
from shared.notices import Notice
from shared.realtime import to_group

if TYPE_CHECKING:
    from strategy_core.trade import Market

LIVE = {"arg_name": "live", "type": "webPubSub", "hub": "dash", "connection": "WebPubSub"}

Doc = dict[str, Any]
bp = df.Blueprint()


# -- plan ---------------------------------------------------------------------------------------------------------------


@bp.activity_trigger(input_name="ask", activity="research_plan")
async def research_plan(ask: dict) -> Doc:
    user_id, job_id, wave = ask["userId"], ask["id"], ask["wave"]
    job = await need(user_id, job_id)
    try:
        if wave == 0:
            return await prepare(user_id, job)
        if job["kind"] == "backtest":
            variants = job["perRange"]
            tasks = backtest_tasks(variants, len(job["ranges"]), job["batchSize"])
            return {"tasks": tasks, "phase": "runs", "total": job["runs"], "last": True}
        if job["kind"] == studies.STUDY:
            if wave == 1:
                return {"tasks": studies.tasks(job), "phase": "runs", "total": job["runs"], "last": False}
            return {"tasks": [{"do": "gather"}], "phase": "proof", "total": 1, "last": True}
        return await next_trials(user_id, job, wave)
    except JobError as error:
        return {"error": error.code, "params": error.params}


async def prepare(user_id: str, job: Doc) -> Doc:
    """Ranges in full, rules, batch sizes; the tasks are the pieces of candles that are not there."""
    from exchange.protocol import Rejected, Unavailable

    try:
        market, source = await rules_and_source(user_id, job)
    except (Rejected, Unavailable) as error:
        raise JobError(getattr(error, "reason", "venue_down"), detail=str(error)[:200]) from error
    ranges = job["ranges"] or [source["whole"]]
    if job["kind"] == "optimisation" and len(ranges) == 1:
        ranges = split(ranges[0], job["split_pct"])
    if job["kind"] == "backtest":
        spec = await need(user_id, part_id(job["id"], SPEC))
        per_range, runs = len(spec["variants"]), len(spec["variants"]) * len(ranges)
        size = batch_size(longest(ranges), per_range)
    elif job["kind"] == studies.STUDY:
        per_range = runs = job["runs"]
        size = batch_size(longest(ranges), runs)
    else:
        per_range = runs = job["trials"]
        size = batch_size(longest(ranges[:1]), min(runs, wave_size(job["method"], runs)))
    facts = {"market": market, "file": source.get("file"), "ranges": ranges, "perRange": per_range, "runs": runs, "batchSize": size}
    job = await change(user_id, job["id"], lambda now: {**facts, "status": "running" if now["status"] == "queued" else now["status"]})
    missing = [
        {"do": "candles", "piece": list(piece)}
        for piece in {piece for r in range(len(ranges)) for piece in pieces_of(job, r)}
        if not piece.file(CANDLES).exists()
    ]
    return {"tasks": sorted(missing, key=lambda task: task["piece"][2]), "phase": "candles", "total": len(missing), "last": False}


async def rules_and_source(user_id: str, job: Doc) -> tuple[Doc, Doc]:
    """The market's rules; of a replay also its file and its whole range."""
    from exchange.market_data import Feed

    source = job["source"]
    if source["kind"] != "replay":
        feed = Feed(source["exchange"] or "simulated")
        market: Market = await outside().markets.market(feed, job["symbol"])
        return market.model_dump(mode="json", exclude_defaults=True), {}
    account = await outside().store.read("accounts", user_id, source["account_id"])
    if account is None:
        raise JobError("account_gone")
    market = await outside().markets.market(Feed("replay", int(account["createdMs"]), int(account["speed"])), job["symbol"])
    file = str(outside().markets.recording(job["symbol"]))
    try:
        seen = await processes().run({"do": "recording", "file": file, "folder": str(CANDLES)})
    except ComputeFailed as error:
        raise JobError("bad_recording", detail=error.detail[:200]) from error
    return market.model_dump(mode="json", exclude_defaults=True), {
        "file": file,
        "whole": {"first": iso(seen["first"]), "last": iso(seen["last"])},
    }


async def next_trials(user_id: str, job: Doc, wave: int) -> Doc:
    """The next trials, or the finalists when there are enough."""
    size = wave_size(job["method"], job["trials"])
    first = (wave - 1) * size
    if first < job["runs"]:
        points = await points_of(user_id, job, first, min(size, job["runs"] - first))
        if points:
            if len(points) < min(size, job["runs"] - first):  # a grid of fewer points than trials
                job = await change(user_id, job["id"], lambda _: {"runs": first + len(points), "perRange": first + len(points)})
            tasks = trial_tasks(first, len(points), job["batchSize"])
            return {"tasks": tasks, "phase": "runs", "total": job["runs"], "last": False}
    return {"tasks": [{"do": "proof"}], "phase": "proof", "total": 1, "last": True}


async def points_of(user_id: str, job: Doc, first: int, count: int) -> list[tuple[int, ...]]:
    """What a wave tries: decided once and written down, so that doing it again is doing the same."""
    from orchestrators import search

    stored = await outside().store.read(CONTAINER, user_id, part_id(job["id"], TRIALS, first))
    if stored is not None:
        return [tuple(point) for point in stored["points"]]
    spec = await need(user_id, part_id(job["id"], SPEC))
    values = {run["run"]: search.objective_of(run, job["objective"]) for run in await all_runs(user_id, job, first)}
    tried = [(tuple(point), values.get(k)) for k, point in enumerate(await points_before(user_id, job, first))]
    points = search.suggest(job, spec["seed"], tried, count)
    await outside().store.upsert(CONTAINER, user_id, part(job["id"], TRIALS, {"points": [list(point) for point in points]}, first))
    return points


async def points_before(user_id: str, job: Doc, first: int) -> list[list[int]]:
    found: list[list[int]] = []
    for start in range(0, first, wave_size(job["method"], job["trials"])):
        found += (await need(user_id, part_id(job["id"], TRIALS, start)))["points"]
    return found


async def all_runs(user_id: str, job: Doc, until: int) -> list[Doc]:
    """The trials before a number, from their batches."""
    size, wave = job["batchSize"], wave_size(job["method"], job["trials"])
    firsts = [start + k for start in range(0, until, wave) for k in range(0, min(wave, until - start), size)]
    rows = [await outside().store.read(CONTAINER, user_id, part_id(job["id"], RUNS, first)) for first in firsts]
    return [run for row in rows if row is not None for run in row["items"]]


# -- work ---------------------------------------------------------------------------------------------------------------


@bp.activity_trigger(input_name="task", activity="research_work")
async def research_work(task: dict) -> Doc:
    job = await need(task["userId"], task["id"])
    try:
        if task["do"] == "candles":
            return await get_piece(job, task["piece"])
        if task["do"] == studies.STUDY:
            return await study_part(task["userId"], job, task)
        if task["do"] == "gather":
            return await gather(task["userId"], job)
        if task["do"] == "proof":
            return await prove(task["userId"], job)
        return await run_batch(task["userId"], job, task)
    except JobError as error:
        return {"error": error.code, "params": error.params}


async def study_part(user_id: str, job: Doc, task: Doc) -> Doc:
    """A few paths, or one window, of a study."""
    found = await processes().run(studies.ask(job, task, await candles_of(job, 0)))
    await outside().store.upsert(CONTAINER, user_id, part(job["id"], studies.STUDY, found, task["first"]))
    return {"done": task["count"], "candles": found["candles"], "best": None}


async def gather(user_id: str, job: Doc) -> Doc:
    rows = [await need(user_id, part_id(job["id"], studies.STUDY, task["first"])) for task in studies.tasks(job)]
    answer = studies.gathered(job, rows)
    await change(user_id, job["id"], lambda _: answer)
    return {"done": 1, "candles": 0, "best": None}


async def prove(user_id: str, job: Doc) -> Doc:
    """The finalists on the candles the search never saw."""
    from orchestrators import search

    finals = search.finalists(await all_runs(user_id, job, job["runs"]), job["objective"])
    outer = await compute(job, 1, [(run["run"], run["overrides"]) for run in finals], False) if finals else {"items": [], "candles": 0}
    proofs, verdict = search.proof_of(finals, outer["items"], job["objective"])
    await change(user_id, job["id"], lambda _: {"proofs": proofs, "overfit": verdict})
    return {"done": 1, "candles": outer["candles"], "best": None}


# -- report -------------------------------------------------------------------------------------------------------------


@bp.activity_trigger(input_name="said", activity="research_report")
@bp.generic_output_binding(**LIVE)
async def research_report(said: dict, live: func.Out[str]) -> dict:
    """Returns what there is of the batches under way: [runs, candles] by first run."""
    user_id, job_id, now = said["userId"], said["id"], iso(outside().now_ms())
    batches = await asyncio.gather(*(so_far(user_id, job_id, first) for first in said["batches"]))
    have = {str(first): [len(batch["items"]), batch["candles"]] for first, batch in zip(said["batches"], batches, strict=True)}
    told = {"progress": {**progress_of(said["settled"], have), "at": now}, "updated_at": now}
    if said["best"] is not None and said["best"] != said["best_told"]:
        told["best"] = await best_run(user_id, job_id, said["best"])
    job = await change(user_id, job_id, lambda job: {} if job.get("finished_at") else told)  # a late report moves nothing
    live.set(json.dumps(live_job(user_id, job)))
    return have


@bp.activity_trigger(input_name="end", activity="research_finish")
@bp.generic_output_binding(**LIVE)
async def research_finish(end: dict, live: func.Out[str]) -> None:
    now = iso(outside().now_ms())
    best = await best_run(end["userId"], end["id"], end["best"])

    def ended(job: Doc) -> Doc:
        progress = {**job["progress"], "phase": "over", "at": now, "eta_s": None}
        if end["status"] == "done":
            progress |= {"percent": 100, "done": job["runs"], "total": job["runs"]}
        said = {"status": end["status"], "error": end["error"], "error_params": end["params"]}
        return {**said, "progress": progress, "best": best, "updated_at": now, "finished_at": now}

    job = await change(end["userId"], end["id"], ended)
    live.set(json.dumps(live_job(end["userId"], job)))
    if job["status"] in ("done", "failed") and job["kind"] != studies.STUDY:
        await notice_box.tell(outside().store, end["userId"], job["id"], notice_of(job), outside().now_ms())


def notice_of(job: Doc) -> Notice:
    """What its owner is told of a job that is over."""
    best = (job.get("best") or {}).get("metrics")
    total = {"total": best["pnl"]["total"], "currency": best["currency"]} if best else {}
    reason = {"reason": f"failed: {job['error']}"} if job["status"] == "failed" else {}
    return Notice("backtest_finished", "", job["name"] or job["strategy"], job["symbol"], {**reason, **total})


async def best_run(user_id: str, job_id: str, best: list[Any] | None) -> Doc | None:
    """`best`: [objective, -run, first run of its batch]."""
    if best is None:
        return None
    batch = await need(user_id, part_id(job_id, RUNS, best[2]))
    found: Doc = next(run for run in batch["items"] if run["run"] == -best[1])
    return found


def live_job(user_id: str, job: Doc) -> list[Doc]:
    data = {name: job[name] for name in ("id", "kind", "status", "error", "progress")}
    message = {"v": 1, "type": "job", "jobId": job["id"], "at": job["updated_at"], "data": data}
    return [to_group(user_id, json.dumps(message, allow_nan=False))]
