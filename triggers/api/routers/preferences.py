"""Where the user is notified, and what was sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from shared.notices import Notice
from shared.work import own_queue
from triggers import told
from triggers.api import addresses, preferences
from triggers.api.filters import MOST, Created, From, where_of
from triggers.api.idempotency import IdempotencyKey, id_for
from triggers.api.models.bot import ObjectId
from triggers.api.models.preference import (
    Addresses,
    Code,
    CodeSent,
    Delivery,
    DeliveryPage,
    DeliveryStatus,
    Notifications,
    SigningKey,
    TestSent,
)
from triggers.api.paging import listed
from triggers.api.platform import CurrentUser, Plat
from triggers.api.versions import IfMatch

router = APIRouter(prefix="/api/v1", tags=["preferences"])


@router.get("/notifications")
async def get_notifications(user: CurrentUser, plat: Plat, response: Response) -> Notifications:
    """Where the user wants to hear of what."""
    found, etag = await preferences.notifications(plat.store, user.id)
    if etag:
        response.headers["etag"] = etag
    return found


@router.put("/notifications")
async def put_notifications(
    body: Notifications, user: CurrentUser, plat: Plat, response: Response, if_match: IfMatch = None
) -> Notifications:
    """All of it at once. An address that is not on the public internet is refused."""
    response.headers["etag"] = await preferences.put_notifications(plat, user.id, body, if_match)
    await addresses.trust_own(plat, user, body)
    return body


@router.get("/notifications/addresses")
async def list_addresses(user: CurrentUser, plat: Plat) -> Addresses:
    """The e-mail addresses of the channels, and which of them are confirmed."""
    found, _ = await preferences.notifications(plat.store, user.id)
    return await addresses.listed(plat, user.id, found)


@router.post("/notifications/code/{channel_id}", status_code=202)
async def send_code(channel_id: ObjectId, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> CodeSent:
    """Send a code to the channel's e-mail address."""
    channel = await preferences.need_channel(plat.store, user.id, channel_id)
    at = await addresses.ask(plat, user.id, channel)
    return CodeSent(delivery_id=await told.queue_code(own_queue(plat), user.id, channel.id, at))


@router.post("/notifications/confirm/{channel_id}")
async def confirm_address(
    channel_id: ObjectId, body: Code, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None
) -> Addresses:
    """The code that came: from now on messages go to this address."""
    channel = await preferences.need_channel(plat.store, user.id, channel_id)
    key = await told.signing_key(plat.store, user.id)
    await addresses.confirm(plat, user.id, channel, body.code, key)
    return await addresses.listed(plat, user.id, (await preferences.notifications(plat.store, user.id))[0])


@router.get("/notifications/deliveries")
async def list_deliveries(
    user: CurrentUser,
    plat: Plat,
    status: Annotated[DeliveryStatus | None, Query(description="Only in this state")] = None,
    channel: Annotated[ObjectId | None, Query(description="Only to this channel")] = None,
    made: Created = None,
    limit: Annotated[int, Query(ge=1, le=100, description=MOST)] = 50,
    cursor: From = None,
) -> DeliveryPage:
    """What was sent where, newest first, and how it went."""
    page = await listed(plat, user.id, "settings", where_of(kind="delivery", status=status, channel=channel), limit, cursor, made)
    return DeliveryPage(items=tuple(Delivery.of_document(document) for document in page.items), next=page.next)


@router.get("/notifications/key")
async def get_signing_key(user: CurrentUser, plat: Plat) -> SigningKey:
    """What messages to your own addresses are signed with."""
    return SigningKey(key=await told.signing_key(plat.store, user.id))


@router.post("/notifications/test/{channel_id}", status_code=202)
async def try_channel(channel_id: ObjectId, user: CurrentUser, plat: Plat, idempotency_key: IdempotencyKey = None) -> TestSent:
    """Send a test message to a channel, the way real ones go; the delivery log says what became of it."""
    await preferences.need_channel(plat.store, user.id, channel_id)
    notice = Notice("test", "", "Tickwise", "", {})
    number = id_for("test", user.id, f"test:{channel_id}", idempotency_key)
    return TestSent(delivery_id=await told.queue_up(own_queue(plat), user.id, channel_id, number, [notice], plat.now_ms()))
