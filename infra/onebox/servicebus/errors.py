"""Refusals, named after the AMQP condition a client is told."""


class Refused(Exception):
    """The broker will not do this; nothing has changed."""

    condition = "amqp:not-allowed"
    status = 400


class LockLost(Refused):
    """The message is no longer held under this lock token."""

    condition = "com.microsoft:message-lock-lost"
    status = 410


class SessionLockLost(Refused):
    """The session is no longer held by this owner."""

    condition = "com.microsoft:session-lock-lost"
    status = 410


class SessionTaken(Refused):
    """Somebody else holds the session."""

    condition = "com.microsoft:session-cannot-be-locked"


class NotThere(Refused):
    """No deferred message with this sequence number."""

    condition = "com.microsoft:message-not-found"
    status = 404


class NoQueue(Refused):
    """No queue of this name was declared."""

    condition = "amqp:not-found"
    status = 404


class TooLarge(Refused):
    """Standard tier takes 256 KB."""

    condition = "amqp:link:message-size-exceeded"


class Unauthorized(Refused):
    """No valid token was put for this entity."""

    condition = "amqp:unauthorized-access"
    status = 401
