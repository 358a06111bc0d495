"""The optional compiled build of this very source: where it is, and whether it may be used.

Rules
1. `make compiled` makes it in build/compiled: a copy of the package beside its binaries; there is no second implementation.
2. A build of another source is no build: the digest of every source file must be that of the copy.
3. Whoever wants it starts a process with `path()` first on its PYTHONPATH. It is for backtests: it loads no stored state.
"""

from __future__ import annotations

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


def is_on() -> bool:
    """Whether this process runs the compiled build."""
    from strategy_core import book

    return not str(book.__file__).endswith(".py")
