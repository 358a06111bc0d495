"""The same jobs through the compiled build of the same source (`make compiled`), in a process of its own."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from bench import core, year
from strategy_core import compiled

ROOT = Path(__file__).resolve().parents[1]
HOW = {
    "none": "compiled: no build, so plain Python runs; make compiled",
    "stale": "compiled: the build is of another source, so plain Python runs; make compiled",
    "current": "compiled: there is a build, and it is not on the path",
}


def rows(*more: str) -> list[core.Row]:
    """Our rows from a process that runs the build; none without one."""
    build = compiled.path()
    if build is None:
        return []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((build, str(ROOT)))}
    command = [sys.executable, "-P", "-m", "bench.compiled", *more]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return [core.Row(**row) for row in json.loads(done.stdout)]


def year_rows(candles: int, repeats: int) -> list[core.Row]:
    """GRID and DCA over the first candles of the year."""
    return rows("--year", "--candles", str(candles), "--repeats", str(repeats))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.compiled")
    parser.add_argument("--candles", type=int, default=None)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--runs", type=int, default=40, help="of the thousand GRID years")
    parser.add_argument("--year", action="store_true", help="only GRID and DCA over the year")
    args = parser.parse_args()
    if not compiled.is_on():
        print(HOW[compiled.found()], file=sys.stderr)
        return 1
    found = core.year_jobs(year.columns(), args.candles, args.repeats)
    if not args.year:
        found += [core.quiet_year(), *core.levels(), core.many(args.runs)]  # no ticks: a build runs backtests, it loads no states
    print(json.dumps([{**row._asdict(), "name": f"{row.name}, compiled"} for row in found]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
