"""Exchange accounts of a user: their documents and what can be read of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestrators.reality import locked_by_bots
from orchestrators.start_plan import AT_REST, HELD_BOTS, held_by
from shared.clock import iso
from shared.errors import AppError, conflict, invalid
from shared.paper_book import Balance, book_balances
from shared.read_model import SCHEMA, AccountView
from shared.stores import Exists
from strategy_core.number import ZERO, dec
from triggers.api import keys
from triggers.api.idempotency import fingerprint, id_for, same_request
from triggers.api.models.account import AccountCreate
from triggers.api.owned import need_account
from triggers.api.platform import Platform
from triggers.market_source import Path


async def create(plat: Platform, user_id: str, body: AccountCreate, key: str | None) -> dict[str, Any]:
    account_id, body_print = id_for("acc", user_id, "create_account", key), fingerprint(body.model_dump(mode="json"))
    now = plat.now_ms()
    if not await plat.markets.listed(Path(body.market, body.speed, now)):  # refuses a market there is not; a replay of no files is none
        raise invalid("unknown_market", "market")
    most = (await plat.limits.now()).accounts_per_user
    if await plat.store.count("accounts", user_id, {"kind": "account"}) >= most:
        raise AppError(429, "too_many_accounts", params={"limit": str(most)})
    document = {
        **body.model_dump(mode="json"),
        "id": account_id,
        "kind": "account",
        "schema": SCHEMA,
        "sort": f"{iso(now)}:{account_id}",
        "paper": True,
        "created_at": iso(now),
        "createdMs": now,
        "bodyPrint": body_print,
    }
    try:
        return await plat.store.create("accounts", user_id, document)
    except Exists:
        stored = await need_account(plat.store, user_id, account_id)
        same_request(stored, body_print)
        return stored


async def balances(plat: Platform, user_id: str, account: dict[str, Any]) -> dict[str, Balance]:
    """The paper exchange's book, or what the account started with while there is none; of a live account what it last showed."""
    if not account["paper"]:
        return {name: Balance(dec(row["free"]), dec(row["used"])) for name, row in account["balances"].items()}
    book = await plat.store.read("paper", user_id, account["id"])
    return book_balances(book) if book else {name: Balance(dec(amount), ZERO) for name, amount in account["balances"].items()}


async def available(plat: Platform, user_id: str, account: dict[str, Any], symbol: str) -> dict[str, Decimal]:
    """What a new bot could be given, as its start weighs it: the account without its owner's own orders and without what running bots
    hold. A bot that has no book yet counts with what it was promised. What a perpetual's account uses is margin, not an order."""
    page = await plat.store.page("bots", user_id, {"kind": "bot", "account_id": account["id"]}, HELD_BOTS)
    running = [bot for bot in page.items if bot["status"] not in ("draft", *AT_REST)]
    locked = locked_by_bots(running)
    left = {
        name: balance.free + balance.used - (ZERO if ":" in symbol else max(ZERO, balance.used - locked.get(name, ZERO)))
        for name, balance in (await balances(plat, user_id, account)).items()
    }
    for bot in running:
        for currency, amount in (held_by(bot) if bot.get("holdings") else bot.get("reserved", {})).items():
            left[currency] = left.get(currency, ZERO) - dec(amount)
    return {currency: max(amount, ZERO) for currency, amount in left.items()}


async def reserved(plat: Platform, user_id: str, account_id: str | None) -> dict[str, dict[str, Decimal]]:
    """What bots that have not ended were given, by account and currency; None: of all accounts, in one go."""
    where = {"kind": "bot"} | ({"account_id": account_id} if account_id else {})
    sums: dict[str, dict[str, Decimal]] = {}
    place = None
    while True:
        page = await plat.store.page("bots", user_id, where, HELD_BOTS, place)
        for bot in page.items:
            own = sums.setdefault(bot["account_id"], {})
            for currency, amount in bot.get("reserved", {}).items():
                own[currency] = own.get(currency, ZERO) + dec(amount)
        place = page.next
        if place is None:
            return sums


async def views(plat: Platform, user_id: str, accounts: Sequence[dict[str, Any]]) -> list[AccountView]:
    """With what they hold: two rounds of questions at once, however many there are."""
    if not accounts:
        return []
    books = asyncio.gather(*(balances(plat, user_id, account) for account in accounts))
    held, promised = await asyncio.gather(books, reserved(plat, user_id, accounts[0]["id"] if len(accounts) == 1 else None))
    return [view_of(account, own, promised.get(account["id"], {})) for account, own in zip(accounts, held, strict=True)]


async def view(plat: Platform, user_id: str, account: dict[str, Any]) -> AccountView:
    return (await views(plat, user_id, [account]))[0]


def view_of(account: dict[str, Any], found: dict[str, Balance], promised: Mapping[str, Decimal]) -> AccountView:
    rows = [
        {"currency": name, "free": b.free, "used": b.used, "total": b.free + b.used, "reserved": promised.get(name, ZERO)}
        for name, b in sorted(found.items())
    ]
    return AccountView.of_document({**account, "balances": rows})


async def delete(plat: Platform, user_id: str, account_id: str) -> None:
    document = await need_account(plat.store, user_id, account_id)
    if await plat.store.count("bots", user_id, {"kind": "bot", "account_id": account_id}):
        raise conflict("account_in_use")
    if not document["paper"]:
        await keys.destroy(plat, user_id, document)
    await plat.store.delete("accounts", user_id, account_id)
    await plat.store.delete("paper", user_id, account_id)
