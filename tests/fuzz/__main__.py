"""`python -m tests.fuzz [examples] [words]`: every operation (whose name holds all of the words): 1,000 examples each unless told
otherwise, half of them valid, and every limit of the document from both sides."""

import sys
import time

from tests.fuzz.run import MODES, cover, fuzz, made, operations


def main() -> int:
    examples, words = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, sys.argv[2:]
    world = made()
    failed = 0
    for operation in operations(world.app):
        if not all(word in operation.label for word in words):
            continue
        started = time.monotonic()
        try:
            limits = cover(operation, world)
            for mode in MODES:
                fuzz(operation, world, examples // 2, mode)
            print(f"ok     {operation.label}  {limits} limits, {examples} examples  {time.monotonic() - started:.1f} s", flush=True)
        except (Exception, BaseExceptionGroup) as error:
            failed += 1
            print(f"FAILED {operation.label}\n{error}", flush=True)
    world.session.close()
    print(f"{failed} operations failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
