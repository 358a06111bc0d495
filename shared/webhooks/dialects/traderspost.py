"""TradersPost: `buy` there leaves a short and goes long, `sell` the reverse, so both are targets; `sentiment` says where to end.

It has no secret in the body: only the address lets a caller in.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shared.webhooks.signal import Action, Refused, Signal, Size, ignored, instant, number, objects_of, text_of, word

KNOWN = ("ticker", "action", "sentiment", "quantity", "signalPrice", "time")
SENTIMENTS = {"bullish": 1, "long": 1, "bearish": -1, "short": -1, "flat": 0}


def signals(body: bytes) -> tuple[Signal, ...]:
    return tuple(signal(row) for row in objects_of(text_of(body)))


def signal(row: dict[str, Any]) -> Signal:
    ticker, action = word(row, "ticker"), word(row, "action")
    if ticker is None:
        raise Refused("bad_field", "ticker")
    number(row, "signalPrice")
    said = Signal("target", symbol=ticker, at=instant(row, "time"), ignored=ignored(row, KNOWN))
    if action in ("cancel", "add"):
        return said._replace(**other(action, row))
    if action not in ("buy", "sell", "exit"):
        raise Refused("unsupported_action", "action")
    return said._replace(size=Size(direction(row, action) * (number(row, "quantity") or Decimal(1)), "base"))


def direction(row: dict[str, Any], action: str) -> int:
    sentiment = word(row, "sentiment")
    if sentiment is not None:
        if sentiment not in SENTIMENTS:
            raise Refused("bad_field", "sentiment")
        return SENTIMENTS[sentiment]
    return {"buy": 1, "sell": -1, "exit": 0}[action]


def other(action: str, row: dict[str, Any]) -> dict[str, Any]:
    """`add` buys more into the open position; `cancel` gives the open deal up and leaves its coins."""
    name: Action = "cancel_deal" if action == "cancel" else "add_safety"
    quantity = number(row, "quantity")
    return {"action": name, "size": Size(quantity, "base") if quantity is not None else None}
