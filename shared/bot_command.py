"""What commands of the different strategies look like, where they differ."""

from __future__ import annotations

from typing import Any

_FLAT_EDITS = ("GRID", "BTD", "LOOP")
_COUNTED_IN_BASE = ("BTD",)


def edit_params(strategy: str, changes: dict[str, Any]) -> dict[str, Any]:
    """The parameters of `edit`: the ladders take the fields themselves, the others one object of them."""
    return changes if strategy in _FLAT_EDITS else {"changes": changes}


def is_counted_in_base(strategy: str, config: dict[str, Any]) -> bool:
    """Whether the owner's money of this bot is base."""
    return strategy in _COUNTED_IN_BASE or (strategy == "DCA" and config.get("direction") == "short")


def money_currency(document: dict[str, Any]) -> str:
    """The currency a bot's document counts its owner's money in."""
    base, _, quote = document["symbol"].partition("/")
    return str(base if is_counted_in_base(document["strategy"], document["config"]) else quote.partition(":")[0])
