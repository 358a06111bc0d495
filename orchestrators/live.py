"""The live messages of one publication, as actions of the Web PubSub output binding."""

from __future__ import annotations

import json
from typing import Any

from shared.realtime import to_group

MAX_ORDERS = 500
MAX_ROWS = 50


def live_actions(user_id: str, document: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The bot as it is now, then what happened. The feed is a hint: what is left out here is read over HTTP."""
    from shared.read_model import BotView, EventView, FillView

    views: dict[str, type[FillView] | type[EventView]] = {"fill": FillView, "event": EventView}
    orders = document.get("orders") or []
    data = {"bot": BotView.of_document(document).model_dump(mode="json"), "orders": orders if len(orders) <= MAX_ORDERS else None}
    messages = [envelope("bot", document, data)]
    for row in rows[-MAX_ROWS:]:
        view = views.get(row["kind"])
        if view is not None:
            messages.append(envelope(row["kind"], document, view.of_document(row).model_dump(mode="json")))
    return [to_group(user_id, json.dumps(message, allow_nan=False)) for message in messages]


def envelope(kind: str, document: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    return {"v": 1, "type": kind, "botId": document["id"], "revision": document["revision"], "at": document["updated_at"], "data": data}
