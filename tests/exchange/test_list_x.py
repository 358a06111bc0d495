"""The checklist of exchange faults is whole: every line of it is a test by that name."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_every_fault_x01_to_x40_has_a_test_named_after_it() -> None:
    names = (name for file in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_x\d\d\w*)", file.read_text()))
    tested = {number for name in names for number in re.findall(r"(?<=_)x(\d\d)(?=_)", name)}
    assert {f"{n:02}" for n in range(1, 41)} <= tested
