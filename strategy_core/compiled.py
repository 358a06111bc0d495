"""The optional compiled build of this very source: where it is, and whether it may be used.

Rules
1. `make run` (in the background) and `make compiled` make it in build/compiled: a copy of the package beside its binaries; there is
   no second implementation.
2. A build of another source is no build: the digest of every source file must be that of the copy.
3. Whoever wants it starts a process with `path()` first on its PYTHONPATH, or says `prefer` before it imports more of the core.
   It is for backtests: it loads no stored state.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
BUILD = PACKAGE.parent / "build" / "compiled"
SOURCE = "SOURCE"


def digest(package: Path = PACKAGE) -> str:
    """One figure for every source file of the package."""
    total = sha256()
    for file in sorted(package.rglob("*.py")):
        total.update(f"{file.relative_to(package).as_posix()}\n".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()


def path(build: Path = BUILD, package: Path = PACKAGE) -> str | None:
    """The folder of a build of this source, for a PYTHONPATH; None when there is none."""
    written = build / SOURCE
    if not written.is_file() or written.read_text(encoding="ascii") != digest(package):
        return None
    return str(build)


def found(build: Path = BUILD, package: Path = PACKAGE) -> str:
    """What there is: `current`, `stale` (of another source: it is not used) or `none`."""
    if not (build / SOURCE).is_file():
        return "none"
    return "stale" if path(build, package) is None else "current"


def mark(build: Path = BUILD) -> int | None:
    """Another one whenever a build was made or taken away."""
    try:
        return (build / SOURCE).stat().st_mtime_ns
    except FileNotFoundError:
        return None


def prefer() -> bool:
    """From now on this process imports the core from the build, if there is one; what it imported before stays plain."""
    build = path()
    if build is None:
        return False
    sys.path.insert(0, build)
    for name in (PACKAGE.name, f"{PACKAGE.name}.backtest"):
        if name in sys.modules:
            sys.modules[name].__path__.insert(0, str(Path(build, *name.split("."))))
    return True


def is_on() -> bool:
    """Whether this process runs the compiled build."""
    from strategy_core import book

    return not str(book.__file__).endswith(".py")
