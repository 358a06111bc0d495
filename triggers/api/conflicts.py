"""What of the owner's other bots stands against a plan, told before it is started. Warnings: the start itself decides.

insufficient_funds {currency, needed, available}   the money is not there, or promised to others: the start would be refused
symbol_busy {bot, status}                          a perpetual's position is one for the whole account: the start would be refused
orders_cross {bot, status, buy, sell}              the two would trade with each other, one buying where the other sells, and pay both fees
same_market {bot, status}                          the two share a market and its balances, and nothing else

Rules
1. Only bots of the same account that are neither drafts nor at rest; each is named once, by the gravest code.
2. The money is weighed as the start weighs it: what it would have reserved, against what running bots leave.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.money_field import money_field
from shared.stores import Store
from strategy_core.number import dec, plain
from strategy_core.trade import Finding, Market, PlannedOrder, Preview, Side
from triggers.api.models.bot import BotPlan

MOST = 50
IDLE = ("draft", "stopped", "finished")
Doc = dict[str, Any]


async def conflicts(
    store: Store, user_id: str, plan: BotPlan, price: Decimal, market: Market, shown: Preview, available: dict[str, Decimal]
) -> tuple[Finding, ...]:
    page = await store.page("bots", user_id, {"kind": "bot", "account_id": plan.account_id, "symbol": plan.symbol}, MOST)
    others = [bot for bot in page.items if bot["status"] not in IDLE]
    return (*lacking(plan, price, market, available), *(beside(bot, market, shown.orders) for bot in others))


def lacking(plan: BotPlan, price: Decimal, market: Market, available: dict[str, Decimal]) -> list[Finding]:
    from strategy_core import registry

    needed = registry.reservation(registry.start(plan.strategy, plan.config, price, market, 0))
    return [
        Finding(
            field=money_field(plan.config, in_base=currency == market.base) or "account_id",
            code="insufficient_funds",
            params={"currency": currency, "needed": amount, "available": plain(available.get(currency, Decimal(0)))},
        )
        for currency, amount in needed.items()
        if dec(amount) > available.get(currency, Decimal(0))
    ]


def beside(bot: Doc, market: Market, orders: tuple[PlannedOrder, ...]) -> Finding:
    named = {"bot": bot["name"], "status": bot["status"]}
    if market.is_future:
        return Finding(field="symbol", code="symbol_busy", params=named)
    crossing = crossed(orders, bot.get("orders") or ())
    return Finding(field="symbol", code="orders_cross" if crossing else "same_market", params=named | crossing)


def crossed(planned: tuple[PlannedOrder, ...], resting: Any) -> dict[str, str]:
    """The nearest buy and sell of different bots that would trade with each other, if any would."""
    mine = [(order.side.value, order.price) for order in planned if order.price is not None]
    theirs = [(order["side"], dec(order["price"])) for order in resting if order["price"] is not None]
    for buyer, seller in ((mine, theirs), (theirs, mine)):
        buy = max((price for side, price in buyer if side == Side.BUY.value), default=None)
        sell = min((price for side, price in seller if side == Side.SELL.value), default=None)
        if buy is not None and sell is not None and buy >= sell:
            return {"buy": plain(buy), "sell": plain(sell)}
    return {}
