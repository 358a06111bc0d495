"""A flood of refusals is answered late, a few of them at once, and never more waiters than can be kept."""

import asyncio
import time

from shared.limit import Patience


async def test_the_first_refusals_of_a_second_are_answered_at_once_and_the_others_wait():
    patience = Patience(free=3, wait_s=60, now_ms=lambda: 1)
    for _ in range(3):
        await asyncio.wait_for(patience.refusal(), 20)
    patience = Patience(free=0, wait_s=0.2, now_ms=lambda: 1)
    began = time.monotonic()
    await asyncio.gather(*(patience.refusal() for _ in range(50)))
    assert time.monotonic() - began >= 0.1


async def test_two_a_second_are_always_answered_at_once():
    clock = [1_000]
    patience = Patience(free=1, wait_s=60, now_ms=lambda: clock[0])
    for _ in range(5):
        clock[0] += 500
        await asyncio.wait_for(patience.refusal(), 1)


async def test_no_more_wait_than_can_be_kept():
    patience = Patience(free=0, most=2, wait_s=60, now_ms=lambda: 1)
    kept = [asyncio.create_task(patience.refusal()) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.wait_for(patience.refusal(), 1)
    for task in kept:
        task.cancel()
    await asyncio.gather(*kept, return_exceptions=True)
    assert patience._waiting == 0
