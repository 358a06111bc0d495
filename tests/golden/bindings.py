"""`python -m tests.golden.bindings` writes bindings.json: every function as Microsoft's worker indexes it, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).with_name("bindings.json")


async def indexed() -> dict[str, Any]:
    """{function: its bindings, and its retry options if it has any}; the worker holds one app per process."""
    from infra.onebox.worker.driver import Worker

    worker = Worker(ROOT)
    await worker.start()
    found = {name: sorted(function.bindings, key=lambda binding: binding["name"]) for name, function in worker.functions.items()}
    await worker.stop()
    return dict(sorted(found.items()))


def ask() -> dict[str, Any]:
    """The same from a fresh process."""
    command = [sys.executable, "-m", "tests.golden.bindings", "--print"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    seen = asyncio.run(indexed())
    if "--print" in sys.argv:
        print(json.dumps(seen))
    else:
        GOLDEN.write_text(json.dumps(seen, indent=1, sort_keys=True) + "\n", encoding="utf-8")
