"""What a bot made of an alert's command: a row of its own in the inbox, under an id that follows from both, so that it is written once."""

from __future__ import annotations

from typing import Any

from shared.schema import SCHEMA

KEEP_S = 30 * 86_400


def decision_id(hit_id: str, bot_id: str) -> str:
    return f"{hit_id}-{bot_id}"


def decision_row(hit: dict[str, str], bot_id: str, code: str, at: str, orders: list[str] | None = None) -> dict[str, Any]:
    """`code` is "ok" or the reason why not."""
    return {
        "id": decision_id(hit["id"], bot_id),
        "kind": "decision",
        "schema": SCHEMA,
        "webhookId": hit["webhook"],
        "sort": f"{at}:{hit['id']}",
        "bot_id": bot_id,
        "status": "done" if code == "ok" else "refused",
        "code": code,
        "orders": orders or [],
        "at": at,
        "ttl": KEEP_S,
    }
