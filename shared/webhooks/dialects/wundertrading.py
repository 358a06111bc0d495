"""WunderTrading: a comment code, alone or inside JSON. What follows its first word names the bot and is the secret at the same time."""

from __future__ import annotations

from typing import Any

from shared.webhooks.signal import Action, Refused, Signal, Size, ignored, number, objects_of, text_of, word
from strategy_core.number import ZERO

KNOWN = ("code", "orderType", "amountPerTradeType", "amountPerTrade")
ACTIONS: dict[str, Action] = {
    "ENTER-LONG": "enter_long",
    "ENTER-SHORT": "enter_short",
    "EXIT-LONG": "exit_long",
    "EXIT-SHORT": "exit_short",
    "EXIT-ALL": "target",
}


def signals(body: bytes) -> tuple[Signal, ...]:
    text = text_of(body)
    if text[0] in "{[":
        return tuple(signal(row) for row in objects_of(text))
    return (signal({"code": text}),)


def signal(row: dict[str, Any]) -> Signal:
    code = word(row, "code")
    head, _, tail = (code or "").partition("_")
    if head not in ACTIONS:
        raise Refused("unsupported_action", "code")
    if (word(row, "orderType") or "market").lower() != "market":
        raise Refused("unsupported_action", "orderType")
    size = Size(ZERO, "base") if head == "EXIT-ALL" else amount(row)
    return Signal(ACTIONS[head], bot=tail or None, size=size, secret=tail or None, ignored=ignored(row, KNOWN))


def amount(row: dict[str, Any]) -> Size | None:
    value, kind = number(row, "amountPerTrade"), word(row, "amountPerTradeType")
    if value is None or kind is None:
        return None
    if kind == "percents":
        return Size(value * 100, "pct_equity")
    if kind in ("quote", "$"):
        return Size(value, "quote")
    if kind == "base":
        return Size(value, "base")
    raise Refused("unsupported_action", "amountPerTradeType")
