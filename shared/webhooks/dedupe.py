"""One alert, one effect: what makes two arrivals the same, and for how long.

Rules
1. A dated alert (a time or a bar in it) is the same alert for a day; after that its age alone drops it.
2. An alert without a date sends the same bytes every time it is true. It counts as a repeat only within seconds of its twin: longer
   than the sender's time-out, shorter than the shortest bar. The bot's own state absorbs the rest.
3. An order id alone names nothing: it comes back on later bars.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.ids import digest
from shared.webhooks.signal import Signal
from strategy_core.number import plain

DATED_MS = 24 * 3_600_000
UNDATED_MS = 10_000
EARLY_MS = 60_000


class Print(NamedTuple):
    """`id` is the same for the same alert, `window_ms` how long a second arrival is a repeat."""

    id: str
    window_ms: int


def print_of(webhook_id: str, signal: Signal, nth: int) -> Print:
    """`nth`: which of equal signals in one alert this is."""
    said = [webhook_id, signal.bot or "", signal.action, signal.symbol or "", str(nth)]
    if signal.id and signal.bar:
        return Print("key_" + digest("bar", *said, signal.id, signal.bar), DATED_MS)
    size = f"{plain(signal.size.value)} {signal.size.unit}" if signal.size else ""
    second = "" if signal.at is None else str(signal.at // 1000)
    rest = [size, signal.bar or "", signal.id or "", second, repr(sorted((signal.changes or {}).items()))]
    is_dated = signal.at is not None or signal.bar is not None
    return Print("key_" + digest("signal", *said, *rest), DATED_MS if is_dated else UNDATED_MS)


def is_stale(signal: Signal, now: int, max_lag_s: int) -> bool:
    """Too old to act on, or from the future (a date that would keep it fresh for ever). The shorter of the two limits counts."""
    if signal.at is None:
        return False
    limit = max_lag_s if signal.max_lag_s is None else min(signal.max_lag_s, max_lag_s)
    return now - signal.at > limit * 1000 or signal.at - now > EARLY_MS
