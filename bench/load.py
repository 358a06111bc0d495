"""`python -m bench.load rest|idle|storm|busy|floor|limit|horizon|all [--bots N]`: the embedded host under load, as processes of its own.

rest     resting bots over 200 markets, looked at every second: what they cost; then exactly five wakes a second: wake -> order accepted and
         published, memory
idle     the same without the wakes
storm    one move crossed a line of every bot: how fast that drains, in what order, and the API meanwhile
busy     the same without the API: ticks a second, and what one costs
floor    the same calls of the stock SDKs with nothing of ours in them (bench/floor): what no tick can be faster than here
limit    floor and busy, one after the other, and how many of each a second this machine's cores have time for
horizon  the question which bots a price concerns, over 100,000 documents

A wake is told from the log line of its tick: from the instant the watcher saw the price to the end of the tick, publication included.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from bench.load_seed import EACH, LEAD_S, PACED, RISE_S, STOPS, STORM
from tests.chaos.process import Onebox

ROOT = Path(__file__).resolve().parents[1]
TICK = re.compile(r"tick\.published.*?kind\W+(\w+).*?late_ms\W+(\d+)")
ORDER = re.compile(r"orders\.accepted.*?kind\W+(\w+).*?late_ms\W+(\d+)")
FLOOR = re.compile(r"floor done kind (\w+) late_ms (\d+)")
PAGE = os.sysconf("SC_PAGE_SIZE")
HERTZ = os.sysconf("SC_CLK_TCK")
SETTLED_S, MINUTE_S, LAST_S = 45.0, 60, 3.0  # after a start; a heartbeat a minute belongs to rest; what the last wakes may take


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=(*JOBS, "all"))
    parser.add_argument("--bots", type=int, default=None)
    parser.add_argument("--workers", type=int, default=2, help="worker processes of the host")
    parser.add_argument("--seconds", type=float, default=60, help="how long to measure, or to wait at most")
    parser.add_argument("--keep", type=Path, default=None, help="a folder to work in and leave as it is")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the host it started ends with it
    os.environ["FUNCTIONS_WORKER_PROCESS_COUNT"] = str(args.workers)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        for name in JOBS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name in ALL if args.job == "all" else (args.job,):
            row = {name: JOBS[name](folder / name, args), "wanted": WANTED[name], "load_average": os.getloadavg()[0]}
            print(json.dumps(row, indent=1), flush=True)
    return 0


WANTED = {
    "horizon": "p99 of 20 ms over 100,000 bots",
    "idle": "10,000 bots: under 10 % of a core, under 1.5 GB",
    "rest": "10,000 bots and 5 wakes a second: p99 of 250 ms to the accepted order, under 1.5 GB",
    "floor": "what `busy` is judged by where it misses",
    "limit": "200 ticks a second, where the stock SDKs alone leave time for as many",
    "busy": "200 ticks a second",
    "storm": "10,000 bots in 60 s, stops first, nothing lost, API p95 of 200 ms",
}


class Reading(NamedTuple):
    """One look at a storm: bots and stops that had their tick, ticks in all, CPU of the host and of each worker."""

    at: float
    bots: int
    stops: int
    ticks: int
    cpu_s: tuple[float, ...]


# -- the jobs -----------------------------------------------------------------------------------------------------------


def rest(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    bots, seconds = args.bots or 10_000, int(args.seconds)
    now = int(time.time())
    seed(folder / "data", bots, EACH * seconds, now * 1000, PACED)
    onebox = Onebox(folder, folder, MARKET_WATCH_SCHEDULE="* * * * * *")
    found: dict[str, Any] = {"bots": bots, "markets": min(bots, 200), "start_s": round(onebox.start(), 1)}
    try:
        first_at = now + LEAD_S
        found["idle_cpu_of_a_core"] = at_rest(onebox, first_at - 2.0)
        time.sleep(first_at - 0.5 - time.time())
        before, began, log_from = cpu_s(onebox), time.time(), onebox.log.stat().st_size
        time.sleep(seconds)
        found["cpu_of_a_core"] = round((cpu_s(onebox) - before) / (time.time() - began), 3)
        time.sleep(LAST_S)
        accepted, late = (of_market(onebox.log, log_from, line) for line in (ORDER, TICK))
        found |= {"wakes_per_s": round(len(late) / seconds, 2), "wake_to_order_accepted_ms": percentiles(accepted)}
        found |= {"wake_to_published_ms": percentiles(late), "rss_mb": rss_mb(onebox)}
    finally:
        onebox.stop()
    return found


def idle(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    bots = args.bots or 10_000
    seed(folder / "data", bots, 0, int(time.time()) * 1000, PACED)
    onebox = Onebox(folder, folder, MARKET_WATCH_SCHEDULE="* * * * * *")
    found: dict[str, Any] = {"bots": bots, "markets": min(bots, 200), "start_s": round(onebox.start(), 1)}
    try:
        found["idle_cpu_of_a_core"] = at_rest(onebox, time.time() + SETTLED_S + args.seconds)
        found["rss_mb"] = rss_mb(onebox)
    finally:
        onebox.stop()
    return found


def at_rest(onebox: Onebox, until: float) -> dict[str, float]:
    """What the host and its workers take while nothing happens: all of them, and each. Whole minutes, if there is one."""
    time.sleep(SETTLED_S)
    left = until - time.time()
    whole = left if left < MINUTE_S else left // MINUTE_S * MINUTE_S
    if whole < 1:
        raise SystemExit("the bots' time came before the host was ready: this machine needs a longer lead")
    before = cpu_each_s(onebox)
    time.sleep(whole)
    each = [(after - had) / whole for had, after in zip(before, cpu_each_s(onebox), strict=True)]
    return {"all": round(sum(each), 3), **{name: round(part, 3) for name, part in zip(("host", "first", "second"), each, strict=False)}}


def of_market(log: Path, start: int, line: re.Pattern[str]) -> list[int]:
    return [late for kind, late in ticks(log, start, line) if kind == "market"]


def storm(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """With stops among the bots and an owner at the dashboard."""
    return drained(folder, args.bots or 2_000, args.seconds, is_asked=True)


def busy(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """One fill and one new order each, and nobody else: what a tick costs, and how many there are in a second."""
    return drained(folder, args.bots or 1_000, args.seconds, is_asked=False)


def drained(folder: Path, bots: int, seconds: float, is_asked: bool) -> dict[str, Any]:
    """From the start of the host until every bot has had its tick, or the seconds are over."""
    seed(folder / "data", bots, 0, int((time.time() - RISE_S) * 1000), STORM)
    onebox = Onebox(folder, folder, MARKET_WATCH_SCHEDULE="*/5 * * * * *")
    from_ms = int(time.time() * 1000)
    found: dict[str, Any] = {"bots": bots, "start_s": round(onebox.start(), 1)}
    asking, began = Asking(onebox.url), time.monotonic()
    curve: list[Reading] = []
    try:
        if is_asked:
            asking.start()
        while time.monotonic() - began < seconds and not (curve and curve[-1].bots == bots):
            time.sleep(max(0.25, bots / 5_000))
            if (published := len(ticks(onebox.log, 0))) > 0:
                curve.append(Reading(time.monotonic(), *ticked(folder / "data", from_ms), published, cpu_each_s(onebox)))
        first, last = curve[0], curve[-1]
        stopped = next((row.at for row in curve if row.stops == -(-bots // STOPS)), None)
        found |= {"bots_ticked": last.bots, "drained_s": round(last.at - began, 1) if last.bots == bots else None}
        found |= {"stops_drained_s": None if stopped is None else round(stopped - began, 1)}
        found |= {"ticks_per_s": round((last.ticks - first.ticks) / max(last.at - first.at, 0.01), 1), "rss_mb": rss_mb(onebox)}
        spent = [(after - before) * 1000 / max(last.ticks - first.ticks, 1) for before, after in zip(first.cpu_s, last.cpu_s, strict=True)]
        found |= {"cpu_ms_per_tick": round(sum(spent), 1), "of_host_and_workers": [round(ms, 1) for ms in spent]}
        if is_asked:
            found |= {"api_ms": percentiles(asking.took), "api_failed": asking.failed}
    finally:
        asking.over.set()
        onebox.stop()
    return found | ledger(folder / "data", bots)


def floor(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """As `busy`: every session's first message, then the others, until the time is over."""
    app, count = folder / "app", 20_000
    app.mkdir(exist_ok=True)
    for file in (ROOT / "bench/floor/function_app.py", ROOT / "host.json"):
        shutil.copy(file, app)
    onebox = Onebox(folder, folder)
    files = {"resources": "infra/resources.json", "settings": "infra/onebox.settings.json"}
    onebox.arguments = ["--app", str(app), *(text for name, file in files.items() for text in (f"--{name}", str(ROOT / file)))]
    found: dict[str, Any] = {"start_s": round(onebox.start(), 1)}
    try:
        asked = urllib.request.Request(f"{onebox.url}/api/go?count={args.bots or count}&bots=64", b"{}")
        urllib.request.urlopen(asked, timeout=120).close()
        while not ticks(onebox.log, 0, FLOOR):
            time.sleep(0.1)
        done, began, before = len(ticks(onebox.log, 0, FLOOR)), time.monotonic(), cpu_each_s(onebox)
        time.sleep(args.seconds)
        done, passed = len(ticks(onebox.log, 0, FLOOR)) - done, time.monotonic() - began
        spent = [(after - had) * 1000 / max(done, 1) for had, after in zip(before, cpu_each_s(onebox), strict=True)]
    finally:
        onebox.stop()
    found |= {"ticks": done, "ticks_per_s": round(done / passed, 1), "cpu_ms_per_tick": round(sum(spent), 1)}
    return found | {"of_host_and_workers": [round(ms, 1) for ms in spent]}


def limit(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """What two cores, or however many there are, have time for: of calls with nothing in them, with and without a host, and of ours."""
    found: dict[str, Any] = {}
    for name, job, bots in (("stock_sdks", floor, None), ("ours", busy, args.bots)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        found[name] = job(folder / name, argparse.Namespace(**{**vars(args), "bots": bots}))
    cores_ms = 1_000 * (os.cpu_count() or 1)
    spent = {
        "stock_sdks": found["stock_sdks"]["cpu_ms_per_tick"],
        "stock_sdks_on_a_host_that_costs_nothing": round(sum(found["stock_sdks"]["of_host_and_workers"][1:]), 1),
        "ours": found["ours"]["cpu_ms_per_tick"],
    }
    allowed = {name: round(cores_ms / ms, 1) for name, ms in spent.items()}
    return {"cpu_ms_per_tick": spent, "cores": os.cpu_count(), "these_cores_allow_per_s": allowed, **found}


def horizon(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    import asyncio

    return asyncio.run(asked(folder / "data", args.bots or 100_000))


async def asked(data: Path, bots: int) -> dict[str, Any]:
    """Through the official SDK, one market of 500 crossed by a few bots, 300 times."""
    import asyncio
    import random
    from decimal import Decimal

    from infra.onebox.clock import SystemClock
    from infra.onebox.cosmos.service import CosmosService
    from shared import watch
    from shared.settings import Settings
    from shared.stores import CosmosStore

    resource = json.loads((ROOT / "infra/resources.json").read_text(encoding="utf-8"))["cosmos"]
    service = CosmosService(data, SystemClock(), resource["database"], resource["containers"])
    await service.start()
    chance, now = random.Random(7), int(time.time() * 1000)
    for first in range(0, bots, 1000):
        rows = [document(number, chance, now) for number in range(first, min(first + 1000, bots))]
        await asyncio.gather(*(service.upsert(resource["database"], "bots", row) for row in rows))
    store = CosmosStore(Settings(cosmos=service.connection_string, cosmos_database=resource["database"]))
    took, found = [], []
    for _ in range(330):
        low = Decimal(chance.randrange(9_000, 11_000)) / 100
        began = time.perf_counter()
        found.append(len(await watch.crossed(store, f"simulated:1|M{chance.randrange(500)}/USDT", low, low + Decimal("0.02"))))
        took.append((time.perf_counter() - began) * 1000)
    began = time.perf_counter()
    everything = len(await watch.published(store, 0))
    whole = time.perf_counter() - began
    await store._client.close()
    await service.stop()
    return {"documents": bots, "bots_found": max(found), **percentiles(took[30:]), "index_read_s": round(whole, 2), "rows": everything}


def document(number: int, chance: Any, now: int) -> dict[str, Any]:
    """A running bot as the watcher sees it, with the bulk of a real one: in a market of 500, its lines around a price of 100."""
    price, name = 100 + chance.gauss(0, 5), f"bot-{number:06d}"
    return {
        "id": name, "userId": f"bench-{number // 10:05d}", "kind": "bot", "sort": name, "status": "active",
        "orders": [{"id": "x" * 32}] * 20, "watchKey": f"simulated:1|M{number % 500}/USDT", "below": price - 12, "above": price + 12,
        "lastTickMs": now, "beat": 0.5,
    }  # fmt: skip


# -- measuring ----------------------------------------------------------------------------------------------------------


def seed(data: Path, bots: int, wakes: int, now: int, kind: str) -> None:
    """Bots as of an instant (ms)."""
    command = [sys.executable, "-m", "bench.load_seed", str(data), str(bots), str(wakes), str(now), kind]
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def ticks(log: Path, start: int, line: re.Pattern[str] = TICK) -> list[tuple[str, int]]:
    """(kind, ms since the event) of every tick, or other line, the log tells of, from a place in the file."""
    with log.open("rb") as file:
        file.seek(start)
        return [(kind, int(late)) for kind, late in line.findall(file.read().decode(errors="replace"))]


def ticked(data: Path, since_ms: int) -> tuple[int, int]:
    """How many bots had a tick since, and how many of those with a stop."""
    with contextlib.closing(sqlite3.connect(f"file:{data / 'cosmos.sqlite3'}?mode=ro", uri=True)) as db:
        number = db.execute("SELECT number FROM containers WHERE id='bots'").fetchone()[0]
        stops = f"sum(cast(substr(id, 5) AS integer) % {STOPS} = 0)"
        where = "id LIKE 'bot-______' AND json_extract(doc, '$.lastTickMs') >= ?"
        done, urgent = db.execute(f"SELECT count(*), {stops} FROM docs_{number} WHERE {where}", (since_ms,)).fetchone()
        return int(done), int(urgent or 0)


def percentiles(values: list[Any]) -> dict[str, Any]:
    ranked = sorted(values)
    if not ranked:
        return {"count": 0}
    at = {f"p{part}": round(float(ranked[min(len(ranked) - 1, len(ranked) * part // 100)]), 1) for part in (50, 95, 99)}
    return {"count": len(ranked), **at, "max": round(float(ranked[-1]), 1)}


def processes(onebox: Onebox) -> list[int]:
    """The host and what it started."""
    assert onebox._process is not None
    found = [onebox._process.pid]
    for pid in found:
        children = Path(f"/proc/{pid}/task/{pid}/children")
        found += [int(text) for text in children.read_text().split()] if children.exists() else []
    return found


def cpu_s(onebox: Onebox) -> float:
    return sum(cpu_each_s(onebox))


def cpu_each_s(onebox: Onebox) -> tuple[float, ...]:
    """Of the host, and of each of its workers."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in processes(onebox)]
    return tuple((int(of[11]) + int(of[12])) / HERTZ for of in fields)


def rss_mb(onebox: Onebox) -> int:
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE for pid in processes(onebox)) >> 20


class Asking(threading.Thread):
    """An owner at the dashboard: ten requests a second."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.took, self.over = url, [], threading.Event()  # type: str, list[float], threading.Event
        self.failed = 0

    def run(self) -> None:
        who = {"email": "load@example.com", "password": "correct horse battery"}
        self._ask("/oidc/register", json.dumps(who).encode(), {"content-type": "application/json"})
        form = f"grant_type=password&username={who['email']}&password=correct+horse+battery&client_id=tickwise-web&scope=bots.read"
        token = json.loads(self._ask("/oidc/token", form.encode(), {}))["access_token"]
        while not self.over.wait(0.1):
            began = time.perf_counter()
            try:
                self._ask("/api/v1/bots", None, {"authorization": f"Bearer {token}"})
            except OSError:
                self.failed += 1
            self.took.append((time.perf_counter() - began) * 1000)

    def _ask(self, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        with urllib.request.urlopen(urllib.request.Request(self.url + path, body, headers), timeout=30) as answer:
            return bytes(answer.read())


def ledger(data: Path, bots: int) -> dict[str, Any]:
    """What the files say afterwards: bots that traded, fills, and bots whose document is behind their ledger."""
    with sqlite3.connect(f"file:{data / 'cosmos.sqlite3'}?mode=ro", uri=True) as db:
        tables = {
            json.loads(settings)["id"]: f"docs_{number}" for number, settings in db.execute("SELECT number, settings FROM containers")
        }
        documents = [json.loads(doc) for (doc,) in db.execute(f"SELECT doc FROM {tables['bots']}")]
        counts = [document["fills"] for document in documents if document["kind"] == "bot"]
        fills = db.execute(f"SELECT count(*) FROM {tables['fills']}").fetchone()[0]
    return {
        "bots_that_traded": sum(count > 1 for count in counts),
        "fills": fills,
        "fills_the_documents_tell": sum(counts),
        "of_bots": bots,
    }


JOBS = {"horizon": horizon, "idle": idle, "rest": rest, "floor": floor, "busy": busy, "limit": limit, "storm": storm}
ALL = ("horizon", "rest", "limit", "storm")

if __name__ == "__main__":
    sys.exit(main())
