"""Golden runs: every strategy through bad weather does, to the digit, what it did when the run was looked at and kept."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import Any

import pytest

_spec = util.spec_from_file_location("strategy_core_storms", Path(__file__).with_name("storms.py"))
assert _spec is not None and _spec.loader is not None
storms = util.module_from_spec(_spec)
_spec.loader.exec_module(storms)


@pytest.mark.parametrize("run", storms.RUNS, ids=lambda run: run.name)
def test_a_golden_run_comes_out_line_for_line(run: Any) -> None:
    kept = (storms.GOLDEN / f"{run.name}.txt").read_text().split("\n")
    for number, (got, wanted) in enumerate(zip(storms.told(run).split("\n"), kept, strict=True), start=1):
        assert got == wanted, f"{run.name}.txt:{number}"


def test_every_kept_run_is_run() -> None:
    assert {path.stem for path in storms.GOLDEN.glob("*.txt")} == {run.name for run in storms.RUNS}
