"""The deals of a bot: the rounds of a DCA bot from its events, or the completed cells of a ladder from its fills (entities/deals.py)."""

from __future__ import annotations

from typing import Any, Literal

from shared.stores import Page, Span
from triggers.api.models.bot_edit import DealPage, DealView
from triggers.api.owned import need_bot
from triggers.api.paging import cursor_of, listed, place_of, scope_of
from triggers.api.platform import Platform

Doc = dict[str, Any]
DealStatus = Literal["open", "closed", "cancelled"]
DEALS = ("DCA", "DCA_FUTURES")
ENDS = ("deal_closed", "deal_cancelled")
ROUNDS = 5  # of looking on for deals of one state; a page that is short by then says where to go on


async def deals(
    plat: Platform, user_id: str, bot_id: str, limit: int, cursor: str | None, status: DealStatus | None = None, span: Span | None = None
) -> DealPage:
    """Newest first; `span` is when a round was opened, or a cell completed."""
    document = await need_bot(plat.store, user_id, bot_id)
    if document["strategy"] in DEALS:
        return await rounds(plat, user_id, bot_id, limit, cursor, status, span)
    return await cells(plat, user_id, bot_id, limit, cursor, status, span)


async def cells(
    plat: Platform, user_id: str, bot_id: str, limit: int, cursor: str | None, status: DealStatus | None, span: Span | None
) -> DealPage:
    if status not in (None, "closed"):
        return DealPage(items=())
    page = await listed(plat, user_id, "fills", {"botId": bot_id, "code": "deal"}, limit, cursor, span)
    return DealPage(items=tuple(cell(row) for row in page.items), next=page.next)


def cell(fill: Doc) -> DealView:
    return DealView.model_validate({**fill["deal"], "status": "closed", "closed_at": fill["at"], "close_price": fill["price"]})


async def rounds(
    plat: Platform, user_id: str, bot_id: str, limit: int, cursor: str | None, status: DealStatus | None, span: Span | None
) -> DealPage:
    scope = scope_of(user_id, "deals", {"botId": bot_id, "status": str(status), "span": str(span and span[1:])})
    place, found = place_of(scope, cursor), list[tuple[Doc, DealView]]()
    for _ in range(ROUNDS):
        starts = await plat.store.page("events", user_id, {"botId": bot_id, "code": "deal_started"}, limit, place, span)
        ends = await ends_of(plat, user_id, bot_id, starts)
        shown = [(start, deal(start, ends.get(start["sort"]))) for start in starts.items]
        found += [(start, view) for start, view in shown if status in (None, view.status)]
        place = starts.next
        if place is None or len(found) >= limit:
            break
    if len(found) > limit:
        found, place = found[:limit], found[limit - 1][0]["sort"]
    return DealPage(items=tuple(view for _, view in found), next=None if place is None else cursor_of(scope, place))


async def ends_of(plat: Platform, user_id: str, bot_id: str, starts: Page) -> dict[str, Doc]:
    """By its start's place: the first end after it. A round ends before the next one begins, so there are about as many of each."""
    if not starts.items:
        return {}
    rows: list[Doc] = []
    for code in ENDS:
        rows += await plat.store.since("events", user_id, {"botId": bot_id, "code": code}, starts.items[-1]["sort"], len(starts.items))
    begun = sorted(str(start["sort"]) for start in starts.items)
    following = [*begun[1:], await next_start(plat, user_id, bot_id, begun[-1])]
    ends = sorted(rows, key=lambda row: str(row["sort"]))
    found = {}
    for own, after in zip(begun, following, strict=True):
        end = next((row for row in ends if own < row["sort"] and (after is None or row["sort"] < after)), None)
        if end is not None:
            found[own] = end
    return found


async def next_start(plat: Platform, user_id: str, bot_id: str, place: str) -> str | None:
    later = await plat.store.since("events", user_id, {"botId": bot_id, "code": "deal_started"}, place, 1)
    return str(later[0]["sort"]) if later else None


def deal(start: Doc, end: Doc | None) -> DealView:
    opened = {"opened_at": start["at"], "open_price": start["params"].get("price"), "amount": start["params"].get("amount")}
    if end is None:
        return DealView.model_validate({**opened, "number": None, "status": "open"})
    params = end["params"]
    number = int(params["deal"]) if "deal" in params else None
    status = "closed" if end["code"] == "deal_closed" else "cancelled"
    ended = {"closed_at": end["at"], "reason": params.get("reason"), "gross": params.get("gross")}
    return DealView.model_validate({**opened, **ended, "number": number, "status": status})
