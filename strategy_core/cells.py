"""Where a ladder's resting order came from: the price of the fill it mirrors."""

from __future__ import annotations

from decimal import Decimal

from strategy_core.ledger import Kind
from strategy_core.loop_memory import Origin
from strategy_core.state import State


def origin(state: State, leg: str) -> Decimal | None:
    """None for an order that came from no fill, and where the strategy keeps no price (BTD remembers what was sold, in base)."""
    if state.ledger.kind is Kind.BASE:
        return None
    found = getattr(state.memory, "origins", {}).get(leg)
    return found.price if isinstance(found, Origin) else found
