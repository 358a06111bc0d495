"""`python -m bench.reports [--fills N] [--exports fills.csv fills.parquet tax.fifo ...]`: reports over a long ledger on the embedded host.

The ledger of one bot is put straight into the host's file: one fill and one point of equity are stored through it, the rest are rows like
them. Then every report is asked for over HTTP: the first ones while the ledger is being folded in the background, the last ones after.
Exports are made in the background: what is measured is how long the file takes, and how long any request about it does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from bench.core import Row
from infra.onebox.cosmos.value import tag
from shared.clock import iso
from tests.chaos.process import Onebox

ROOT = Path(__file__).resolve().parents[1]
PERSON = {"email": "bench@example.com", "password": "a long enough pass phrase"}
BOT, ACCOUNT = "bot_long", "acc_long"
YEAR_MS, BEGAN = 365 * 86_400_000, 1_735_689_600_000
PRICES = ("100", "101")


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


def link_of() -> dict[str, Any]:
    """Compared with itself: both sides are as long as they get."""
    at = iso(BEGAN)
    return {
        "id": f"twin-{BOT}", "kind": "twin", "schema": 1, "sort": f"{at}:{BOT}", "bot_id": BOT, "twin_id": BOT, "account_id": ACCOUNT,
        "created_at": at, "next_report_at": iso(4_000_000_000_000), "reports": 0,
    }  # fmt: skip


async def first_rows(data: Path, user: str, fills: int, points: int) -> None:
    """Through the service itself: the shape of the rest."""
    from infra.onebox.clock import SystemClock
    from infra.onebox.cosmos.service import CosmosService

    resource = json.loads((ROOT / "infra/resources.json").read_text(encoding="utf-8"))["cosmos"]
    service = CosmosService(data, SystemClock(), resource["database"], resource["containers"], synchronous="OFF")
    await service.start()
    rows = (("bots", bot_of(fills)), ("fills", fill_of(0, fills)), ("equity", point_of(0, points)), ("settings", link_of()))
    for place, row in rows:
        await service.upsert(resource["database"], place, {**row, "userId": user})
    await service.stop()


def multiply(data: Path, place: str, rows: Iterator[dict[str, Any]]) -> None:
    """More rows beside the one of that container, in one transaction."""
    with sqlite3.connect(data / "cosmos.sqlite3") as link:
        link.execute("PRAGMA synchronous = OFF")
        number = next(n for n, name in link.execute("SELECT number, id FROM containers") if name == place)
        names = [row[1] for row in link.execute(f"PRAGMA table_info(docs_{number})")]
        values = dict(zip(names, link.execute(f"SELECT * FROM docs_{number} LIMIT 1").fetchone(), strict=True))
        pattern = json.loads(values["doc"])
        columns = [name for name in names if name != "row"]
        indexed = {f"k.{name}": name for name in ("sort", "at", "side") if f"k.{name}" in names}

        def made() -> Iterator[tuple[Any, ...]]:
            for row in rows:
                changed = {"id": row["id"], "doc": orjson.dumps({**pattern, **row}).decode()}
                changed |= {column: tag(row[name]) for column, name in indexed.items()}
                yield tuple(changed.get(name, values[name]) for name in columns)

        listed = ", ".join(f'"{name}"' for name in columns)
        link.executemany(f"INSERT INTO docs_{number} ({listed}) VALUES ({', '.join('?' * len(columns))})", made())


def resident_mb(oldest: int) -> dict[str, float]:
    """Memory now of the host and of its workers."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(") ")[2].split()[1])
    workers = sorted(pid for pid, parent in parents.items() if parent == oldest)
    found = {"host": oldest, **{f"worker{k}": pid for k, pid in enumerate(workers)}}
    return {f"{name}_{kind}": mb for name, pid in found.items() for kind, mb in memory_of(pid).items()}


def memory_of(pid: int) -> dict[str, float]:
    """MB of its own, and of files it has mapped: the host's database, up to 512 MB, which the system takes back when it likes."""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {"own": int(rows["RssAnon"].split()[0]) / 1000, "mapped": int(rows["RssFile"].split()[0]) / 1000}


class Memory:
    """The most that was seen, of each process; looked at by whoever waits."""

    def __init__(self, box: Onebox) -> None:
        self._pid = box.pid
        self.first, self.most = resident_mb(box.pid), resident_mb(box.pid)

    def look(self) -> None:
        for name, now in resident_mb(self._pid).items():
            self.most[name] = max(now, self.most.get(name, 0))

    def said(self) -> dict[str, list[int]]:
        """[at first, at most]."""
        return {name: [round(self.first.get(name, 0)), round(most)] for name, most in self.most.items()}


def measured(fills: int, exports: Sequence[str] = ()) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        box = Onebox(folder, folder)
        try:
            return reports(box, fills, exports)
        finally:
            box.stop()


def seeded(box: Onebox, fills: int, points: int) -> str:
    """A person with the ledger; their token."""
    box.start()
    box.post("/oidc/register", PERSON)
    form = {"grant_type": "password", "username": PERSON["email"], "password": PERSON["password"]}
    user = box.get("/api/v1/me", box.post_form("/oidc/token", form)["access_token"])["user_id"]
    box.stop()
    asyncio.run(first_rows(box.data, user, fills, points))
    multiply(box.data, "fills", (fill_of(k, fills) for k in range(1, fills)))
    multiply(box.data, "equity", (point_of(k, points) for k in range(1, points)))
    box.start()
    return str(box.post_form("/oidc/token", form)["access_token"])


def reports(box: Onebox, fills: int, exports: Sequence[str]) -> dict[str, Any]:
    points, began = min(fills, 100_000), time.monotonic()
    token = seeded(box, fills, points)
    seeded_s, began, memory, asked = time.monotonic() - began, time.monotonic(), Memory(box), []
    say(f"{fills:,} fills in place after {seeded_s:.0f} s")
    while True:
        seconds, found = timed(box, f"/api/v1/bots/{BOT}/analytics", token)
        asked.append(seconds)
        memory.look()
        if found["is_complete"]:
            break
        time.sleep(0.5)
    folded_s = time.monotonic() - began
    say(f"folded in {folded_s:.0f} s, the slowest report meanwhile took {max(asked):.2f} s")
    after = {name: max(timed(box, path, token)[0] for _ in range(3)) for name, path in PATHS.items()}
    memory.look()
    return {
        "fills": fills, "points": points, "seeded_s": round(seeded_s, 1), "folded": found["figures"]["folded"],
        "folded_in_s": round(folded_s, 1), "slowest_while_folding_s": round(max(asked), 2), "reports_while_folding": len(asked),
        "slowest_after_s": {name: round(seconds, 3) for name, seconds in after.items()},
        "exports": {what: exported(box, what, token, memory) for what in exports}, "resident_mb": memory.said(),
    }  # fmt: skip


def say(line: str) -> None:
    """Progress, beside the answer."""
    print(line, file=sys.stderr, flush=True)


def exported(box: Onebox, what: str, token: str, memory: Memory) -> dict[str, Any]:
    """One file, made and fetched: `fills.csv`, `orders.parquet`, `tax.hifo`."""
    kind, how = what.split(".")
    body = {"what": "tax", "year": 2025, "method": how, "paper": True} if kind == "tax" else {"what": kind, "file": how}
    began, slowest = time.monotonic(), 0.0
    made = box.post("/api/v1/exports/files", body, token)
    slowest, path = time.monotonic() - began, f"/api/v1/exports/files/{made['id']}"
    while made["status"] != "done":
        time.sleep(0.5)
        memory.look()
        seconds, made = timed(box, path, token)
        slowest = max(slowest, seconds)
    made_s, got = time.monotonic() - began, 0
    while got < made["bytes"]:
        asked = urllib.request.Request(f"{box.url}{path}/content", headers={"authorization": f"Bearer {token}", "range": f"bytes={got}-"})
        before = time.monotonic()
        with urllib.request.urlopen(asked, timeout=20) as answer:
            got += len(answer.read())
        slowest = max(slowest, time.monotonic() - before)
        memory.look()
    fetched_s = time.monotonic() - began - made_s
    return {
        "rows": made["rows"], "mb": round(made["bytes"] / 1e6, 1), "made_s": round(made_s, 1), "fetched_s": round(fetched_s, 1),
        "slowest_request_s": round(slowest, 2),
    }  # fmt: skip


PATHS = {
    "bot": f"/api/v1/bots/{BOT}/analytics", "analytics": "/api/v1/analytics", "portfolio": "/api/v1/portfolio",
    "fills page": f"/api/v1/bots/{BOT}/fills?limit=200", "equity page": f"/api/v1/bots/{BOT}/equity?limit=200",
    "fills of a day": f"/api/v1/bots/{BOT}/fills?limit=200&since=2025-03-01T00:00:00Z&until=2025-03-02T00:00:00Z",
    "sells": f"/api/v1/bots/{BOT}/fills?limit=200&side=sell", "parity of a year": f"/api/v1/bots/{BOT}/parity?days=365",
    "csv part": "/api/v1/exports/fills.csv", "parquet part": "/api/v1/exports/parquet/fills",
}  # fmt: skip


def timed(box: Onebox, path: str, token: str) -> tuple[float, Any]:
    began = time.monotonic()
    found = box.get(path, token) if "/exports/" not in path or "/files/" in path else fetched(box, path, token)
    return time.monotonic() - began, found


def fetched(box: Onebox, path: str, token: str) -> int:
    """How many bytes a file that is no JSON has."""
    asked = urllib.request.Request(box.url + path, headers={"authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return len(answer.read())


def rows(full: bool) -> Iterator[Row]:
    """For `python -m bench`."""
    found = measured(1_000_000 if full else 50_000, ("fills.csv", "tax.fifo"))
    of_files = [one["slowest_request_s"] for one in found["exports"].values()]
    slowest = max(found["slowest_while_folding_s"], *found["slowest_after_s"].values(), *of_files)
    note = f"folded in {found['folded_in_s']} s; resident MB at first and at most: {json.dumps(found['resident_mb'])}"
    yield Row(f"any report over {found['fills']:,} fills", [(slowest, slowest)], "s", 2.0, note)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.reports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fills", type=int, default=1_000_000)
    parser.add_argument("--exports", nargs="*", default=["fills.csv", "fills.parquet", "tax.fifo"])
    args = parser.parse_args()
    print(json.dumps(measured(args.fills, args.exports), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
