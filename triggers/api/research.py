"""Backtests and optimisations: requests become job documents and orchestrations; what those leave behind is read here.

Rules
1. Handlers check what can be seen without candles, write the job's document, and start its orchestration. Nothing is computed here.
2. A user has at most JOBS_AT_ONCE open jobs: activities that trade share the host with those that compute.
"""

from __future__ import annotations

import asyncio
from typing import Any

from pydantic import TypeAdapter

from shared.clock import iso, ms_of
from shared.errors import AppError, conflict, findings_error, invalid, not_found
from shared.job import CONTAINER, EQUITY, FILLS, OPEN, ORCHESTRATION, PROOF, RUNS, SPEC, TRIALS, instance_of, part, part_id
from shared.read_model import SCHEMA
from shared.research import BacktestFill, BacktestPoint, JobProgress, RunView
from shared.stores import Exists, Stale
from triggers.api.durable import durable_client
from triggers.api.idempotency import fingerprint, id_for, same_request
from triggers.api.models.research import MAX_RUNS, BacktestCreate, BotFrom, HeatMap, OptimisationCreate, RangeIn, SourceIn
from triggers.api.owned import need_account
from triggers.api.platform import Platform
from triggers.market_source import Path

JOBS_AT_ONCE, JOBS_KEPT = 2, 500
MINUTE, LONGEST_MS, MOST_CANDLES = 60_000, 5 * 366 * 86_400_000, 1_500_000_000
UNREADABLE = ("unknown_field", "not_a_number", "not_allowed", "wrong_type", "invalid")
KEPT_RUNS = 20  # jobs of at most so many runs keep every fill
_FILLS, _POINTS = TypeAdapter(list[BacktestFill]), TypeAdapter(list[BacktestPoint])

Doc = dict[str, Any]


async def need_job(plat: Platform, user_id: str, job_id: str, kind: str) -> Doc:
    """The job's document, or 404: also for a job of someone else."""
    document = await plat.store.read(CONTAINER, user_id, job_id)
    if document is None or document.get("kind") != kind:
        raise not_found(kind)
    return document


async def create_backtest(plat: Platform, user_id: str, body: BacktestCreate, key: str | None) -> Doc:
    ranges = await checked_ranges(plat, user_id, body.source, body.symbol, body.ranges)
    check_configs(body.strategy, body.config, body.variants or ({},))
    variants = list(body.variants or ({},))
    runs = len(variants) * max(len(ranges), 1)
    if runs > MAX_RUNS:
        raise invalid("too_many_runs", "variants", limit=str(MAX_RUNS))
    if len(variants) * sum(ms_of(one["last"]) - ms_of(one["first"]) for one in ranges) // MINUTE > MOST_CANDLES:
        raise invalid("too_many_candles", "ranges", limit=str(MOST_CANDLES))
    fields = {
        **body.model_dump(mode="json", exclude={"variants", "ranges"}),
        "ranges": ranges,
        "runs": runs,
        "kept": runs <= KEPT_RUNS,
    }
    return await begin(plat, user_id, "backtest", "bt", body, fields, {"variants": variants}, key)


async def create_optimisation(plat: Platform, user_id: str, body: OptimisationCreate, key: str | None) -> Doc:
    from orchestrators.search import SearchError, space_of

    ranges = await checked_ranges(plat, user_id, body.source, body.symbol, (body.range,) if body.range else (), "range")
    if body.trials * sum(ms_of(one["last"]) - ms_of(one["first"]) for one in ranges) // MINUTE > MOST_CANDLES:
        raise invalid("too_many_candles", "trials", limit=str(MOST_CANDLES))
    check_configs(body.strategy, body.config, ({},))
    try:
        space = space_of(body.strategy, body.config, [one.model_dump(mode="json") for one in body.space])
    except SearchError as error:
        raise invalid(error.code, ".".join(filter(None, ("space", error.field)))) from None
    check_space(body.strategy, body.config, space)
    fields = {
        **body.model_dump(mode="json", exclude={"range", "space", "seed"}), "ranges": ranges, "space": space, "runs": body.trials,
        "kept": False, "proofs": [], "overfit": None,
    }  # fmt: skip
    return await begin(plat, user_id, "optimisation", "opt", body, fields, {"seed": body.seed}, key)


async def begin(plat: Platform, user_id: str, kind: str, prefix: str, body: Any, fields: Doc, spec: Doc, key: str | None) -> Doc:
    """The document, its spec, and the orchestration; a repeat with the same key starts what the first try could not."""
    job_id, body_print = id_for(prefix, user_id, f"create_{kind}", key), fingerprint(body.model_dump(mode="json"))
    stored = await plat.store.read(CONTAINER, user_id, job_id) if key else None
    if stored is None:
        await need_room(plat, user_id)
        at = iso(plat.now_ms())
        document = {
            **fields,
            "id": job_id,
            "kind": kind,
            "schema": SCHEMA,
            "sort": f"{at}:{job_id}",
            "status": "queued",
            "progress": JobProgress(at=at).model_dump(mode="json"),
            "best": None,
            "error": None,
            "created_at": at,
            "updated_at": at,
            "bodyPrint": body_print,
        }
        await plat.store.upsert(CONTAINER, user_id, part(job_id, SPEC, spec))
        try:
            stored = await plat.store.create(CONTAINER, user_id, document)
        except Exists:
            stored = await need_job(plat, user_id, job_id, kind)
    same_request(stored, body_print)
    if stored["status"] == "queued":
        await start(user_id, job_id)
    return stored


async def start(user_id: str, job_id: str) -> None:
    client: Any = durable_client()
    instance = instance_of(user_id, job_id)
    found = await client.get_status(instance)
    if getattr(found, "runtime_status", None) is None:
        await client.start_new(ORCHESTRATION, instance, {"userId": user_id, "id": job_id})


async def need_room(plat: Platform, user_id: str) -> None:
    for kind in ("backtest", "optimisation"):
        if await plat.store.count(CONTAINER, user_id, {"kind": kind}) >= JOBS_KEPT:
            raise AppError(429, "too_many_jobs", params={"limit": str(JOBS_KEPT)})
    open_jobs = 0
    for status in OPEN:
        open_jobs += await plat.store.count(CONTAINER, user_id, {"status": status})
    if open_jobs >= JOBS_AT_ONCE:
        raise AppError(429, "too_many_open_jobs", params={"limit": str(JOBS_AT_ONCE)})


async def checked_ranges(
    plat: Platform, user_id: str, source: SourceIn, symbol: str, ranges: tuple[RangeIn, ...], field: str = "ranges"
) -> list[dict[str, str]]:
    """Whole minutes, not in the future. Empty only for a replay: all of it."""
    path = Path(source.exchange or source.kind)
    if source.kind == "replay":
        account = await need_account(plat.store, user_id, source.account_id or "", "source.account_id")
        path = Path.of_account(account)
        if path.market != "replay":
            raise invalid("not_a_replay", "source.account_id")
    try:
        await plat.markets.rules(path, symbol)
    except AppError as error:
        raise AppError(error.status, error.code, "source.exchange" if error.field == "market" else error.field, error.params) from None
    if not ranges and source.kind != "replay":
        raise invalid("required", field)
    found = []
    for k, one in enumerate(ranges):
        first, last = ms_of(one.first) // MINUTE * MINUTE, ms_of(one.last) // MINUTE * MINUTE
        if last - first > LONGEST_MS or (source.kind != "replay" and last > plat.now_ms()) or first < 0:
            raise invalid("out_of_range", "range.last" if field == "range" else f"ranges.{k}.last")
        found.append({"first": iso(first), "last": iso(last)})
    return found


def check_configs(strategy: str, config: Doc, variants: tuple[Doc, ...]) -> None:
    """Errors: AppError 422 with the findings of the first configuration that cannot be read. Whether it can start depends on the price."""
    from strategy_core import registry
    from strategy_core.trade import Invalid

    for k, overrides in enumerate(variants):
        try:
            registry.parse(strategy, {**config, **overrides})
        except Invalid as wrong:
            raise findings_error(wrong.findings, f"variants.{k}" if overrides else "config") from None


def check_space(strategy: str, config: Doc, space: list[Doc]) -> None:
    """Errors: AppError 422 for a value that its field could never have; which values go together, the trials find out."""
    from orchestrators.search import size_of, value_of
    from strategy_core import registry
    from strategy_core.trade import Invalid

    for one in space:
        for k in range(size_of(one)) if one["choices"] else (0, size_of(one) - 1):
            try:
                registry.parse(strategy, {**config, one["field"]: value_of(one, k)})
            except Invalid as refused:
                if any(found.field == one["field"] and found.code in UNREADABLE for found in refused.findings):
                    raise invalid("not_a_choice", f"space.{one['field']}") from None


async def cancel(plat: Platform, user_id: str, job_id: str, kind: str) -> Doc:
    """Asks the job to stop; what was computed stays. A job that is over is answered as it is."""
    while True:
        document = await need_job(plat, user_id, job_id, kind)
        if document["status"] not in ("queued", "running"):
            return document
        try:
            document = await plat.store.replace(CONTAINER, user_id, {**document, "status": "cancelling", "updated_at": iso(plat.now_ms())})
        except Stale:
            continue
        client: Any = durable_client()
        await client.raise_event(instance_of(user_id, job_id), "cancel", {})
        return document


async def delete(plat: Platform, user_id: str, job_id: str, kind: str) -> None:
    document = await need_job(plat, user_id, job_id, kind)
    if document["status"] in OPEN:
        raise conflict("job_is_open", status=document["status"])
    for study in document.get("studies", ()):
        await delete_study(plat, user_id, study)
    for own in parts_of(document):
        await plat.store.delete(CONTAINER, user_id, own)
    await plat.store.delete(CONTAINER, user_id, job_id)


async def delete_study(plat: Platform, user_id: str, study_id: str) -> None:
    """With its parts. Errors: AppError 409 while it is computed."""
    document = await plat.store.read(CONTAINER, user_id, study_id)
    if document is None:
        return
    if document["status"] in OPEN:
        raise conflict("job_is_open", status=document["status"])
    for first in range(document["runs"]):
        await plat.store.delete(CONTAINER, user_id, part_id(study_id, "study", first))
    await plat.store.delete(CONTAINER, user_id, study_id)


def parts_of(document: Doc) -> list[str]:
    """The ids of everything that may lie beside a job."""
    job_id, size = document["id"], document.get("batchSize", 1)
    own = [part_id(job_id, SPEC), part_id(job_id, PROOF), *(part_id(job_id, TRIALS, first) for first in range(0, document["runs"], size))]
    own += [part_id(job_id, RUNS, first) for first in batch_firsts(document)]
    for run, chunks in document.get("chunks", {}).items():
        own += [part_id(job_id, FILLS, int(run), k) for k in range(chunks)] + [part_id(job_id, EQUITY, int(run))]
    return own


def batch_firsts(document: Doc) -> list[int]:
    """The first run of every batch: batches do not cross ranges."""
    per_range, size = document.get("perRange") or document["runs"], document.get("batchSize", 1)
    return [start + k for start in range(0, document["runs"], per_range) for k in range(0, per_range, size)]


async def runs_from(plat: Platform, user_id: str, document: Doc, first: int, limit: int) -> tuple[list[RunView], int | None]:
    """Finished runs by number, and where the next page begins."""
    firsts = [start for start in batch_firsts(document) if start + document.get("batchSize", 1) > first]
    found: list[RunView] = []
    for start in range(0, len(firsts), 10):
        wanted = [part_id(document["id"], RUNS, one) for one in firsts[start : start + 10]]
        rows = await asyncio.gather(*(plat.store.read(CONTAINER, user_id, own) for own in wanted))
        found += [RunView.of_document(run) for row in rows if row for run in row["items"] if run["run"] >= first]
        if len(found) > limit:
            return found[:limit], found[limit].run
    return found, None


async def run_fills(plat: Platform, user_id: str, document: Doc, run: int, chunk: int) -> tuple[list[BacktestFill], str | None]:
    chunks = need_kept(document, run)
    row = await plat.store.read(CONTAINER, user_id, part_id(document["id"], FILLS, run, chunk)) if chunk < chunks else None
    items = _FILLS.validate_python(row["items"]) if row else []
    return items, str(chunk + 1) if chunk + 1 < chunks else None


async def run_equity(plat: Platform, user_id: str, document: Doc, run: int) -> list[BacktestPoint]:
    need_kept(document, run)
    row = await plat.store.read(CONTAINER, user_id, part_id(document["id"], EQUITY, run))
    return _POINTS.validate_python(row["items"]) if row else []


def need_kept(document: Doc, run: int) -> int:
    """How many documents the fills of a run take. Errors: 404 for a run that kept none (yet)."""
    chunks = document.get("chunks", {}).get(str(run))
    if chunks is None:
        raise not_found("run")
    return int(chunks)


async def need_run(plat: Platform, user_id: str, document: Doc, run: int) -> RunView:
    found, _ = await runs_from(plat, user_id, document, run, 1)
    if not found or found[0].run != run:
        raise not_found("run", "run")
    return found[0]


async def bot_from(plat: Platform, user_id: str, document: Doc, run: int) -> BotFrom:
    """The configuration of one run, as a bot's creation wants it."""
    overrides = (await need_run(plat, user_id, document, run)).overrides
    return BotFrom(symbol=document["symbol"], strategy=document["strategy"], config={**document["config"], **overrides})


async def heat_map(plat: Platform, user_id: str, document: Doc, axes: tuple[str, str], size: int) -> HeatMap:
    from orchestrators.search import heat

    known = {one["field"] for one in document["space"]}
    for name, field in zip(("x", "y"), axes, strict=True):
        if field not in known:
            raise invalid("not_searched", name)
    runs, _ = await runs_from(plat, user_id, document, 0, MAX_RUNS)
    rows = [one.model_dump(mode="json") for one in runs]
    return HeatMap.model_validate(heat(rows, axes, document["objective"], size))
