"""`python -m tests.sim --seeds 2000 [--first 0] [--workers 2] [--mutants]`: the simulation over many seeds.

A failing seed prints itself and is written to regressions.json, which the tests replay. With enough seeds every fault must have happened.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter

from tests.sim.mutants import MUTANTS
from tests.sim.runs import MANY, SOMETIMES, Verdict, caught, judge, remember


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--seeds", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=min(2, multiprocessing.cpu_count()))
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long, whatever is left (0: no limit)")
    parser.add_argument("--mutants", action="store_true", help="only the wrong protocols: which seed catches each")
    given = parser.parse_args()
    return mutants(given.seeds) if given.mutants else seeds(given)


def seeds(given: argparse.Namespace) -> int:
    began, seen, bad, count = time.monotonic(), Counter[str](), 0, 0
    with multiprocessing.get_context("spawn").Pool(given.workers) as pool:
        for verdict in pool.imap_unordered(judge, range(given.first, given.first + given.seeds), chunksize=4):
            count += 1
            seen.update(verdict.seen)
            if verdict.violation:
                bad += 1
                say(verdict)
                remember(verdict)
            if given.seconds and time.monotonic() - began > given.seconds:
                break
    took = time.monotonic() - began
    print(f"{count} seeds from {given.first}, {count / took:.1f} per second: {bad} with violations")
    print("  " + ", ".join(f"{name} {seen[name]}" for name in sorted(seen)))
    never = [name for name in SOMETIMES if not seen[name]]
    if never and count >= MANY:
        print(f"never happened: {', '.join(never)}")
    return 1 if bad or (never and count >= MANY) else 0


def say(verdict: Verdict) -> None:
    print(f"seed {verdict.seed} ({verdict.profile}): {verdict.violation}", flush=True)


def mutants(most: int) -> int:
    """Every wrong protocol must be caught within so many seeds."""
    missed = 0
    for mutant in MUTANTS:
        with mutant.apply():
            found = caught(range(most), mutant.profile)
        missed += found is None
        print(f"{mutant.name}: " + (f"seed {found.seed}, {found.violation}" if found else f"NOT caught in {most} seeds"), flush=True)
    print(f"{len(MUTANTS) - missed} of {len(MUTANTS)} wrong protocols caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
