"""One message to one channel: its address checked again, called or written to, and the outcome in the delivery log.

Rules
1. Whether a delivery was made is in its log document; a message that comes again after a success does nothing.
2. A refusal that will not change (4xx, a mail server's 5xx, an address we do not call) is final; anything else is tried again later,
   MOST_TRIES times in all. The next try is in the queue before the log says that this one failed.
3. The log names a status or a class, never what the other side said.
"""

from __future__ import annotations

import smtplib
from collections.abc import Awaitable, Callable

from shared import mail, notices, safe_url
from shared.clock import iso
from shared.log import log
from shared.mail import Mail, Server
from shared.notices import Notice
from shared.outgoing import Post, post
from shared.schema import SCHEMA
from shared.stores import Document
from shared.work import Work
from triggers import told
from triggers.api.platform import Platform

MOST_TRIES, FIRST_PAUSE_S, LONGEST_PAUSE_S = 8, 5, 900
CODE_TEXT = "Your code is {code}. It works for half an hour. If you did not ask for it, somebody mistyped an address: do nothing."
SendMail = Callable[[Server, Mail], Awaitable[None]]


async def deliver(plat: Platform, queue: Work, task: Document, send: Post = post, write: SendMail = mail.send) -> None:
    """One try. What may work later is put back with a pause that doubles."""
    user_id, attempt = task["userId"], int(task.get("attempt", 1))
    logged = await plat.store.read("settings", user_id, task["id"])
    wanted = await plat.store.read("settings", user_id, told.NOTIFICATIONS)
    channel = next((one for one in (wanted or {}).get("settings", {}).get("channels", ()) if one["id"] == task["channel"]), None)
    if channel is None or (logged is not None and (logged["status"] != "failed" or logged["attempts"] >= attempt)):
        return
    by_mail = channel["kind"] == "email"
    status, detail = await (by_letter(plat, user_id, channel, task, write) if by_mail else call(plat, user_id, channel, task, send))
    if status == "failed" and attempt >= MOST_TRIES:
        status = "given_up"
    document = {
        "id": task["id"], "kind": "delivery", "schema": SCHEMA, "sort": f"{iso(task['at'])}:{task['id']}", "channel": channel["id"],
        "occasions": sorted({one[0] for one in task["notices"]}), "status": status, "detail": detail, "attempts": attempt,
        "at": iso(plat.now_ms()), "created_at": iso(task["at"]),
    }  # fmt: skip
    if status == "failed":
        pause = min(FIRST_PAUSE_S * 2 ** (attempt - 1), LONGEST_PAUSE_S)
        await queue.put(f"{task['id']}-{attempt + 1}", {**task, "attempt": attempt + 1}, pause)
    await plat.store.upsert("settings", user_id, document)
    log("notify.delivery", status=status, detail=detail, attempt=attempt)


async def by_letter(plat: Platform, user_id: str, channel: Document, task: Document, write: SendMail) -> tuple[str, str]:
    """(status, detail) of an e-mail."""
    from triggers.api import addresses

    if not plat.settings.mail:
        return "refused", "no_mail_server"
    if task["kind"] == "code":
        code = addresses.code_of(await told.signing_key(plat.store, user_id), addresses.name_of(channel["target"]), task["at"])
        letter = Mail(channel["target"], "Tickwise: confirm this address", CODE_TEXT.format(code=code), task["id"])
    elif not await addresses.is_confirmed(plat.store, user_id, channel["target"]):
        return "refused", "address_unconfirmed"
    else:
        text = notices.text_of([Notice(*one) for one in task["notices"]])
        letter = Mail(channel["target"], f"Tickwise: {text.partition(chr(10))[0]}", text, task["id"])
    try:
        await write(mail.server_of(plat.settings.mail), letter)
    except mail.BadServer:
        return "refused", "bad_mail_server"
    except mail.Refused as refused:
        return "refused", str(refused.code)
    except smtplib.SMTPResponseException as refused:
        return "failed", str(refused.smtp_code)
    except Exception as error:  # whatever the network does: the class is told, the text is not
        return "failed", type(error).__name__
    return "delivered", "250"


async def call(plat: Platform, user_id: str, channel: Document, task: Document, send: Post) -> tuple[str, str]:
    """(status, detail) of a call to the user's own address."""
    try:
        addresses = await safe_url.check(channel["target"], plat.resolve)
    except safe_url.UnsafeUrl:
        return "refused", "address_refused"
    found = [Notice(*one) for one in task["notices"]]
    body = notices.body_of(channel["target"], found, task["id"], task["at"])
    key = await told.signing_key(plat.store, user_id)
    headers = {"x-tickwise-delivery": task["id"], "x-tickwise-signature": notices.signature(key, plat.now_ms(), body)}
    try:
        answered = await send(channel["target"], body, headers, addresses)
    except Exception as error:
        return "failed", type(error).__name__
    if 200 <= answered < 300:
        return "delivered", str(answered)
    return ("refused" if 300 <= answered < 500 and answered not in (408, 425, 429) else "failed"), str(answered)
