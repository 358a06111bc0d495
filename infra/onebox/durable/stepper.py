"""The deterministic shell of the durable engine: one step at a time, seeded choices, crashes on demand. For simulations.

With a VirtualClock, a seeded `random.Random` and functions that are themselves deterministic, a run is a pure function of its seed.
"""

import random
from collections.abc import Callable
from typing import Any

from infra.onebox.durable.engine import Engine

Call = Callable[[str, str, str], str]
KINDS = ("orchestrations", "entities", "activities")


class FunctionRaised(Exception):
    """What `call` raises for a function that raised; its text is what the worker would report."""


class Crash(Exception):
    """The simulated death of the host: throw the engine away and open the store again."""


class Stepper:
    """Steps an engine; `call(kind, function, payload)` runs a function and returns its JSON text.

    `crash_rate` is the chance, at each of the three instants where the disk and memory differ, that the host dies there.
    """

    def __init__(self, engine: Engine, call: Call, chance: random.Random, crash_rate: float = 0.0) -> None:
        self.engine, self._call, self._chance, self._crash_rate = engine, call, chance, crash_rate

    def step(self) -> bool:
        """Do one piece of work and commit it; False if nothing is ready."""
        self.engine.tick()
        for kind in self._chance.sample(KINDS, len(KINDS)):
            work = getattr(self.engine, kind).claim()
            if work is not None:
                self._run(kind, work)
                self._commit()
                return True
        self._commit()
        return False

    def run(self, steps: int = 1_000_000) -> None:
        """Step until nothing is ready or waiting; the virtual clock jumps to the next message."""
        for _ in range(steps):
            if self.step():
                continue
            upcoming = self.engine.later.next_ms()
            if upcoming is None and self.engine.is_idle():
                return
            if upcoming is not None:
                self.engine.clock.advance(max(0, upcoming - self.engine.clock.now_ms()))
        raise RuntimeError("the simulation does not come to rest")

    def _run(self, kind: str, work: Any) -> None:
        owner = getattr(self.engine, kind)
        payload = work.input if kind == "activities" else work.payload
        try:
            answer = self._call(kind, work.function, payload)
        except FunctionRaised as error:
            self._maybe_crash()
            if kind == "activities":
                owner.fail(work, str(error), "")
            elif kind == "orchestrations":
                owner.fail(work, str(error))
            else:
                owner.abandon(work)
        else:
            self._maybe_crash()
            owner.finish(work, answer)

    def _commit(self) -> None:
        while (batch := self.engine.take()) is not None:
            self._maybe_crash()
            self.engine.store.write(batch)
            self._maybe_crash()
            self.engine.publish(batch)

    def _maybe_crash(self) -> None:
        if self._crash_rate and self._chance.random() < self._crash_rate:
            raise Crash
