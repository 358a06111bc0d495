"""Copies of bots, edits of running ones, added money: checked as far as can be seen from here; the bot's entity decides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from shared.bot_command import edit_params, money_currency
from shared.errors import conflict, findings_error, invalid
from shared.read_model import BotView
from strategy_core.number import ZERO, plain
from strategy_core.trade import Finding
from triggers.api import accounts, bots, commands
from triggers.api.deal_lists import DEALS
from triggers.api.models.bot import Accepted, BotCreate
from triggers.api.models.bot_edit import CloneBody, EditAnswer, EditBody, EditEffect
from triggers.api.owned import need_account, need_bot
from triggers.api.platform import Platform
from triggers.api.versions import need_version

Doc = dict[str, Any]


async def clone(plat: Platform, user_id: str, bot_id: str, body: CloneBody, key: str | None) -> Doc:
    """A draft with the same plan."""
    original = await need_bot(plat.store, user_id, bot_id)
    fields = {name: original[name] for name in ("account_id", "symbol", "strategy", "config")}
    fields |= {"name": f"{original['name'][:74]} copy"} | body.model_dump(exclude_none=True)
    return await bots.create(plat, user_id, BotCreate.model_validate(fields), key and f"clone:{bot_id}:{key}")


async def edit(plat: Platform, user_id: str, bot_id: str, body: EditBody, if_match: str | None, key: str | None) -> EditAnswer:
    document = await need_bot(plat.store, user_id, bot_id)
    need_version(if_match, document)
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
