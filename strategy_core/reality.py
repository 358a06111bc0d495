"""The reality check of a futures bot: the venue's position against the fold of our fills.

Rules
1. While an order's fate is open nothing is concluded; a difference must be seen at two looks in a row (fills may still be on their way).
2. Larger than ours, or smaller without a cause we can name: `position_mismatch`, status error, nothing new is sent.
3. A position the venue took (liquidation, ADL, settlement, delisting) ends the bot: the platform looks the cause up and says
   `position_lost` with it, or the core names a liquidation itself when the price stood beyond the venue's figure.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from strategy_core.mechanics import fail, money_param
from strategy_core.number import ZERO
from strategy_core.state import FINAL, State
from strategy_core.trade import Command, Fill, Finding, Invalid, PositionSeen, Side, Status

LOST = ("liquidated", "adl", "settled", "delisted")


class Protection(NamedTuple):
    """A stop order held by the venue itself, reduce-only, on the mark price."""

    side: Side
    price: Decimal
    amount: Decimal


def on_position(state: State, seen: PositionSeen) -> None:
    """One sighting of the venue's position."""
    memory = state.memory
    if state.status in FINAL or state.status is Status.ERROR:
        return
    if seen.amount == state.ledger.base or state.book.markets or state.ending:
        memory.unsure = None
        return
    memory.unsure = (memory.unsure or 0) + 1
    if memory.unsure < 2:
        return
    memory.unsure = None
    ours = state.ledger.base
    state.note("position_mismatch", ours=ours, venue=seen.amount)
    if seen.amount == 0 and _was_liquidated(state, seen):
        lose(state, "liquidated", seen.liquidation_price or state.price, seen.at)
    else:
        fail(state, "position_mismatch")


def _was_liquidated(state: State, seen: PositionSeen) -> bool:
    level = seen.liquidation_price
    return level is not None and level > 0 and (state.price <= level if state.ledger.base > 0 else state.price >= level)


def act(state: State, command: Command) -> bool:
    """`position_lost` {reason, price}: what the platform found out about a position that is gone."""
    if command.name != "position_lost":
        return False
    reason = str(command.params.get("reason"))
    if reason not in LOST:
        raise Invalid([Finding(field="reason", code="not_allowed", params={"allowed": ", ".join(LOST)})])
    if state.status not in FINAL:
        lose(state, reason, money_param(command, "price"), command.at)
    return True


def lose(state: State, reason: str, price: Decimal, at: int) -> None:
    """Books the position as gone at `price` and ends the bot."""
    held = state.ledger.base
    state.book.clear()
    if held:
        side = Side.SELL if held > 0 else Side.BUY
        state.ledger.fold(Fill("LOST", 1, side, price, abs(held), ZERO, state.market.quote, f"lost-{at}", at))
    state.note(reason, amount=held, price=price)
    state.become(Status.STOPPED, reason)
