"""`python -m tests.deployment ZIP`: the package unpacked in an empty folder does everything it must. Exit status 1 and what failed otherwise."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import zipfile
from pathlib import Path

from scripts.package import SITE
from tests.deployment.proof import alone, faults


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(sys.argv[1]) as package:
            package.extractall(folder)
        found = asyncio.run(alone(Path(folder), Path(folder) / SITE))
    failed = faults(found)
    foreign = [path for path in found["loaded"] if "site-packages" in path and not path.startswith(folder)]
    print(
        f"alone: {len(found['functions'])} functions, {found['paths']} paths, order {found['order']}; failed: {failed + foreign or 'nothing'}"
    )
    return 1 if failed or foreign else 0


if __name__ == "__main__":
    sys.exit(main())
