"""Orders that take the place of others, asked for in the same round as the cancels they wait for.

Problem: a new order waits until the one it replaces is over (strategy_core/intent.py, rules 2 and 3). In a round of its own it comes later,
and costs twice, for what nearly always goes as planned.

Rules
1. It is committed together with the cancels. Who carries them out sends it only after every one of them was seen to be cancelled, with
   exactly the fills that were known when it was committed.
2. This is done only where the end of the cancelled orders changes nothing else: the core is the same afterwards, and no look back is
   under way. Anything else takes a round of its own.
3. What was held back is an order that is not there (`Book.held`): it is looked up, and asked for again once nothing stands in its way.
"""

from __future__ import annotations

from entities.bot_state import Bot
from strategy_core import registry
from strategy_core.intent import Place, Sent, SentOrder, diff
from strategy_core.number import plain
from strategy_core.trade import Ended, Order, Status

CALM = (Status.ACTIVE, Status.PAUSED)


def is_calm(bot: Bot, cancelled: list[str]) -> bool:
    """Whether nothing changes once these orders are over."""
    if not cancelled or bot.core.status not in CALM or bot.heal or bot.heir or bot.adopted or bot.quarantine is not None:
        return False
    before = registry.dump(bot.core)
    after = registry.load(before)
    registry.drain(after)
    for id_ in cancelled:
        row = bot.book.rows[id_]
        registry.apply(after, Ended(row.order.leg, row.order.generation, row.order.attempt, "cancelled", row.filled, bot.core.at))
    return not registry.drain(after) and registry.dump(after) == before


def followers(bot: Bot, wanted: dict[str, Order], cancelled: list[str]) -> tuple[list[Place], dict[str, str]]:
    """The placements that only these cancels are in the way of, and the fills known of the cancelled."""
    sent = {id_: SentOrder(row.order, Sent.OVER if id_ in cancelled else row.binding) for id_, row in bot.book.rows.items()}
    found = [intent for intent in diff(wanted, (), sent) if isinstance(intent, Place)]
    return found, {id_: plain(bot.book.rows[id_].filled) for id_ in cancelled}


def unhindered(bot: Bot, wanted: dict[str, Order], again: list[str]) -> list[str]:
    """Of the orders to be sent again, those with nothing in their way."""
    sent = {id_: SentOrder(row.order, row.binding) for id_, row in bot.book.rows.items() if id_ not in again}
    free = {intent.id for intent in diff(wanted, (), sent) if isinstance(intent, Place)}
    return [id_ for id_ in again if id_ in free]
