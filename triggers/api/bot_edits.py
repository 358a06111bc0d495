"""Copies of bots, edits of running ones, added money: checked as far as can be seen from here; the bot's entity decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from shared.bot_command import edit_params, money_currency
from shared.errors import AppError, conflict, findings_error, invalid
from shared.read_model import BotView
from strategy_core.number import ZERO, plain
from strategy_core.trade import Finding
from triggers.api import accounts, bots, commands
from triggers.api.ladder_deals import cells
from triggers.api.models.bot import Accepted, BotCreate
from triggers.api.models.bot_edit import CloneBody, DealPage, DealView, EditAnswer, EditBody, EditEffect
from triggers.api.owned import need_account, need_bot
from triggers.api.paging import cursor_of, place_of, scope_of
from triggers.api.platform import Platform

Doc = dict[str, Any]
DEALS = ("DCA", "DCA_FUTURES")


async def clone(plat: Platform, user_id: str, bot_id: str, body: CloneBody, key: str | None) -> Doc:
    """A draft with the same plan."""
    original = await need_bot(plat.store, user_id, bot_id)
    fields = {name: original[name] for name in ("account_id", "symbol", "strategy", "config")}
    fields |= {"name": f"{original['name'][:74]} copy"} | body.model_dump(exclude_none=True)
    return await bots.create(plat, user_id, BotCreate.model_validate(fields), key and f"clone:{bot_id}:{key}")


async def edit(plat: Platform, user_id: str, bot_id: str, body: EditBody, if_match: str | None, key: str | None) -> EditAnswer:
    document = await need_bot(plat.store, user_id, bot_id)
    if if_match is not None and if_match != document["_etag"]:
        raise AppError(412, "changed_meanwhile", "If-Match")
    if document["status"] in bots.AT_REST:
        raise conflict("not_possible", status=document["status"], command="edit")
    if not body.config and body.name is None:
        raise invalid("required", "config")
    effects = effects_of(document, body.config)
    url = f"/api/v1/bots/{bot_id}"
    if body.check_only:
        return EditAnswer(command_id=None, status_url=url, effects=effects, bot=BotView.of_document(document))
    params = {**(edit_params(document["strategy"], body.config) if body.config else {})}
    sent = None
    if body.name is not None:
        sent = await commands.send(plat, user_id, bot_id, "rename", {"name": body.name}, key, document)
    if body.config:
        sent = await commands.send(plat, user_id, bot_id, "edit", params, key, document)
    assert sent is not None  # one of the two was given
    return EditAnswer(command_id=sent.command_id, status_url=url, effects=effects, bot=sent.bot)


def effects_of(document: Doc, changes: Doc) -> tuple[EditEffect, ...]:
    """When each change takes effect. Errors: AppError 422 with every finding."""
    from strategy_core import registry
    from strategy_core.config import findings
    from strategy_core.edit import effect_of

    strategy = document["strategy"]
    model = registry.model_of(strategy)
    try:
        model.model_validate({**document["config"], **changes})
    except ValidationError as error:
        raise findings_error(findings(model, error), "config") from None
    fixed = [name for name in changes if effect_of(model, name) == "never"]
    if fixed:
        raise findings_error([Finding(field=name, code="not_editable") for name in fixed], "config")
    return tuple(EditEffect(field=name, effective=effective(strategy, effect_of(model, name))) for name in changes)


def effective(strategy: str, effect: str) -> Any:
    return "now" if effect == "now" else "next_deal" if strategy in DEALS else "restart"


async def add_funds(plat: Platform, user_id: str, bot_id: str, amount: Decimal, key: str | None) -> Accepted:
    """Errors: AppError 422 when the account lacks it."""
    document = await need_bot(plat.store, user_id, bot_id)
    account = await need_account(plat.store, user_id, document["account_id"])
    currency = money_currency(document)
    free = (await accounts.available(plat, user_id, account, document["symbol"])).get(currency, ZERO)
    if amount > free:
        raise invalid("insufficient_funds", "amount", currency=currency, needed=plain(amount), available=plain(free))
    return await commands.send(plat, user_id, bot_id, "add_funds", {"amount": plain(amount)}, key, document)


async def deals(plat: Platform, user_id: str, bot_id: str, limit: int, cursor: str | None) -> DealPage:
    """Rounds, newest first: each begins with its start and ends before the next one begins."""
    document = await need_bot(plat.store, user_id, bot_id)
    if document["strategy"] not in DEALS:
        return await cells(plat, user_id, bot_id, limit, cursor)
    scope = scope_of(user_id, "deals", {"botId": bot_id})
    place, rows = place_of(scope, cursor), {}
    for code in ("deal_started", "deal_closed", "deal_cancelled"):
        rows[code] = await plat.store.page("events", user_id, {"botId": bot_id, "code": code}, limit, place)
    ends = sorted([*rows["deal_closed"].items, *rows["deal_cancelled"].items], key=lambda row: str(row["sort"]))
    items, before = [], place
    for start in rows["deal_started"].items:
        end = next((row for row in ends if row["sort"] > start["sort"] and (before is None or row["sort"] < before)), None)
        items.append(deal(start, end))
        before = start["sort"]
    following = rows["deal_started"].next
    return DealPage(items=tuple(items), next=None if following is None else cursor_of(scope, following))


def deal(start: Doc, end: Doc | None) -> DealView:
    opened = {"opened_at": start["at"], "open_price": start["params"].get("price"), "amount": start["params"].get("amount")}
    if end is None:
        return DealView.model_validate({**opened, "number": None, "status": "open"})
    params = end["params"]
    number = int(params["deal"]) if "deal" in params else None
    status = "closed" if end["code"] == "deal_closed" else "cancelled"
    ended = {"closed_at": end["at"], "reason": params.get("reason"), "gross": params.get("gross")}
    return DealView.model_validate({**opened, **ended, "number": number, "status": status})
