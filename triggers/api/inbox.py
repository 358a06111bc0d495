"""The inbox of a webhook: what came, what was understood, what the bots made of it; trying and replaying."""

from __future__ import annotations

from typing import Any

from shared.errors import AppError, conflict, not_found
from shared.ids import new_id
from shared.stores import Span
from shared.webhooks.decision import decision_id
from shared.webhooks.origin import Origin
from triggers import hook_intake
from triggers.api.models.webhook import Decision, HitPage, HitView, TryAnswer
from triggers.api.paging import listed
from triggers.api.platform import Platform
from triggers.api.webhooks import need_webhook

Doc = dict[str, Any]
OWNER = Origin(None, False, False)


async def page(plat: Platform, user_id: str, where: dict[str, str], limit: int, cursor: str | None, came: Span | None) -> HitPage:
    found = await listed(plat, user_id, "webhooks", where, limit, cursor, came)
    return HitPage(items=tuple([await view(plat, user_id, row) for row in found.items]), next=found.next)


async def view(plat: Platform, user_id: str, row: Doc) -> HitView:
    decisions = [await decision_of(plat, user_id, row, command) for command in row["commands"]]
    names = set(HitView.model_fields) - {"decisions", "webhook_id"}
    shown = {name: row[name] for name in names if name in row}
    return HitView.model_validate({**shown, "webhook_id": row["webhookId"], "decisions": decisions})


async def decision_of(plat: Platform, user_id: str, row: Doc, command: Doc) -> Decision:
    """What the bot wrote, or that it has not yet."""
    if row["status"] == "dry_run":
        return Decision(**command, status="dry_run")
    found = await plat.store.read("webhooks", user_id, decision_id(row["id"], command["bot_id"]))
    if found is None:
        return Decision(**command, status="pending")
    made = {name: found[name] for name in ("status", "code", "orders", "revision", "at") if name in found}
    return Decision.model_validate({**command, **made})


async def replay(plat: Platform, user_id: str, webhook_id: str, hit_id: str, idempotency_key: str | None) -> HitView:
    """Errors: AppError 404; 409 when the text of a blanked alert cannot be read any more."""
    webhook = await need_webhook(plat.store, user_id, webhook_id)
    row = await plat.store.read("webhooks", user_id, hit_id)
    if row is None or row.get("kind") != "hit" or row["webhookId"] != webhook_id:
        raise not_found("hit")
    if row["status"] == "silent":
        raise conflict("not_possible")
    hit = hook_intake.Hit(
        user_id, webhook, row["body"].encode(), OWNER, plat.now_ms(), hit_id, is_trusted=True, replay_key=idempotency_key or new_id("again")
    )
    rows = await hook_intake.take(plat, hit)
    same = [one for one in rows if one["action"] == row["action"]]
    return await view(plat, user_id, (same or rows)[0])


async def dry_run(plat: Platform, user_id: str, webhook_id: str, body: str) -> TryAnswer:
    webhook = await need_webhook(plat.store, user_id, webhook_id)
    try:
        raw = body.encode()
    except UnicodeEncodeError:
        raise AppError(422, "invalid", "body") from None
    rows = await hook_intake.take(plat, hook_intake.Hit(user_id, webhook, raw, OWNER, plat.now_ms(), is_trusted=True), dry_run=True)
    return TryAnswer(items=tuple([await view(plat, user_id, row) for row in rows]))
