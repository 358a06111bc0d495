"""The completed cells of a ladder: an order that came from a fill, filled in turn. Each is written into the fill that closed it.

Rules
1. The core counts and values a deal; here only what a fill added to both is told apart.
2. An order filled in parts is one deal: what its earlier parts earned waits in `Bot.parts` until the order is done.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from entities.bot_state import Bot
from entities.sent import Row
from shared.clock import iso
from strategy_core import registry
from strategy_core.number import ZERO, dec, plain
from strategy_core.trade import Fill

LADDERS = ("GRID", "BTD", "COMBO", "LOOP")


class Before(NamedTuple):
    """The ledger's figures before a fill, and the price its order came from (None: from no fill)."""

    deals: int
    cell: Decimal
    origin: Decimal | None


def before(bot: Bot, leg: str) -> Before | None:
    """None for a strategy whose deals are its own events."""
    if bot.core.name not in LADDERS:
        return None
    ledger = bot.core.ledger
    return Before(ledger.deals, ledger.cell, registry.origin(bot.core, leg))


def closed_by(bot: Bot, id_: str, row: Row, fill: Fill, was: Before | None) -> dict[str, Any]:
    """What the row of a fill says of the deal it closed; nothing when it closed none."""
    if was is None:
        return {}
    ledger = bot.core.ledger
    amount, gross = (dec(part) for part in bot.parts.pop(id_, ("0", "0")))
    amount, gross = amount + fill.amount, gross + ledger.cell - was.cell
    if ledger.deals == was.deals:
        if was.origin is not None or gross != ZERO:
            bot.parts = {known: part for known, part in bot.parts.items() if known in bot.book.rows}
            bot.parts[id_] = [plain(amount), plain(gross)]
        return {}
    opened = {"open_price": None if was.origin is None else plain(was.origin), "opened_at": iso(max(row.order.made_at, 0))}
    return {"code": "deal", "deal": {"number": ledger.deals, "amount": plain(amount), "gross": plain(gross), **opened}}
