"""`python -m bench.mutants --sample 200 --seed 1`: which small lies in the core the tests do not notice.

`--again` tries the survivors of the last run once more (with `--walks`: against the property tests too); `--only grid,ledger`
narrows the modules. Results in bench/results/mutants.json.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.mutation.edits import Mutant, count, described, edited
from bench.mutation.trial import prepare, survives

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "bench" / "results" / "mutants.json"
PATTERNS = ("intent", "ledger", "book", "mechanics*", "grid*", "btd*", "loop*", "dca_*", "combo*", "closing", "ladder", "late")
_FIRST = {  # which tests are likely to notice first; all others follow, the long property walks last
    "grid": ("ladder",), "btd": ("ladder",), "loop": ("ladder",), "ladder": ("ladder",), "dca": ("dca",), "combo": ("combo",),
}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        return _check(_copy(Path(folder, ROOT.name)), args)


def _copy(root: Path) -> Path:
    """The core and its tests as they are now: who edits meanwhile changes nothing here."""
    for part in ("strategy_core", "tests/strategy_core"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    shared = ROOT.parent / "shared"
    if shared.exists():
        (root.parent / "shared").symlink_to(shared)
    return root


def _check(root: Path, args: argparse.Namespace) -> int:
    chosen = _last_survivors(root) if args.again else _sample(root, args)
    prepare(root)
    if not survives(root, "", None, _tests(root, "", args.walks), args.limit * 5):
        print("the tests fail without any edit: nothing can be said", file=sys.stderr)
        return 2
    alive: list[Mutant] = []
    tried, began = 0, time.monotonic()
    for mutant in chosen:
        if time.monotonic() - began > args.minutes * 60:
            break
        tried += 1
        if survives(root, mutant.path, edited(root, mutant.path, mutant.number), _tests(root, mutant.path, args.walks), args.limit):
            alive.append(mutant)
            print(f"survived {mutant.path}:{mutant.line} #{mutant.number}\n    {mutant.was}\n    -> {mutant.now}", flush=True)
        if tried % 25 == 0:
            print(f"{tried}/{len(chosen)} tried, {len(alive)} survived, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        _keep(args.seed, tried, alive)
    killed = tried - len(alive)
    print(f"{killed} of {tried} killed ({100 * killed / max(tried, 1):.1f} %), {time.monotonic() - began:.0f} s")
    return 0 if killed >= 0.9 * tried else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20, help="stop after this long")
    parser.add_argument("--limit", type=int, default=60, help="CPU seconds one trial may take")
    parser.add_argument("--only", default="", help="modules by the beginning of their name, comma separated")
    parser.add_argument("--walks", action="store_true", help="with the long property tests (without: the rest, five times as fast)")
    parser.add_argument("--again", action="store_true", help="only what survived the last run")
    return parser


def _sample(root: Path, args: argparse.Namespace) -> list[Mutant]:
    paths = sorted({path for pattern in PATTERNS for path in (root / "strategy_core").glob(f"{pattern}.py")})
    starts = tuple(args.only.split(",")) if args.only else ("",)
    names = [str(path.relative_to(root)) for path in paths if path.name.startswith(starts)]
    found = [(name, number) for name in names for number in range(count(root, name))]
    print(f"{len(found)} possible edits in {len(names)} modules", flush=True)
    return [described(root, *place) for place in random.Random(args.seed).sample(found, min(args.sample, len(found)))]


def _tests(root: Path, path: str, walks: bool) -> list[str]:
    """The test files of the core, the likeliest first, the long walks (if wanted) last."""
    likely = next((words for start, words in _FIRST.items() if Path(path).name.startswith(start)), ("mechanics",))
    files = sorted((root / "tests" / "strategy_core").glob("test_*.py"))
    if not walks:
        files = [file for file in files if "properties" not in file.name]
    files.sort(key=lambda file: ("properties" in file.name, "backtest" in file.name, not any(word in file.name for word in likely)))
    return [str(file) for file in files]


def _keep(seed: int, tried: int, alive: list[Mutant]) -> None:
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps({"seed": seed, "tried": tried, "alive": [mutant._asdict() for mutant in alive]}, indent=1))


def _last_survivors(root: Path) -> list[Mutant]:
    """By number: an edit of the source in between may have moved them, so they are described anew."""
    return [described(root, row["path"], row["number"]) for row in json.loads(KEPT.read_text())["alive"]]


if __name__ == "__main__":
    sys.exit(main())
