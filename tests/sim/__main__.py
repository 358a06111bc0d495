"""`python -m tests.sim --seeds 2000 [--first 0] [--workers 2]`: so many seeds of the full platform, five times as many of the small
model, and a twentieth of each of its corners (full/corners.py), on every core it is given.

    --kind full --first 17 --seeds 1      one seed of one world again, as a failing one says
    --mutants                             only the wrong protocols: which seed catches each
    --crashes singles                     a host dies at every step of every scenario of full/crashes.py, once each
    --crashes pairs --seconds 300         in pieces: it says with which --first it goes on
    --crashes pairs --first 3 --every 10  a tenth of every scenario; with --first 0 to 9 it is all of them
    --remember                            failing seeds go to regressions.json, which the tests replay

Exit 1 when a seed fails, or when a fault that should have been met never was.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from tests.sim.runs import CORNERS, KINDS, Verdict, judge_twice, never, remember

SMALL_PER_FULL, FULL_PER_CORNER = 5, 20
CHUNK = {"small": 50}
PROGRESS_S = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--kind", choices=KINDS, help="this world only")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=min(2, multiprocessing.cpu_count()))
    parser.add_argument("--seconds", type=float, default=0, help="stop each world after so long, whatever is left (0: no limit)")
    parser.add_argument("--mutants", action="store_true", help="only the wrong protocols: which seed catches each")
    parser.add_argument("--crashes", choices=("singles", "pairs", "kinds"), help="no seeds: a death at every step of every scenario")
    parser.add_argument("--every", type=int, default=1, help="with --crashes: every so many cases from --first on")
    parser.add_argument("--remember", action="store_true", help="failing seeds become regressions")
    given = parser.parse_args()
    if given.mutants:
        return mutants(given.seeds, given.kind)
    if given.crashes:
        return crashes(given)
    corners = {corner: given.seeds // FULL_PER_CORNER for corner in CORNERS if given.seeds >= FULL_PER_CORNER}
    asked = {given.kind: given.seeds} if given.kind else {"small": SMALL_PER_FULL * given.seeds, "full": given.seeds, **corners}
    began = time.monotonic()
    found = [batch(given, kind, count) for kind, count in asked.items()]
    kinds = " + ".join(f"{count} {kind}" for kind, count in asked.items())
    print(f"simulation: {kinds} seeds in {time.monotonic() - began:.0f} s: {'FAILED' if max(found) else 'nothing lost, nothing doubled'}")
    return max(found)


def batch(given: argparse.Namespace, kind: str, count: int) -> int:
    """Seeds of one world. Returns the exit code."""
    began, seen, bad, done, told = time.monotonic(), Counter[str](), 0, 0, 0.0
    for verdict in verdicts(kind, range(given.first, given.first + count), given.workers):
        done += 1
        seen.update(verdict.seen)
        if (now := time.monotonic() - began) - told > PROGRESS_S:
            told = now
            print(f"{kind}: {done} of {count}, {bad} with violations, {done / now:.1f} per second", flush=True)
        if verdict.violation:
            bad += 1
            print(f"{kind} seed {verdict.seed} ({verdict.profile}): {verdict.violation}\n    {verdict.replay}", flush=True)
            if given.remember:
                remember(verdict)
        if given.seconds and time.monotonic() - began > given.seconds:
            break
    took = time.monotonic() - began
    print(f"{kind}: {done} seeds from {given.first} in {took:.0f} s, {done / took:.1f} per second: {bad} with violations")
    print("  faults and branches met, how often: " + ", ".join(f"{name} {seen[name]}" for name in sorted(seen)))
    if done == 1:
        print(f"  hash of its event log, the same at every run: {verdict.digest}")
    missing = never(kind, seen, done)
    if missing:
        print(f"  never happened: {', '.join(missing)}")
    return 1 if bad or missing else 0


def verdicts(kind: str, seeds: range, workers: int) -> Iterator[Verdict]:
    if workers < 2 or len(seeds) < 2 * CHUNK.get(kind, 4):
        yield from (judge_twice(kind, seed) for seed in seeds)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(partial(judge_twice, kind), seeds, chunksize=CHUNK.get(kind, 4))


def mutants(most: int, only: str | None) -> int:
    """Every wrong protocol must be caught within so many seeds, or by the one that is known to."""
    from tests.sim.mutants import MUTANTS
    from tests.sim.runs import catches, caught

    missed, known = 0, catches()
    for mutant in MUTANTS:
        if only and mutant.kind != only:
            continue
        with mutant.apply():
            found = caught([*filter(None, [known.get(mutant.name)]), *range(most)], mutant.profile, mutant.kind)
        missed += found is None
        print(
            f"{mutant.name}: " + (f"{found.kind} seed {found.seed}, {found.violation}" if found else f"NOT caught in {most} seeds"),
            flush=True,
        )
    print(f"{len(MUTANTS) - missed} of {len(MUTANTS)} wrong protocols caught")
    return 1 if missed else 0


def crashes(given: argparse.Namespace) -> int:
    from tests.sim.full.crashes import cases, failure

    logging.disable(logging.CRITICAL)
    began, bad, done, told = time.monotonic(), 0, 0, 0.0
    every = cases(given.crashes)
    found = every[given.first :: given.every]
    with multiprocessing.get_context("spawn").Pool(given.workers, logging.disable, (logging.CRITICAL,)) as pool:
        for wrong in pool.imap(failure, found, chunksize=4):  # in their order, so that --first can go on where --seconds ended
            done += 1
            if wrong is not None:
                bad += 1
                print(wrong, flush=True)
            if (now := time.monotonic() - began) - told > PROGRESS_S:
                told = now
                print(f"crashes: {done} of {len(found)}, {bad} with violations, {done / now:.1f} per second", flush=True)
            if given.seconds and now > given.seconds:
                break
    took, share = time.monotonic() - began, f" --every {given.every}" if given.every > 1 else ""
    print(f"crashes ({given.crashes}): {done} of {len(every)} cases from {given.first}{share} in {took:.0f} s: {bad} with violations")
    if done < len(found):
        print(f"    go on: python -m tests.sim --crashes {given.crashes} --first {given.first + done * given.every}{share}")
    return 1 if bad else 0


def repeatable(run: Callable[[], int]) -> int:
    """Sets are walked in an order that depends on this variable, which must be set before the interpreter starts."""
    if os.environ.get("PYTHONHASHSEED") == "0":
        return run()
    os.execve(sys.executable, [sys.executable, "-m", "tests.sim", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})
    return None


if __name__ == "__main__":
    sys.exit(repeatable(main))
