"""What a package can do alone: a venue on this machine, and a bare process beside it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.venue.binance import BinanceVenue
from tests.venue.serving import serving

ALONE = Path(__file__).with_name("alone.py")
GOLDEN = Path(__file__).parents[1] / "golden/bindings.json"


async def alone(*folders: Path) -> dict[str, Any]:
    """What tests/deployment/alone.py found with only these folders on the search path. Errors: RuntimeError with what it wrote."""
    venue = BinanceVenue(lambda: time.time_ns() // 1_000_000)
    venue.account("key", "secret", USDT="10000")
    venue.move("100")
    async with serving(venue.application()) as address:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-B", str(ALONE), address, *map(str, folders),
            env={}, cwd=folders[0], stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 200)
    if process.returncode != 0:
        raise RuntimeError(err.decode()[-4000:])
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def faults(found: dict[str, Any]) -> list[str]:
    """What the package could not do."""
    golden = sorted(json.loads(GOLDEN.read_text(encoding="utf-8")))
    checks = {
        "every function is indexed": found["functions"] == golden,
        "an order reaches the venue": found["order"] == "alone-1",
        "the optimiser suggests": found["search"] == 2,
        "an export is written": found["parquet"] == "PAR1",
        "the API has its routes": found["paths"] > 40,
        "every venue opens": {"binance", "kraken", "okx"} <= set(found["venues"]),
        "the services' clients load": found["services"] == "CosmosClient",
    }
    return [name for name, holds in checks.items() if not holds]
