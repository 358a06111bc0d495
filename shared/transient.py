"""Whether a failure may go away by itself: then the work is tried again, else it is a bug and says so."""

from __future__ import annotations

_SERVICES = ("azure", "aiohttp")


def is_transient(error: BaseException) -> bool:
    """A service or the network failed; not our code, not the data."""
    return isinstance(error, OSError | TimeoutError) or type(error).__module__.partition(".")[0] in _SERVICES
