"""The orders of the epoch before: while a bot made again looks back, whatever it wants may have been sent already, under the old id.

Rules
1. Each wanted order is in doubt under its old id until the venue is asked about it. Found as it is wanted, it is the bot's
   (`Bot.adopted`); found with other figures (an edit that got lost) it is cancelled.
2. Not found after the ambiguity window, it never was: its place is taken by an order of the new epoch, which is sent as any other.
3. An adopted order that is over may have trades older than the look: the look goes back to where it began.
4. The look back is over with the first step that leaves no inherited order in doubt.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from entities.bot_state import Bot
from entities.sent import Row
from strategy_core import registry
from strategy_core.intent import Sent
from strategy_core.number import dec
from strategy_core.trade import Order, client_order_id


def inherit(bot: Bot, now: int) -> None:
    """Puts everything that is wanted in doubt under the old epoch's id, once per order."""
    if bot.heir is None:
        return
    rows = bot.book.rows
    for order in registry.orders(bot.core):
        if order.key in bot.adopted:
            continue
        id_ = client_order_id(bot.owner, bot.heir[0], order.key)
        there = rows.get(id_)
        if there is None:
            bot.book.commit(id_, order, now)
        elif is_same(there.order, order.price, order.amount):
            there.order = order  # known by its place alone until now
        else:
            id_ = ""
        bot.adopted[order.key] = id_


def is_same(order: Order, price: Decimal | None, amount: Decimal) -> bool:
    return (order.price, order.amount) == (price, amount)


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


def disown(bot: Bot, id_: str) -> None:
    bot.adopted = {key: "" if known == id_ else known for key, known in bot.adopted.items()}


def give_up(bot: Bot, id_: str, asked_at: int) -> None:
    """An order the venue does not have and can no longer get."""
    row = bot.book.rows[id_]
    if row.state is Sent.PENDING and asked_at - row.signed_at >= bot.book.window.ambiguous_ms:
        disown(bot, id_)
        if bot.book.window.claims:
            del bot.book.rows[id_]
        else:  # the paper venue is told never to take it: a tick of the old epoch may still be at it
            row.order, row.state = row.order._replace(generation=0), Sent.OPEN


def end(bot: Bot, intents: list[dict[str, Any]], seen_at: int | None) -> None:
    rows = bot.book.rows
    if bot.heir is not None:
        in_doubt = any(id_ in rows and rows[id_].state is Sent.PENDING for id_ in bot.adopted.values())
        if seen_at is None or in_doubt or any(intent["kind"] == "look_up" for intent in intents):
            return
        bot.heir = None
    if bot.adopted:
        bot.adopted = {key: id_ for key, id_ in bot.adopted.items() if id_ in rows}
