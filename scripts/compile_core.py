"""`python scripts/compile_core.py`: the strategy core as binaries, from the same source, into build/compiled (`make compiled`, `make run`).

Optional: needs a C compiler, mypy and setuptools. What cannot be compiled (models of pydantic) stays Python beside it. A build appears
complete or not at all; two that are asked for at once make one.
The sources themselves are left alone, so tests, types and coverage always see them; see strategy_core/compiled.py for who uses the build.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from strategy_core.compiled import BUILD, PACKAGE, SOURCE, digest, path  # noqa: E402

HOT = (
    "decimals", "levels", "book", "ledger", "state", "mechanics", "late", "closing", "target", "matching", "waiting", "guard",
    "grid", "grid_memory", "grid_orders", "grid_trail", "btd", "btd_orders", "combo", "combo_memory", "loop", "loop_memory",
    "dca_deal", "dca_judge", "dca_ladder", "dca_machine", "dca_memory", "dca_orders", "dca_profit", "dca_start",
    "backtest/engine", "backtest/money", "backtest/series", "backtest/metrics",
)  # fmt: skip


PART = BUILD.with_name("compiled.part")


def main() -> int:
    PART.parent.mkdir(exist_ok=True)
    with PART.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return make()


def make() -> int:
    if path() is not None and "--again" not in sys.argv:
        print("compiled: the build is that of this source")
        return 0
    if shutil.which(os.environ.get("CC", "cc")) is None:
        print("compiled: no C compiler here; everything runs as plain Python")
        return 1
    shutil.rmtree(PART, ignore_errors=True)
    copy = PART / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    source = digest(copy)  # what is compiled, whatever is edited meanwhile
    build()
    (PART / SOURCE).write_text(source, encoding="ascii")
    shutil.rmtree(BUILD, ignore_errors=True)
    PART.rename(BUILD)
    print(f"compiled: {len(HOT)} modules in {BUILD.relative_to(ROOT)}")
    return 0


def build() -> None:
    """Runs the compiler over the copy, inside the copy."""
    from mypyc.build import mypycify
    from setuptools import setup

    os.chdir(PART)
    files = [f"{PACKAGE.name}/{name}.py" for name in HOT]
    extensions = mypycify(["--ignore-missing-imports", *files], opt_level="3", debug_level="0")
    setup(name=f"{PACKAGE.name}_compiled", ext_modules=extensions, script_args=["--quiet", "build_ext", "--inplace"])
    shutil.rmtree("build", ignore_errors=True)  # C sources and objects
    shutil.rmtree(".mypy_cache", ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
