"""The backtester: the same functions that trade, over a path of candles, from event to event by the horizon.

What it offers is imported when it is first asked for: the command line decides before that whether the compiled build runs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from strategy_core.backtest.engine import Report, run
    from strategy_core.backtest.series import Series

__all__ = ["Report", "Series", "run"]
_HOME = {"Report": "engine", "Series": "series", "run": "engine"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
