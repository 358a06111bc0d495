"""DCA on linear perpetuals: the machine of `dca`, sized by margin, exits reduce-only, watched against liquidation.

Rules
1. Sizes are margin; what is ordered is margin x leverage. Profit and fees are quote.
2. The venue's position is compared with ours at each look (`reality`); where they differ the owner is told, never a guess traded.
3. `protection` is the native stop a venue may hold as a seat belt: same price as ours, gone with the deal.
"""

from __future__ import annotations

import sys
from decimal import Decimal

from strategy_core import reality
from strategy_core.dca_command import act
from strategy_core.dca_config import DcaFuturesConfig as Config
from strategy_core.dca_deal import close
from strategy_core.dca_judge import exits, horizon, stop_level
from strategy_core.dca_judge import look as on_look
from strategy_core.dca_ladder import exit_price
from strategy_core.dca_machine import begin, load_memory, on_abandoned, on_candles, on_fill, on_stray, timeframes
from strategy_core.dca_memory import Phase
from strategy_core.dca_orders import exit_side
from strategy_core.dca_preview import plan, preview
from strategy_core.dca_validation import validate as check
from strategy_core.reality import Protection
from strategy_core.reality import on_position as on_position
from strategy_core.state import State
from strategy_core.trade import Command, Market, Status

__all__ = [
    "Config", "WORKS_WHILE_PAUSED", "check", "exits", "horizon", "load_memory", "on_abandoned", "on_candles", "on_command", "on_fill",
    "on_look", "on_position", "on_stray", "plan", "preview", "protection", "start", "timeframes",
]  # fmt: skip

WORKS_WHILE_PAUSED = True  # take profit and stop follow the deal while nothing new is bought


def start(config: Config, price: Decimal, market: Market, at: int) -> State:
    return begin("DCA_FUTURES", sys.modules[__name__], config, price, market, at)


def on_command(state: State, command: Command) -> bool:
    return reality.act(state, command) or act(state, command)


def on_stopped_out(state: State) -> None:
    """The stop that stood at the venue stands for ours: the deal is closing for the reason ours would give."""
    if state.memory.phase is Phase.OPEN and state.status not in (Status.STOPPING, Status.STOPPED):  # a bot that stops has its own close
        stop = stop_level(state)
        close(state, "stop_loss" if stop is None else stop[1])


def protection(state: State) -> Protection | None:
    """The native stop to hold at the venue (mark price, reduce-only); None without a stop or a position."""
    if state.memory.phase is not Phase.OPEN or not state.ledger.base:
        return None
    stop = stop_level(state)
    if stop is None or stop[0] <= 0:
        return None
    return Protection(exit_side(state.config), exit_price(not state.config.is_long, stop[0], state.market), abs(state.ledger.base))
