"""The optional compiled build: found only when it is of this very source, and then the same to the last digit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.compile_core import HOT
from strategy_core import compiled

ROOT = Path(__file__).resolve().parents[2]
RUNS = """
import numpy as np
from hashlib import sha256
from bench import jobs
from strategy_core import compiled
from strategy_core.backtest import run
wander = 50_000 + np.cumsum(np.random.default_rng(7).integers(-4000, 4001, 6001)) / 50
opens, closes = wander[:-1], wander[1:]
times = jobs.START_MS + 60_000 * np.arange(6000, dtype=np.int64)
columns = {"ts": times, "open": opens, "high": np.maximum(opens, closes) + 20, "low": np.minimum(opens, closes) - 20, "close": closes}
series = jobs.series(columns)
for name, config in (("GRID", jobs.GRID), ("GRID", {**jobs.GRID, "trail_up": "shift", "trail_up_limit": "90000", "reinvest": "compound"}),
                     ("DCA", jobs.DCA), ("DCA", {**jobs.DCA, "trailing_take_profit_pct": "0.4", "stop_loss_pct": "9", "take_profit_net": True})):
    report = run(name, config, jobs.MARKET, series)
    assert len(report.trades) > 20
    print(name, len(report.trades), sha256(repr([tuple(map(str, trade)) for trade in report.trades]).encode()).hexdigest())
print(compiled.is_on())
"""


def source(folder: Path) -> Path:
    package = folder / "core"
    package.mkdir()
    (package / "a.py").write_text("A = 1\n", encoding="utf-8")
    return package


def test_a_build_of_this_source_is_found(tmp_path: Path) -> None:
    package, build = source(tmp_path), tmp_path / "build"
    build.mkdir()
    (build / compiled.SOURCE).write_text(compiled.digest(package), encoding="ascii")
    assert compiled.path(build, package) == str(build)


def test_a_build_of_another_source_is_none(tmp_path: Path) -> None:
    package, build = source(tmp_path), tmp_path / "build"
    build.mkdir()
    (build / compiled.SOURCE).write_text(compiled.digest(package), encoding="ascii")
    (package / "a.py").write_text("A = 2\n", encoding="utf-8")
    assert compiled.path(build, package) is None


def test_a_file_more_is_another_source(tmp_path: Path) -> None:
    package = source(tmp_path)
    before = compiled.digest(package)
    (package / "b.py").write_text("", encoding="utf-8")
    assert compiled.digest(package) != before


def test_without_a_build_there_is_none(tmp_path: Path) -> None:
    assert compiled.path(tmp_path, source(tmp_path)) is None


def test_the_source_itself_is_plain_python() -> None:
    assert not compiled.is_on()
    assert not list(compiled.PACKAGE.rglob("*.so"))


def test_what_is_compiled_exists_and_holds_no_model() -> None:
    for name in HOT:
        assert "(Model)" not in (compiled.PACKAGE / f"{name}.py").read_text(encoding="utf-8"), name


@pytest.mark.skipif(compiled.path() is None, reason="not built: make compiled")
def test_the_build_gives_the_same_to_the_last_digit() -> None:
    build = str(compiled.path())
    plain, fast = (_ran(str(ROOT)), _ran(os.pathsep.join((build, str(ROOT)))))
    assert (plain[-1], fast[-1]) == ("False", "True")
    assert plain[:-1] == fast[:-1]


def _ran(path: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", RUNS],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.split("\n")[:-1]
