"""Which tests reach which lines of the core, and what each costs: a lie is only shown to the tests that could hear it.

Rules
1. One run of all tests in a child, under coverage, with the test's name as context. If a test fails, there is no map and nothing to say.
2. The cheapest tests come first, so a lie that is noticed is noticed soon.
3. A line that runs at import belongs to every test.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bench.mutation.trial import in_child, run_tests


class Reach(NamedTuple):
    """`seconds`: CPU time by test; `lines`: the tests by "path:line"."""

    seconds: dict[str, float]
    lines: dict[str, list[str]]

    def tests_of(self, path: str, first: int, last: int) -> list[str]:
        """The tests that run any of these lines, cheapest first; all of them for what runs at import."""
        found: set[str] = set()
        for line in range(first, last + 1):
            found.update(self.lines.get(f"{path}:{line}", ()))
        return sorted(found or self.seconds, key=lambda name: (self.seconds[name], name))


class _Recorder:
    """The pytest plugin that names the context and keeps the time."""

    def __init__(self, coverage: Any) -> None:
        self.coverage = coverage
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, None, None]:
        self.coverage.switch_context(item.nodeid)
        began = time.process_time()
        yield
        self.seconds[item.nodeid] = round(time.process_time() - began, 4)
        self.coverage.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def measured(root: Path, tests: list[str], limit_s: int) -> Reach:
    """The map of the unedited core in `root`; RuntimeError naming the tests that fail by themselves."""
    kept = root / "reach.json"
    if not kept.exists():
        in_child(lambda: _measure(root, tests, kept), limit_s)
    found = json.loads(kept.read_text()) if kept.exists() else {"failed": ["the run itself"]}
    if found["failed"]:
        kept.unlink(missing_ok=True)
        raise RuntimeError(f"without any edit these fail: {', '.join(found['failed'])}")
    return Reach(found["seconds"], found["lines"])


def _measure(root: Path, tests: list[str], kept: Path) -> int:
    import coverage

    watch = coverage.Coverage(source=[str(root / "strategy_core")], data_file=None, config_file=False)
    recorder = _Recorder(watch)
    watch.start()
    code = run_tests(tests, recorder, stop_at_first=False)
    watch.stop()
    data = watch.get_data()
    lines: dict[str, list[str]] = defaultdict(list)
    for file in data.measured_files():
        path = os.path.relpath(file, root)
        for line, contexts in data.contexts_by_lineno(file).items():
            if "" not in contexts:
                lines[f"{path}:{line}"] = sorted(contexts)
    kept.write_text(json.dumps({"failed": recorder.failed or [], "seconds": recorder.seconds, "lines": lines}))
    return code
