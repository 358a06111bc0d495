"""Presets: plans to begin bots with, each with the backtest that speaks for it.

Rules
1. A backtest is attached only when its run used the same strategy and the same config: a figure never stands beside another plan.
2. The figures are copied: deleting the backtest takes nothing from the preset.
"""

from __future__ import annotations

from typing import Any

from shared.clock import iso
from shared.errors import AppError, findings_error, invalid, not_found
from shared.job import CONTAINER
from shared.read_model import SCHEMA
from shared.stores import Exists, Stale, Store
from triggers.api import research
from triggers.api.idempotency import fingerprint, id_for, same_request
from triggers.api.models.preference import BacktestOf, PresetCreate
from triggers.api.platform import Platform

Doc = dict[str, Any]
MOST = 100


async def create(plat: Platform, user_id: str, body: PresetCreate, key: str | None) -> Doc:
    """Errors: AppError 422 for a config that is not one of the strategy's, or a backtest of another one."""
    parsed(body.strategy, body.config)
    preset_id, body_print, now = id_for("preset", user_id, "create_preset", key), fingerprint(body.model_dump(mode="json")), plat.now_ms()
    if key and (stored := await plat.store.read("settings", user_id, preset_id)):
        same_request(stored, body_print)
        return stored
    if await plat.store.count("settings", user_id, {"kind": "preset"}) >= MOST:
        raise AppError(429, "too_many_presets", params={"limit": str(MOST)})
    plan = body.model_dump(mode="json", exclude={"backtest"})
    proof = None if body.backtest is None else await proof_of(plat, user_id, plan, body.backtest, "backtest.")
    document = {
        **plan, "id": preset_id, "kind": "preset", "schema": SCHEMA, "sort": f"{iso(now)}:{preset_id}", "backtest": proof,
        "created_at": iso(now), "bodyPrint": body_print,
    }  # fmt: skip
    try:
        return await plat.store.create("settings", user_id, document)
    except Exists:
        stored = await need_preset(plat.store, user_id, preset_id)
        same_request(stored, body_print)
        return stored


def parsed(strategy: str, config: Doc) -> Any:
    """Errors: AppError 422."""
    from strategy_core import registry
    from strategy_core.trade import Invalid

    try:
        return registry.parse(strategy, config)
    except Invalid as wrong:
        raise findings_error(wrong.findings, "config") from None


async def attach(plat: Platform, user_id: str, preset_id: str, which: BacktestOf) -> Doc:
    """Another backtest for a preset. Errors: AppError 404, 412, 422."""
    document = await need_preset(plat.store, user_id, preset_id)
    return await replaced(plat, user_id, {**document, "backtest": await proof_of(plat, user_id, document, which, "")})


async def detach(plat: Platform, user_id: str, preset_id: str) -> Doc:
    return await replaced(plat, user_id, {**await need_preset(plat.store, user_id, preset_id), "backtest": None})


async def replaced(plat: Platform, user_id: str, document: Doc) -> Doc:
    try:
        return await plat.store.replace("settings", user_id, document)
    except Stale:
        raise AppError(412, "changed_meanwhile", "If-Match") from None


async def proof_of(plat: Platform, user_id: str, plan: Doc, which: BacktestOf, prefix: str) -> Doc:
    """The figures of a run that used this plan. `prefix` is where the request names it."""
    job = await plat.store.read(CONTAINER, user_id, which.backtest_id)
    if job is None or job.get("kind") not in ("backtest", "optimisation"):
        raise not_found("backtest", f"{prefix}backtest_id")
    try:
        run = await research.need_run(plat, user_id, job, which.run)
    except AppError:
        raise not_found("run", f"{prefix}run") from None
    if run.metrics is None:
        raise invalid("run_has_no_result", f"{prefix}run")
    same = job["strategy"] == plan["strategy"] and parsed(job["strategy"], {**job["config"], **run.overrides}) == parsed(
        plan["strategy"], plan["config"]
    )
    if not same:
        raise invalid("not_this_config", f"{prefix}backtest_id")
    return {
        "backtest_id": which.backtest_id, "run": which.run, "symbol": job["symbol"], "source": job["source"],
        "range": job["ranges"][run.range],
        **run.model_dump(mode="json", include={"metrics", "final_base", "final_quote"}), "at": job.get("finished_at") or iso(plat.now_ms()),
    }  # fmt: skip


async def need_preset(store: Store, user_id: str, preset_id: str, field: str | None = None) -> Doc:
    document = await store.read("settings", user_id, preset_id)
    if document is None or document.get("kind") != "preset":
        raise not_found("preset", field)
    return document
