"""What a perpetual's venue knows beside trades and prices: the position itself and the funding that was paid.

Read once per tick, after the trades: a fill between the two readings makes a difference that is gone at the next tick.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from strategy_core.number import ZERO, dec, plain

HOUR_MS = 3_600_000

Doc = dict[str, Any]


async def reality(exchange: Any, symbol: str, future: Doc, at: int) -> Doc:
    """{position [amount, entry, liquidation]} and, when an hour has ended since `future.funded`, {funding [[at, amount]], funded}."""
    held = await exchange.position(symbol)
    shown = ["0", None, None] if held is None else [plain(held.amount), text(held.entry_price), text(held.liquidation_price)]
    funded = int(future["funded"])
    if not hasattr(exchange, "funding") or at // HOUR_MS <= funded // HOUR_MS:
        return {"position": shown}
    paid = await exchange.funding(symbol, funded)
    return {"position": shown, "funding": [[when, plain(amount)] for when, amount in paid], "funded": at}


def text(value: Any) -> str | None:
    return None if value is None else plain(value)


def locked_by_bots(documents: list[Doc]) -> dict[str, Decimal]:
    """What the resting orders of these bots keep from being free, by currency: the rest of `used` is the owner's own."""
    locked: dict[str, Decimal] = {}
    for document in documents:
        if ":" in document["symbol"]:
            continue
        base, _, quote = document["symbol"].partition("/")
        for order in document.get("orders") or ():
            if order["price"] is not None and order["status"] != "over":
                is_buy = order["side"] == "buy"
                amount = dec(order["amount"]) * (dec(order["price"]) if is_buy else 1)
                currency = quote if is_buy else base
                locked[currency] = locked.get(currency, ZERO) + amount
    return locked
