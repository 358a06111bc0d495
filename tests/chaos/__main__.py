"""`python -m tests.chaos --kills 50 [--seed 1] [--keep FOLDER] [--small]`: kill -9 of onebox, again and again, then the independent check."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.run import Result, chaos


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it behind")
    parser.add_argument("--small", action="store_true", help="a platform without a Service Bus: what is to be done lies in the store")
    given = parser.parse_args()
    settings = {"ServiceBus": "none"} if given.small else {}
    began = time.monotonic()
    if given.keep is not None:
        result = chaos(given.keep, given.kills, given.seed, **settings)
    else:
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            result = chaos(Path(folder), given.kills, given.seed, **settings)
    return tell(result, given.seed, time.monotonic() - began)


def tell(result: Result, seed: int, seconds: float) -> int:
    slowest = max(result.restarts_s, default=0.0)
    print(
        f"seed {seed}: {result.kills} kills, {result.bots} bots, {result.commands} commands, {result.fills} fills,"
        f" {seconds:.0f} s, slowest restart {slowest:.1f} s"
    )
    for finding in result.findings:
        print(f"  FOUND {finding}")
    print("nothing lost, nothing doubled" if not result.findings else f"{len(result.findings)} findings")
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
