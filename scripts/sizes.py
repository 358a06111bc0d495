"""File sizes, checked: a source file above 400 lines (tests 600) fails `make check`."""

import subprocess
import sys
from pathlib import Path

LIMITS = {"tests": 600, "frontend": 400}
KINDS = ("*.py", "*.ts", "*.tsx", "*.bicep")
GENERATED = ("frontend/src/api/schema.d.ts",)


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *KINDS], capture_output=True, text=True, check=True)
    too_long = []
    for name in listed.stdout.split():
        path = Path(name)
        if name in GENERATED or not path.exists():
            continue
        limit = LIMITS["tests"] if "tests" in path.parts else 400
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > limit:
            too_long.append(f"{name}: {lines} lines, more than {limit}")
    print("\n".join(too_long) or "sizes: every file within its limit")
    return 1 if too_long else 0


if __name__ == "__main__":
    sys.exit(main())
