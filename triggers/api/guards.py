"""Guards as a document: the owner's rules, and how each stands. Who looks and who stops is triggers/guard_watch.py.

Rules
1. One document per user under a fixed id. `guardsActive` is true while a rule can still trip: what the watch asks for.
2. Changing the rules keeps the state of the rules that stayed the same; a tripped rule watches again only when it is re-armed.
"""

from __future__ import annotations

from typing import Any

from shared.clock import iso
from shared.errors import AppError, not_found
from shared.schema import SCHEMA
from shared.stores import Exists, Stale, Store
from triggers.api.models.safety import Guard, Guards, GuardsView
from triggers.api.owned import need_account
from triggers.api.platform import Platform
from triggers.api.versions import need_version

Doc = dict[str, Any]
ID = "guards"


async def read(store: Store, user_id: str) -> Doc:
    found = await store.read("settings", user_id, ID)
    return found or {"id": ID, "kind": "guards", "schema": SCHEMA, "sort": ID, "items": [], "states": {}, "guardsActive": False}


async def write(plat: Platform, user_id: str, document: Doc) -> Doc:
    """Over the version that was read. Errors: AppError 412."""
    document = {**document, "guardsActive": is_active(document), "updated_at": iso(plat.now_ms())}
    try:
        if "_etag" in document:
            return await plat.store.replace("settings", user_id, document)
        return await plat.store.create("settings", user_id, document)
    except (Exists, Stale):
        raise AppError(412, "changed_meanwhile", "If-Match") from None


def is_active(document: Doc) -> bool:
    states = document["states"]
    return any(rule["enabled"] and not states.get(rule["id"], {}).get("tripped_at") for rule in document["items"])


async def put(plat: Platform, user_id: str, rules: Guards, if_match: str | None) -> Doc:
    """Errors: AppError 412; 404 for a rule over an account that is not the user's."""
    document = await read(plat.store, user_id)
    need_version(if_match, document)
    items, before = rules.model_dump(mode="json")["items"], [as_now(rule) for rule in document["items"]]
    for k, rule in enumerate(items):
        if rule["account_id"] is not None and rule not in before:
            await need_account(plat.store, user_id, rule["account_id"], f"items.{k}.account_id")
    kept = {rule["id"]: document["states"][rule["id"]] for rule in items if rule in before and rule["id"] in document["states"]}
    return await write(plat, user_id, {**document, "items": items, "states": kept})


def as_now(rule: Doc) -> Doc:
    """A stored rule with the fields it would have if it were written today."""
    return Guard.model_validate(rule).model_dump(mode="json")


async def rearm(plat: Platform, user_id: str, guard_id: str) -> Doc:
    """The rule watches again, from where things stand now."""
    document = await read(plat.store, user_id)
    if not any(rule["id"] == guard_id for rule in document["items"]):
        raise not_found("guard")
    trips = int(document["states"].get(guard_id, {}).get("trips", 0))
    return await write(plat, user_id, {**document, "states": {**document["states"], guard_id: {"trips": trips}}})


def view(document: Doc) -> GuardsView:
    states = [
        {"id": rule["id"]}
        | {name: value for name, value in document["states"].get(rule["id"], {}).items() if name in ("value", "tripped_at")}
        for rule in document["items"]
    ]
    return GuardsView.model_validate({"items": document["items"], "states": states, "updated_at": document.get("updated_at")})
