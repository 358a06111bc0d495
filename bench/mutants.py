"""`python -m bench.mutants --sample 200 --seed 1 --walks`: which small lies in the core the tests do not notice.

`--folder DIR` keeps the snapshot and the verdicts there: the same call again goes on where it ended (in portions of `--minutes`).
`--again` tries the survivors of that folder's verdicts against the core and the tests as committed by now; `--only grid,ledger`
narrows the modules. Survivors that change nothing anyone could see are named, with the reason, in mutation/equivalent.py.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.mutation.edits import Mutant, count, described, edited
from bench.mutation.equivalent import reason_for
from bench.mutation.reach import measured
from bench.mutation.trial import prepare, survives

ROOT = Path(__file__).resolve().parents[1]
PATTERNS = (
    "intent",
    "ledger",
    "book",
    "mechanics*",
    "grid*",
    "btd*",
    "loop*",
    "dca_*",
    "combo*",
    "closing",
    "ladder",
    "late",
    "stop_condition",
)
Verdicts = list[dict[str, Any]]


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(args.folder or temporary).resolve()
        chosen = _survivors(folder) if args.again else None
        return _check(_snapshot(folder / ("again" if args.again else "once"), anew=args.again), chosen, args)


def _snapshot(folder: Path, anew: bool) -> Path:
    """The core and its tests as last committed: who edits meanwhile changes nothing here."""
    root = folder / ROOT.name
    if anew and folder.exists():
        shutil.rmtree(folder)
    if root.exists():
        return root
    root.mkdir(parents=True)
    parts = ("strategy_core", "tests/strategy_core", "pyproject.toml")
    archive = subprocess.run(["git", "archive", "HEAD", *parts], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x"], cwd=root, check=True, input=archive)
    shared = ROOT.parent / "shared"
    if shared.exists():
        (folder / "shared").symlink_to(shared)
    return root


def _check(root: Path, chosen: list[dict[str, Any]] | None, args: argparse.Namespace) -> int:
    began = time.monotonic()
    mutants = _sample(root, args) if chosen is None else [found for row in chosen if (found := _same(root, row))]
    kept = root.parent / "verdicts.json"
    verdicts: Verdicts = json.loads(kept.read_text()) if kept.exists() else []
    prepare(root)
    try:
        reach = measured(root, _tests(root, args.walks), args.limit)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    for mutant in mutants[len(verdicts) :]:
        if time.monotonic() - began > args.minutes * 60:
            break
        tests = reach.tests_of(mutant.path, mutant.line, mutant.last)
        lives = survives(root, mutant.path, edited(root, mutant.path, mutant.number), tests, reach.seconds)
        verdicts.append({**mutant._asdict(), "lives": lives})
        kept.write_text(json.dumps(verdicts, indent=1))
        if lives:
            print(_line(mutant), flush=True)
    return _said(verdicts, len(mutants), args.seed)


def _line(mutant: Mutant) -> str:
    why = reason_for(mutant)
    note = f"\n    the same: {why}" if why else ""
    return f"survived {mutant.path}:{mutant.line} #{mutant.number}\n    {mutant.was}\n    -> {mutant.now}{note}"


def _said(verdicts: Verdicts, wanted: int, seed: int) -> int:
    """The result in one line; 1 if fewer than nine in ten were noticed."""
    alive = [Mutant(**{name: row[name] for name in Mutant._fields}) for row in verdicts if row["lives"]]
    same = sum(reason_for(mutant) is not None for mutant in alive)
    told, killed = len(verdicts) - same, len(verdicts) - len(alive)
    print(
        f"seed {seed}: {len(verdicts)} of {wanted} tried, {killed} of {told} killed ({100 * killed / max(told, 1):.1f} %), {same} the same"
    )
    return 0 if killed >= 0.9 * told else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20, help="stop after this long")
    parser.add_argument(
        "--limit", type=int, default=300, help="seconds the run without an edit may take, twenty times as long on a busy machine"
    )
    parser.add_argument("--only", default="", help="modules by the beginning of their name, comma separated")
    parser.add_argument("--folder", default="", help="where the snapshot and the verdicts are kept")
    parser.add_argument("--walks", action="store_true", help="with the long property tests")
    parser.add_argument("--again", action="store_true", help="only what survived in the folder, against what is committed by now")
    return parser


def _sample(root: Path, args: argparse.Namespace) -> list[Mutant]:
    paths = sorted({path for pattern in PATTERNS for path in (root / "strategy_core").glob(f"{pattern}.py")})
    starts = tuple(args.only.split(",")) if args.only else ("",)
    names = [str(path.relative_to(root)) for path in paths if path.name.startswith(starts)]
    found = [(name, number) for name in names for number in range(count(root, name))]
    print(f"{len(found)} possible edits in {len(names)} modules", flush=True)
    return [described(root, *place) for place in random.Random(args.seed).sample(found, min(args.sample, len(found)))]


def _tests(root: Path, walks: bool) -> list[str]:
    files = sorted((root / "tests" / "strategy_core").glob("test_*.py"))
    return [str(file) for file in files if walks or "properties" not in file.name]


def _survivors(folder: Path) -> Verdicts:
    return [row for row in json.loads((folder / "once" / "verdicts.json").read_text()) if row["lives"]]


def _same(root: Path, row: dict[str, Any]) -> Mutant | None:
    """The same edit in the source as it is now; None if that line is no more."""
    numbers = sorted(range(count(root, row["path"])), key=lambda number: abs(number - row["number"]))
    for number in numbers[:200]:
        found = described(root, row["path"], number)
        if (found.was, found.now) == (row["was"], row["now"]):
            return found
    return None


if __name__ == "__main__":
    sys.exit(main())
