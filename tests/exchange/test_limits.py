"""A venue's patience is not used up, and what protects money goes first."""

import pytest

from exchange.limits import Budget, Lane, budget_for
from exchange.protocol import RateLimited
from tests.exchange.paper_fakes import Clock


class Slept:
    """A sleep that moves the clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.total_ms = clock, 0

    async def __call__(self, seconds: float) -> None:
        self.clock.now += max(round(seconds * 1000), 1)
        self.total_ms += round(seconds * 1000)


async def test_reads_leave_room_for_orders_and_orders_for_rescues() -> None:
    clock = Clock()
    budget = Budget(100, 60_000, clock, patience_ms=0)
    for lane, calls in ((Lane.READ, 75), (Lane.ORDER, 15), (Lane.RESCUE, 10)):
        for _ in range(calls):
            await budget.take(1, lane)
        with pytest.raises(RateLimited):
            await budget.take(1, lane)


async def test_who_waits_is_served_when_the_budget_has_grown() -> None:
    clock = Clock()
    slept = Slept(clock)
    budget = Budget(10, 1_000, clock, slept)
    for _ in range(20):
        await budget.take(1, Lane.RESCUE)
    assert 900 <= slept.total_ms <= 1_100


async def test_never_more_than_the_budget_leaves_in_any_window() -> None:
    clock = Clock()
    budget = Budget(10, 1_000, clock, Slept(clock))
    at = []
    for _ in range(60):
        await budget.take(1, Lane.READ)
        at.append(clock.now)
    assert max(sum(1 for other in at if start <= other < start + 1_000) for start in at) <= 20


async def test_a_ban_says_when_to_come_back_and_nothing_leaves_before() -> None:
    clock = Clock()
    budget = Budget(10, 1_000, clock)
    budget.ban(120_000)
    with pytest.raises(RateLimited) as caught:
        await budget.take(1, Lane.RESCUE)
    assert caught.value.retry_after_ms == 120_000 and budget.sent == 0
    budget.ban(1_000)  # a shorter one changes nothing
    clock.now += 119_999
    with pytest.raises(RateLimited):
        await budget.take(1, Lane.RESCUE)
    clock.now += 1
    await budget.take(1, Lane.RESCUE)


async def test_a_storm_is_turned_away_not_queued() -> None:
    clock = Clock()
    slept = Slept(clock)
    budget = Budget(10, 60_000, clock, slept, patience_ms=1_000)
    served = 0
    for _ in range(100):
        try:
            await budget.take(1, Lane.READ)
            served += 1
        except RateLimited as error:
            assert error.retry_after_ms and error.retry_after_ms > 0
    assert served == 7 and slept.total_ms == 0


def test_accounts_behind_one_address_share_one_budget() -> None:
    clock = Clock()
    assert budget_for("binance", "1.2.3.4", clock) is budget_for("binance", "1.2.3.4", clock)
    assert budget_for("binance", "1.2.3.4", clock) is not budget_for("binance", "5.6.7.8", clock)
