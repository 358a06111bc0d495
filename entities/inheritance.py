"""The orders of the epochs before: while a bot made again looks back, it only asks what became of them.

Rules
1. Every order an earlier epoch may have out is known by its id (entities/rebuild.py). One that is wanted just as it is, is the bot's
   (`Bot.adopted`); one that is not, or has other figures (an edit that got lost), is cancelled after the look back.
2. Not found after the ambiguity window, it never was: its place is taken by an order of the new epoch, which is sent as any other. The
   paper venue takes no order of an earlier epoch: there what is not found never was.
3. An adopted order that is over may have trades older than the look: the look goes back to where it began.
4. A fill of more than the bot asks for by now, of a plan that got lost, is paid by its farthest orders.
5. The look back is over with the first step that leaves no order in doubt, nor one whose trades are only late.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from entities.bot_state import Bot
from entities.causes import apply
from entities.sent import Row
from strategy_core import registry
from strategy_core.intent import Sent
from strategy_core.number import dec
from strategy_core.trade import Fill, Order, client_order_id

LATE_MS = 15_000
WAKE_MS = 2_000


def inherit(bot: Bot) -> None:
    """Takes over what is wanted and was sent, once per order."""
    rows = bot.book.rows
    for order in registry.orders(bot.core):
        if order.key in bot.adopted:
            continue
        older = (client_order_id(bot.owner, epoch, order.key) for epoch in range(bot.epoch, -1, -1))
        id_ = next((id_ for id_ in older if id_ in rows), "")
        if id_ and is_same(rows[id_].order, order.price, order.amount):
            rows[id_].order = order  # perhaps known by its place alone until now
            bot.adopted[order.key] = id_
        elif id_:
            bot.adopted[order.key] = ""


def is_same(order: Order, price: Decimal | None, amount: Decimal) -> bool:
    return (order.price, order.amount) == (price, amount)


def wanted_orders(bot: Bot) -> dict[str, Order]:
    if not bot.adopted:
        return {client_order_id(bot.owner, bot.epoch, order.key): order for order in registry.orders(bot.core)}
    adopted = bot.adopted
    return {adopted.get(order.key) or client_order_id(bot.owner, bot.epoch, order.key): order for order in registry.orders(bot.core)}


def found(bot: Bot, id_: str, row: Row, report: dict[str, Any]) -> None:
    """The venue's word on an order that was in doubt: one of other figures is an order of a plan that got lost, and not wanted."""
    if bot.heir is None:
        return
    if row.state is Sent.OVER and not row.is_settled:
        bot.cursor, bot.went_back = (bot.heir[1] if bot.book.window.claims else bot.cursor[0], bot.heir[2]), True
    if "amount" in report and id_ in bot.adopted.values():
        price = None if row.order.price is None or report["price"] is None else dec(report["price"])
        if not is_same(row.order, price, dec(report["amount"])):
            row.order = row.order._replace(generation=0, price=price, amount=dec(report["amount"]))
            disown(bot, id_)


def cursor_after(bot: Bot, cursor: list[Any]) -> tuple[int, str]:
    """Where the next look begins after one up to `cursor`: back at the beginning, if `found` said so in this very step.

    A paper book tells trades by their number, whenever they were, and its path is not walked twice.
    """
    if bot.went_back:
        return bot.cursor if bot.book.window.claims else (int(cursor[0]), bot.cursor[1])
    return int(cursor[0]), cursor[1]


def is_open_question(row: Row, now: int) -> bool:
    """Whether its fate, or a trade that came a little late, may still change what is wanted."""
    is_late = row.state is Sent.OVER and not row.is_settled and now - (row.looked_at or now) < LATE_MS
    return row.state is Sent.PENDING or is_late


def disown(bot: Bot, id_: str) -> None:
    bot.adopted = {key: "" if known == id_ else known for key, known in bot.adopted.items()}


def take(bot: Bot, fill: Fill) -> None:
    """A fill; one of a plan that got lost may be of more than the order that has its place and its number by now."""
    there = bot.core.book.orders.get(fill.leg)
    is_more = there is not None and fill.amount > bot.core.book.remaining(there)
    apply(bot, fill)
    if is_more:
        registry.make_room(bot.core)


def give_up(bot: Bot, id_: str, asked_at: int) -> None:
    """An order the venue does not have and can no longer get."""
    row = bot.book.rows[id_]
    if row.state is Sent.PENDING and asked_at - row.signed_at >= bot.book.window.ambiguous_ms:
        disown(bot, id_)
        del bot.book.rows[id_]


def go_on(bot: Bot, now: int, seen_at: int | None) -> bool:
    """Whether nothing is missing but a look. `seen_at`: the instant of the price this step saw; None while the look is not done."""
    rows = bot.book.rows
    if bot.heir is not None:
        inherit(bot)
        if any(is_open_question(row, now) for row in rows.values()):
            return False
        if seen_at is None:
            return True
        bot.heir = None
    if bot.adopted:
        bot.adopted = {key: id_ for key, id_ in bot.adopted.items() if id_ in rows}
    return False


def wake_at(bot: Bot) -> int | None:
    """A look back goes on soon, whatever there is to ask."""
    return None if bot.heir is None else bot.ticked_at + WAKE_MS
