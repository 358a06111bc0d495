"""The backtester: the same functions that trade, over a path of candles, from event to event by the horizon."""

from strategy_core.backtest.engine import Report, run
from strategy_core.backtest.series import Series

__all__ = ["Report", "Series", "run"]
