"""`python -m tests.fuzz [examples]`: every operation, valid and invalid requests, 1,000 examples each unless told otherwise."""

import sys
import time

from schemathesis import GenerationMode

from tests.fuzz.run import fuzz, made, operations


def main() -> int:
    examples = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    app, _, ids = made()
    failed = 0
    for operation in operations(app):
        started = time.monotonic()
        try:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                fuzz(operation, ids, examples, mode)
            print(f"ok     {operation.label}  {time.monotonic() - started:.1f} s", flush=True)
        except (Exception, BaseExceptionGroup) as error:
            failed += 1
            print(f"FAILED {operation.label}\n{error}", flush=True)
    print(f"{failed} operations failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
