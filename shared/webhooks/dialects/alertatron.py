"""Alertatron: `Keys(SYMBOL) { command(name=value, …); } #bot`. Single market, limit and cancel commands; the others are refused by name.

Our bots price their own orders, so a limit command is an entry like a market one and its price is only shown.
"""

from __future__ import annotations

import re
from decimal import Decimal

from shared.webhooks.signal import Action, Refused, Signal, Size, flag, ignored, number, text_of, word

_BLOCK = re.compile(
    r"^(?P<keys>[\w-]{1,60})\((?P<symbol>[^()]{1,40})\)\s*\{(?P<inside>[^{}]*)\}\s*(?:#(?P<tag>[\w-]{1,40}))?\s*$", re.ASCII
)
_COMMAND = re.compile(r"^(?P<name>[A-Za-z]\w{0,40})\((?P<given>[^()]*)\)$", re.ASCII)
KNOWN = ("side", "amount", "reduceOnly")


def signals(body: bytes) -> tuple[Signal, ...]:
    block = _BLOCK.match(text_of(body))
    if block is None:
        raise Refused("bad_json")
    commands = [one for one in (part.strip() for part in block["inside"].split(";")) if one]
    if len(commands) != 1:
        raise Refused("unsupported_action", "several commands")
    return (signal(block["symbol"].strip(), block["tag"], commands[0]),)


def signal(symbol: str, tag: str | None, text: str) -> Signal:
    command = _COMMAND.match(text)
    if command is None:
        raise Refused("bad_json")
    name, given = command["name"], parameters(command["given"])
    if name == "cancel":
        return Signal("cancel_deal", bot=alias(tag), symbol=symbol, ignored=ignored(given, KNOWN))
    if name not in ("market", "limit"):
        raise Refused("unsupported_action", name)
    return Signal(action_of(given), alias(tag), symbol, amount(given), ignored=ignored(given, KNOWN))


def alias(tag: str | None) -> str | None:
    """`#bot` addresses Alertatron itself, not one of the user's bots."""
    return None if tag in (None, "bot") else tag


def parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in text.split(","):
        name, equals, value = one.strip().partition("=")
        if not name:
            continue
        if not equals or name.strip() in found:
            raise Refused("bad_json")
        found[name.strip()] = value.strip()
    return found


def action_of(given: dict[str, str]) -> Action:
    side = word(given, "side")
    if side not in ("buy", "sell"):
        raise Refused("bad_field", "side")
    if flag({**given}, "reduceOnly"):
        return "exit_short" if side == "buy" else "exit_long"
    return "enter_long" if side == "buy" else "enter_short"


def amount(given: dict[str, str]) -> Size | None:
    text = word(given, "amount")
    if text is None:
        return None
    is_share = text.endswith("%")
    value = number({"amount": text.removesuffix("%")}, "amount")
    return Size(value or Decimal(0), "pct_equity" if is_share else "base")
