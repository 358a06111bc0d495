"""The activities of backtests and searches: they read and write the job's documents and hand the computing to processes.

research_plan     what the next wave has to do; wave 0 settles the ranges, the market's rules and which candles are missing
research_work     one part: a piece of candles, a batch of runs, or the finalists on unseen candles
research_report   progress into the job's document and onto the live feed
research_finish   how it ended

Rules
1. Every part is written under its own id before it counts as done; written twice it is the same.
2. The job's document changes by compare-and-set: a cancellation that comes meanwhile is not overwritten by a report.
3. A machine that lacks the candles another one made makes them itself.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from orchestrators import research_studies as studies
from orchestrators.activities import outside
from orchestrators.compute import ComputeFailed, processes
from orchestrators.research_plan import backtest_tasks, batch_size, longest, split, trial_tasks, wave_size
from shared import notice_box
from shared.clock import iso, ms_of
from shared.job import CONTAINER, EQUITY, FILLS, ROWS, RUNS, SPEC, TRIALS, part, part_id
from shared.notices import Notice
from shared.realtime import to_group
from shared.stores import Stale

if TYPE_CHECKING:
    from strategy_core.trade import Market

CANDLES = Path(tempfile.gettempdir()) / f"tickwise-candles-{os.getuid()}"
SEED = "tickwise"  # of the simulated market, as exchange.market_data has it
LIVE = {"arg_name": "live", "type": "webPubSub", "hub": "dash", "connection": "WebPubSub"}

Doc = dict[str, Any]
bp = df.Blueprint()


class JobError(Exception):
    """The job cannot go on, and trying again would not help."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


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
        size = batch_size(longest(ranges[:1]), runs, wave_size(job["method"], runs))
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
        seen = await processes().run({"do": "recording", "file": file})
    except ComputeFailed as error:
        raise JobError("bad_recording", detail=error.detail[:200]) from error
    return market.model_dump(mode="json", exclude_defaults=True), {
        "file": file,
        "whole": {"first": iso(seen["first"]), "last": iso(seen["last"])},
    }


def pieces_of(job: Doc, r: int) -> list[Any]:
    """The pieces of candles under a range; none for a recording."""
    from exchange.history import pieces

    if job["source"]["kind"] == "replay":
        return []
    name = job["source"]["exchange"] or f"simulated_{SEED}"
    first, last = (ms_of(job["ranges"][r][end]) for end in ("first", "last"))
    return pieces(name, job["symbol"], first, last, ms_of(job["created_at"]))


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


async def get_piece(job: Doc, row: list[Any]) -> Doc:
    """A piece of candles onto this machine's disk."""
    from exchange import history
    from exchange.market_data import Feed
    from exchange.protocol import Rejected, Unavailable

    piece = history.Piece(*row)
    CANDLES.mkdir(mode=0o700, parents=True, exist_ok=True)
    if piece.file(CANDLES).exists():
        return {"done": 1, "candles": 0, "best": None}
    if job["source"]["kind"] == "simulated":
        made = await processes().run({"do": "candles", "piece": row, "folder": str(CANDLES), "seed": SEED})
        return {"done": 1, "candles": made["candles"], "best": None}
    try:
        count = await history.fetch(piece, CANDLES, outside().markets.source(Feed(piece.source)))
    except Rejected as error:
        raise JobError(error.reason) from error
    except Unavailable as error:
        raise JobError("no_candles", detail=str(error)[:200]) from error
    return {"done": 1, "candles": count, "best": None}


async def run_batch(user_id: str, job: Doc, task: Doc) -> Doc:
    """A batch of runs, and what it left: the runs' figures, for jobs of few runs also fills and curves."""
    from orchestrators import search

    runs = await runs_of(user_id, job, task)
    found = await compute(job, task["range"], runs, job["kept"])
    for run, detail in found["details"].items():
        await write_detail(user_id, job["id"], int(run), detail)
    if job["kept"]:
        counts = {run: -(-len(detail["fills"]) // ROWS) for run, detail in found["details"].items()}
        await change(user_id, job["id"], lambda now: {"chunks": {**now.get("chunks", {}), **counts}})
    body = {"items": found["items"], "seconds": round(found["seconds"], 3), "madeAt": iso(outside().now_ms())}
    await outside().store.upsert(CONTAINER, user_id, part(job["id"], RUNS, body, task["first"]))
    scored = [
        (value, -run["run"]) for run in found["items"] if (value := search.objective_of(run, job.get("objective", "pnl"))) is not None
    ]
    best = max(scored, default=None)
    return {"done": len(runs), "candles": found["candles"], "best": None if best is None else [*best, task["first"]]}


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


async def runs_of(user_id: str, job: Doc, task: Doc) -> list[tuple[int, Doc]]:
    """The runs of a batch: their numbers and overrides."""
    from orchestrators import search

    numbers = range(task["first"], task["first"] + task["count"])
    if job["kind"] == "backtest":
        variants = (await need(user_id, part_id(job["id"], SPEC)))["variants"]
        return [(run, variants[run % job["perRange"]]) for run in numbers]
    points = (await need(user_id, part_id(job["id"], TRIALS, task["wave_first"])))["points"]
    return [(run, search.overrides(job["space"], tuple(points[run - task["wave_first"]]))) for run in numbers]


async def compute(job: Doc, r: int, runs: list[tuple[int, Doc]], keep: bool) -> Doc:
    """Runs over one range in a process."""
    task = {
        "do": "runs", "candles": await candles_of(job, r), "strategy": job["strategy"], "market": job["market"], "config": job["config"],
        "range": r, "runs": runs, "keep": keep,
    }  # fmt: skip
    found = await processes().run(task)
    if found.get("empty"):
        raise JobError("no_candles", first=job["ranges"][r]["first"], last=job["ranges"][r]["last"])
    return found


async def candles_of(job: Doc, r: int) -> Doc:
    """Where the candles of a range lie. What this machine does not have is made first."""
    first, last = (ms_of(job["ranges"][r][end]) for end in ("first", "last"))
    candles: Doc = {"kind": "recording", "file": job["file"], "first": first, "last": last}
    if job["source"]["kind"] != "replay":
        own = pieces_of(job, r)
        for piece in own:
            if not piece.file(CANDLES).exists():
                await get_piece(job, list(piece))
        candles = {"kind": "pieces", "pieces": [list(piece) for piece in own], "folder": str(CANDLES), "first": first, "last": last}
    return candles


async def write_detail(user_id: str, job_id: str, run: int, detail: Doc) -> None:
    store, fills = outside().store, detail["fills"]
    for k, start in enumerate(range(0, len(fills), ROWS)):
        await store.upsert(CONTAINER, user_id, part(job_id, FILLS, {"items": fills[start : start + ROWS]}, run, k))
    await store.upsert(CONTAINER, user_id, part(job_id, EQUITY, {"items": detail["equity"]}, run))


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
async def research_report(said: dict, live: func.Out[str]) -> None:
    now = iso(outside().now_ms())
    best = await best_run(said["userId"], said["id"], said["best"])
    progress = {**said["progress"], "at": now}
    told = {"progress": progress, "updated_at": now, "best": best}
    job = await change(said["userId"], said["id"], lambda job: {} if job.get("finished_at") else told)  # a late report moves nothing
    live.set(json.dumps(live_job(said["userId"], job)))


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


async def need(user_id: str, document_id: str) -> Doc:
    document = await outside().store.read(CONTAINER, user_id, document_id)
    if document is None:
        raise LookupError("a document of the job is gone")
    return document


async def change(user_id: str, job_id: str, changes: Any) -> Doc:
    """The job's document with `changes(document)` applied, again and again until nobody came in between."""
    while True:
        job = await need(user_id, job_id)
        try:
            return await outside().store.replace(CONTAINER, user_id, {**job, **changes(job)})
        except Stale:
            continue
