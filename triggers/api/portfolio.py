"""The portfolio: every bot at the market's price now, added up per world and currency.

Rules
1. Paper and live are never added up, nor two currencies.
2. A total moves with the price by what the bot holds: base for a bot counted in quote (or a position), quote for one counted in base.
3. The move since the last tick is inventory: nothing of it is realised before a fill says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from shared.clock import iso
from shared.errors import AppError
from strategy_core.number import ZERO, cut, dec
from triggers.api import guards
from triggers.api.models.portfolio import Portfolio, PortfolioBot, PortfolioGuard, PortfolioTotal
from triggers.api.models.safety import GuardsView
from triggers.api.owned import all_bots
from triggers.api.platform import Platform
from triggers.market_source import Path

Doc = dict[str, Any]
ENDED = ("stopped", "finished")
LINES = ("cell_profit", "fees", "funding")


class Priced(NamedTuple):
    """A bot's document with its figures at one price."""

    document: Doc
    price: Decimal
    is_now: bool
    put_in: Decimal
    total: Decimal

    @property
    def world(self) -> str:
        return world_of(self.document)

    @property
    def currency(self) -> str:
        return str(self.document["pnl"]["currency"])

    @property
    def is_running(self) -> bool:
        return self.document["status"] not in ENDED

    @property
    def value(self) -> Decimal:
        return self.put_in + self.total


def world_of(document: Doc) -> str:
    return "paper" if document["exchange"] == "paper" else "live"


async def portfolio(plat: Platform, user_id: str) -> Portfolio:
    bots = await priced_bots(plat, user_id)
    shown = [row(one) for one in bots if one.is_running]
    watched = rules(guards.view(await guards.read(plat.store, user_id)))
    return Portfolio(at=iso(plat.now_ms()), totals=tuple(totals(bots)), bots=tuple(shown), guards=watched)


def rules(found: GuardsView) -> tuple[PortfolioGuard, ...]:
    """The owner's guards with their state beside them."""
    states = {state.id: state.model_dump() for state in found.states}
    names = set(PortfolioGuard.model_fields)
    return tuple(PortfolioGuard(**states[rule.id] | rule.model_dump(include=names)) for rule in found.items)


async def priced_bots(plat: Platform, user_id: str) -> list[Priced]:
    """Every bot that ever started, at the price now; each market is asked once."""
    started = [bot for bot in await all_bots(plat.store, user_id) if bot.get("pnl") and bot.get("holdings")]
    prices: dict[tuple[str, str], Decimal | None] = {}
    found = []
    for bot in started:
        now = None
        if bot["status"] not in ENDED:
            market = (bot["source"], bot["symbol"])
            if market not in prices:
                prices[market] = await price_now(plat, user_id, bot)
            now = prices[market]
        found.append(priced(bot, now))
    return found


async def price_now(plat: Platform, user_id: str, bot: Doc) -> Decimal | None:
    account = await plat.store.read("accounts", user_id, bot["account_id"])
    if account is None:
        return None
    try:
        return await plat.markets.price(Path.of_account(account), bot["symbol"])
    except AppError:
        return None


def priced(bot: Doc, now: Decimal | None) -> Priced:
    """The bot's total moved from its last tick's price to this one."""
    pnl, holdings = bot["pnl"], bot["holdings"]
    then, total = dec(pnl["price"]), dec(pnl["total"])
    price = then if now is None else now
    if pnl["currency"] == holdings["base_currency"]:
        moved = dec(holdings["quote"]) / price - dec(holdings["quote"]) / then
    else:
        moved = dec(holdings["base"]) * (price - then)
    total = cut(total + moved)
    return Priced(bot, price, now is not None, put_in_of(bot, then), total)


def put_in_of(bot: Doc, price: Decimal) -> Decimal:
    """What the owner gave; a document from before it was written down tells it by what the bot holds."""
    pnl, holdings = bot["pnl"], bot["holdings"]
    if pnl.get("put_in") is not None:
        return dec(pnl["put_in"])
    base, quote = dec(holdings["base"]), dec(holdings["quote"])
    worth = base + quote / price if pnl["currency"] == holdings["base_currency"] else quote + base * price
    return cut(worth - dec(pnl["total"]))


def row(one: Priced) -> PortfolioBot:
    names = ("name", "account_id", "symbol", "strategy", "status")
    fields = {name: one.document[name] for name in names}
    figures = {"price": one.price, "value": one.value, "put_in": one.put_in, "total": one.total}
    own = {"bot_id": one.document["id"], "world": one.world, "currency": one.currency, "is_priced_now": one.is_now}
    return PortfolioBot.model_validate({**fields, **figures, **own})


def totals(bots: Iterable[Priced]) -> list[PortfolioTotal]:
    groups: dict[tuple[str, str], list[Priced]] = {}
    for one in bots:
        groups.setdefault((one.world, one.currency), []).append(one)
    return [total_of(world, currency, group) for (world, currency), group in sorted(groups.items())]


def total_of(world: str, currency: str, group: list[Priced]) -> PortfolioTotal:
    running = [one for one in group if one.is_running]
    lines = {name: sum((dec(one.document["pnl"][name]) for one in group), ZERO) for name in LINES}
    total = sum((one.total for one in group), ZERO)
    inventory = total - lines["cell_profit"] + lines["fees"] - lines["funding"]
    return PortfolioTotal.model_validate(
        {
            "world": world,
            "currency": currency,
            "bots": len(group),
            "running": len(running),
            **lines,
            "value": sum((one.value for one in running), ZERO),
            "put_in": sum((one.put_in for one in running), ZERO),
            "inventory_pnl": inventory,
            "total": total,
        }  # fmt: skip
    )
