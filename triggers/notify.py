"""Telling users what their bots did: a timer finds what changed, the `work` queue delivers it, and a tick never waits for either.

notify_watch   every 20 seconds: per user with channels, the bots' documents against what was told last; one message per channel
work           one message to one channel, a code that proves an e-mail address, a long ledger to be folded on, a file to be made, or a twin
               whose bot may have started without it

Rules
1. What was told moves on by compare-and-set after the messages are in the queue: a kill in between repeats ids, which vanish. What came
   since makes it another message: rather a fill told twice than an error never.
2. What no bot's document shows waits in the notice box; what must wait for a digest or the end of quiet hours is held beside what was told.
3. How a message is delivered, and tried again, is in triggers/notify_delivery.py.
"""

from __future__ import annotations

import json

import azure.durable_functions as df
import azure.functions as func

from shared import notice_box, notices
from shared.log import log_error
from shared.notice_plan import plan
from shared.stores import Document
from shared.watch import PLATFORM
from shared.work import QUEUE, Work, own_queue
from triggers import told
from triggers.api.owned import all_bots
from triggers.api.platform import Platform, platform

bp = df.Blueprint()
MOST_SEEN = 2 * notice_box.MOST


@bp.function_name("notify_watch")
@bp.timer_trigger(arg_name="timer", schedule="*/20 * * * * *", run_on_startup=False, use_monitor=False)
async def notify_watch(timer: func.TimerRequest) -> None:
    plat = platform()
    await look_at_users(plat, own_queue(plat))


@bp.function_name("work")
@bp.service_bus_queue_trigger(arg_name="msg", connection="ServiceBus", queue_name=QUEUE)
async def work(msg: func.ServiceBusMessage) -> None:
    await carry_out(platform(), json.loads(msg.get_body()))


async def carry_out(plat: Platform, task: Document) -> None:
    """One message of the queue. Errors: whatever keeps it from being done; it comes again."""
    if task["kind"] == "fold":
        from triggers.api.analytics import fold_in_background

        await fold_in_background(plat, own_queue(plat), task)
        return
    if task["kind"] == "export":
        from triggers.api.export_files import carry_on

        await carry_on(plat, own_queue(plat), task)
        return
    if task["kind"] == "twin":
        from triggers.api import twins

        await twins.catch_up(plat, task["userId"], task["botId"])
        return
    from triggers.notify_delivery import deliver

    await deliver(plat, own_queue(plat), task)


async def look_at_users(plat: Platform, queue: Work) -> int:
    """Returns how many messages went out."""
    document = await plat.store.read("settings", PLATFORM, "notified-users")
    sent = 0
    for user_id in (document or {}).get("users", ()):
        try:
            sent += await look_at_user(plat, queue, user_id)
        except Exception as error:  # one user's trouble must not silence the others
            log_error("notify.failed", error)
    return sent


async def look_at_user(plat: Platform, queue: Work, user_id: str) -> int:
    wanted = await plat.store.read("settings", user_id, told.NOTIFICATIONS)
    if wanted is None or not told.is_on(wanted["settings"]):
        return 0
    stored = await plat.store.read("settings", user_id, told.TOLD)
    before: Document = stored or {"bots": {}, "number": 0}
    bots = await all_bots(plat.store, user_id)
    boxed = await notice_box.waiting(plat.store, user_id)
    seen = before.get("seen", [])
    fresh = [notice_box.notice_of(row) for row in boxed if row["id"] not in seen]
    found = notices.changes(before["bots"], bots, stored is None) + fresh
    planned = plan(wanted["settings"], before.get("held", {}), found, plat.now_ms())
    number = int(before["number"])
    for channel, own in planned.now.items():
        await told.queue_up(queue, user_id, channel, f"{number} {json.dumps(own)}", own, plat.now_ms())
    after = {
        "bots": {bot["id"]: notices.state_of(bot) for bot in bots}, "held": planned.held, "number": number + bool(planned.now),
        "seen": [*seen, *(row["id"] for row in boxed if row["id"] not in seen)][-MOST_SEEN:],
    }  # fmt: skip
    if stored is None or any(after[name] != stored.get(name) for name in after):
        await told.move_on(plat.store, user_id, stored, after)
    for row in boxed:
        await plat.store.delete("settings", user_id, row["id"])
    return len(planned.now)
