"""The balances in a paper exchange's book, as the API shows them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from strategy_core.number import dec


class Balance(NamedTuple):
    free: Decimal
    used: Decimal


def book_balances(document: dict[str, Any]) -> dict[str, Balance]:
    return {name: Balance(dec(row["free"]), dec(row["used"])) for name, row in document["balances"].items()}
