"""`python -m bench`: our jobs, and the peers where they are installed, in one run and one table.

`--full` runs all 1,000 backtests and gives every peer the whole year; `--ours` leaves the peers out. The figures of the last run are
kept in bench/results/last.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import browser, compiled, core, reports, research, year
from bench.peers import field
from strategy_core import compiled as build


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="everything at full size: takes an hour with all peers")
    parser.add_argument("--ours", action="store_true", help="only our own figures")
    parser.add_argument("--limit", type=float, default=None, help="seconds a peer's job may take (default 240; with --full 1,800)")
    args = parser.parse_args(argv)
    console = Console(width=None if sys.stdout.isatty() else 160)
    data = year.written()
    load = os.getloadavg()[0]
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}")
    console.print("CPU is what a busy machine's wall clock hides; the goals are for a quiet one")
    built = compiled.rows("--runs", "1000" if args.full else "40")
    own = [*core.rows(data, args.full), *built, *research.rows(args.full), *reports.rows(args.full)]
    console.print(_own_table(own))
    if not built:
        console.print(compiled.HOW[build.found()])
    seen = _in_a_browser(console)
    beside: list[dict[str, Any]] = []
    if not args.ours:
        beside = list(_beside(data, args.full, args.limit or (1800 if args.full else 240)))
        console.print(_field_table(beside))
        for peer in field.PEERS:
            console.print(f"{peer.title}: {peer.acts}")
        console.print("ours: four path points per candle, fills at each of them (strategies.md 1.2), so that counts differ a little")
        console.print(
            "ours, DCA: the first deal starts at the first open and the next at the path point that closed the last, not at the next open; "
            "entries differ by a step, so that whole deals drift apart in a long run (224 fills each in the first 100,000 candles)"
        )
    _keep(load, own, beside, seen)
    return 0


def _own_table(rows: Iterable[core.Row]) -> Table:
    table = Table(title="Our own jobs")
    for name, side in (("job", "left"), ("median", "right"), ("best", "right"), ("CPU", "right"), ("at most", "right"), ("", "left")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in rows:
        colour = "" if row.most is None else "green" if min(row.median, row.cpu) <= row.most else "red"
        goal = "" if row.most is None else f"{row.most:g} {row.unit}"
        table.add_row(
            row.name, f"{row.median:,.1f} {row.unit}", f"{row.best:,.1f} {row.unit}", f"{row.cpu:,.1f}", goal, row.note, style=colour
        )
    return table


def _in_a_browser(console: Console) -> dict[str, Any]:
    """The dashboard's figures, shown and kept; without what they need, why there are none."""
    lacking = browser.missing()
    if lacking:
        console.print(f"in a browser: not measured, {lacking}")
        return {"missing": lacking}
    try:
        raw = browser.measured()
    except RuntimeError as error:
        console.print(f"in a browser: failed: {error}", markup=False)
        return {"failed": str(error)}
    table = Table(title="In a browser")
    for name, side in (("figure", "left"), ("measured", "right"), ("goal", "right")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in browser.figures(raw):
        table.add_row(row.name, row.value, row.goal, style="" if row.is_met is None else "green" if row.is_met else "red")
    console.print(table)
    return raw


def _beside(data: dict[str, Any], full: bool, limit_s: float) -> Iterable[dict[str, Any]]:
    """Each peer's two jobs, and ours over the same candles just before."""
    for peer in field.PEERS:
        if not field.is_installed(peer.name):
            yield {"peer": peer.title, "failed": f"not installed: python -m bench.peers install {peer.name}"}
            continue
        candles = len(data["ts"]) if full or peer.candles is None else peer.candles
        built = compiled.year_rows(candles, repeats=3) or [None, None]
        for job, row, faster in zip(("grid", "dca"), core.year_jobs(data, candles, repeats=3), built, strict=True):
            found = field.run(peer.name, job, candles, limit_s)
            ours = {"our_s": row.median / 1e3, "our_fills": row.note, "our_compiled_s": None if faster is None else faster.median / 1e3}
            yield {"peer": peer.title, "job": job, "asked": candles, **ours, **found}


def _field_table(rows: Iterable[dict[str, Any]]) -> Table:
    table = Table(title="Side by side: the same job, the same candles")
    for name, side in (
        ("peer", "left"), ("job", "left"), ("candles", "right"), ("peer s", "right"), ("import s", "right"), ("peak MB", "right"),
        ("ours s", "right"), ("peer / ours", "right"), ("compiled s", "right"), ("fills: peer", "right"), ("ours", "right"),
    ):  # fmt: skip
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in rows:
        if "failed" in row:
            asked = f"{row['asked']:,}" if "asked" in row else ""
            table.add_row(row["peer"], row.get("job", ""), asked, row["failed"])
            continue
        ratio = row["run_s"] / row["our_s"]
        table.add_row(
            row["peer"], row["job"], f"{row['candles']:,}", f"{row['run_s']:.3f}", f"{row['import_s']:.1f}", str(row["peak_mb"]),
            f"{row['our_s']:.3f}", f"{ratio:,.1f}", "" if row["our_compiled_s"] is None else f"{row['our_compiled_s']:.3f}",
            str(row["fills"]), row["our_fills"].removesuffix(" fills"),
        )  # fmt: skip
    return table


def _keep(load: float, own: Iterable[core.Row], beside: list[dict[str, Any]], seen: dict[str, Any]) -> None:
    ours = [{"job": row.name, "median": row.median, "best": row.best, "cpu": row.cpu, "unit": row.unit, "note": row.note} for row in own]
    (year.RESULTS / "last.json").write_text(json.dumps({"load": load, "ours": ours, "beside": beside, "browser": seen}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
