"""`python -m tests.golden.bindings` writes bindings.json and post.json: every function as Microsoft's worker indexes it, with and without a
Service Bus, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GOLDEN, WITHOUT_BUS = Path(__file__).with_name("bindings.json"), Path(__file__).with_name("post.json")


async def indexed() -> dict[str, Any]:
    """{function: its bindings, and its retry options if it has any}; the worker holds one app per process."""
    from infra.onebox.worker.driver import Worker

    worker = Worker(ROOT)
    await worker.start()
    found = {name: sorted(function.bindings, key=lambda binding: binding["name"]) for name, function in worker.functions.items()}
    await worker.stop()
    return dict(sorted(found.items()))


def ask(**settings: str) -> dict[str, Any]:
    """The same from a fresh process with these settings."""
    command = [sys.executable, "-m", "tests.golden.bindings", "--print"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=True, env=os.environ | settings)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    if "--print" in sys.argv:
        print(json.dumps(asyncio.run(indexed())))
    else:
        for file, given in ((GOLDEN, {}), (WITHOUT_BUS, {"ServiceBus": "none"})):
            file.write_text(json.dumps(ask(**given), indent=1, sort_keys=True) + "\n", encoding="utf-8")
