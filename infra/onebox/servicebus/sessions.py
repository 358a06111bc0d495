"""Sessions of a queue: who holds which, whose turn is next, and what the application keeps with one.

Rules:
1. One owner at a time; a session given back goes behind those that wait.
2. A lock that runs out is a failed delivery for every message held under it; giving a session back is not.
"""

import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import journal as log
from .errors import Refused, SessionLockLost, SessionTaken
from .faults import Faults
from .message import Message, State
from .order import Ready, Session
from .settings import QueueSettings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a queue needs of its broker."""

    now_ms: Callable[[], int]
    at: Callable[[int, Callable[[], bool], Callable[[], None]], None]  # when, while this holds, do that
    token: Callable[[], uuid.UUID]
    woken: Callable[[Any], None]  # the queue that has something
    journal: log.Journal
    faults: Faults


class SessionLocks:
    """The session half of `Queue`, which holds the messages themselves."""

    settings: QueueSettings
    name: str
    _around: Surroundings
    _messages: dict[int, Message]
    _sessions: dict[str, Session]
    _waiting: OrderedDict[str, None]
    _session_state: dict[str, bytes]
    _is_ready: Callable[[int], bool]
    _failed: Callable[[Message], None]
    _unlock: Callable[[Message], None]
    _reappear: Callable[[Message], None]

    def accept(self, owner: object, session_id: str | None = None) -> Session | None:
        """Locks a named session, or the next one that waits (None: none does)."""
        if not self.settings.requires_session:
            raise Refused("the queue has no sessions")
        if session_id is None:
            while self._waiting:
                name, _ = self._waiting.popitem(last=False)
                if (found := self._sessions.get(name)) is not None and found.owner is None and found.ready:
                    return self._own(found, owner)
            return None
        session = self._session(session_id)
        if session.owner is not None:
            raise SessionTaken(f"The requested session '{session_id}' cannot be accepted. It may be locked by another receiver.")
        self._waiting.pop(session_id, None)
        return self._own(session, owner)

    def _own(self, session: Session, owner: object) -> Session:
        session.owner, session.until_ms = owner, self._around.now_ms() + self.settings.lock_ms
        self._watch_session(session, owner)
        return session

    def _watch_session(self, session: Session, owner: object) -> None:
        def due() -> None:
            if session.until_ms > self._around.now_ms():
                self._watch_session(session, owner)
            else:
                self._expire_session(session)

        self._around.at(session.until_ms, lambda: session.owner is owner, due)

    def held(self, session_id: str | None, owner: object) -> Session:
        """The session, if this owner holds its lock."""
        session = self._sessions.get(session_id or "")
        if session is None or session.owner is not owner or owner is None:
            raise SessionLockLost("The session lock has expired on the session. Accept a new session.")
        return session

    def renew_session(self, session_id: str, owner: object) -> int:
        """A fresh lock period for the session and its messages; until when, in ms."""
        session = self.held(session_id, owner)
        session.until_ms = self._around.now_ms() + self.settings.lock_ms
        for seq in session.locked:
            self._messages[seq].locked_until_ms = session.until_ms
        return session.until_ms

    def release(self, session_id: str, owner: object) -> None:
        """Gives a session back; what was not settled comes again, uncounted."""
        session = self._sessions.get(session_id)
        if session is not None and session.owner is owner:
            self._let_go(session, counted=False)

    def _expire_session(self, session: Session) -> None:
        self._let_go(session, counted=True)

    def _let_go(self, session: Session, counted: bool) -> None:
        session.owner = None
        for seq in sorted(session.locked):
            message = self._messages[seq]
            if counted:
                self._failed(message)
            else:
                self._unlock(message)
                if message.state is State.ACTIVE:
                    self._reappear(message)
        if session.ready:
            self._waiting.setdefault(session.id)
            self._around.woken(self)
        self._tidy(session.id)

    def _session(self, session_id: str) -> Session:
        if (found := self._sessions.get(session_id)) is None:
            found = self._sessions[session_id] = Session(session_id, Ready(self._is_ready))
        return found

    def _tidy(self, session_id: str | None) -> None:
        session = self._sessions.get(session_id or "")
        if session is not None and session.owner is None and not session.locked and not session.ready:
            del self._sessions[session.id]
            self._waiting.pop(session.id, None)

    def session_state(self, session_id: str, owner: object) -> bytes | None:
        """What the application keeps with the session."""
        self.held(session_id, owner)
        return self._session_state.get(session_id)

    def set_session_state(self, session_id: str, owner: object, state: bytes | None) -> None:
        """Keeps it, over messages and restarts; None forgets it."""
        self.held(session_id, owner)
        if state is None:
            self._session_state.pop(session_id, None)
            self._around.journal.append(log.NO_SESSION, (self.name, session_id))
        else:
            self._session_state[session_id] = state
            self._around.journal.append(log.SESSION, (self.name, session_id, state))

    def session_ids(self) -> list[str]:
        """Sessions that have messages or state."""
        return sorted({message.session_id or "" for message in self._messages.values()} | set(self._session_state))
