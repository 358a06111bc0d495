"""Where a simulation makes the broker misbehave in the ways Service Bus does.

The broker asks at three moments; the defaults answer "nothing happens".
"""

from .message import Message, Outgoing


class Faults:
    """No faults. Override what should go wrong."""

    def delay_ms(self, queue: str, message: Outgoing) -> int:
        """A message just accepted becomes visible only after so many milliseconds."""
        return 0

    def loses_lock(self, queue: str, message: Message) -> bool:
        """A message just delivered is free again at once: it is delivered twice, the runs overlap."""
        return False

    def loses_settlement(self, queue: str, message: Message) -> bool:
        """A settlement arrives too late: it is refused and the message comes again."""
        return False
