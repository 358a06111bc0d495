"""One trial: a forked child imports the core with one edit in it and runs the tests; what they say is the verdict.

Rules
1. The parent imports what the tests need, but never the core: each child imports its own.
2. A child that takes too long, or dies, noticed the edit too.
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
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

OPTIONS = ("-x", "-q", "--rootdir", ".", "--no-header", "--tb=no")
PLUGINS = ("pytest_asyncio.plugin", "pytest_timeout")
_PRELOADED = ("pytest", *PLUGINS, "hypothesis", "hypothesis.strategies", "pydantic", "numpy", "orjson")
_MEMORY = 3 << 30
_PATIENCE = 10  # wall-clock seconds per CPU second before a trial counts as hanging


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


def survives(root: Path, path: str, tree: ast.Module | None, tests: list[str], limit_s: int) -> bool:
    """Whether the tests pass all the same. The limit is CPU time, so that a busy machine kills nothing."""
    child = os.fork()
    if child == 0:
        _run(root, path, tree, tests, limit_s)
    began = time.monotonic()
    while time.monotonic() - began < limit_s * _PATIENCE:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _run(root: Path, path: str, tree: ast.Module | None, tests: list[str], limit_s: int) -> None:
    """In the child; never returns."""
    code = 2
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
        if tree is not None:
            sys.meta_path.insert(0, _Finder(path.removesuffix(".py").replace("/", "."), root / path, tree))
        import pytest

        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        with contextlib.suppress(BaseException):
            code = int(pytest.main([*OPTIONS, *tests], plugins=[sys.modules[name] for name in PLUGINS]))
    finally:
        os._exit(code)
