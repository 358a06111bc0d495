"""Notification settings and revoked sessions: documents of one user."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared import safe_url
from shared.errors import AppError, invalid, not_found
from shared.read_model import SCHEMA
from shared.stores import Exists, Stale, Store
from triggers import told
from triggers.api.members import join
from triggers.api.models.preference import Channel, Notifications
from triggers.api.platform import Platform
from triggers.api.versions import need_version

Doc = dict[str, Any]
_EMAIL = re.compile(r"^[!#-'*+/-9=?A-Z^-~.-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}$")
SESSIONS, NOTIFIED = "sessions", "notified-users"


async def notifications(store: Store, user_id: str) -> tuple[Notifications, str | None]:
    """The settings and their version."""
    document = await store.read("settings", user_id, told.NOTIFICATIONS)
    if document is None:
        return Notifications(), None
    return Notifications.model_validate(document["settings"]), document["_etag"]


async def need_channel(store: Store, user_id: str, channel_id: str) -> Channel:
    found, _ = await notifications(store, user_id)
    channel = next((one for one in found.channels if one.id == channel_id), None)
    if channel is None:
        raise not_found("channel")
    return channel


async def put_notifications(plat: Platform, user_id: str, body: Notifications, if_match: str | None) -> str:
    """The new version. Errors: AppError 422 for a target we would not call and for hours nobody could keep, 412."""
    check_hours(body)
    await check_targets(plat, body)
    if body.channels:
        await join(plat.store, NOTIFIED, user_id)
    stored = await plat.store.read("settings", user_id, told.NOTIFICATIONS)
    need_version(if_match, stored)
    if told.is_on(body.model_dump()) and not told.is_on((stored or {}).get("settings", {})):
        await told.begin(plat.store, user_id)
    document = {
        "id": told.NOTIFICATIONS, "kind": told.NOTIFICATIONS, "schema": SCHEMA, "sort": told.NOTIFICATIONS,
        "settings": body.model_dump(mode="json"),
    }  # fmt: skip
    try:
        if stored is None:
            return str((await plat.store.create("settings", user_id, document))["_etag"])
        return str((await plat.store.replace("settings", user_id, {**document, "_etag": stored["_etag"]}))["_etag"])
    except (Exists, Stale):
        raise AppError(412, "changed_meanwhile", "If-Match") from None


def check_hours(body: Notifications) -> None:
    if (body.quiet_from is None) != (body.quiet_until is None):
        raise invalid("required", "quiet_until" if body.quiet_until is None else "quiet_from")
    try:
        ZoneInfo(body.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid("not_a_choice", "time_zone") from None


async def check_targets(plat: Platform, body: Notifications) -> None:
    ids = [channel.id for channel in body.channels]
    for i, channel in enumerate(body.channels):
        field = f"channels.{i}.target"
        if channel.id in ids[:i]:
            raise invalid("twice", f"channels.{i}.id")
        if channel.kind == "email":
            if not _EMAIL.fullmatch(channel.target):
                raise invalid("bad_format", field)
            continue
        try:
            await safe_url.check(channel.target, plat.resolve)
        except safe_url.UnsafeUrl:
            raise invalid("address_refused", field) from None


async def revoke_sessions(plat: Platform, user_id: str) -> int:
    """Every token issued before now is refused. Returns the instant."""
    now = plat.now_ms()
    document = {"id": SESSIONS, "kind": SESSIONS, "schema": SCHEMA, "sort": SESSIONS, "revokedBeforeMs": now}
    await plat.store.upsert("settings", user_id, document)
    plat.sessions.forget(user_id)
    return now
