"""The weekly parity report of every shadow twin: kept, told to its owner, and said in the bot's "why" log.

Rules
1. A report's id is its bot and its week: made twice it is one. The link moves on last, by compare-and-set.
2. One user's trouble must not silence the others.
3. What belongs to the API is imported when it is needed: a cold start must not build its models.
"""

from __future__ import annotations

from typing import Any

import azure.durable_functions as df
import azure.functions as func

from shared import notice_box
from shared.bus import BotEvent
from shared.clock import iso, ms_of
from shared.errors import AppError
from shared.ids import derived
from shared.log import log, log_error
from shared.notices import Notice
from shared.read_model import SCHEMA
from shared.stores import Stale
from triggers.api.platform import Platform, platform

Doc = dict[str, Any]
FIGURES = ("orders", "paired", "only_live", "only_paper", "price_drift_pct", "fee_drift_pct", "delay_s")
bp = df.Blueprint()


@bp.function_name("twin_watch")
@bp.timer_trigger(arg_name="timer", schedule="0 7 * * * *", run_on_startup=False, use_monitor=False)
async def twin_watch(timer: func.TimerRequest) -> None:
    await look_at_twins(platform())


async def look_at_twins(plat: Platform) -> int:
    """Returns how many reports were made."""
    from triggers.api import twins

    made = 0
    for user_id in await twins.users(plat):
        try:
            for link in (await plat.store.page("settings", user_id, {"kind": "twin"}, 200)).items:
                await twins.catch_up(plat, user_id, link["bot_id"])
                made += await report_if_due(plat, user_id, link)
        except Exception as error:
            log_error("twins.failed", error)
    return made


async def report_if_due(plat: Platform, user_id: str, link: Doc) -> int:
    from triggers.api import twins

    due = ms_of(link["next_report_at"])
    if plat.now_ms() < due:
        return 0
    try:
        found = await twins.compared(plat, user_id, link, due - twins.WEEK_MS, due, twins.MOST_IN_BACKGROUND)
    except AppError:  # one of the two was deleted: nothing is left to compare
        await plat.store.delete("settings", user_id, link["id"])
        return 0
    report = found.model_dump(mode="json")
    number = int(link["reports"])
    own = derived("parity", user_id, link["bot_id"], str(number))
    document = {
        "id": own, "kind": "parity", "schema": SCHEMA, "botId": link["bot_id"], "sort": f"{iso(due)}:{own}", "report": report,
    }  # fmt: skip
    await plat.store.upsert("settings", user_id, document)
    await tell(plat, user_id, link, report, own)
    behind = max(due + twins.WEEK_MS, plat.now_ms() - twins.WEEK_MS)  # after a long absence one week is told, not all of them
    try:
        await plat.store.replace("settings", user_id, {**link, "next_report_at": iso(behind), "reports": number + 1})
    except Stale:  # another instance made the same report
        log("twins.changed_meanwhile")
    return 1


async def tell(plat: Platform, user_id: str, link: Doc, report: Doc, cause: str) -> None:
    """A notice to the owner and a line in the bot's log, both under ids of the report."""
    bot = await plat.store.read("bots", user_id, link["bot_id"])
    if bot is None:
        return
    said = {name: str(report[name]) for name in FIGURES if report[name] is not None}
    drifts = ", ".join(report["drifts"])
    words = {"reason": drifts or f"{report['paired']} of {report['orders']} orders paired"}
    notice = Notice("parity_drift" if drifts else "parity_report", bot["id"], bot["name"], bot["symbol"], words)
    await notice_box.tell(plat.store, user_id, cause, notice, plat.now_ms())
    body = {"name": "note", "params": {"code": "parity_report", "said": {**said, "drifts": drifts}}}
    await plat.bus.send([BotEvent(user_id, bot["id"], derived("cmd", user_id, cause), "command", plat.now_ms(), body)])
