"""What a process keeps for good is not looked at again by Python's collector, and only idle moments are used for that."""

import asyncio
import gc
import sys
import weakref
from types import ModuleType

import pytest

from infra.onebox.tidy import keep_tidy, set_apart


class Loop:
    itself: "Loop"


@pytest.fixture(autouse=True)
def thawed():
    yield
    gc.unfreeze()
    sys.modules.pop("imported_later", None)


def test_what_is_kept_is_set_apart_and_what_can_go_is_collected_first():
    loop = Loop()
    loop.itself = loop
    kept = weakref.ref(loop)
    del loop
    set_apart()
    assert gc.get_freeze_count() > 1_000
    assert kept() is None


async def test_more_is_set_apart_when_more_was_imported_and_nobody_waits():
    idle, frozen = True, []
    task = asyncio.create_task(keep_tidy(lambda: idle, 0.001))

    async def count() -> int:
        await asyncio.sleep(0.02)
        frozen.append(gc.get_freeze_count())
        return frozen[-1]

    first = await count()
    gc.unfreeze()
    assert await count() == 0, "nothing was imported since"
    idle, sys.modules["imported_later"] = False, ModuleType("imported_later")
    assert await count() == 0, "somebody waits"
    idle = True
    assert await count() >= first / 2
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
