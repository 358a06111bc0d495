"""A bot made anew under the next epoch: from its last backup, the fills written since, and the orders it was last known to have.

Input: userId · event · now · document (the published one) · backup (entities/backup.py) · fills (rows since the backup, oldest first) ·
last {seq, hash} (the newest line of its log, or null) · epoch (the fence: nobody of an older one sends any more) · sent (by id: every
order of the bot that was written down before it left, shared/claims.py) · committed (the newest revision any of them was sent after)

Rules
1. New orders carry the new epoch in their ids: nothing the lost state may have sent can be taken for them.
2. Orders of the old epoch stay what they are (entities/inheritance.py); what nobody wants of them goes.
3. An order that was sent and never published is known by the mark it left before it went: its fills are the bot's as well.
4. The same epoch a second time, or an earlier one, changes nothing.
"""

from __future__ import annotations

from typing import Any

from entities import belt, heal
from entities.advance import answer
from entities.bot_state import Bot, window_of
from entities.sent import Book, Row
from shared.clock import ms_of
from strategy_core import registry
from strategy_core.intent import Sent
from strategy_core.number import dec, working_digits
from strategy_core.storage import load_order
from strategy_core.trade import Event, Fill, Order, OrderType, Role, Side

Stored = dict[str, Any]


def rebuilt(given: dict[str, Any], stored: Stored | None) -> Bot:
    """The bot with everything that is written down folded in and every order in doubt. `stored` may be broken: only its numbers count."""
    document, backup, now = given["document"], given["backup"], int(given["now"])
    core = registry.load(backup["core"])
    record = {**backup["record"], "name": document["name"]}
    book = Book({id_: Row.load(row) for id_, row in backup["sent"].items()}, window_of(record))
    epoch, sent = int(given["epoch"]), given["sent"]
    bot = Bot(given["userId"], record, core, book, epoch, ms_of(document["started_at"]))
    told = max(int(document["revision"]), int(backup["revision"]), number(stored, "revision"))
    bot.revision = max(told, int(given.get("committed", 0)) + 1)  # what was sent and never published is older than all that comes
    bot.cursor = (int(document["look"]["cursor"][0]), document["look"]["cursor"][1])
    future = document["look"].get("future") or {}
    bot.funded = int(future.get("funded") or 0)
    bot.reserved, bot.ticked_at = document["reserved"], int(document["lastTickMs"])
    bot.done, bot.parts, bot.shown, bot.fills = backup["done"], backup["parts"], backup["shown"], int(backup["fills"])
    bot.adopted, bot.heir, bot.why = backup["adopted"], [epoch - 1, *bot.cursor], backup.get("why", {})
    belt.inherit(bot, backup, future, told_until(document) >= int(backup["revision"]), sent, now)
    if given["last"] is not None:
        bot.chain = (int(given["last"]["seq"]), given["last"]["hash"])
    with working_digits():
        take_over(bot, given, now)
        for row in given["fills"]:
            fold(bot, row, sent)
        book.forget_filled()
    if not book.window.claims:  # a paper venue tells trades by their number, and its path is not walked twice
        bot.cursor = (max(bot.cursor[0], bot.core.at), bot.cursor[1])
    for one in bot.book.rows.values():
        if one.state is not Sent.OVER:
            one.state, one.signed_at, one.looked_at = Sent.PENDING, max(one.signed_at, now), 0
    bot.remember(given["event"]["id"])
    keep_answers(bot, stored)
    return bot


def told_until(document: dict[str, Any]) -> int:
    """The newest revision the document tells of; a look that only found the state lost tells nothing new."""
    return int(document.get("lost_after", document["revision"]))


def take_over(bot: Bot, given: dict[str, Any], now: int) -> None:
    """Every order the lost state may have out, or trades to come of, under the id it was sent with.

    Up to the newer of document and backup it is written down what became of an order; only what was committed later may be unknown.
    """
    rows, document, sent, kept = bot.book.rows, given["document"], given["sent"], int(given["backup"]["revision"])
    told = told_until(document)
    published = {shown["id"]: shown for shown in document["orders"]} if told >= kept else {}
    alive = {id_ for id_, (revision, _) in sent.items() if revision >= max(told, kept)} | published.keys()
    alive |= set(document["look"]["mine"]) if told >= kept else set()
    for id_ in sorted(alive):
        if id_ not in rows and id_ in sent and sent[id_][1][0] != belt.LEG:
            bot.book.commit(id_, load_order(sent[id_][1]), now)
        elif id_ not in rows and id_ in published:
            bot.book.commit(id_, order_of(published[id_]), now)


def keep_answers(bot: Bot, stored: Stored | None) -> None:
    """What became of alerts and was still to be published, where the state can be read: nobody could find it out again."""
    waiting = stored.get("outbox") if isinstance(stored, dict) else None
    for row in waiting if isinstance(waiting, list) else ():
        if isinstance(row, dict) and row.get("kind") == "decision":
            bot.outbox.append({**row, "revision": bot.revision + 1})


def number(stored: Stored | None, name: str) -> int:
    found = stored.get(name) if isinstance(stored, dict) else None
    return found if isinstance(found, int) else 0


def fold(bot: Bot, row: dict[str, Any], sent: dict[str, list[Any]]) -> None:
    """A fill the backup does not have."""
    known, there = bot.book.rows.get(row["order_id"]), bot.core.book.orders.get(row["leg"])
    amount = dec(row["amount"])
    if not bot.core.knows(row["trade_id"]) and known is not None:
        known.filled += amount
        if known.filled >= known.order.amount:
            known.state, known.final = Sent.OVER, known.filled
    elif not bot.core.knows(row["trade_id"]):
        belt.booked(bot, row["order_id"], amount)
    generation = there.generation if there is not None else 0
    if known is not None:
        generation = known.order.generation
    elif row["order_id"] in sent:
        generation = load_order(sent[row["order_id"]][1]).generation
    fill = Fill(
        row["leg"], generation, Side(row["side"]), dec(row["price"]), amount, dec(row["fee"]), row["fee_currency"], row["trade_id"],
        ms_of(row["at"]), bool(row["maker"]),
    )  # fmt: skip
    registry.apply(bot.core, fill)
    bot.fills += 1


def order_of(shown: dict[str, Any]) -> Order:
    """A published order nobody remembers: its place is enough to know its fills by and to cancel it."""
    price = None if shown["price"] is None else dec(shown["price"])
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return Order(
        shown["leg"], 0, 0, Side(shown["side"]), kind, price, dec(shown["amount"]), Role(shown["role"]), shown["reduce_only"], 0
    )  # fmt: skip


def rebuild(given: dict[str, Any], stored: Stored | None) -> tuple[Bot, dict[str, Any]]:
    """The bot and the first answer: nothing is asked before the venue was looked at."""
    bot = rebuilt(given, stored)
    heal.begin(bot, int(given["now"]), "rebuild")
    bot.ticked_at = int(given["now"])
    bot.say(
        (
            Event(
                "rebuilt",
                {"epoch": str(bot.epoch), "fills": str(len(given["fills"])), "from": str(given["backup"]["revision"])},
                bot.core.at,
            ),
        )
    )
    return bot, answer(bot, [], more=True, quiet=True)
