"""`python -m bench.cold_start`: what importing the app costs over the frameworks it cannot do without. Goal: at most 1.25 times.

Each import runs in a fresh process, the two kinds in turn, so that a busy machine slows both alike. CPU time (user and system) is
compared, wall clock is shown: on a shared machine the second says more about the neighbours. Both run from .pyc files, as deployed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
OURS = "import function_app"
BARE = "import azure.functions, azure.durable_functions, fastapi"
GOAL = 1.25
CLOCK = "import time; w = time.perf_counter(); c = time.process_time(); {}; print(time.process_time() - c, time.perf_counter() - w)"


def once(code: str) -> tuple[float, float]:
    """(CPU seconds, wall seconds) of the import alone, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CLOCK.format(code)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": ""},
    )
    cpu, wall = done.stdout.split()
    return float(cpu), float(wall)


def measure(rounds: int) -> dict[str, float]:
    once(OURS), once(BARE)  # compiles what is not compiled
    found: dict[str, list[tuple[float, float]]] = {OURS: [], BARE: []}
    for _ in range(rounds):
        for code, times in found.items():
            times.append(once(code))
    ours, bare = found[OURS], found[BARE]
    return {
        "app_cpu_ms": round(median(cpu for cpu, _ in ours) * 1000, 1),
        "bare_cpu_ms": round(median(cpu for cpu, _ in bare) * 1000, 1),
        "app_wall_ms": round(median(wall for _, wall in ours) * 1000, 1),
        "bare_wall_ms": round(median(wall for _, wall in bare) * 1000, 1),
        "ratio": round(median(a[0] / b[0] for a, b in zip(ours, bare, strict=True)), 3),
    }


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    found = measure(rounds)
    print(json.dumps(found), f"goal <= {GOAL}")
    return 0 if found["ratio"] <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
