"""GRID, BTD and LOOP against worked cases, to the last digit."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pytest

_spec = util.spec_from_file_location("strategy_core_runs", Path(__file__).with_name("runs.py"))
assert _spec is not None and _spec.loader is not None
runs = util.module_from_spec(_spec)
_spec.loader.exec_module(runs)

NAMES = [name for bot in ("grid", "btd", "loop") for name in runs.names(bot)]


@pytest.mark.parametrize("name", NAMES)
def test_the_case_comes_out_to_the_last_digit(name: str) -> None:
    case = runs.load(name)
    assert runs.differences(case, runs.run_case(case)) == []


@pytest.mark.parametrize("name", [name for name in NAMES if "-4-" not in name])
def test_stepping_every_point_gives_the_same(name: str) -> None:
    case = runs.load(name)
    assert runs.differences(case, runs.run_case(case, every_point=True)) == []
