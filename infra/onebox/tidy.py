"""Keeps Python's collector from looking again and again at what a process keeps for good: its code.

A full collection walks over every object there is, some hundred milliseconds in a process that has imported an app, and nobody is answered
meanwhile. So code is set apart (`gc.freeze`) once it is there, and again when more was imported, in a moment in which nobody waits. What is
collected from then on is what the work left, which takes a millisecond or two.
"""

import asyncio
import gc
import sys
from collections.abc import Callable

LOOK_S = 0.5


def set_apart() -> None:
    """Collect what can go; what stays is not looked at again."""
    gc.collect()
    gc.freeze()


async def keep_tidy(is_idle: Callable[[], bool], look_s: float = LOOK_S) -> None:
    """For as long as the process works; ends by being cancelled."""
    known = 0
    while True:
        if len(sys.modules) != known and is_idle():
            known = len(sys.modules)
            set_apart()
        await asyncio.sleep(look_s)
