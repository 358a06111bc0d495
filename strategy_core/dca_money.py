"""A DCA bot whose money is its plan: an edit that asks for more gets it at once, one that asks for less gives it back when it holds.

Rules
1. Only a bot without funds of its own choosing follows its plan; with them an edit beyond them is refused (`insufficient_funds`).
2. More is there before the first order that needs it; less leaves only what no order, deal or profit of the bot stands for.
"""

from __future__ import annotations

from decimal import Decimal

from strategy_core.dca_config import AnyDca
from strategy_core.dca_orders import free_funds
from strategy_core.dca_validation import needs
from strategy_core.number import ZERO
from strategy_core.state import State


def follow_plan(state: State, before: AnyDca, after: AnyDca) -> None:
    """The bot's money after its plan changed from `before` to `after`; the deal under way keeps what its own plan takes."""
    if _is_given(state.config):
        return
    old, new, now = (needs(config, state.start_price, state.market) for config in (before, after, state.config))
    had, wanted = max(old, now), max(new, now)
    if wanted > had:
        _add(state, wanted - had)
    elif wanted < had:
        give_back(state, had - wanted, now)


def give_back(state: State, amount: Decimal, kept: Decimal) -> None:
    """At most what is free beyond `kept`: what was lost cannot be given back, and what is out is not free."""
    amount = min(amount, free_funds(state), _own(state) - kept)
    if amount > 0 and not _is_given(state.config):
        _add(state, -amount)


def adopted(state: State, before: AnyDca) -> None:
    """Between two deals a smaller plan took effect: its rest is the owner's again."""
    old, new = (needs(config, state.start_price, state.market) for config in (before, state.config))
    if new < old:
        give_back(state, old - new, new)


def _is_given(config: AnyDca) -> bool:
    return config.funds_quote is not None or getattr(config, "funds_base", None) is not None


def _in_base(state: State) -> bool:
    return not state.config.is_long and not state.market.is_future


def _own(state: State) -> Decimal:
    """The bot's money, what the open deal has turned into the other coin included."""
    ledger, memory = state.ledger, state.memory
    if state.market.is_future:
        return ledger.quote
    out: Decimal = memory.entry.paid - memory.exit.got
    return (ledger.base if _in_base(state) else ledger.quote) + out


def _add(state: State, amount: Decimal) -> None:
    in_base = _in_base(state)
    state.ledger.add(base=amount if in_base else ZERO, quote=ZERO if in_base else amount)
    state.note("funds_follow_plan", amount=amount, currency=state.market.base if in_base else state.market.quote)
