"""The dashboard in a headless browser: what it loads, when it can be used, and whether it keeps its frames.

The figures are taken by the dashboard's own tests (frontend/tests/bench) against its built files: a page of 2,000 candles and 100 levels,
a table of 500 bots (in its first order and sorted by profit), and the bots screen on a real onebox with a cold cache. They are held
against the goals here. A machine drops frames of its own, so the table's changes take turns with rest on the same page, and both are
told. Without the dashboard's packages, its build or a browser there are none.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

FRONTEND = Path(__file__).resolve().parents[1] / "frontend"
LIMIT_S = 240
FIRST_LOAD, USABLE_MS, FPS = 200_000, 1_000, 58


class Figure(NamedTuple):
    """`is_met` is None where there is no goal."""

    name: str
    value: str
    goal: str
    is_met: bool | None


def missing() -> str | None:
    """What is needed and not there."""
    if not (FRONTEND / "node_modules" / ".installed").exists() or not (FRONTEND / "out" / "index.html").exists():
        return "the dashboard is not built: make frontend"
    if not Path(os.environ.get("CHROMIUM", "/usr/bin/chromium")).exists():
        return "no browser: scripts/chromium.sh"
    return None if shutil.which("npm") else "no npm"


def measured() -> dict[str, Any]:
    """One run of the browser's jobs, at most LIMIT_S seconds. Errors: RuntimeError with the end of its output."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "figures.json"
        command = ["npm", "run", "--silent", "bench"]
        try:
            done = subprocess.run(
                command,
                cwd=FRONTEND,
                env={**os.environ, "BENCH_OUT": str(found)},
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"the browser took longer than {LIMIT_S} s") from error
        if done.returncode != 0 or not found.exists():
            raise RuntimeError((done.stdout + done.stderr)[-1500:])
        return dict(json.loads(found.read_text()))


def figures(raw: dict[str, Any]) -> list[Figure]:
    """The goals of the dashboard beside what was measured."""
    visits = raw["visits"]
    usable, total = median(one["usable"] for one in visits), max(one["bytes"] for one in visits)
    told = f"500 bots, {raw['live_messages']:,} live changes"
    first = raw["first_load_bytes"]
    return [
        Figure("bots screen: JavaScript before its figures", f"{first:,} B", f"{FIRST_LOAD:,} B", first < FIRST_LOAD),
        Figure("bots screen: all JavaScript, table and live feed too", f"{total:,} B", f"{FIRST_LOAD:,} B", total < FIRST_LOAD),
        Figure("bots screen: all JavaScript, as onebox sends it", f"{max(one['sent'] for one in visits):,} B", "", None),
        Figure("bots screen: first paint, cold cache, onebox", f"{median(one['paint'] for one in visits):,.0f} ms", "", None),
        Figure("bots screen: usable, cold cache, onebox", f"{usable:,.0f} ms", f"{USABLE_MS:,} ms", usable < USABLE_MS),
        *_smooth("2,000 candles, 100 levels, panned", raw["pan"]),
        *_smooth(told, raw["live"], raw["live_rest"]),
        *_smooth(f"{told}, sorted by profit", raw["live_sorted"], raw["live_sorted_rest"]),
    ]


def _smooth(name: str, one: dict[str, Any], rest: dict[str, Any] | None = None) -> list[Figure]:
    """`rest`: the same page in the same minute while nothing happens. What the machine drops then is not the work's."""
    dropped = f"{one['dropped']} of {one['frames']}"
    if rest is not None:
        dropped += f", {rest['dropped']} of {rest['frames']} at rest"
    return [
        Figure(f"{name}: frames a second", f"{one['fps']:.1f}", f"{FPS}", one["fps"] >= FPS),
        Figure(
            f"{name}: frames dropped", dropped, "" if rest is None else "none of its own", None if rest is None else _own(one, rest) <= 0
        ),
        Figure(f"{name}: the page's thread is busy", f"{one['busy']:.0%}", "", None),
        Figure(f"{name}: slowest of 20 / slowest frame", f"{one['p95_ms']:.1f} / {one['worst_ms']:.1f} ms", "", None),
    ]


def _own(one: dict[str, Any], rest: dict[str, Any]) -> float:
    """Frames dropped beyond the share that was dropped at rest."""
    return float(one["dropped"] - rest["dropped"] / rest["frames"] * one["frames"])
