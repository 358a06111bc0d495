"""`python -m bench.peers list | install NAME [NAME ...] | run NAME JOB CANDLES`."""

from __future__ import annotations

import sys

from bench import year
from bench.peers import field


def main(argv: list[str]) -> int:
    names = [peer.name for peer in field.PEERS]
    match argv:
        case ["list"]:
            for peer in field.PEERS:
                print(f"{peer.name:14} {'installed' if field.is_installed(peer.name) else 'not installed'}")
            return 0
        case ["install", *chosen] if chosen and set(chosen) <= set(names):
            return max(field.install(name) for name in chosen)
        case ["run", name, ("grid" | "dca") as job, candles] if name in names:
            year.written()
            print(field.run(name, job, int(candles), 3600))
            return 0
    print(f"{__doc__}\nnames: {', '.join(names)}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
