"""The closing line of continuous integration adds up what the runners said."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts/count_tests.py"


def closing_line(tmp_path: Path, log: str, status: str = "0") -> tuple[str, int]:
    (tmp_path / "log").write_text(log, encoding="utf-8")
    done = subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / "log"), status], capture_output=True, text=True, check=False)
    return done.stdout.strip(), done.returncode


def test_pytest_and_vitest_are_added_up(tmp_path: Path) -> None:
    log = "====== 12 passed, 1 skipped in 3.20s ======\n\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m7 passed\x1b[39m\x1b[22m\x1b[90m (7)\x1b[39m\n"
    assert closing_line(tmp_path, log) == ("19 passed, 0 failed, 1 skipped", 0)


def test_a_failed_test_fails_the_run(tmp_path: Path) -> None:
    assert closing_line(tmp_path, "2 failed, 5 passed in 1.00s\n", "1") == ("5 passed, 2 failed, 0 skipped", 1)


def test_a_step_that_breaks_without_counting_still_fails(tmp_path: Path) -> None:
    assert closing_line(tmp_path, "5 passed in 1.00s\n", "1") == ("5 passed, 1 failed, 0 skipped", 1)


def test_no_test_at_all_fails(tmp_path: Path) -> None:
    assert closing_line(tmp_path, "nothing here\n")[1] == 1
