"""`python -m tests.sim [--small 10000] [--full 2000] [--first 0] [--workers 2]`: the simulation over many seeds, on every core it is given.

    --kind full --first 17 --seeds 1      one seed again, as a failing one says
    --mutants                             only the wrong protocols: which seed catches each
    --remember                            failing seeds go to regressions.json, which the tests replay

Exit 1 when a seed fails, or when a fault that should have been met never was.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from tests.sim.runs import KINDS, Verdict, judge_twice, never, remember

CHUNK = {"small": 50, "full": 4}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--small", type=int, default=0, help="seeds of the small model")
    parser.add_argument("--full", type=int, default=0, help="seeds of the full platform")
    parser.add_argument("--kind", choices=KINDS, help="with --seeds: this world only")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=min(2, multiprocessing.cpu_count()))
    parser.add_argument("--seconds", type=float, default=0, help="stop each world after so long, whatever is left (0: no limit)")
    parser.add_argument("--mutants", action="store_true", help="only the wrong protocols: which seed catches each")
    parser.add_argument("--remember", action="store_true", help="failing seeds become regressions")
    given = parser.parse_args()
    if given.mutants:
        return mutants(given.seeds)
    asked = (
        {given.kind or "small": given.seeds}
        if given.kind or not (given.small or given.full)
        else {"small": given.small, "full": given.full}
    )
    return max([batch(given, kind, count) for kind, count in asked.items() if count])


def batch(given: argparse.Namespace, kind: str, count: int) -> int:
    """Seeds of one world. Returns the exit code."""
    began, seen, bad, done = time.monotonic(), Counter[str](), 0, 0
    for verdict in verdicts(kind, range(given.first, given.first + count), given.workers):
        done += 1
        seen.update(verdict.seen)
        if verdict.violation:
            bad += 1
            print(f"{kind} seed {verdict.seed} ({verdict.profile}): {verdict.violation}\n    {verdict.replay}", flush=True)
            if given.remember:
                remember(verdict)
        if given.seconds and time.monotonic() - began > given.seconds:
            break
    took = time.monotonic() - began
    print(f"{kind}: {done} seeds from {given.first} in {took:.0f} s, {done / took:.1f} per second: {bad} with violations")
    print("  " + ", ".join(f"{name} {seen[name]}" for name in sorted(seen)))
    missing = never(kind, seen, done)
    if missing:
        print(f"  never happened: {', '.join(missing)}")
    return 1 if bad or missing else 0


def verdicts(kind: str, seeds: range, workers: int) -> Iterator[Verdict]:
    if workers < 2 or len(seeds) < 2 * CHUNK[kind]:
        yield from (judge_twice(kind, seed) for seed in seeds)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(partial(judge_twice, kind), seeds, chunksize=CHUNK[kind])


def mutants(most: int) -> int:
    """Every wrong protocol must be caught within so many seeds."""
    from tests.sim.mutants import MUTANTS
    from tests.sim.runs import caught

    missed = 0
    for mutant in MUTANTS:
        with mutant.apply():
            found = caught(range(most), mutant.profile, mutant.kind)
        missed += found is None
        print(
            f"{mutant.name}: " + (f"{found.kind} seed {found.seed}, {found.violation}" if found else f"NOT caught in {most} seeds"),
            flush=True,
        )
    print(f"{len(MUTANTS) - missed} of {len(MUTANTS)} wrong protocols caught")
    return 1 if missed else 0


def repeatable(run: Callable[[], int]) -> int:
    """Sets are walked in an order that depends on this variable, which must be set before the interpreter starts."""
    if os.environ.get("PYTHONHASHSEED") == "0":
        return run()
    os.execve(sys.executable, [sys.executable, "-m", "tests.sim", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})
    return None


if __name__ == "__main__":
    sys.exit(repeatable(main))
