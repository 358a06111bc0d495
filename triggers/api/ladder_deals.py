"""The deals of a ladder: completed cells, each written into the fill that closed it (entities/deals.py)."""

from __future__ import annotations

from typing import Any

from triggers.api.models.bot_edit import DealPage, DealView
from triggers.api.paging import listed
from triggers.api.platform import Platform


async def cells(plat: Platform, user_id: str, bot_id: str, limit: int, cursor: str | None) -> DealPage:
    """Newest first."""
    page = await listed(plat, user_id, "fills", {"botId": bot_id, "code": "deal"}, limit, cursor)
    return DealPage(items=tuple(deal(row) for row in page.items), next=page.next)


def deal(fill: dict[str, Any]) -> DealView:
    return DealView.model_validate({**fill["deal"], "status": "closed", "closed_at": fill["at"], "close_price": fill["price"]})
