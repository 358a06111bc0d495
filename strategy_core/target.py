"""Where the price must be for a bot's total to reach a figure: profit targets and guards as horizons."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal

from strategy_core.decimals import ONE, ZERO
from strategy_core.ledger import Kind
from strategy_core.state import State

_DOWN = Context(prec=24, rounding=ROUND_FLOOR)
_UP_MARGIN = ONE + Decimal("1e-22")


def price_where_total_is(state: State, target: Decimal, rising: bool = True) -> Decimal | None:
    """The price at which total PnL (numeraire quote) reaches `target`; a hair early, so that no wake-up is missed. None: never."""
    ledger = state.ledger
    if ledger.kind is Kind.FUTURES:
        signed = ledger.basis if ledger.base > 0 else -ledger.basis
        need = target + ledger.put_quote + ledger.third - ledger.quote + signed
    else:
        need = target + ledger.put_quote + ledger.third - ledger.quote
    slope = ledger.base - (ledger.put_base if ledger.kind is Kind.QUOTE else ZERO)
    if not slope:
        return None
    found = _DOWN.divide(need, slope)
    if found <= 0:
        return None
    return found if rising else found * _UP_MARGIN
