"""OctoBot: `KEY=value` lines, parted by newlines or semicolons. BUY and SELL enter long and short; with REDUCE_ONLY they only exit.

Orders at a price (LIMIT, STOP) are refused: our bots price their own orders. It has no secret in the body.
"""

from __future__ import annotations

import re

from shared.webhooks.signal import MAX_SIGNALS, Action, Refused, Signal, Size, flag, ignored, number, text_of, word

KNOWN = ("EXCHANGE", "SYMBOL", "SIGNAL", "ORDER_TYPE", "VOLUME", "REDUCE_ONLY")
_LINE = re.compile(r"[;\n]")


def signals(body: bytes) -> tuple[Signal, ...]:
    """An array of alerts is written as one after another, each beginning with a line that came before."""
    found: list[dict[str, str]] = [{}]
    for line in _LINE.split(text_of(body)):
        name, equals, value = line.strip().partition("=")
        if not name:
            continue
        if not equals or not name.strip().replace("_", "").isalnum():
            raise Refused("bad_json")
        name = name.strip().upper()
        if name in found[-1]:
            found.append({})
        found[-1][name] = value.strip()
    if len(found) > MAX_SIGNALS:
        raise Refused("too_many")
    return tuple(signal(row) for row in found)


def signal(row: dict[str, str]) -> Signal:
    said = word(row, "SIGNAL")
    if said not in ("BUY", "SELL", "CANCEL"):
        raise Refused("unsupported_action" if said else "bad_field", "SIGNAL")
    if said != "CANCEL" and (word(row, "ORDER_TYPE") or "MARKET").upper() != "MARKET":
        raise Refused("unsupported_action", "ORDER_TYPE")
    symbol = word(row, "SYMBOL")
    if symbol is None:
        raise Refused("bad_field", "SYMBOL")
    return Signal(action_of(said, flag({**row}, "REDUCE_ONLY")), symbol=symbol, size=volume(row), ignored=ignored(row, KNOWN))


def action_of(said: str, reduce_only: bool) -> Action:
    if said == "CANCEL":
        return "cancel_deal"
    if reduce_only:
        return "exit_short" if said == "BUY" else "exit_long"
    return "enter_long" if said == "BUY" else "enter_short"


def volume(row: dict[str, str]) -> Size | None:
    """An amount of base, or percent of the portfolio; shares of something else are not sizes we could keep."""
    text = word(row, "VOLUME")
    if text is None:
        return None
    if text.endswith("%"):
        digits = text[:-1]
        if digits and digits[-1].isalpha():
            raise Refused("unsupported_action", "VOLUME")
        value = number({"VOLUME": digits}, "VOLUME")
        return None if value is None else Size(value, "pct_equity")
    value = number(row, "VOLUME")
    return None if value is None else Size(value, "base")
