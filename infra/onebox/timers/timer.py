"""One timer trigger: sleep to the next slot, run, look again from now.

Rules (reliability TM2-TM5): 1. a run that takes longer than a slot skips slots and never overlaps itself; 2. what was missed while the
host was down becomes one run with IsPastDue, and only for monitored schedules; 3. the status is written after the run, so a crash
in a run runs it again; 4. a failed run waits for its next slot, unless the function has a retry policy.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from infra.onebox import log
from infra.onebox.clock import Clock
from infra.onebox.config import expand
from infra.onebox.store import connect
from infra.onebox.timers import ncrontab
from infra.onebox.worker.function import Function, FunctionFailed, Result
from infra.onebox.worker.values import Json

LOG = log.get("timer")
Invoke = Callable[..., Awaitable[Result]]
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS timers (name TEXT PRIMARY KEY, last TEXT NOT NULL, next TEXT NOT NULL, updated TEXT NOT NULL) WITHOUT ROWID"
)
LONGEST_SLEEP_S = 3600.0


class TimerStatus:
    """When each monitored timer last ran and was to run next."""

    def __init__(self, path: Path) -> None:
        self._db = connect(path, SCHEMA)

    def read(self, name: str) -> dict[str, str] | None:
        row = self._db.execute("SELECT last, next, updated FROM timers WHERE name=?", (name,)).fetchone()
        return dict(zip(("Last", "Next", "LastUpdated"), row, strict=True)) if row else None

    def write(self, name: str, status: dict[str, str]) -> None:
        self._db.execute("INSERT OR REPLACE INTO timers VALUES (?,?,?,?)", (name, status["Last"], status["Next"], status["LastUpdated"]))

    def close(self) -> None:
        self._db.close()


class Timer:
    """Runs one function on its schedule until cancelled."""

    def __init__(self, function: Function, clock: Clock, invoke: Invoke, statuses: TimerStatus) -> None:
        self._function, self._clock, self._invoke, self._statuses = function, clock, invoke, statuses
        self._schedule = ncrontab.parse(expand(function.trigger["schedule"]))
        self._zone: tzinfo = ZoneInfo(zone) if (zone := os.environ.get("WEBSITE_TIME_ZONE")) else UTC
        monitored = function.trigger.get("useMonitor", True) is not False
        self._monitored = monitored and not ncrontab.is_faster_than_a_minute(self._schedule, self._now())

    async def run(self) -> None:
        """Past due or run on startup first, then slot after slot."""
        status = self._statuses.read(self._function.name) if self._monitored else None
        if status is not None and datetime.fromisoformat(status["Next"]) < self._now():
            await self._fire(status, is_past_due=True)
        elif self._function.trigger.get("runOnStartup"):
            await self._fire(status, is_past_due=False)
        elif self._monitored and status is None:
            self._save(self._now())
        while True:
            slot = self._schedule.after(self._now())
            await self._sleep_until(slot)
            await self._fire(self._statuses.read(self._function.name) if self._monitored else None, is_past_due=False)

    async def _fire(self, status: dict[str, str] | None, *, is_past_due: bool) -> None:
        started = self._now()
        value = Json(json.dumps({"IsPastDue": is_past_due, "Schedule": {}, "ScheduleStatus": status}))
        policy = self._function.retry
        attempts = policy.max_retry_count if policy is not None else 0
        for attempt in range(attempts + 1 if attempts >= 0 else 1 << 30):
            try:
                await self._invoke(self._function.name, value, retry=(attempt, max(attempts, 0)))
                break
            except FunctionFailed as error:
                LOG.error("%s failed (attempt %d): %s\n%s", self._function.name, attempt + 1, error, error.where())
                if attempt < attempts or attempts < 0:
                    await self._clock.sleep(_delay_s(policy, attempt))
        if self._monitored:
            self._save(started)

    def _save(self, last: datetime) -> None:
        upcoming = self._schedule.after(last)
        status = {"Last": last.isoformat(), "Next": upcoming.isoformat(), "LastUpdated": self._now().isoformat()}
        self._statuses.write(self._function.name, status)

    async def _sleep_until(self, slot: datetime) -> None:
        # Long sleeps are cut, so that a change of the wall clock is noticed.
        while (left := (slot - self._now()).total_seconds()) > 0:
            await self._clock.sleep(min(left, LONGEST_SLEEP_S))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ms() / 1000, self._zone)


def _delay_s(policy: Any, attempt: int) -> float:
    """The pause before the next attempt: fixed, or doubling between the policy's bounds."""
    if policy.delay_interval is not None:
        return policy.delay_interval.total_seconds()
    return min(max(policy.minimum_interval.total_seconds(), 0.1) * 2**attempt, policy.maximum_interval.total_seconds())


async def run_all(functions: list[Function], clock: Clock, invoke: Invoke, statuses: TimerStatus) -> None:
    """All timers of the app, until cancelled; a timer that breaks ends the host rather than falling silent."""
    timers = [Timer(function, clock, invoke, statuses) for function in functions if function.trigger_type == "timerTrigger"]
    async with asyncio.TaskGroup() as group:
        for timer in timers:
            group.create_task(timer.run())
