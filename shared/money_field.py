"""Which field of a config holds a bot's money: what its owner lowers where the account has less, named alike before and at the start."""

from __future__ import annotations

from typing import Any

FIRST, LAST = ("investment", "margin"), ("base_order_size", "base_order_margin", "size")


def money_field(config: dict[str, Any], in_base: bool = False) -> str | None:
    """Of the strategy's fields for its money the first that is set; `in_base`: it is the coin that is missing."""
    names = (*FIRST, "funds_base" if in_base else "funds_quote", *LAST)
    return next((name for name in names if config.get(name) is not None), None)


def refused_field(body: dict[str, Any]) -> str | None:
    """Of a command to a running bot, the field that asks for more than there is."""
    params = body.get("params") or {}
    changes = params["changes"] if isinstance(params.get("changes"), dict) else params
    return "amount" if "amount" in changes else money_field(changes) or next(iter(changes), None)
