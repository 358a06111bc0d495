"""The command line of the backtester; it runs the compiled build of this very source where there is one."""

import sys

from strategy_core import compiled

compiled.prefer()

from strategy_core.backtest.cli import main  # noqa: E402

sys.exit(main())
