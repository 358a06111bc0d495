"""Faults a test or a simulation can order: throttling, an outage, an answer lost after the commit.

`Faults.add` queues faults for matching requests; `Faults.decide` may be set to a function that answers per request (for a seeded
simulation). The first fault that matches is used up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["throttled", "unavailable", "lost"]  # 429 · 503, nothing done · done, but the connection is cut


@dataclass
class Fault:
    """What goes wrong, for which operation ("" any: read create upsert replace patch delete batch query feed) and container ("" any)."""

    kind: Kind
    operation: str = ""
    container: str = ""
    times: int = 1
    retry_after_ms: int = 10


class Faults:
    """The faults still to come."""

    def __init__(self) -> None:
        self.decide: Callable[[str, str], Fault | None] = lambda operation, container: None
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def next(self, operation: str, container: str) -> Fault | None:
        """The fault of this request, or None."""
        for fault in self._waiting:
            if fault.operation in ("", operation) and fault.container in ("", container):
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return self.decide(operation, container)
