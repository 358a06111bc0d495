"""Which peers there are, how they are installed, and how one job of theirs is run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parent / ".envs"
RESULTS = HERE.parent / "results"


class Peer(NamedTuple):
    """`candles`: how much of the year it is given unless `--full` is asked for (None: all). `acts`: how its rules differ."""

    name: str
    title: str
    candles: int | None
    acts: str


_CLOSE = "acts at candle closes, fills from the next candle, a market order at the next open"
PEERS = (
    Peer("vectorbt", "vectorbt", None, f"{_CLOSE}; buys before sells within a candle; time after its compilation"),
    Peer("hftbacktest", "hftbacktest", None, f"{_CLOSE}; fed three trades a candle, since it reads ticks; time after its compilation"),
    Peer("nautilus", "nautilus_trader", 20_000, f"{_CLOSE}; a market order at the close itself"),
    Peer("backtesting", "backtesting.py", 20_000, _CLOSE),
    Peer("backtrader", "backtrader", 10_000, _CLOSE),
    Peer("jesse", "jesse", 20_000, f"{_CLOSE}; a market order at the close itself; its ladder is sent anew after every fill"),
)


def python_of(name: str) -> Path:
    return ENVIRONMENTS / name / "bin" / "python"


def is_installed(name: str) -> bool:
    """Complete, that is: an installation that was broken off leaves no mark."""
    return python_of(name).exists() and (ENVIRONMENTS / name / "installed").exists()


def install(name: str) -> int:
    """Its own environment, with the Python the pinned versions have wheels for."""
    folder = ENVIRONMENTS / name
    python = shutil.which("python3.11") or sys.executable
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    wanted = str(HERE / name / "requirements.txt")
    done = subprocess.run([str(python_of(name)), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", wanted], check=False)
    if done.returncode == 0:
        (folder / "installed").touch()
    return done.returncode


def run(name: str, job: str, candles: int, limit_s: float) -> dict[str, Any]:
    """What the peer printed, or `{"failed": why}`."""
    command = [str(python_of(name)), str(HERE / name / "job.py"), job, str(candles)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        return {"failed": f"more than {limit_s:.0f} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no word"])[-1][:160]}
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer
