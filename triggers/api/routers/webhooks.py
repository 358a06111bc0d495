"""TradingView webhooks: addresses, secrets, the inbox, and the text to paste. Alerts themselves arrive in triggers/hooks.py."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from triggers.api import inbox, messages, webhooks
from triggers.api.filters import MOST, Created, From, where_of
from triggers.api.idempotency import IdempotencyKey
from triggers.api.models.bot import ObjectId
from triggers.api.models.webhook import (
    HitPage,
    HitStatus,
    HitView,
    MessagePage,
    RotateBody,
    TryAnswer,
    TryBody,
    WebhookCreate,
    WebhookPage,
    WebhookPatch,
    WebhookSecret,
    WebhookView,
)
from triggers.api.paging import listed
from triggers.api.platform import CurrentUser, Plat
from triggers.api.versions import IfMatch

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

Limit = Annotated[int, Query(ge=1, le=100, description=MOST)]


@router.post("", status_code=201)
async def create_webhook(
    body: WebhookCreate, user: CurrentUser, plat: Plat, request: Request, response: Response, idempotency_key: IdempotencyKey = None
) -> WebhookSecret:
    """Make an address for alerts. The secret in the answer is not shown again."""
    document = await webhooks.create(plat, user.id, body, idempotency_key)
    response.headers["location"] = f"/api/v1/webhooks/{document['id']}"
    shown = await webhooks.view(plat, user.id, document, str(request.base_url))
    return WebhookSecret(webhook=shown, secret=await webhooks.secret_of(plat, user.id, document))


@router.get("")
async def list_webhooks(
    user: CurrentUser, plat: Plat, request: Request, made: Created = None, limit: Limit = 50, cursor: From = None
) -> WebhookPage:
    """The user's webhooks, newest first."""
    page = await listed(plat, user.id, "webhooks", {"kind": "webhook"}, limit, cursor, made)
    items = [await webhooks.view(plat, user.id, document, str(request.base_url)) for document in page.items]
    return WebhookPage(items=tuple(items), next=page.next)


@router.get("/{webhook_id}")
async def get_webhook(webhook_id: ObjectId, user: CurrentUser, plat: Plat, request: Request, response: Response) -> WebhookView:
    """One webhook with its address."""
    document = await webhooks.need_webhook(plat.store, user.id, webhook_id)
    response.headers["etag"] = document["_etag"]
    return await webhooks.view(plat, user.id, document, str(request.base_url))


@router.patch("/{webhook_id}")
async def patch_webhook(
    webhook_id: ObjectId,
    body: WebhookPatch,
    user: CurrentUser,
    plat: Plat,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> WebhookView:
    """Change what a webhook may do; with `If-Match` only the version that was read."""
    document = await webhooks.patch(plat, user.id, webhook_id, body, if_match)
    response.headers["etag"] = document["_etag"]
    return await webhooks.view(plat, user.id, document, str(request.base_url))


@router.delete("/{webhook_id}", status_code=204)
async def delete_webhook(webhook_id: ObjectId, user: CurrentUser, plat: Plat) -> None:
    """Its address answers 404 from now on; its inbox fades with time."""
    await webhooks.need_webhook(plat.store, user.id, webhook_id)
    await plat.store.delete("webhooks", user.id, webhook_id)


@router.post("/{webhook_id}/rotate")
async def rotate_webhook(
    webhook_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    request: Request,
    body: RotateBody | None = None,
    idempotency_key: IdempotencyKey = None,
) -> WebhookSecret:
    """A new address and a new secret; the old ones stop at once."""
    document = await webhooks.rotate(plat, user.id, webhook_id, (body or RotateBody()).secret, idempotency_key)
    shown = await webhooks.view(plat, user.id, document, str(request.base_url))
    return WebhookSecret(webhook=shown, secret=await webhooks.secret_of(plat, user.id, document))


@router.get("/{webhook_id}/inbox")
async def list_webhook_inbox(
    webhook_id: ObjectId,
    user: CurrentUser,
    plat: Plat,
    status: Annotated[HitStatus | None, Query(description="Only with this outcome")] = None,
    came: Created = None,
    limit: Limit = 50,
    cursor: From = None,
) -> HitPage:
    """Every alert that came, what was understood, and what the bots made of it. Newest first."""
    await webhooks.need_webhook(plat.store, user.id, webhook_id)
    where = where_of(kind="hit", webhookId=webhook_id, status=status)
    return await inbox.page(plat, user.id, where, limit, cursor, came)


@router.post("/{webhook_id}/inbox/{hit_id}/replay", status_code=202)
async def replay_webhook_hit(
    webhook_id: ObjectId, hit_id: ObjectId, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None
) -> HitView:
    """Act on an alert once more, as a new one marked as a replay; its age is not held against it."""
    return await inbox.replay(plat, user.id, webhook_id, hit_id, idempotency_key)


@router.post("/{webhook_id}/try")
async def try_webhook(
    webhook_id: ObjectId, body: TryBody, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None
) -> TryAnswer:
    """What an alert with this text would do. Nothing is sent and nothing is stored, a repeat is harmless."""
    return await inbox.dry_run(plat, user.id, webhook_id, body.body)


@router.get("/{webhook_id}/messages")
async def list_webhook_messages(
    webhook_id: ObjectId, user: CurrentUser, plat: Plat, bot_id: Annotated[ObjectId | None, Query(description="Only of this bot")] = None
) -> MessagePage:
    """Text for the alert's message box, one per action, with and without its placeholders filled in."""
    return await messages.page(plat, user.id, webhook_id, bot_id)
