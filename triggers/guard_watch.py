"""Timers that watch over users: guards that may trip, and webhooks that fell silent.

Rules
1. The commands of a tripped guard are durable before its state says that it tripped; both may repeat, the command ids are the same.
2. One user's broken document must not blind the others.
3. A silence is told once; the next alert arms the heartbeat again.
4. What belongs to the API is imported when it is needed: a cold start must not build its models.
"""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df
import azure.functions as func

from shared import notice_box, watch
from shared.clock import iso, ms_of
from shared.errors import AppError
from shared.ids import new_id
from shared.log import log, log_error
from shared.notices import Notice
from shared.stores import Stale
from shared.webhooks.origin import Origin
from triggers.api.platform import Platform, platform

Doc = dict[str, Any]
bp = df.Blueprint()


@bp.function_name("guard_watch")
@bp.timer_trigger(arg_name="timer", schedule="*/20 * * * * *", run_on_startup=False, use_monitor=False)
async def guard_watch(timer: func.TimerRequest) -> None:
    await watch_guards(platform())


@bp.function_name("alert_watch")
@bp.timer_trigger(arg_name="timer", schedule="45 * * * * *", run_on_startup=False, use_monitor=False)
async def alert_watch(timer: func.TimerRequest) -> None:
    await watch_alerts(platform())


async def watch_guards(plat: Platform) -> int:
    """Judges every active guard. Returns how many tripped."""
    tripped = 0
    for user_id in await watch.guarded(plat.store):
        try:
            tripped += await judge_user(plat, user_id)
        except Exception as error:
            log_error("guards.failed", error)
    return tripped


async def judge_user(plat: Platform, user_id: str) -> int:
    from triggers.api import guards, panic
    from triggers.api.portfolio import priced_bots
    from triggers.guard import inputs_of, judge, reason_of

    document = await guards.read(plat.store, user_id)
    bots, states, tripped = await priced_bots(plat, user_id), dict(document["states"]), 0
    for rule in document["items"]:
        state = states.get(rule["id"], {})
        if not rule["enabled"] or state.get("tripped_at"):
            continue
        verdict = judge(rule, state, bots, plat.now_ms())
        states[rule["id"]] = verdict.state
        if verdict.bots is not None:
            cause = f"guard:{rule['id']}:{verdict.state['trips']}"
            await panic.command_all(
                plat, user_id, verdict.bots, rule["mode"], cause, reason_of(rule["kind"]), inputs_of(rule, verdict.state)
            )
            log("guard.tripped", kind=rule["kind"], bots=len(verdict.bots))
            told = Notice(
                "guard_tripped", "", rule["kind"], rule.get("currency") or "", {"reason": f"{rule['mode']}, {len(verdict.bots)} bots"}
            )
            await notice_box.tell(plat.store, user_id, cause, told, plat.now_ms())
            tripped += 1
    try:
        await guards.write(plat, user_id, {**document, "states": states})
    except AppError:  # its owner changed the rules meanwhile: the next look judges the new ones
        log("guards.changed_meanwhile")
    return tripped


async def watch_alerts(plat: Platform) -> int:
    """Tells every silence once. Returns how many."""
    told = 0
    for due in await watch.silent(plat.store, plat.now_ms()):
        try:
            told += await judge_silence(plat, due.user_id, due.bot_id)
        except Exception as error:
            log_error("alerts.failed", error)
    return told


async def judge_silence(plat: Platform, user_id: str, webhook_id: str) -> int:
    from triggers import hook_intake
    from triggers.api.webhooks import SILENT_AFTER

    webhook, now = await plat.store.read("webhooks", user_id, webhook_id), plat.now_ms()
    if webhook is None or not webhook.get("expected_every_s"):
        return 0
    heard = await plat.store.page("webhooks", user_id, {"kind": "hit", "webhookId": webhook_id}, 1)
    last = ms_of(heard.items[0]["at"]) if heard.items else 0
    due = last + SILENT_AFTER * webhook["expected_every_s"] * 1000
    is_silent = due <= now
    if is_silent:
        hit = hook_intake.Hit(user_id, webhook, b"", Origin(None, False, False), now)
        row = hook_intake.row_of(hit, new_id("hit"), "silent", "no_alert", None, [])
        await plat.store.upsert("webhooks", user_id, row)
        log("webhooks.silent")
        told = Notice("alert_silent", "", webhook["name"], "", {"reason": f"last {iso(last)}" if last else "none yet"})
        await notice_box.tell(plat.store, user_id, f"{webhook_id}:{due}", told, now)
        webhook.pop("dueMs", None)
    try:
        await plat.store.replace("webhooks", user_id, {**webhook, "silent": True} if is_silent else {**webhook, "dueMs": due})
    except Stale:
        log("alerts.changed_meanwhile")
    return int(is_silent)
