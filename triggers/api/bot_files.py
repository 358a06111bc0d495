"""Bots as files: out without account and secrets, in as drafts; bots of 3Commas, setting by setting.

Rules
1. A file holds a plan and nothing that belongs to its owner: no id, no account, no result.
2. Every plan of an import is checked before the first draft is made; a repeat with the same key finds the drafts of the first try.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.clock import iso
from shared.errors import AppError, findings_error, invalid
from shared.imports.three_commas import Translation, translate
from shared.read_model import BotView
from strategy_core.trade import Finding, Invalid
from triggers.api import bots
from triggers.api.models.bot import BotCreate
from triggers.api.models.bot_file import FILE_SCHEMA, BotFile, BotImport, ImportPlan, ImportRow, ThreeCommasAnswer, ThreeCommasImport
from triggers.api.owned import need_account, need_bot
from triggers.api.platform import Platform

Doc = dict[str, Any]


async def export(plat: Platform, user_id: str, bot_id: str) -> BotFile:
    document = await need_bot(plat.store, user_id, bot_id)
    plan = {name: document[name] for name in ("name", "symbol", "strategy", "config")}
    return BotFile.model_validate({**plan, "exported_at": iso(plat.now_ms())})


async def take_file(plat: Platform, user_id: str, body: BotImport, key: str | None) -> Doc:
    """A draft with the file's plan. Errors: AppError 422 naming the field of the file."""
    file = body.file
    if file.schema_version > FILE_SCHEMA:
        raise invalid("unsupported_schema", "file.schema_version", max=str(FILE_SCHEMA))
    made = BotCreate(
        name=body.name or file.name, account_id=body.account_id, symbol=body.symbol or file.symbol, strategy=file.strategy,
        config=file.config,
    )  # fmt: skip
    try:
        return await bots.create(plat, user_id, made, key and f"import:{key}")
    except AppError as error:
        raise in_file(error) from None


def in_file(error: AppError) -> AppError:
    return renamed(error, lambda field: f"file.{field}" if field == "symbol" or field.startswith("config") else field)


def renamed(error: AppError, placed: Callable[[str], str]) -> AppError:
    """The same mistake, where its author wrote it."""
    findings = [Finding(field=placed(one.field), code=one.code, params=one.params) for one in error.findings]
    return AppError(error.status, error.code, error.field and placed(error.field), error.params, findings)


async def take_three_commas(plat: Platform, user_id: str, body: ThreeCommasImport, key: str | None) -> ThreeCommasAnswer:
    """The translation, and the drafts when it is complete. Errors: AppError 422 naming their setting."""
    found = translate(body.bot, body.futures_volume)
    open_rows = [row for row in found.blocking if row.field not in body.without]
    symbols = (body.symbol,) if body.symbol is not None else found.symbols
    if not open_rows:
        check_config(found)
    made: list[Doc] = []
    if body.account_id is not None and not body.check_only:
        if open_rows:
            raise findings_error([Finding(field=row.field, code=row.code) for row in open_rows], "bot")
        made = await drafts(plat, user_id, bodies_of(found, symbols, body.account_id), found, key)
    plan = {"name": found.name, "strategy": found.strategy, "config": found.config}
    return ThreeCommasAnswer(
        plans=tuple(ImportPlan.model_validate({**plan, "symbol": symbol}) for symbol in symbols),
        rows=tuple(ImportRow(**row._asdict()) for row in found.rows),
        is_complete=not open_rows,
        bots=tuple(BotView.of_document(document) for document in made),
    )


def check_config(found: Translation) -> None:
    """Errors: AppError 422 under their settings' names."""
    from strategy_core import registry

    try:
        registry.parse(found.strategy, found.config)
    except Invalid as wrong:
        raise theirs(found, findings_error(wrong.findings, "config")) from None


def theirs(found: Translation, error: AppError) -> AppError:
    names = {row.to: f"bot.{row.field}" for row in found.rows if row.to is not None}
    return renamed(error, lambda field: names.get(".".join(field.split(".")[:2]), field))


def bodies_of(found: Translation, symbols: tuple[str, ...], account_id: str) -> list[BotCreate]:
    if not symbols:
        raise invalid("required", "symbol")
    plan = {"name": found.name, "account_id": account_id, "strategy": found.strategy, "config": found.config}
    try:
        return [BotCreate.model_validate({**plan, "symbol": symbol}) for symbol in symbols]
    except ValueError:
        raise invalid("unreadable_pair", "bot.pairs") from None


async def drafts(plat: Platform, user_id: str, bodies: list[BotCreate], found: Translation, key: str | None) -> list[Doc]:
    account = await need_account(plat.store, user_id, bodies[0].account_id, "account_id")
    try:
        for body in bodies:
            market, price = await bots.market_now(plat, account, body.symbol)
            bots.check(body.strategy, body.config, price, market)
        return [await bots.create(plat, user_id, body, key and f"import:{body.symbol}:{key}") for body in bodies]
    except AppError as error:
        raise theirs(found, error) from None
