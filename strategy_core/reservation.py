"""The owner's money a bot counts on: what was given to it, and what it may still ask for without asking (budgets of an extension)."""

from __future__ import annotations

from decimal import Decimal

from strategy_core.number import ZERO
from strategy_core.state import State


def reservation(state: State) -> dict[str, Decimal]:
    """By currency; what is nought is left out."""
    ledger, memory = state.ledger, state.memory
    budgets = getattr(memory, "budget_up", ZERO) + getattr(memory, "budget_down", ZERO)
    amounts = {state.market.quote: ledger.put_quote + budgets, state.market.base: ledger.put_base}
    return {currency: amount for currency, amount in amounts.items() if amount}
