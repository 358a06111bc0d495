"""E-mail addresses that may be written to: only ones that their owner has proved to read.

Rules
1. The address somebody signs in with is theirs: the issuer says so. Any other is proved with a code that was sent to it.
2. A code works for VALID_MS and MOST_TRIES tries; a user gets MOST_CODES of them an hour. It is derived, not stored.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from shared.auth import User
from shared.clock import iso
from shared.errors import AppError, conflict, invalid, not_found
from shared.schema import SCHEMA
from shared.stores import Exists, Stale, Store
from triggers.api.models.preference import Addresses, Channel, MailAddress, Notifications
from triggers.api.platform import Platform

ID = "mail-addresses"
VALID_MS, MOST_TRIES, MOST_CODES, HOUR_MS, MOST_KEPT = 1_800_000, 5, 5, 3_600_000, 50

Doc = dict[str, Any]


async def read(store: Store, user_id: str) -> Doc:
    found = await store.read("settings", user_id, ID)
    return found or {"id": ID, "kind": ID, "schema": SCHEMA, "sort": ID, "confirmed": {}, "asked": {}, "sentMs": []}


async def write(store: Store, user_id: str, document: Doc) -> None:
    """Over the version that was read. Errors: AppError 409."""
    try:
        await (store.replace if "_etag" in document else store.create)("settings", user_id, document)
    except (Exists, Stale):
        raise conflict("changed_meanwhile") from None


def name_of(address: str) -> str:
    """Domains know no upper case; the part before them is left as its owner writes it."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


async def is_confirmed(store: Store, user_id: str, address: str) -> bool:
    return name_of(address) in (await read(store, user_id))["confirmed"]


async def trust_own(plat: Platform, user: User, body: Notifications) -> None:
    """The address the user signs in with needs no code."""
    own = name_of(user.email or "")
    if any(channel.kind == "email" and name_of(channel.target) == own for channel in body.channels):
        document = await read(plat.store, user.id)
        if own not in document["confirmed"]:
            await write(plat.store, user.id, {**document, "confirmed": {**document["confirmed"], own: iso(plat.now_ms())}})


async def ask(plat: Platform, user_id: str, channel: Channel) -> int:
    """A new code for a channel's address; the instant it is derived from. Errors: AppError 409, 422, 429."""
    if channel.kind != "email":
        raise invalid("not_an_address", "channel_id")
    document, now, address = await read(plat.store, user_id), plat.now_ms(), name_of(channel.target)
    if address in document["confirmed"]:
        raise conflict("already_confirmed")
    sent = [at for at in document["sentMs"] if now - at < HOUR_MS]
    if len(sent) >= MOST_CODES:
        raise AppError(429, "too_many_codes", params={"limit": str(MOST_CODES), "per": "hour"})
    asked = dict([*document["asked"].items(), (address, {"at": now, "tries": 0})][-MOST_KEPT:])
    await write(plat.store, user_id, {**document, "asked": asked, "sentMs": [*sent, now]})
    return now


async def confirm(plat: Platform, user_id: str, channel: Channel, code: str, key: str) -> None:
    """Errors: AppError 422 for a code that is wrong, too old or tried too often."""
    document, now, address = await read(plat.store, user_id), plat.now_ms(), name_of(channel.target)
    asked = document["asked"].get(address)
    if asked is None:
        raise not_found("code", "code")
    if now - asked["at"] > VALID_MS or asked["tries"] >= MOST_TRIES:
        raise invalid("code_expired", "code")
    if not hmac.compare_digest(code, code_of(key, address, asked["at"])):
        tried = {**document["asked"], address: {**asked, "tries": asked["tries"] + 1}}
        await write(plat.store, user_id, {**document, "asked": tried})
        raise invalid("wrong_code", "code")
    left = {name: row for name, row in document["asked"].items() if name != address}
    confirmed = dict([*document["confirmed"].items(), (address, iso(now))][-MOST_KEPT:])
    await write(plat.store, user_id, {**document, "asked": left, "confirmed": confirmed})


def code_of(key: str, address: str, at: int) -> str:
    """Eight digits."""
    made = hmac.new(key.encode(), f"address {address} {at}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(made[:8], 'big') % 10**8:08d}"


async def listed(plat: Platform, user_id: str, settings: Notifications) -> Addresses:
    """The addresses of the user's channels."""
    confirmed = (await read(plat.store, user_id))["confirmed"]
    own = dict.fromkeys(name_of(channel.target) for channel in settings.channels if channel.kind == "email")
    return Addresses(items=tuple(MailAddress(address=name, confirmed_at=confirmed.get(name)) for name in own))
