"""`python -m bench.research run|cancel|kill [--runs N]`: GRID years through the orchestration on the embedded host, a process of its own.

run      all of them: seconds, and the longest gap between two reports of progress
cancel   asked in the middle: seconds until the job says cancelled
kill     kill -9 in the middle and started again: which finished batches were computed a second time

The candles are the recorded year of bench/jobs.py, behind a replay account.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import tempfile
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
POLL_S = 0.1
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
        """CPU seconds so far of the host and of its computing processes: what a busy machine's wall clock hides."""
        host = self.box.pid
        spent = {pid: (parent, ticks) for pid, parent, ticks in processes()}
        return spent[host][1] / HERTZ, sum(ticks for parent, ticks in spent.values() if parent == host) / HERTZ

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

    def batches(self) -> dict[str, str]:
        """Finished batches by id, with the instant they were made; read beside the host, out of its file."""
        found = {}
        with sqlite3.connect(f"file:{self.box.data / 'cosmos.sqlite3'}?mode=ro", uri=True) as link:
            tables = [
                row[0] for row in link.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'docs\\_%' ESCAPE '\\'")
            ]
            for table in tables:
                for own, text in link.execute(f"SELECT id, doc FROM {table} WHERE id LIKE '%-runs-%'"):
                    found[own] = json.loads(text)["madeAt"]
        return found


def processes() -> Iterator[tuple[int, int, int]]:
    """(pid, parent, CPU ticks)."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            yield int(folder.name), int(fields[1]), int(fields[11]) + int(fields[12])


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
    began, reports, last = time.monotonic(), [], ""
    job = desk.begin(runs)
    while (found := desk.seen(job))["status"] in ("queued", "running"):
        if found["progress"]["at"] != last:
            last = found["progress"]["at"]
            reports.append(time.monotonic())
        time.sleep(POLL_S)
    spent = time.monotonic() - began
    host, computing = desk.cpu_s()
    gaps = sorted((b - a for a, b in zip(reports, reports[1:], strict=False)), reverse=True)
    done = found["progress"]["done"]
    return {
        "runs": runs, "status": found["status"], "done": done, "seconds": round(spent, 1), "per_1000_s": round(spent * 1000 / runs, 1),
        "host_cpu_s": round(host, 1), "computing_cpu_s": round(computing, 1), "reports": len(reports),
        "longest_gap_s": round(gaps[0], 2) if gaps else None,
        "gaps_over_1_s": sum(gap > 1 for gap in gaps),
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
    again = [batch for batch, made in before.items() if after.get(batch) != made]
    listed = desk.box.get(f"/api/v1/backtests/{job}/runs?limit=1000", desk.token)["items"]
    return {
        "finished_before": len(before), "computed_again": len(again), "batches": len(after), "status": found["status"],
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
    again = f"{killed['computed_again']} of {killed['finished_before']} finished batches computed again, {killed['runs_listed']} of 30 runs"
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
