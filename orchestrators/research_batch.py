"""One batch of a job: candles onto this machine, runs through a computing process, and what they left in its documents.

Rules
1. A batch is one document that grows run by run: what is in it is not computed again, whoever goes on with it.
2. It looks after every LOOK_S of computing whether it is still wanted, and hands back after BATCH_S what it has.
3. A machine that lacks the candles another one made makes them itself.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from orchestrators.activities import outside
from orchestrators.compute import processes
from shared.clock import iso, ms_of
from shared.job import CONTAINER, EQUITY, FILLS, ROWS, RUNS, SPEC, TRIALS, part, part_id
from shared.stores import Stale

CANDLES = Path(tempfile.gettempdir()) / f"tickwise-candles-{os.getuid()}"
LOOK_S, BATCH_S = 0.8, 5.0
SEED = "tickwise"  # of the simulated market, as exchange.market_data has it

Doc = dict[str, Any]


class JobError(Exception):
    """The job cannot go on, and trying again would not help."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


# -- runs


async def run_batch(user_id: str, job: Doc, task: Doc) -> Doc:
    """A batch of runs, or as much of it as BATCH_S allows: `left` says how many runs are missing."""
    runs, began = await runs_of(user_id, job, task), outside().now_ms()
    batch, is_wanted = await so_far(user_id, job["id"], task["first"]), True
    while left := runs[len(batch["items"]) :]:
        if await is_unwanted(user_id, job["id"]):
            is_wanted = False
            break
        batch = await further(user_id, job, task, batch, left)
        if outside().now_ms() - began >= BATCH_S * 1000:
            left = runs[len(batch["items"]) :]
            break
    best = best_of(job, task, batch)
    return {"done": len(batch["items"]), "left": len(left), "candles": batch["candles"], "best": best, "wanted": is_wanted}


async def further(user_id: str, job: Doc, task: Doc, batch: Doc, left: list[tuple[int, Doc]]) -> Doc:
    """The batch with about LOOK_S more of runs in it, and what they left: figures, for jobs of few runs also fills and curves."""
    found = await compute(job, task["range"], left, job["kept"], LOOK_S)
    for run, detail in found["details"].items():
        await write_detail(user_id, job["id"], int(run), detail)
    if job["kept"]:
        counts = {run: -(-len(detail["fills"]) // ROWS) for run, detail in found["details"].items()}
        await change(user_id, job["id"], lambda now: {"chunks": {**now.get("chunks", {}), **counts}})
    items = batch["items"] + found["items"]
    marks = [*batch["marks"], [len(items), iso(outside().now_ms())]]
    body = {"items": items, "candles": batch["candles"] + found["candles"], "marks": marks}
    await outside().store.upsert(CONTAINER, user_id, part(job["id"], RUNS, body, task["first"]))
    return body


async def so_far(user_id: str, job_id: str, first: int) -> Doc:
    """What there is of a batch."""
    stored = await outside().store.read(CONTAINER, user_id, part_id(job_id, RUNS, first))
    return {"items": [], "candles": 0, "marks": [], **(stored or {})}


async def is_unwanted(user_id: str, job_id: str) -> bool:
    return (await need(user_id, job_id))["status"] not in ("queued", "running")


def best_of(job: Doc, task: Doc, batch: Doc) -> list[Any] | None:
    """The best run of a batch: [objective, -run, first run of the batch]."""
    from orchestrators import search

    objective = job.get("objective", "pnl")
    scored = [(value, -run["run"]) for run in batch["items"] if (value := search.objective_of(run, objective)) is not None]
    return [*max(scored), task["first"]] if scored else None


async def runs_of(user_id: str, job: Doc, task: Doc) -> list[tuple[int, Doc]]:
    """The runs of a batch: their numbers and overrides."""
    from orchestrators import search

    numbers = range(task["first"], task["first"] + task["count"])
    if job["kind"] == "backtest":
        variants = (await need(user_id, part_id(job["id"], SPEC)))["variants"]
        return [(run, variants[run % job["perRange"]]) for run in numbers]
    points = (await need(user_id, part_id(job["id"], TRIALS, task["wave_first"])))["points"]
    return [(run, search.overrides(job["space"], tuple(points[run - task["wave_first"]]))) for run in numbers]


async def compute(job: Doc, r: int, runs: list[tuple[int, Doc]], keep: bool, budget_s: float | None = None) -> Doc:
    """Runs over one range in a process; with a budget only as many as fit."""
    task = {
        "do": "runs", "candles": await candles_of(job, r), "strategy": job["strategy"], "market": job["market"], "config": job["config"],
        "range": r, "runs": runs, "keep": keep, "budget_s": budget_s,
    }  # fmt: skip
    found = await processes().run(task)
    if found.get("empty"):
        raise JobError("no_candles", first=job["ranges"][r]["first"], last=job["ranges"][r]["last"])
    return found


async def write_detail(user_id: str, job_id: str, run: int, detail: Doc) -> None:
    store, fills = outside().store, detail["fills"]
    for k, start in enumerate(range(0, len(fills), ROWS)):
        await store.upsert(CONTAINER, user_id, part(job_id, FILLS, {"items": fills[start : start + ROWS]}, run, k))
    await store.upsert(CONTAINER, user_id, part(job_id, EQUITY, {"items": detail["equity"]}, run))


# -- candles


async def candles_of(job: Doc, r: int) -> Doc:
    """Where the candles of a range lie. What this machine does not have is made first."""
    first, last = (ms_of(job["ranges"][r][end]) for end in ("first", "last"))
    candles: Doc = {"kind": "recording", "file": job["file"], "folder": str(CANDLES), "first": first, "last": last}
    if job["source"]["kind"] != "replay":
        own = pieces_of(job, r)
        for piece in own:
            if not piece.file(CANDLES).exists():
                await get_piece(job, list(piece))
        candles = {"kind": "pieces", "pieces": [list(piece) for piece in own], "folder": str(CANDLES), "first": first, "last": last}
    return candles


def pieces_of(job: Doc, r: int) -> list[Any]:
    """The pieces of candles under a range; none for a recording."""
    from exchange.history import pieces

    if job["source"]["kind"] == "replay":
        return []
    name = job["source"]["exchange"] or f"simulated_{SEED}"
    first, last = (ms_of(job["ranges"][r][end]) for end in ("first", "last"))
    return pieces(name, job["symbol"], first, last, ms_of(job["created_at"]))


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


# -- documents


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
