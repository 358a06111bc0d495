"""NCRONTAB and the timer trigger, on a virtual clock."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from infra.onebox.clock import VirtualClock
from infra.onebox.config import BadConfig, expand
from infra.onebox.timers import ncrontab
from infra.onebox.timers.timer import Timer, TimerStatus
from infra.onebox.worker.function import Function

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("*/5 * * * * *", "2026-01-01T00:00:05", "2026-01-01T00:00:10"),
        ("0 30 9-17/4 * * *", "2026-01-01T09:30:00", "2026-01-01T13:30:00"),
        ("0 0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 0 12 * * MON-FRI", "2026-01-02T12:00:00", "2026-01-05T12:00:00"),
        ("0 0 0 13 * 5", "2026-01-01T00:00:00", "2026-02-13T00:00:00"),
        ("0 0 0 1 JAN,JUL *", "2026-01-01T00:00:00", "2026-07-01T00:00:00"),
        ("15 * * * *", "2026-01-01T00:00:00", "2026-01-01T00:15:00"),
        ("00:05:00", "2026-01-01T00:00:30", "2026-01-01T00:05:30"),
    ],
)
def test_the_next_occurrence(expression, after, expected):
    found = ncrontab.parse(expression).after(datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("expression", ["", "* * *", "61 * * * * *", "0 0 0 31 2 *", "x * * * * *", "*/0 * * * * *"])
def test_nonsense_is_refused(expression):
    with pytest.raises(BadConfig):
        ncrontab.parse(expression).after(START)


def test_a_setting_in_percent_signs_is_expanded_and_a_missing_one_refused():
    assert expand("%A% %A%", {"A": "x"}) == "x x"
    with pytest.raises(BadConfig, match="NONE"):
        expand("%NONE%", {})


def timer(schedule, **trigger):
    return Function("tick", "1", {"type": "timerTrigger", "name": "t", "schedule": schedule, **trigger}, (), False)


class Runs:
    """Records the runs; each takes some virtual time."""

    def __init__(self, clock, seconds=0.0):
        self.clock, self.seconds, self.at, self.past_due = clock, seconds, [], []

    async def __call__(self, _name, value, retry=(0, 0)):
        self.at.append(self.clock.monotonic())
        self.past_due.append('"IsPastDue": true' in value)
        await self.clock.sleep(self.seconds)


async def run_for(seconds, function, runs, statuses):
    task = asyncio.create_task(Timer(function, runs.clock, runs, statuses).run())
    end = runs.clock.now_ms() + seconds * 1000
    for _ in range(10_000):
        for _ in range(5):
            await asyncio.sleep(0)
        upcoming = runs.clock.next_ms()
        if upcoming is None or upcoming > end:
            break
        runs.clock.advance(max(0, upcoming - runs.clock.now_ms()))
    runs.clock.advance(max(0, end - runs.clock.now_ms()))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def statuses(tmp_path):
    kept = TimerStatus(tmp_path / "timers.db")
    yield kept
    kept.close()


async def test_a_timer_runs_at_its_slots(statuses):
    runs = Runs(VirtualClock())
    await run_for(17, timer("*/5 * * * * *"), runs, statuses)
    assert runs.at == [5, 10, 15]


async def test_a_slow_timer_skips_slots_and_never_overlaps(statuses):
    runs = Runs(VirtualClock(), seconds=7)
    await run_for(31, timer("*/5 * * * * *"), runs, statuses)
    assert runs.at == [5, 15, 25]


async def test_what_was_missed_becomes_one_past_due_run(statuses):
    runs = Runs(VirtualClock())
    await run_for(130, timer("0 * * * * *"), runs, statuses)
    runs.clock.advance(600_000)
    await run_for(70, timer("0 * * * * *"), runs, statuses)
    assert runs.past_due == [False, False, True, False]


async def test_a_fast_or_unmonitored_timer_catches_nothing_up(statuses):
    runs = Runs(VirtualClock())
    await run_for(130, timer("0 * * * * *", useMonitor=False), runs, statuses)
    runs.clock.advance(600_000)
    await run_for(70, timer("0 * * * * *", useMonitor=False), runs, statuses)
    assert not any(runs.past_due)


async def test_run_on_startup_runs_at_once(statuses):
    runs = Runs(VirtualClock())
    await run_for(3, timer("0 0 0 * * *", runOnStartup=True), runs, statuses)
    assert runs.at == [0]


def test_a_run_that_waits_for_a_policy_is_spaced_by_it():
    from datetime import timedelta

    from infra.onebox.timers.timer import _delay_s

    fixed = SimpleNamespace(delay_interval=timedelta(seconds=3))
    growing = SimpleNamespace(delay_interval=None, minimum_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=5))
    assert _delay_s(fixed, 4) == 3
    assert [_delay_s(growing, n) for n in range(4)] == [1, 2, 4, 5]
