"""The command line at length, candles with stranger columns, and the bounds of what is remembered."""

from __future__ import annotations

import gc
import json
import runpy
import sys
from importlib import util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from strategy_core import registry
from strategy_core.backtest import run
from strategy_core.backtest.cli import main
from strategy_core.trade import Command

_spec = util.spec_from_file_location("strategy_core_edges", Path(__file__).with_name("test_backtest.py"))
assert _spec is not None and _spec.loader is not None
base = util.module_from_spec(_spec)
_spec.loader.exec_module(base)
_desks = util.spec_from_file_location("strategy_core_desk_edges", Path(__file__).with_name("test_mechanics.py"))
assert _desks is not None and _desks.loader is not None
desks = util.module_from_spec(_desks)
_desks.loader.exec_module(desks)


def test_the_module_is_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["strategy_core.backtest", str(base.GRID), "--json"])
    monkeypatch.setattr("strategy_core.compiled.path", lambda: None)  # a build is for a process of its own
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("strategy_core.backtest", run_name="__main__")
    assert ended.value.code == 0 and json.loads(capsys.readouterr().out)["status"] == "active"


def test_a_long_run_is_shown_by_its_first_and_last_fills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [[base.START + 60_000 * k, "100", "106", "94", "100"] for k in range(80)]
    assert main([str(base.case(tmp_path, candles=rows, data=None))]) == 0
    said = capsys.readouterr().out
    assert " more\n" in said and "\n     0 " in said


@pytest.mark.parametrize(
    ("second", "said"),
    [([2, "1", "1", "x", "1"], "candles.1.low: not a decimal string"), ([10**30, "1", "1", "1", "1"], "candles: t: out_of_range")],
)
def test_what_is_wrong_further_down_is_found(second: list[Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(base.case(tmp_path, candles=[[1, "1", "1", "1", "1"], second]))]) == 2
    assert capsys.readouterr().err.startswith(said)


def test_times_of_a_parquet_file_may_be_instants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow
    from pyarrow import parquet

    times = (base.START + 60_000 * np.arange(4)).astype("datetime64[ms]")
    column = np.full(4, 100.0)
    table = pyarrow.table({"time": times, "open": column, "high": column, "low": column, "close": column})
    parquet.write_table(table, tmp_path / "candles.parquet")
    assert main([str(base.GRID), "--candles", str(tmp_path / "candles.parquet"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["last_price"] == "100"


def test_a_caller_without_a_collector_gets_none_from_a_run() -> None:
    gc.disable()
    try:
        run("GRID", base.CONFIG, base.rules(), base.wavy(50))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_of_the_commands_the_last_sixty_four_are_known() -> None:
    desk = desks.grid()
    for n in range(70):
        registry.apply(desk.state, Command("resume", {}, 5, f"id-{n}"))
    assert desk.state.commands == [f"id-{n}" for n in range(6, 70)]


def test_an_order_somebody_removed_and_one_that_expired_are_told_apart() -> None:
    for reason, code in (("missing", "order_missing"), ("expired", "order_ended")):
        desk = desks.grid()
        desk.end("L1", reason)
        assert code in desk.events()


@pytest.mark.parametrize(("field", "good", "bad"), [("safety_orders", 100, 101), ("step_multiplier", "10", "10.5")])
def test_a_deal_has_its_bounds(field: str, good: Any, bad: Any) -> None:
    plan = {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 1, "step_pct": "0.5", "take_profit_pct": "2"}
    market = desks.walks.market(future=False)
    for value, wrong in ((good, False), (bad, True)):
        found = registry.validate("DCA", plan | {field: value}, desks.D(100), market)
        assert (field in [finding.field for finding in found]) is wrong
