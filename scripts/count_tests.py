"""Adds up the closing lines of pytest and vitest in a log and prints one line: `N passed, N failed`."""

import re
import sys
from pathlib import Path

ANSI = re.compile(r"\x1b\[[0-9;]*m")
PYTEST = re.compile(r"^=* ?(?=.*\b(?:passed|failed)\b)(?:\d+ \w+,? ?)+.* in [\d.]+s")
VITEST = re.compile(r"^\s*Tests\s+.*\(\d+\)\s*$")


def count(text: str) -> tuple[int, int, int]:
    passed = failed = skipped = 0
    for line in ANSI.sub("", text).splitlines():
        if PYTEST.match(line) or VITEST.match(line):
            for number, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", line):
                if word == "passed":
                    passed += int(number)
                elif word == "skipped":
                    skipped += int(number)
                else:
                    failed += int(number)
    return passed, failed, skipped


def main() -> int:
    passed, failed, skipped = count(Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace"))
    if sys.argv[2] != "0" and not failed:
        failed = 1  # a step failed without counting a test
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
