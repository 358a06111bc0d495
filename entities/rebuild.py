"""A bot made anew under the next epoch: from its last backup, the fills written since, and the orders it was last known to have.

Input: userId · event · now · document (the published one) · backup (entities/backup.py) · fills (rows since the backup, oldest first) ·
last {seq, hash} (the newest line of its log, or null)

Rules
1. New orders carry the new epoch in their ids: nothing the lost state may have sent can be taken for them.
2. Orders of the old epoch stay what they are (entities/inheritance.py); what nobody wants of them goes.
3. The same command a second time changes nothing.
"""

from __future__ import annotations

from typing import Any

from entities import belt, heal
from entities.advance import FINAL, answer
from entities.bot_state import Bot, window_of
from entities.inheritance import inherit
from entities.sent import Book, Row
from shared.clock import ms_of
from strategy_core import registry
from strategy_core.intent import Sent
from strategy_core.number import dec, working_digits
from strategy_core.trade import Event, Fill, Order, OrderType, Role, Side

Stored = dict[str, Any]


def rebuilt(given: dict[str, Any], stored: Stored | None) -> Bot:
    """The bot with everything that is written down folded in and every order in doubt. `stored` may be broken: only its numbers count."""
    document, backup, now = given["document"], given["backup"], int(given["now"])
    core = registry.load(backup["core"])
    record = {**backup["record"], "name": document["name"]}
    book = Book({id_: Row.load(row) for id_, row in backup["sent"].items()}, window_of(record))
    epoch = max(int(document["epoch"]), int(backup["epoch"]), number(stored, "epoch"))
    bot = Bot(given["userId"], record, core, book, epoch, ms_of(document["started_at"]))
    bot.revision = max(int(document["revision"]), int(backup["revision"]), number(stored, "revision"))
    bot.cursor = (int(document["look"]["cursor"][0]), document["look"]["cursor"][1])
    future = document["look"].get("future") or {}
    bot.funded = int(future.get("funded") or 0)
    bot.reserved, bot.ticked_at = document["reserved"], int(document["lastTickMs"])
    bot.done, bot.parts, bot.shown, bot.fills = backup["done"], backup["parts"], backup["shown"], int(backup["fills"])
    bot.adopted, bot.heir = backup["adopted"], [epoch, *bot.cursor]
    belt.inherit(bot, backup, future, epoch, now)
    if given["last"] is not None:
        bot.chain = (int(given["last"]["seq"]), given["last"]["hash"])
    with working_digits():
        for row in given["fills"]:
            fold(bot, row)
        in_doubt(bot, document["orders"], now)
    bot.epoch = epoch + 1
    bot.remember(given["event"]["id"])
    return bot


def number(stored: Stored | None, name: str) -> int:
    found = stored.get(name) if isinstance(stored, dict) else None
    return found if isinstance(found, int) else 0


def fold(bot: Bot, row: dict[str, Any]) -> None:
    """A fill the backup does not have."""
    known, there = bot.book.rows.get(row["order_id"]), bot.core.book.orders.get(row["leg"])
    amount = dec(row["amount"])
    if not bot.core.knows(row["trade_id"]) and known is not None:
        known.filled += amount
        if known.filled >= known.order.amount:
            known.state, known.final = Sent.OVER, known.filled
    generation = known.order.generation if known is not None else there.generation if there is not None else 0
    fill = Fill(
        row["leg"], generation, Side(row["side"]), dec(row["price"]), amount, dec(row["fee"]), row["fee_currency"], row["trade_id"],
        ms_of(row["at"]), bool(row["maker"]),
    )  # fmt: skip
    registry.apply(bot.core, fill)
    bot.fills += 1


def in_doubt(bot: Bot, published: list[dict[str, Any]], now: int) -> None:
    """Every order the lost state may have out, under the id it was sent with."""
    rows = bot.book.rows
    for shown in published:
        if shown["id"] not in rows:
            bot.book.commit(shown["id"], order_of(shown), now)
    inherit(bot, now)
    for row in rows.values():
        if row.state is not Sent.OVER:
            row.state, row.signed_at, row.looked_at = Sent.PENDING, now, 0


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
    is_over = bot.core.status.value in FINAL and not bot.book.mine()
    return bot, answer(bot, [], more=not is_over, quiet=not is_over)
