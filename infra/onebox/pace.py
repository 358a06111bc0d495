"""How often a store may wait for the disk: at once while there is little to do, in step under load.

The problem: waiting for the disk costs a quarter of a millisecond of processor time, whatever is written, and one thing that happens is a
dozen commits one after the other. One at a time they are quick. When many things happen at once, a commit that waits a moment takes the
others' along, and their work is what the machine has left.

So there is a bucket of BURST commits that fills up again at one every GAP_S: whoever finds it empty waits for the next drop. What a person
or an alert waits for is two commits in a row, of a document and of a message: their files wait a third as long (ASKED_GAP_S). Where it
has been empty for CROWD_S the machine is short of time and not of patience: drops come half as often, until one is left over.
"""

import time
from collections.abc import Callable

BURST, GAP_S, ASKED_GAP_S = 12, 0.012, 0.004
CROWD_S, SLOWER = 1.0, 2


class Pace:
    """Of one file; `clock` tells monotonic seconds."""

    def __init__(self, burst: int = BURST, gap_s: float = GAP_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._gap_s, self._clock = burst, gap_s, clock
        self._left, self._at = float(burst), clock()
        self._free_at = self._at

    def wait_s(self) -> float:
        """How long the next commit should wait; it counts from then on."""
        now = self._clock()
        gap_s = self._gap_s * (SLOWER if now - self._free_at >= CROWD_S else 1)
        self._left = min(float(self._burst), self._left + (now - self._at) / gap_s) - 1
        self._at = now
        if self._left >= 0:
            self._free_at = now
        return max(0.0, -self._left * gap_s)
