"""What a queue was declared to be: the ARM names of `infra/resources.json`, read once, with Azure's defaults."""

import re
from dataclasses import dataclass
from typing import Any

_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")
_CLOCK = re.compile(r"^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?$")
KNOWN = {
    "name",
    "requiresSession",
    "requiresDuplicateDetection",
    "duplicateDetectionHistoryTimeWindow",
    "lockDuration",
    "maxDeliveryCount",
    "defaultMessageTimeToLive",
    "deadLetteringOnMessageExpiration",
}


def duration_ms(text: str) -> int:
    """An ISO 8601 duration (`PT10M`) or a .NET time span (`00:05:00`) in milliseconds."""
    if (found := _DURATION.match(text)) and any(found.groups()):
        days, hours, minutes, seconds = found.groups()
    elif found := _CLOCK.match(text):
        days, hours, minutes, seconds = found.group(1), found.group(2), found.group(3), f"{found.group(4)}.{found.group(5) or 0}"
    else:
        raise ValueError(f"not a duration: {text!r}")
    whole = int(days or 0) * 86_400 + int(hours or 0) * 3_600 + int(minutes or 0) * 60
    return whole * 1_000 + round(float(seconds or 0) * 1_000)


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One queue; durations in milliseconds, `ttl_ms` None means for ever."""

    name: str
    requires_session: bool = False
    detects_duplicates: bool = False
    duplicate_window_ms: int = 600_000
    lock_ms: int = 60_000
    max_deliveries: int = 10
    ttl_ms: int | None = None
    dead_letters_expired: bool = False

    @classmethod
    def read(cls, declared: dict[str, Any]) -> "QueueSettings":
        """From a queue of `infra/resources.json`; a property we do not honour is refused, not ignored."""
        if unknown := set(declared) - KNOWN:
            raise ValueError(f"queue {declared.get('name')!r}: not supported: {', '.join(sorted(unknown))}")
        ttl = declared.get("defaultMessageTimeToLive")
        return cls(
            name=declared["name"],
            requires_session=bool(declared.get("requiresSession", False)),
            detects_duplicates=bool(declared.get("requiresDuplicateDetection", False)),
            duplicate_window_ms=duration_ms(declared.get("duplicateDetectionHistoryTimeWindow", "PT10M")),
            lock_ms=duration_ms(declared.get("lockDuration", "PT1M")),
            max_deliveries=int(declared.get("maxDeliveryCount", 10)),
            ttl_ms=duration_ms(ttl) if ttl else None,
            dead_letters_expired=bool(declared.get("deadLetteringOnMessageExpiration", False)),
        )

    def dead_letters(self) -> "QueueSettings":
        """The queue's `$deadletterqueue`: no sessions, no expiry, no delivery limit."""
        return QueueSettings(name=f"{self.name}/$deadletterqueue", lock_ms=self.lock_ms, max_deliveries=2**31)
