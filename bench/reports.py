"""`python -m bench.reports [--fills N]`: analytics over a long ledger on the embedded host, a process of its own.

The ledger of one bot is put straight into the host's file: one fill and one point of equity are stored through it, the rest are rows like
them. Then every report is asked for over HTTP: the first ones while the ledger is being folded in the background, the last ones after.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.core import Row
from infra.onebox.cosmos.value import tag
from shared.clock import iso
from tests.chaos.process import Onebox

ROOT = Path(__file__).resolve().parents[1]
PERSON = {"email": "bench@example.com", "password": "a long enough pass phrase"}
BOT, ACCOUNT = "bot_long", "acc_long"
YEAR_MS, BEGAN = 365 * 86_400_000, 1_735_689_600_000
PRICES = ("100", "101")
PAGE = os.sysconf("SC_PAGE_SIZE")


def bot_of(fills: int) -> dict[str, Any]:
    at = iso(BEGAN + YEAR_MS)
    pnl = {
        "cell_profit": "1000",
        "inventory_pnl": "5",
        "fees": "100",
        "funding": "0",
        "total": "905",
        "put_in": "10000",
        "currency": "USDT",
    }
    return {
        "id": BOT, "kind": "bot", "sort": BOT, "name": "long", "account_id": ACCOUNT, "exchange": "paper", "market": "simulated",
        "source": "simulated:1", "symbol": "BTC/USDT", "strategy": "GRID", "config": {}, "status": "stopped", "epoch": 0, "revision": 1,
        "created_at": iso(BEGAN), "updated_at": at, "started_at": iso(BEGAN), "fills": fills,
        "pnl": {**pnl, "hodl": "3", "price": "100", "at": at},
        "holdings": {"base": "1", "quote": "9000", "base_currency": "BTC", "quote_currency": "USDT"},
    }  # fmt: skip


def fill_of(k: int, fills: int) -> dict[str, Any]:
    side = ("buy", "sell")[k % 2]
    return {
        "id": f"{BOT}-0-{k:08d}", "kind": "fill", "botId": BOT, "bot_id": BOT, "sort": f"0000:{k:08d}", "schema": 1, "revision": k,
        "order_id": f"o{k}", "trade_id": f"t{k}", "symbol": "BTC/USDT", "leg": f"B{k % 40}", "role": "grid", "side": side,
        "price": PRICES[k % 2], "amount": "0.1", "cost": "10", "fee": "0.01", "fee_currency": "USDT", "maker": True,
        "at": iso(BEGAN + YEAR_MS * k // fills),
    }  # fmt: skip


def point_of(k: int, points: int) -> dict[str, Any]:
    return {
        "id": f"{BOT}-0-e{k:08d}", "kind": "equity", "botId": BOT, "bot_id": BOT, "sort": f"0000:{k:08d}", "schema": 1, "revision": k,
        "price": "100", "total": str(k % 997), "currency": "USDT", "at": iso(BEGAN + YEAR_MS * k // points),
    }  # fmt: skip


async def first_rows(data: Path, user: str, fills: int, points: int) -> None:
    """Through the service itself: the shape of the rest."""
    from infra.onebox.clock import SystemClock
    from infra.onebox.cosmos.service import CosmosService

    resource = json.loads((ROOT / "infra/resources.json").read_text(encoding="utf-8"))["cosmos"]
    service = CosmosService(data, SystemClock(), resource["database"], resource["containers"], synchronous="OFF")
    await service.start()
    for place, row in (("bots", bot_of(fills)), ("fills", fill_of(0, fills)), ("equity", point_of(0, points))):
        await service.upsert(resource["database"], place, {**row, "userId": user})
    await service.stop()


def multiply(data: Path, place: str, rows: Iterator[dict[str, Any]]) -> None:
    """More rows beside the one of that container, in one transaction."""
    with sqlite3.connect(data / "cosmos.sqlite3") as link:
        number = next(n for n, name in link.execute("SELECT number, id FROM containers") if name == place)
        names = [row[1] for row in link.execute(f"PRAGMA table_info(docs_{number})")]
        values = dict(zip(names, link.execute(f"SELECT * FROM docs_{number} LIMIT 1").fetchone(), strict=True))
        pattern = json.loads(values["doc"])
        columns = [name for name in names if name != "row"]

        def made() -> Iterator[tuple[Any, ...]]:
            for row in rows:
                changed = {"id": row["id"], "doc": json.dumps({**pattern, **row}), "k.sort": tag(row["sort"])}
                yield tuple(changed.get(name, values[name]) for name in columns)

        listed = ", ".join(f'"{name}"' for name in columns)
        link.executemany(f"INSERT INTO docs_{number} ({listed}) VALUES ({', '.join('?' * len(columns))})", made())


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6


def measured(fills: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        box = Onebox(folder, folder)
        try:
            return reports(box, fills)
        finally:
            box.stop()


def reports(box: Onebox, fills: int) -> dict[str, Any]:
    points = min(fills, 100_000)
    box.start()
    box.post("/oidc/register", PERSON)
    form = {"grant_type": "password", "username": PERSON["email"], "password": PERSON["password"]}
    token = box.post_form("/oidc/token", form)["access_token"]
    user = box.get("/api/v1/me", token)["user_id"]
    box.stop()
    asyncio.run(first_rows(box.data, user, fills, points))
    multiply(box.data, "fills", (fill_of(k, fills) for k in range(1, fills)))
    multiply(box.data, "equity", (point_of(k, points) for k in range(1, points)))
    box.start()
    token = box.post_form("/oidc/token", form)["access_token"]
    asked, began, memory = [], time.monotonic(), [resident_mb(box.pid)]
    while True:
        seconds, found = timed(box, f"/api/v1/bots/{BOT}/analytics", token)
        asked.append(seconds)
        memory.append(resident_mb(box.pid))
        if found["is_complete"]:
            break
        time.sleep(0.5)
    folded_s = time.monotonic() - began
    after = {name: max(timed(box, path, token)[0] for _ in range(3)) for name, path in PATHS.items()}
    return {
        "fills": fills, "points": points, "folded": found["figures"]["folded"], "folded_in_s": round(folded_s, 1),
        "slowest_while_folding_s": round(max(asked), 2), "reports_while_folding": len(asked),
        "slowest_after_s": {name: round(seconds, 3) for name, seconds in after.items()},
        "resident_mb": [round(memory[0]), round(max(memory))],
    }  # fmt: skip


PATHS = {
    "bot": f"/api/v1/bots/{BOT}/analytics", "portfolio": "/api/v1/analytics", "fills page": f"/api/v1/bots/{BOT}/fills?limit=200",
    "equity page": f"/api/v1/bots/{BOT}/equity?limit=200",
}  # fmt: skip


def timed(box: Onebox, path: str, token: str) -> tuple[float, Any]:
    began = time.monotonic()
    found = box.get(path, token)
    return time.monotonic() - began, found


def rows(full: bool) -> Iterator[Row]:
    """For `python -m bench`."""
    found = measured(1_000_000 if full else 50_000)
    slowest = max(found["slowest_while_folding_s"], *found["slowest_after_s"].values())
    note = f"folded in {found['folded_in_s']} s; resident {found['resident_mb'][0]} to {found['resident_mb'][1]} MB"
    yield Row(f"any report over {found['fills']:,} fills", [(slowest, slowest)], "s", 2.0, note)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.reports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fills", type=int, default=1_000_000)
    print(json.dumps(measured(parser.parse_args().fills), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
