"""The optional compiled build: found only when it is of this very source, and then the same to the last digit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import strategy_core
from scripts.compile_core import HOT
from strategy_core import backtest, compiled

ROOT = Path(__file__).resolve().parents[2]
RUNS = """
import numpy as np
from hashlib import sha256
from bench import jobs
from strategy_core import compiled
from strategy_core.backtest import run
from strategy_core.backtest.metrics import metrics
wander = 50_000 + np.cumsum(np.random.default_rng(7).integers(-4000, 4001, 6001)) / 50
opens, closes = wander[:-1], wander[1:]
times = jobs.START_MS + 60_000 * np.arange(6000, dtype=np.int64)
columns = {"ts": times, "open": opens, "high": np.maximum(opens, closes) + 20, "low": np.minimum(opens, closes) - 20, "close": closes}
series = jobs.series(columns)
for name, config in (("GRID", jobs.GRID), ("GRID", {**jobs.GRID, "trail_up": "shift", "trail_up_limit": "90000", "reinvest": "compound"}),
                     ("DCA", jobs.DCA), ("DCA", {**jobs.DCA, "trailing_take_profit_pct": "0.4", "stop_loss_pct": "9", "take_profit_net": True})):
    report = run(name, config, jobs.MARKET, series)
    assert len(report.trades) > 20
    told = [*(tuple(map(str, trade)) for trade in report.trades), report.state.ledger.dump(), metrics(report)]
    print(name, len(report.trades), sha256(repr(told).encode()).hexdigest())
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


def test_what_there_is_has_a_name_and_another_mark_with_every_build(tmp_path: Path) -> None:
    package, build = source(tmp_path), tmp_path / "build"
    build.mkdir()
    assert (compiled.found(build, package), compiled.mark(build)) == ("none", None)
    (build / compiled.SOURCE).write_text(compiled.digest(package), encoding="ascii")
    first = compiled.mark(build)
    assert compiled.found(build, package) == "current" and first is not None
    (package / "a.py").write_text("A = 2\n", encoding="utf-8")
    assert compiled.found(build, package) == "stale"
    os.utime(build / compiled.SOURCE, ns=(0, first + 1_000_000_000))
    assert compiled.mark(build) == first + 1_000_000_000


def test_a_process_that_prefers_the_build_imports_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    before = (list(sys.path), list(strategy_core.__path__), list(backtest.__path__))
    for module, name, value in ((sys, "path", before[0]), (strategy_core, "__path__", before[1]), (backtest, "__path__", before[2])):
        monkeypatch.setattr(module, name, list(value))
    monkeypatch.setattr(compiled, "path", lambda: None)
    assert not compiled.prefer() and (sys.path, strategy_core.__path__, backtest.__path__) == before
    monkeypatch.setattr(compiled, "path", lambda: "/there")
    assert compiled.prefer()
    assert sys.path[0] == "/there" and strategy_core.__path__[0] == "/there/strategy_core"
    assert backtest.__path__[0] == "/there/strategy_core/backtest"
    monkeypatch.delitem(sys.modules, "strategy_core.backtest")
    assert compiled.prefer() and strategy_core.__path__[:2] == ["/there/strategy_core"] * 2


def test_what_the_backtester_does_not_offer_is_no_attribute_of_it() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = backtest.nothing


def test_the_source_itself_is_plain_python() -> None:
    assert not compiled.is_on()
    assert not list(compiled.PACKAGE.rglob("*.so"))


def test_what_is_compiled_exists_and_holds_no_model() -> None:
    for name in HOT:
        assert "(Model)" not in (compiled.PACKAGE / f"{name}.py").read_text(encoding="utf-8"), name


@pytest.mark.skipif(compiled.path() is None, reason="not built: make compiled")
def test_the_command_line_runs_the_build() -> None:
    ask = "from strategy_core import compiled; compiled.prefer(); import strategy_core.backtest.cli; print(compiled.is_on())"
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, timeout=110, check=True)
    assert done.stdout == "True\n"


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
        timeout=110,
        check=True,
    )
    return done.stdout.split("\n")[:-1]
