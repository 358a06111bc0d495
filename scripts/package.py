"""`python -m scripts.package [zip]`: the deployment package: the app as .funcignore leaves it, requirements.txt's packages, .pyc files.

Packages come from this environment, chosen by walking requirements.txt's own needs: nothing of the tests or the local host can slip in.
What no running app reads (PRUNED) stays out; scripts/packaged.py then proves that the package works with nothing beside it.
Goal: under 80 MB.
"""

from __future__ import annotations

import compileall
import fnmatch
import py_compile
import re
import shutil
import sys
import tempfile
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
SITE = Path(".python_packages/lib/site-packages")
GOAL_MB = 80
PRUNED = (
    "*/tests/*", "*/testing/*", "*.h", "*.hpp", "*.c", "*.pyx", "*.pxd", "*.pyi", "*.a", "ccxt/test/*", "ccxt/pro/*", "ccxt/prediction/*",
    "numpy/f2py/*", "numpy/_pyinstaller/*", "sqlalchemy/dialects/m*", "sqlalchemy/dialects/oracle/*",
    "sqlalchemy/dialects/postgresql/*", "../*", "*/__pycache__/*",
)  # fmt: skip
"""Test suites, sources of compiled modules, exchange clients of kinds we do not open, databases nobody connects to."""


def needed(requirements: Path = ROOT / "requirements.txt") -> dict[str, Distribution]:
    """Every installed distribution that requirements.txt asks for, directly or not."""
    lines = [line.split("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines()]
    waiting = [(Requirement(line), "") for line in lines if line and not line.startswith("-")]
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        asked, extra = waiting.pop()
        key = (name_of(asked.name), frozenset(asked.extras))
        if key in seen or (asked.marker and not asked.marker.evaluate({"extra": extra})):
            continue
        seen.add(key)
        try:
            found[key[0]] = distribution(asked.name)
        except PackageNotFoundError:
            sys.exit(f"{asked} is not installed here")
        for text in found[key[0]].requires or ():
            needs = Requirement(text)
            waiting += [(needs, one) for one in ("", *asked.extras) if not needs.marker or needs.marker.evaluate({"extra": one})]
    return found


def name_of(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def app_files() -> list[Path]:
    """The app's own files, what .funcignore names and what git ignores left out."""
    rules = [line.strip() for line in (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines() if line.strip()]
    return [path.relative_to(ROOT) for path in sorted(_walk(ROOT, rules))]


def _walk(folder: Path, rules: list[str]) -> list[Path]:
    found: list[Path] = []
    for path in folder.iterdir():
        if path.name in ("__pycache__", "node_modules") or any(fnmatch.fnmatch(path.name, rule) for rule in rules):
            continue
        found += _walk(path, rules) if path.is_dir() else [path]
    return found


def build(target: Path) -> float:
    """Writes the package; its size in MB."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        for path in app_files():
            copy(ROOT / path, stage / path)
        for dist in needed().values():
            for file in dist.files or ():
                source = Path(str(dist.locate_file(file)))
                if not is_pruned(file.as_posix()) and source.is_file():
                    copy(source, stage / SITE / file)
        compileall.compile_dir(
            stage, quiet=2, force=True, stripdir=str(stage), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
        pack(stage, target)
    return target.stat().st_size / 1e6


def is_pruned(file: str) -> bool:
    return any(fnmatch.fnmatchcase(file, rule) for rule in PRUNED)


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def pack(stage: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out:
        for path in sorted(stage.rglob("*")):
            if path.is_file():
                out.write(path, path.relative_to(stage))


if __name__ == "__main__":
    size = build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build/tickwise.zip")
    print(f"{size:.1f} MB, {len(needed())} packages (goal: under {GOAL_MB} MB)")
    sys.exit(0 if size < GOAL_MB else 1)
