"""NCRONTAB schedules as Azure reads them: six fields (second first) or five, or a time span between runs.

Rules: 1. day of month and day of week must both match (NCrontab, unlike Vixie cron); 2. Sunday is 0, and names like MON or JAN work.
"""

import re
from datetime import datetime, timedelta
from typing import Protocol

from infra.onebox.config import SPAN, BadConfig, span_s

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
FIELDS = (("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 6))
PART = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\d+))?")
HORIZON = timedelta(days=366 * 8)  # 29 February may be eight years away


class Schedule(Protocol):
    def after(self, moment: datetime) -> datetime: ...


class Interval:
    """Every so often, counted from the last run."""

    def __init__(self, seconds: float) -> None:
        self._span = timedelta(seconds=seconds)

    def after(self, moment: datetime) -> datetime:
        return moment + self._span


class Cron:
    """The moments at which all six fields match."""

    def __init__(self, expression: str) -> None:
        fields = expression.split()
        if len(fields) == 5:
            fields.insert(0, "0")
        if len(fields) != 6:
            raise BadConfig(f"not an NCRONTAB expression: '{expression}'")
        sets = [_values(text, *bounds) for text, bounds in zip(fields, FIELDS, strict=True)]
        self._seconds, self._minutes, self._hours, self._days, self._months, self._weekdays = sets

    def after(self, moment: datetime) -> datetime:
        """The next match strictly after the moment; raises BadConfig if there is none."""
        at = moment.replace(microsecond=0) + timedelta(seconds=1)
        end = at + HORIZON
        while at < end:
            if at.month not in self._months:
                at = (at.replace(day=1, hour=0, minute=0, second=0) + timedelta(days=32)).replace(day=1)
            elif at.day not in self._days or (at.weekday() + 1) % 7 not in self._weekdays:
                at = at.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            elif at.hour not in self._hours:
                at = at.replace(minute=0, second=0) + timedelta(hours=1)
            elif at.minute not in self._minutes:
                at = at.replace(second=0) + timedelta(minutes=1)
            elif at.second not in self._seconds:
                at += timedelta(seconds=1)
            else:
                return at
        raise BadConfig("the schedule never occurs")


def parse(text: str) -> Schedule:
    """An expression or a time span; raises BadConfig."""
    return Interval(span_s(text)) if SPAN.fullmatch(text.strip()) else Cron(text)


def is_faster_than_a_minute(schedule: Schedule, moment: datetime) -> bool:
    """Such schedules are not monitored: nothing is caught up (TM5)."""
    first = schedule.after(moment)
    return schedule.after(first) - first < timedelta(minutes=1)


def _values(text: str, name: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.upper().split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise BadConfig(f"not a {name}: '{part}'")
        span, step = match[1], int(match[2] or 1)
        if span == "*":
            first, last = low, high
        else:
            ends = [_number(word, name) for word in span.split("-")]
            first, last = ends[0], ends[-1] if len(ends) == 2 or not match[2] else high
        if not (low <= first <= last <= high and step > 0):
            raise BadConfig(f"not a {name}: '{part}'")
        values.update(range(first, last + 1, step))
    return frozenset(values)


def _number(word: str, name: str) -> int:
    if word.isdecimal():
        return int(word)
    names = MONTHS if name == "month" else DAYS if name == "weekday" else []
    if word[:3] not in names:
        raise BadConfig(f"not a {name}: '{word}'")
    return names.index(word[:3]) + (name == "month")
