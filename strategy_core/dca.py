"""DCA on spot: a base order, safety orders against us, one take profit for the whole; then the next deal.

A long bot buys and earns quote; a short bot sells its base first, buys back more, and earns base. The deal is in `dca_deal`,
what is judged at a price in `dca_judge`, the arithmetic in `dca_ladder`; this file is the door the core knows it by.
"""

from __future__ import annotations

import sys
from decimal import Decimal

from strategy_core.dca_command import act as on_command
from strategy_core.dca_config import DcaConfig as Config
from strategy_core.dca_judge import exits, horizon
from strategy_core.dca_judge import look as on_look
from strategy_core.dca_machine import begin, load_memory, on_abandoned, on_candles, on_fill, on_stray, timeframes
from strategy_core.dca_preview import plan, preview
from strategy_core.dca_validation import validate as check
from strategy_core.state import State
from strategy_core.trade import Market

__all__ = [
    "Config", "WORKS_WHILE_PAUSED", "check", "exits", "horizon", "load_memory", "on_abandoned", "on_candles", "on_command", "on_fill",
    "on_look", "on_stray", "plan", "preview", "start", "timeframes",
]  # fmt: skip

WORKS_WHILE_PAUSED = True  # take profit and stop follow the deal while nothing new is bought


def start(config: Config, price: Decimal, market: Market, at: int) -> State:
    return begin("DCA", sys.modules[__name__], config, price, market, at)
