"""Webhooks as documents: which bots an address may command, and what its owner needs to use it.

Rules
1. A generated secret is derived from the sealing key; only hashes are stored. One the owner brings is hashed and never shown again.
2. `generation` is sealed into the address: rotating makes the old address and the old secret worthless at once.
"""

from __future__ import annotations

from typing import Any

from shared.clock import iso
from shared.errors import AppError, not_found
from shared.read_model import SCHEMA
from shared.stores import Exists, Stale, Store
from shared.webhooks.dialects import HAS_SECRET
from shared.webhooks.seal import Key, Sealed, made_secret, seal, secret_hash
from triggers.api.idempotency import fingerprint, id_for, same_request
from triggers.api.models.webhook import WebhookCreate, WebhookPatch, WebhookView
from triggers.api.owned import need_bot
from triggers.api.platform import Platform
from triggers.api.versions import need_version

Doc = dict[str, Any]
MOST = 50  # per user
SILENT_AFTER = 2  # heartbeats missed


async def need_webhook(store: Store, user_id: str, webhook_id: str) -> Doc:
    """The webhook's document, or 404: also for a webhook of someone else."""
    document = await store.read("webhooks", user_id, webhook_id)
    if document is None or document.get("kind") != "webhook":
        raise not_found("webhook")
    return document


async def create(plat: Platform, user_id: str, body: WebhookCreate, idempotency_key: str | None) -> Doc:
    webhook_id = id_for("hook", user_id, "create_webhook", idempotency_key)
    body_print = fingerprint(body.model_dump(mode="json", exclude={"secret"}))
    await own_bots(plat, user_id, body.bots, body.aliases)
    if await plat.store.count("webhooks", user_id, {"kind": "webhook"}) >= MOST:
        raise AppError(429, "too_many_webhooks", params={"limit": str(MOST)})
    key, now = await plat.seals.current(), plat.now_ms()
    document = {
        **body.model_dump(mode="json", exclude={"secret"}),
        "id": webhook_id,
        "kind": "webhook",
        "schema": SCHEMA,
        "sort": f"{iso(now)}:{webhook_id}",
        "enabled": True,
        "own_secret": body.secret is not None,
        "created_at": iso(now),
        "bodyPrint": body_print,
        **new_secret(key, user_id, webhook_id, 1, body.secret),
        **due(body.expected_every_s, now),
    }
    try:
        return await plat.store.create("webhooks", user_id, document)
    except Exists:
        stored = await need_webhook(plat.store, user_id, webhook_id)
        same_request(stored, body_print)
        return stored


async def own_bots(plat: Platform, user_id: str, bots: tuple[str, ...], aliases: dict[str, str]) -> None:
    """Errors: AppError 404 when one is not the user's."""
    named = {f"bots.{k}": bot_id for k, bot_id in enumerate(bots)} | {f"aliases.{said}": bot_id for said, bot_id in aliases.items()}
    for bot_id in dict.fromkeys(named.values()):
        await need_bot(plat.store, user_id, bot_id, field=next(field for field, own in named.items() if own == bot_id))


def new_secret(key: Key, user_id: str, webhook_id: str, generation: int, own: str | None) -> Doc:
    secret = own or made_secret(key, Sealed(user_id, webhook_id, generation))
    return {"generation": generation, "keyName": key.name.hex(), "secretHash": secret_hash(webhook_id, secret)}


def due(every_s: int | None, now: int) -> Doc:
    """When silence becomes an alarm; no field when none was asked for."""
    return {"expected_every_s": every_s, **({"dueMs": now + SILENT_AFTER * every_s * 1000} if every_s else {})}


async def patch(plat: Platform, user_id: str, webhook_id: str, body: WebhookPatch, if_match: str | None) -> Doc:
    document = await need_webhook(plat.store, user_id, webhook_id)
    need_version(if_match, document)
    changes = body.model_dump(mode="json", exclude_none=True)
    await own_bots(plat, user_id, body.bots or (), body.aliases or {})
    if body.expected_every_s is not None:
        document.pop("dueMs", None)
        changes |= {"silent": False} | due(body.expected_every_s or None, plat.now_ms())
    return await replaced(plat, user_id, {**document, **changes})


async def replaced(plat: Platform, user_id: str, document: Doc) -> Doc:
    try:
        return await plat.store.replace("webhooks", user_id, document)
    except Stale:
        raise AppError(412, "changed_meanwhile", "If-Match") from None


async def rotate(plat: Platform, user_id: str, webhook_id: str, own: str | None, idempotency_key: str | None) -> Doc:
    """A new address and a new secret; the old ones are worthless from here. The same key again rotates once."""
    document, key = await need_webhook(plat.store, user_id, webhook_id), await plat.seals.current()
    asked = id_for("rot", user_id, f"rotate:{webhook_id}", idempotency_key)
    if document.get("rotation") == asked:
        return document
    fresh = new_secret(key, user_id, webhook_id, document["generation"] + 1, own)
    return await replaced(
        plat, user_id, {**document, **fresh, "own_secret": own is not None, "rotated_at": iso(plat.now_ms()), "rotation": asked}
    )


async def view(plat: Platform, user_id: str, document: Doc, base: str) -> WebhookView:
    path = "/api/hooks/" + seal(await key_of(plat, document), sealed(user_id, document))
    shown = {**document, "url": (plat.settings.public_url or base).rstrip("/") + path, "has_secret": HAS_SECRET[document["dialect"]]}
    return WebhookView.of_document(shown)


async def secret_of(plat: Platform, user_id: str, document: Doc) -> str | None:
    """The secret we made; None for a dialect without one, and for the owner's own, which is not known here."""
    if document["own_secret"] or not HAS_SECRET[document["dialect"]]:
        return None
    return made_secret(await key_of(plat, document), sealed(user_id, document))


async def key_of(plat: Platform, document: Doc) -> Key:
    key = await plat.seals.named(document["keyName"])
    if key is None:
        raise AppError(503, "vault_down")
    return key


def sealed(user_id: str, document: Doc) -> Sealed:
    return Sealed(user_id, document["id"], document["generation"])
