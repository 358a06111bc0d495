"""Telling users what their bots did: a timer finds what changed, the `work` queue delivers it, and a tick never waits for either.

notify_watch   every 20 seconds: per user with channels, the bots' documents against what was told last; one message per channel
work           one message: the channel's address checked again, called, and the outcome written into the delivery log

Rules
1. What was told moves on by compare-and-set after the messages are in the queue: a kill in between repeats ids, which vanish.
2. Whether a delivery was made is in its log document; a message that comes again after a success does nothing.
3. A refusal that will not change (4xx, an address we do not call) is final; anything else is tried again later, MOST_TRIES times in all.
"""

from __future__ import annotations

import json

import azure.durable_functions as df
import azure.functions as func

from shared import notices, safe_url
from shared.clock import iso
from shared.ids import derived
from shared.log import log, log_error
from shared.notices import Notice
from shared.outgoing import Post, post
from shared.read_model import SCHEMA
from shared.stores import Document, Stale, Store
from shared.watch import PLATFORM
from shared.work import QUEUE, Work, WorkQueue
from triggers.api.platform import Platform, platform

bp = df.Blueprint()
_queues: list[Work] = []
MOST_TRIES, FIRST_PAUSE_S, LONGEST_PAUSE_S = 8, 5, 900
TOLD = "told"


def own_queue(plat: Platform) -> Work:
    if not _queues:
        _queues.append(WorkQueue(plat.settings))
    return _queues[0]


@bp.function_name("notify_watch")
@bp.timer_trigger(arg_name="timer", schedule="*/20 * * * * *", run_on_startup=False, use_monitor=False)
async def notify_watch(timer: func.TimerRequest) -> None:
    plat = platform()
    await look_at_users(plat, own_queue(plat))


@bp.function_name("work")
@bp.service_bus_queue_trigger(arg_name="msg", connection="ServiceBus", queue_name=QUEUE)
async def work(msg: func.ServiceBusMessage) -> None:
    plat = platform()
    await deliver(plat, own_queue(plat), json.loads(msg.get_body()), post)


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
    from triggers.api.panic import all_bots
    from triggers.api.preferences import NOTIFICATIONS

    wanted = await plat.store.read("settings", user_id, NOTIFICATIONS)
    channels = [one for one in (wanted or {}).get("settings", {}).get("channels", ()) if one["enabled"]]
    if wanted is None or not channels or notices.is_quiet(wanted["settings"], plat.now_ms()):
        return 0
    stored = await plat.store.read("settings", user_id, TOLD)
    bots = [bot for bot in await all_bots(plat.store, user_id) if bot["status"] != "draft"]
    found = notices.changes(stored["bots"] if stored else {}, bots)
    number = int(stored["number"]) if stored else 0
    sent = 0
    for channel in channels if found else ():
        own = [one for one in found if one.occasion in channel["occasions"]]
        if own:
            await queue_up(queue, user_id, channel["id"], f"{number}", own, plat.now_ms())
            sent += 1
    now = {bot["id"]: notices.state_of(bot) for bot in bots}
    if stored is None or now != stored["bots"]:
        await move_on(plat.store, user_id, stored, {"bots": now, "number": number + bool(found)})
    return sent


async def queue_up(queue: Work, user_id: str, channel_id: str, number: str, own: list[Notice], now: int) -> str:
    """One message; the same number gives the same id. Returns the id of its delivery."""
    delivery = derived("dlv", user_id, channel_id, number)
    await queue.put(delivery, {"kind": "notify", "userId": user_id, "channel": channel_id, "id": delivery, "at": now, "notices": own})
    return delivery


async def move_on(store: Store, user_id: str, stored: Document | None, told: Document) -> None:
    document = {"id": TOLD, "kind": TOLD, "schema": SCHEMA, "sort": TOLD, **told}
    if stored is None:
        await store.upsert("settings", user_id, document)
        return
    try:
        await store.replace("settings", user_id, {**document, "_etag": stored["_etag"]})
    except Stale:  # another watcher told the same
        return


async def deliver(plat: Platform, queue: Work, task: Document, send: Post) -> None:
    """One try. What may work later is put back with a pause that doubles."""
    from triggers.api.preferences import NOTIFICATIONS

    user_id, attempt = task["userId"], int(task.get("attempt", 1))
    logged = await plat.store.read("settings", user_id, task["id"])
    wanted = await plat.store.read("settings", user_id, NOTIFICATIONS)
    channel = next((one for one in (wanted or {}).get("settings", {}).get("channels", ()) if one["id"] == task["channel"]), None)
    if channel is None or (logged is not None and (logged["status"] != "failed" or logged["attempts"] >= attempt)):
        return
    status, detail = await call(plat, user_id, channel, task, send)
    if status == "failed" and attempt >= MOST_TRIES:
        status = "given_up"
    document = {
        "id": task["id"], "kind": "delivery", "schema": SCHEMA, "sort": f"{iso(task['at'])}:{task['id']}", "channel": channel["id"],
        "occasions": sorted({one[0] for one in task["notices"]}), "status": status, "detail": detail, "attempts": attempt,
        "at": iso(plat.now_ms()), "created_at": iso(task["at"]),
    }  # fmt: skip
    if status == "failed":  # before the log: a kill in between repeats this try, it does not lose the next
        pause = min(FIRST_PAUSE_S * 2 ** (attempt - 1), LONGEST_PAUSE_S)
        await queue.put(f"{task['id']}-{attempt + 1}", {**task, "attempt": attempt + 1}, pause)
    await plat.store.upsert("settings", user_id, document)
    log("notify.delivery", status=status, detail=detail, attempt=attempt)


async def call(plat: Platform, user_id: str, channel: Document, task: Document, send: Post) -> tuple[str, str]:
    """(status, detail). The detail names a class or a status, never what the other side said."""
    from triggers.api.preferences import notification_key

    if channel["kind"] != "url":
        return "refused", "no_mail_server"
    try:
        addresses = await safe_url.check(channel["target"], plat.resolve)
    except safe_url.UnsafeUrl:
        return "refused", "address_refused"
    found = [Notice(*one) for one in task["notices"]]
    body = notices.body_of(channel["target"], found, task["id"], task["at"])
    key = await notification_key(plat.store, user_id)
    headers = {"x-tickwise-delivery": task["id"], "x-tickwise-signature": notices.signature(key, plat.now_ms(), body)}
    try:
        answered = await send(channel["target"], body, headers, addresses)
    except Exception as error:  # whatever the network does: the class is told, the text is not
        return "failed", type(error).__name__
    if 200 <= answered < 300:
        return "delivered", str(answered)
    return ("refused" if 300 <= answered < 500 and answered not in (408, 425, 429) else "failed"), str(answered)
