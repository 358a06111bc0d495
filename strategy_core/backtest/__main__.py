"""The command line of the backtester."""

import sys

from strategy_core.backtest.cli import main

sys.exit(main())
