"""What the five exports hold, whatever the file: their columns, and how rows of the ledger become theirs.

Rules
1. Deals are the events that open and end them. Orders are what was executed of each, added up, and what rests now; an order that was
   cancelled without an execution left nothing to tell.
2. An order whose executions lie on both sides of where a file was cut has a row in both: `filled`, `cost`, `fee` and `fills` add up.
"""

from __future__ import annotations

from decimal import localcontext
from typing import Any, NamedTuple

from strategy_core.number import WORK, cut, dec, plain
from triggers.api.owned import all_bots
from triggers.api.platform import Platform

Doc = dict[str, Any]
DEAL_CODES = ("deal_started", "deal_closed", "deal_cancelled")


class Kind(NamedTuple):
    """Where the rows lie, and what of them is shown."""

    container: str
    kind: str
    columns: tuple[str, ...]


KINDS = {
    "fills": Kind(
        "fills", "fill",
        (
            "at", "bot_id", "symbol", "side", "price", "amount", "cost", "fee", "fee_currency", "maker", "leg", "role", "order_id",
            "trade_id", "id",
        ),
    ),
    "events": Kind("events", "event", ("at", "bot_id", "seq", "code", "params", "previous", "hash", "id")),
    "equity": Kind("equity", "equity", ("at", "bot_id", "price", "total", "currency", "id")),
    "deals": Kind("events", "event", ("at", "bot_id", "seq", "code", "params", "id")),
    "orders": Kind(
        "fills", "fill",
        (
            "at", "last_at", "bot_id", "symbol", "side", "type", "status", "price", "amount", "filled", "average", "cost", "fee",
            "fee_currency", "fills", "leg", "role", "order_id",
        ),
    ),
}  # fmt: skip


async def owners(plat: Platform, user_id: str, what: str) -> list[str]:
    """The bots that have rows, also those that are gone."""
    kind = KINDS[what]
    found = await plat.store.owners(kind.container, user_id, kind.kind)
    if what == "orders":
        found += [bot["id"] for bot in await all_bots(plat.store, user_id) if bot.get("orders")]
    return sorted(set(found))


class Shaper:
    """Rows of one bot in, rows of the export out; `rest` when the bot or the file ends."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._orders: dict[str, Doc] = {}

    def take(self, rows: list[Doc]) -> list[Doc]:
        if self._what == "deals":
            return [row for row in rows if row["code"] in DEAL_CODES]
        if self._what != "orders":
            return rows
        with localcontext(WORK):
            for row in rows:
                self._add(row)
        return []

    def _add(self, row: Doc) -> None:
        known = self._orders.get(row["order_id"])
        if known is None:
            same = {name: row.get(name) for name in ("bot_id", "symbol", "side", "leg", "role", "fee_currency", "order_id")}
            self._orders[row["order_id"]] = same | {
                "at": row["at"], "last_at": row["at"], "status": "executed", "filled": row["amount"], "cost": row["cost"],
                "fee": row["fee"],
                "fills": 1,
            }  # fmt: skip
            return
        known |= {name: plain(dec(known[name]) + dec(row[of])) for name, of in (("filled", "amount"), ("cost", "cost"), ("fee", "fee"))}
        known |= {"at": min(known["at"], row["at"]), "last_at": max(known["last_at"], row["at"]), "fills": known["fills"] + 1}

    def rest(self, bot: Doc | None) -> list[Doc]:
        """`bot`: its document, once all of its rows were taken."""
        found = list(self._orders.values())
        self._orders = {}
        with localcontext(WORK):
            for order in found:
                order["average"] = plain(cut(dec(order["cost"]) / dec(order["filled"])))
        if self._what == "orders" and bot is not None:
            found += resting(bot)
        return found


def resting(bot: Doc) -> list[Doc]:
    return [
        {
            **{name: order.get(name) for name in ("side", "type", "status", "price", "amount", "leg", "role")},
            "at": order["made_at"], "bot_id": bot["id"], "symbol": bot["symbol"], "order_id": order["id"], "fills": 0,
        }
        for order in bot.get("orders", ())
    ]  # fmt: skip
