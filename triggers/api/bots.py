"""Bots as documents: drafts are made and changed here; from the start on the bot's tick writes the document."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.bot_document import backup_id, draft
from shared.clock import iso
from shared.errors import AppError, conflict, findings_error
from shared.stores import Exists, Stale
from strategy_core.trade import Market
from triggers.api import accounts, past_bots
from triggers.api.conflicts import conflicts
from triggers.api.idempotency import fingerprint, id_for, same_request
from triggers.api.models.bot import BotCreate, BotPatch, BotPlan, MarketView, PreviewAnswer, Verdict
from triggers.api.owned import need_account, need_bot
from triggers.api.platform import Platform
from triggers.api.versions import need_version
from triggers.market_source import Path

AT_REST = {"draft", "stopped", "finished"}


async def preview(plat: Platform, user_id: str, plan: BotPlan) -> PreviewAnswer:
    from strategy_core import registry

    account = await need_account(plat.store, user_id, plan.account_id, "account_id")
    market, price = await market_now(plat, account, plan.symbol)
    price = plan.price or price
    check(plan.strategy, plan.config, price, market)
    answer = registry.preview(plan.strategy, plan.config, price, market)
    balances = await accounts.available(plat, user_id, account, plan.symbol)
    found = await conflicts(plat.store, user_id, plan, price, market, answer, balances)
    answer = answer.model_copy(update={"warnings": (*answer.warnings, *found)})
    return PreviewAnswer(
        price=price,
        market=MarketView.model_validate(market_fields(market)),
        preview=answer,
        available={currency: balances.get(currency, Decimal(0)) for currency in (market.base, market.quote)},
        currency=answer.currency,
    )


async def validate(plat: Platform, user_id: str, plan: BotPlan) -> Verdict:
    """Errors: AppError for an account or a market there is not."""
    try:
        shown = await preview(plat, user_id, plan)
    except AppError as error:
        if error.status != 422 or not error.findings:
            raise
        return Verdict(valid=False, findings=tuple(error.findings))
    return Verdict(valid=True, findings=(), warnings=tuple(shown.preview.warnings))


def check(strategy: str, config: dict[str, Any], price: Decimal, market: Market) -> None:
    """Errors: AppError 422 with every finding; fields are under `config`, but for the market itself."""
    from strategy_core import registry

    findings = registry.validate(strategy, config, price, market)
    if findings:
        raise findings_error([f if f.field == "symbol" else f.model_copy(update={"field": f"config.{f.field}"}) for f in findings])


async def market_now(plat: Platform, account: dict[str, Any], symbol: str) -> tuple[Market, Decimal]:
    path = Path.of_account(account)
    market = await plat.markets.rules(path, symbol)
    return market, await plat.markets.price(path, symbol)


async def create(plat: Platform, user_id: str, body: BotCreate, key: str | None) -> dict[str, Any]:
    account = await need_account(plat.store, user_id, body.account_id, "account_id")
    bot_id, body_print = id_for("bot", user_id, "create_bot", key), fingerprint(body.model_dump(mode="json"))
    if key and (stored := await plat.store.read("bots", user_id, bot_id)):
        same_request(stored, body_print)
        return stored
    market, price = await market_now(plat, account, body.symbol)
    check(body.strategy, body.config, price, market)
    most = (await plat.limits.now()).bots_per_user
    if await plat.store.count("bots", user_id, {"kind": "bot"}) >= most:
        raise AppError(429, "too_many_bots", params={"limit": str(most)})
    document = draft(bot_id, body.model_dump(mode="json"), account, plat.now_ms()) | {"bodyPrint": body_print}
    try:
        return await plat.store.create("bots", user_id, document)
    except Exists:
        stored = await need_bot(plat.store, user_id, bot_id)
        same_request(stored, body_print)
        return stored


async def patch(plat: Platform, user_id: str, bot_id: str, body: BotPatch, if_match: str | None) -> dict[str, Any]:
    document = await need_bot(plat.store, user_id, bot_id)
    need_version(if_match, document)
    if document["status"] != "draft":
        raise conflict("bot_not_draft", status=document["status"])
    if body.config is not None:
        account = await need_account(plat.store, user_id, document["account_id"])
        market, price = await market_now(plat, account, document["symbol"])
        check(document["strategy"], body.config, price, market)
    changes = {name: value for name, value in body.model_dump(mode="json").items() if value is not None}
    try:
        return await plat.store.replace("bots", user_id, {**document, **changes, "updated_at": iso(plat.now_ms())})
    except Stale:
        raise AppError(412, "changed_meanwhile", "If-Match") from None


async def delete(plat: Platform, user_id: str, bot_id: str) -> None:
    document = await need_bot(plat.store, user_id, bot_id)
    if document["status"] not in AT_REST or "startingMs" in document:
        raise conflict("bot_is_running", status=document["status"])
    if document["status"] == "draft":
        try:  # either this or the start that was asked for meanwhile: never both
            await plat.store.replace("bots", user_id, {**document, "kind": "deleted"})
        except Stale:
            raise conflict("bot_is_running", status=document["status"]) from None
    await past_bots.remember(plat, user_id, document)
    for id_ in (backup_id(bot_id), bot_id):
        await plat.store.delete("bots", user_id, id_)


def market_fields(market: Market) -> dict[str, object]:
    return {name: getattr(market, name) for name in MarketView.model_fields}
