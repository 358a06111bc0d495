"""Share links: a plan, and if its owner wants its performance in percent, for whoever has the link.

Rules
1. The token is 256 bits from the sealing key; a hash of it is stored, and the link is shown once. Deleting the share ends it at once.
2. What is shared is the plan as it was when the link was made: a later edit is not published by accident.
3. A stranger sees the fields of `SharedPlan` and nothing else: no id, no account, no money but the sizes in the plan, if wanted.
4. A platform document under the token's hash says whose share it is; whether it is still valid the owner's own document decides.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from shared import analytics as folds
from shared.clock import iso, ms_of
from shared.errors import AppError, conflict, not_found
from shared.read_model import SCHEMA
from shared.stores import Exists
from shared.watch import PLATFORM
from shared.webhooks.seal import Key
from triggers.api.idempotency import fingerprint, id_for, same_request
from triggers.api.models.share import ShareCreate, SharedPerformance, SharedPlan, ShareMade, ShareView
from triggers.api.owned import need_bot
from triggers.api.platform import Platform
from triggers.api.presets import need_preset

Doc = dict[str, Any]
MOST, DAY_MS, TOKEN_LENGTH = 100, 86_400_000, 43
MONEY_UNITS = ("quote", "base")
FIGURES = ("days", "roi_pct", "apr_pct", "max_drawdown_pct", "sharpe", "sortino", "win_rate_pct", "profit_factor")


async def create(plat: Platform, user_id: str, body: ShareCreate, key: str | None, base: str) -> ShareMade:
    share_id, body_print = id_for("share", user_id, "create_share", key), fingerprint(body.model_dump(mode="json"))
    if key and (stored := await plat.store.read("settings", user_id, share_id)):
        same_request(stored, body_print)
        return await made(plat, user_id, stored, base)
    if await plat.store.count("settings", user_id, {"kind": "share"}) >= MOST:
        raise AppError(429, "too_many_shares", params={"limit": str(MOST)})
    sealing = await plat.seals.current()
    hashed, now = hash_of(token_of(sealing, user_id, share_id)), plat.now_ms()
    document = {
        "id": share_id, "kind": "share", "schema": SCHEMA, "sort": f"{iso(now)}:{share_id}", "hash": hashed,
        "sealedWith": sealing.name.hex(),
        "bodyPrint": body_print, "created_at": iso(now), "with_performance": body.with_performance, "with_amounts": body.with_amounts,
        "expires_at": iso(now + body.expires_in_days * DAY_MS) if body.expires_in_days else None,
        "share": await shared_of(plat, user_id, body),
    }  # fmt: skip
    pointer = {"id": f"shared-{hashed}", "kind": "shared", "schema": SCHEMA, "sort": hashed, "owner": user_id, "share": share_id}
    try:
        document = await plat.store.create("settings", user_id, document)
    except Exists:
        document = await need_share(plat, user_id, share_id)
        same_request(document, body_print)
    await plat.store.upsert("settings", PLATFORM, pointer)
    return await made(plat, user_id, document, base)


async def shared_of(plat: Platform, user_id: str, body: ShareCreate) -> Doc:
    """The plan as it is now, with where its performance is found."""
    if body.bot_id is not None:
        found = await need_bot(plat.store, user_id, body.bot_id, field="bot_id")
        own = {"bot": body.bot_id, "symbol": found["symbol"], "kind": "bot"}
    else:
        found = await need_preset(plat.store, user_id, body.preset_id or "", "preset_id")
        proof = found.get("backtest") or {}
        own = {"symbol": proof.get("symbol"), "metrics": proof.get("metrics"), "kind": "preset"}
    config = found["config"]
    left_out = [] if body.with_amounts else [name for name in config if is_amount(found["strategy"], name)]
    kept = {name: value for name, value in config.items() if name not in left_out}
    return {**own, "name": found["name"], "strategy": found["strategy"], "config": kept, "left_out": left_out}


def is_amount(strategy: str, field: str) -> bool:
    """Whether a field tells how much money its owner commits."""
    from strategy_core import registry

    return field == "custom_ladder" or registry.schema(strategy)["properties"].get(field, {}).get("unit") in MONEY_UNITS


async def need_share(plat: Platform, user_id: str, share_id: str) -> Doc:
    document = await plat.store.read("settings", user_id, share_id)
    if document is None or document.get("kind") != "share":
        raise not_found("share")
    return document


async def revoke(plat: Platform, user_id: str, share_id: str) -> None:
    document = await need_share(plat, user_id, share_id)
    await plat.store.delete("settings", user_id, share_id)
    await plat.store.delete("settings", PLATFORM, f"shared-{document['hash']}")


async def open_link(plat: Platform, token: str) -> SharedPlan:
    """What a stranger sees. One 404 for every token that opens nothing. Errors: AppError 404, 429."""
    hashed = hash_of(token)
    wait = plat.rates.take(f"shared {hashed}")
    if wait:
        limit = str(plat.settings.requests_per_minute)
        raise AppError(429, "too_many_requests", params={"limit": limit, "per": "minute", "retry_after_s": str(wait // 1000 + 1)})
    pointer = await plat.store.read("settings", PLATFORM, f"shared-{hashed}")
    document = await plat.store.read("settings", pointer["owner"], pointer["share"]) if pointer else None
    if pointer is None or document is None or not hmac.compare_digest(document.get("hash", ""), hashed):
        raise not_found("share")
    if document["expires_at"] is not None and ms_of(document["expires_at"]) <= plat.now_ms():
        raise not_found("share")
    plan, performance = document["share"], None
    if document["with_performance"]:
        performance = await performance_of(plat, pointer["owner"], plan)
    shown = {name: plan[name] for name in ("name", "symbol", "strategy", "config", "left_out")}
    return SharedPlan.model_validate({**shown, "performance": performance, "shared_at": document["created_at"]})


async def performance_of(plat: Platform, user_id: str, plan: Doc) -> SharedPerformance | None:
    """Percent and ratios; None for a bot that never ran or is gone. What was folded last is enough: a stranger starts no computing."""
    if plan["kind"] == "preset":
        return figures_of("backtest", plan["metrics"]) if plan["metrics"] else None
    bot = await plat.store.read("bots", user_id, plan["bot"])
    if bot is None or not bot.get("pnl"):
        return None
    stored = await plat.store.read("equity", user_id, f"fold-{bot['id']}")
    fold = stored["fold"] if stored and stored["fold"]["schema"] == folds.SCHEMA else folds.empty(bot)
    return figures_of("paper" if bot["exchange"] == "paper" else "live", folds.report(fold, bot))


def figures_of(source: str, figures: Doc) -> SharedPerformance:
    return SharedPerformance.model_validate({"source": source} | {name: figures.get(name) for name in FIGURES})


async def made(plat: Platform, user_id: str, document: Doc, base: str) -> ShareMade:
    """The link of a share that was just made, or made by the first try of this request."""
    sealing = await plat.seals.named(document["sealedWith"])
    if sealing is None:
        raise conflict("share_is_older_than_its_key")
    token = token_of(sealing, user_id, document["id"])
    page = (plat.settings.public_url or base).rstrip("/")
    return ShareMade(share=view(document), token=token, url=f"{page}/shared/#{token}")


def view(document: Doc) -> ShareView:
    return ShareView.of_document({**document, "kind": document["share"]["kind"], "name": document["share"]["name"]})


def token_of(sealing: Key, user_id: str, share_id: str) -> str:
    return urlsafe_b64encode(sealing.derive("share", json.dumps([user_id, share_id]).encode())).decode().rstrip("=")


def hash_of(token: str) -> str:
    return sha256(f"share {token}".encode()).hexdigest()
