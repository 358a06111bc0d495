"""`python -m bench.research run|cancel|kill [--runs N]`: GRID years through the orchestration on the embedded host, a process of its own.

run      all of them: seconds, CPU seconds, and the gaps between two reports of progress on the live feed
cancel   asked in the middle: seconds until the job says cancelled
kill     kill -9 in the middle and started again: how many finished runs were computed a second time

The candles are the recorded year of bench/jobs.py, behind a replay account.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import jobs, year
from bench.core import Row
from tests.chaos.process import NoAnswer, Onebox

PERSON = {"email": "bench@example.com", "password": "a long enough pass phrase"}
RULES = {
    "amount_step": "0.00001",
    "min_amount": "0.00001",
    "min_notional": "5",
    "maker_fee": "0.001",
    "taker_fee": "0.001",
    "slippage_pct": "0",
}
POLL_S, LIMIT_S, PROTOCOL = 0.1, 600, "json.webpubsub.azure.v1"
HERTZ = os.sysconf("SC_CLK_TCK")


class Desk:
    """A signed-in person with a replay account over the year."""

    def __init__(self, folder: Path) -> None:
        market = folder / "market"
        write_year(market)
        self.box = Onebox(folder, market)
        self.box.start()
        self.box.post("/oidc/register", PERSON)
        form = {"grant_type": "password", "username": PERSON["email"], "password": PERSON["password"]}
        self.token = self.box.post_form("/oidc/token", form)["access_token"]
        account = {"exchange": "paper", "label": "year", "market": "replay", "balances": {"USDT": "1000000"}, "speed": 1}
        self.account = self.box.post("/api/v1/accounts", account, self.token)["id"]

    def cpu_s(self) -> tuple[float, float]:
        """CPU seconds so far of the host with its worker, and of the computing processes: what a busy machine's wall clock hides."""
        found = {False: 0, True: 0}
        for is_computing, ticks in family(self.box.pid):
            found[is_computing] += ticks
        return found[False] / HERTZ, found[True] / HERTZ

    def begin(self, runs: int) -> str:
        variants = [{"cells": 20 + k % 41, "investment": str(20_000 + k)} for k in range(runs)]
        source = {"kind": "replay", "account_id": self.account}
        body = {"strategy": "GRID", "symbol": "BTC/USDT", "source": source, "config": jobs.GRID, "variants": variants}
        found: str = self.box.post("/api/v1/backtests", body, self.token)["id"]
        return found

    def seen(self, job: str) -> dict[str, Any]:
        return dict(self.box.get(f"/api/v1/backtests/{job}", self.token))

    def until(self, job: str, what: Any, limit_s: float) -> dict[str, Any]:
        give_up = time.monotonic() + limit_s
        while not what(found := self.seen(job)):
            if time.monotonic() > give_up:
                raise TimeoutError(json.dumps(found["progress"]))
            time.sleep(POLL_S)
        return found

    def batches(self) -> dict[str, list[list[Any]]]:
        """Per batch how many runs it had when; read beside the host, out of its file."""
        found = {}
        with sqlite3.connect(f"file:{self.box.data / 'cosmos.sqlite3'}?mode=ro", uri=True) as link:
            tables = [
                row[0] for row in link.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'docs\\_%' ESCAPE '\\'")
            ]
            for table in tables:
                for own, text in link.execute(f"SELECT id, doc FROM {table} WHERE id LIKE '%-runs-%'"):
                    found[own] = json.loads(text)["marks"]
        return found


class Feed:
    """The live feed, as the dashboard hears it: when each report of progress came in."""

    def __init__(self, desk: Desk) -> None:
        self.heard: list[float] = []
        self.job: dict[str, Any] = {}
        self._url = desk.box.post("/api/v1/realtime/negotiate", {}, desk.token)["url"]
        self._listening = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._listen()), daemon=True).start()
        if not self._listening.wait(10):
            raise TimeoutError("the feed did not open")

    async def _listen(self) -> None:
        import aiohttp

        async with aiohttp.ClientSession() as session, session.ws_connect(self._url, protocols=[PROTOCOL]) as socket:
            async for message in socket:
                said = json.loads(message.data)
                if said["type"] == "system":
                    self._listening.set()
                elif said["type"] == "message" and (told := as_document(said["data"]))["type"] == "job":
                    self.heard.append(time.monotonic())
                    self.job = told["data"]

    def gaps(self) -> list[float]:
        """Longest first."""
        return sorted((b - a for a, b in zip(self.heard, self.heard[1:], strict=False)), reverse=True)


def as_document(data: Any) -> dict[str, Any]:
    return dict(json.loads(data) if isinstance(data, str) else data)


def family(oldest: int) -> Iterator[tuple[bool, int]]:
    """Whether it computes, and its CPU ticks: of a process and of everything that descends from it."""
    spent: dict[int, tuple[int, bool, int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
                is_computing = b"compute_worker" in (folder / "cmdline").read_bytes()
            except OSError:  # it has ended meanwhile
                continue
            spent[int(folder.name)] = (int(fields[1]), is_computing, int(fields[11]) + int(fields[12]))
    wanted = [oldest]
    for own in wanted:
        wanted += [pid for pid, (parent, _, _) in spent.items() if parent == own]
        yield spent[own][1:]


def write_year(folder: Path) -> None:
    """The year as the recording of BTC/USDT."""
    data = year.columns()
    folder.mkdir(parents=True, exist_ok=True)
    rows = zip(*(data[name].tolist() for name in ("ts", "open", "high", "low", "close")), strict=True)
    with (folder / "BTC-USDT.csv").open("w") as file:
        file.write("timestamp_ms,open,high,low,close,volume\n")
        file.writelines(f"{ts},{o},{h},{low},{c},1\n" for ts, o, h, low, c in rows)
    (folder / "BTC-USDT.json").write_text(json.dumps(RULES))


def run(desk: Desk, runs: int) -> dict[str, Any]:
    feed, idle = Feed(desk), desk.cpu_s()
    began = time.monotonic()
    feed.heard.append(began)  # the silence before the first report is one, too
    job = desk.begin(runs)
    while feed.job.get("status", "queued") in ("queued", "running"):
        if time.monotonic() - began > LIMIT_S:
            raise TimeoutError(json.dumps(desk.seen(job)["progress"]))
        time.sleep(0.02)
    spent = time.monotonic() - began
    host, computing = (after - before for before, after in zip(idle, desk.cpu_s(), strict=True))
    found, gaps = desk.seen(job), feed.gaps()
    return {
        "runs": runs, "status": found["status"], "done": found["progress"]["done"], "seconds": round(spent, 1),
        "per_1000_s": round(spent * 1000 / runs, 1), "host_cpu_s": round(host, 1), "computing_cpu_s": round(computing, 1),
        "cpu_per_run_s": round((host + computing) / runs, 3), "reports": len(feed.heard),
        "gaps_s": {f"p{share}": round(gaps[len(gaps) * (100 - share) // 100], 2) for share in (50, 90, 99)} if gaps else None,
        "longest_gap_s": round(gaps[0], 2) if gaps else None, "gaps_over_1_s": sum(gap > 1 for gap in gaps),
    }  # fmt: skip


def cancel(desk: Desk, runs: int) -> dict[str, Any]:
    job = desk.begin(runs)
    desk.until(job, lambda found: found["progress"]["phase"] == "runs" and found["progress"]["done"] >= 5, 60)
    began = time.monotonic()
    desk.box.post(f"/api/v1/backtests/{job}/cancel", {}, desk.token)
    answered = time.monotonic() - began
    found = desk.until(job, lambda found: found["status"] == "cancelled", 30)
    spent = time.monotonic() - began
    return {"answered_s": round(answered, 2), "cancelled_s": round(spent, 2), "done": found["progress"]["done"], "of": runs}


def kill(desk: Desk, runs: int) -> dict[str, Any]:
    job = desk.begin(runs)
    desk.until(job, lambda found: found["progress"]["phase"] == "runs" and found["progress"]["done"] >= runs // 3, 120)
    desk.box.kill()
    before = desk.batches()
    started = desk.box.start()
    began = time.monotonic()
    while True:
        try:
            found = desk.until(job, lambda found: found["status"] not in ("queued", "running"), 300)
            break
        except NoAnswer:
            time.sleep(POLL_S)
    after = desk.batches()
    finished = {batch: marks[-1][0] for batch, marks in before.items()}
    again = sum(finished[batch] for batch, marks in before.items() if after[batch][: len(marks)] != marks)
    listed = desk.box.get(f"/api/v1/backtests/{job}/runs?limit=1000", desk.token)["items"]
    return {
        "finished_before": sum(finished.values()), "computed_again": again, "batches": len(after), "status": found["status"],
        "runs_listed": len(listed), "restart_s": round(started, 1), "rest_s": round(time.monotonic() - began, 1),
    }  # fmt: skip


def rows(full: bool) -> Iterator[Row]:
    """For `python -m bench`: fewer runs than a thousand are extrapolated, start of the computing processes included."""
    runs = 1000 if full else 60
    found = measured("run", runs)
    cpu = (found["host_cpu_s"] + found["computing_cpu_s"]) * 500 / runs
    note = f"{runs} runs in {found['seconds']} s; longest silence {found['longest_gap_s']} s, {found['gaps_over_1_s']} above 1 s"
    yield Row("1,000 GRID years through the orchestration", [(found["per_1000_s"], cpu)], "s", 90.0, note)
    cancelled = measured("cancel", 60)
    yield Row(
        "a cancellation takes effect", [(cancelled["cancelled_s"],) * 2], "s", 2.0, f"after {cancelled['done']} of {cancelled['of']} runs"
    )
    killed = measured("kill", 30)
    again = f"{killed['computed_again']} of {killed['finished_before']} finished runs computed again, {killed['runs_listed']} of 30 runs"
    yield Row("kill -9 in the middle, started again: the rest", [(killed["rest_s"],) * 2], "s", None, again)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.research", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("job", choices=("run", "cancel", "kill"))
    parser.add_argument("--runs", type=int, default=60)
    args = parser.parse_args()
    print(json.dumps(measured(args.job, args.runs), indent=1))
    return 0


def measured(job: str, runs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary:
        desk = Desk(Path(temporary))
        try:
            return {"run": run, "cancel": cancel, "kill": kill}[job](desk, runs)
        finally:
            desk.box.stop()


if __name__ == "__main__":
    raise SystemExit(main())
