"""One trial: a forked child imports the core with one edit in it and runs the tests; what they say is the verdict.

Rules
1. The parent imports what the tests need, but never the core: each child imports its own.
2. A child that dies noticed the edit; so did one in which a single test takes ten times its usual CPU time and five seconds more.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

OPTIONS = ("-q", "--rootdir", ".", "--no-header", "--tb=no")
PLUGINS = ("pytest_asyncio.plugin", "pytest_timeout")
_PRELOADED = ("pytest", *PLUGINS, "hypothesis", "hypothesis.strategies", "pydantic", "numpy", "orjson", "coverage")
_MEMORY = 3 << 30
_PATIENCE = 20  # wall-clock seconds per CPU second before a trial counts as hanging
_AT_LEAST = 5  # CPU seconds any one test may take


def prepare(root: Path) -> None:
    """What every child would import otherwise; from now on the core is the one in `root`."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    own = ("", str(Path.cwd()))
    sys.path[:] = [str(root), *(place for place in sys.path if place not in own)]
    os.chdir(root)
    for name in _PRELOADED:
        importlib.import_module(name)


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, tree: ast.Module) -> None:
        super().__init__(name, path)
        self.tree = tree

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.tree, self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    """Gives the edited tree for one module and knows no other."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=_Loader(fullname, str(self.path), self.tree))


class _Patience:
    """The pytest plugin that lets the kernel end a test that runs on and on: by CPU time, so a busy machine kills nothing."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def pytest_runtest_setup(self, item: Any) -> None:
        may = _AT_LEAST + 10 * self.seconds.get(item.nodeid, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + may) + 1, resource.RLIM_INFINITY))


def survives(root: Path, path: str, tree: ast.Module, tests: list[str], seconds: dict[str, float]) -> bool:
    """Whether the tests pass all the same."""

    def child() -> int:
        sys.meta_path.insert(0, _Finder(path.removesuffix(".py").replace("/", "."), root / path, tree))
        return run_tests(tests, _Patience(seconds), stop_at_first=True)

    return in_child(child, 60 + 10 * sum(seconds[name] for name in tests))


def run_tests(tests: list[str], plugin: object, *, stop_at_first: bool) -> int:
    """pytest's verdict; says nothing itself."""
    import pytest

    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    options = (*OPTIONS, "-x") if stop_at_first else OPTIONS
    with contextlib.suppress(BaseException):
        return int(pytest.main([*options, *tests], plugins=[plugin, *(sys.modules[name] for name in PLUGINS)]))
    return 2


def in_child(act: Callable[[], int], limit_s: float) -> bool:
    """Whether `act` came to 0 in a process of its own."""
    child = os.fork()
    if child == 0:
        _act(act)
    began = time.monotonic()
    while time.monotonic() - began < limit_s * _PATIENCE:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _act(act: Callable[[], int]) -> None:
    """In the child; never returns."""
    code = 2
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        code = act()
    finally:
        os._exit(code)
