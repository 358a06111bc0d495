"""One queue: peek-lock, sessions, schedules, duplicates, expiry, dead letters. Synchronous, in memory, logged to the journal.

Rules:
1. Ready messages leave in the order of their sequence numbers; in a session queue, per session.
2. A session is handed out in turn: one given back goes behind those that wait.
3. A failed delivery (abandoned, lock expired) counts; giving a session back without settling does not. At the limit: dead letter.
4. A duplicate inside the window is accepted and dropped, scheduled messages included.
5. A scheduled message gets a new sequence number when its time comes.
6. Deferred and locked messages do not expire.
"""

import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from . import journal as log
from .errors import LockLost, NotThere, Refused, SessionLockLost, TooLarge
from .message import Message, Outgoing, State
from .order import Duplicates, Ready, Session
from .sessions import SessionLocks, Surroundings
from .settings import QueueSettings

MAX_MESSAGE_BYTES = 262_144  # Standard tier


class Queue(SessionLocks):
    """The engine. Call `Broker.advance` first when time may have passed; the broker's callers do."""

    def __init__(self, settings: QueueSettings, around: Surroundings, dead: "Queue | None" = None) -> None:
        self.settings, self.name, self.dead_letter_queue = settings, settings.name, dead
        self._around = around
        self._messages: dict[int, Message] = {}
        self._ready = Ready(self._is_ready)
        self._sessions: dict[str, Session] = {}
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._session_state: dict[str, bytes] = {}
        self._locks: dict[uuid.UUID, Message] = {}
        self._duplicates = Duplicates(settings.name, settings.duplicate_window_ms, around.journal)
        self._last_seq = 0

    # -- sending

    def send(self, *messages: Outgoing) -> list[int]:
        """Takes all or none; the sequence numbers (a duplicate answers with the first one's)."""
        for message in messages:
            self._check(message)
        return [self._take(message) for message in messages]

    def _check(self, message: Outgoing) -> None:
        if len(message.payload) > MAX_MESSAGE_BYTES:
            raise TooLarge(f"the message has {len(message.payload)} bytes, the limit is {MAX_MESSAGE_BYTES}")
        if self.settings.requires_session and message.session_id is None:
            raise Refused("The SessionId was not set on a message, and it cannot be sent to the entity: it requires sessions")

    def _take(self, out: Outgoing) -> int:
        now = self._around.now_ms()
        remembered = out.message_id if self.settings.detects_duplicates else None
        if remembered is not None and (first := self._duplicates.find(remembered, now)) is not None:
            return first
        ttls = [ttl for ttl in (out.ttl_ms, self.settings.ttl_ms) if ttl is not None]
        made = Message(self._next_seq(), out.payload, out.message_id, out.session_id, now, ttl_ms=min(ttls, default=None))
        if remembered is not None:
            self._duplicates.add(remembered, made.seq, now)
        visible = max(out.scheduled_ms or 0, now + self._around.faults.delay_ms(self.name, out))
        if visible > now:
            made.state, made.scheduled_ms = State.SCHEDULED, visible
        self._add(made)
        return made.seq

    def _next_seq(self) -> int:
        self._last_seq += 1
        self._around.journal.append(log.LAST_SEQ, (self.name, self._last_seq))
        return self._last_seq

    def _add(self, message: Message) -> None:
        """Stores a new message and makes it visible, now or at its time."""
        if message.state is State.ACTIVE and message.ttl_ms is not None and message.expires_ms is None:
            message.expires_ms = message.enqueued_ms + message.ttl_ms
        row = (message.payload, message.message_id, message.session_id, message.enqueued_ms, message.scheduled_ms, message.expires_ms)
        tail = (message.ttl_ms, message.deliveries, int(message.state), message.reason, message.description)
        self._around.journal.append(log.PUT, (self.name, message.seq, *row, *tail))
        self._place(message)

    def _place(self, message: Message) -> None:
        self._messages[message.seq] = message
        if message.state is State.SCHEDULED and message.scheduled_ms is not None:
            self._around.at(message.scheduled_ms, lambda: self._is_here(message), lambda: self._enqueue_scheduled(message))
        elif message.state is State.ACTIVE:
            self._watch_expiry(message)
            self._free(message)

    def _watch_expiry(self, message: Message) -> None:
        if message.expires_ms is not None:
            self._around.at(message.expires_ms, lambda: self._is_here(message), lambda: self._expire(message))

    def _is_here(self, message: Message) -> bool:
        return self._messages.get(message.seq) is message

    def _is_ready(self, seq: int) -> bool:
        message = self._messages.get(seq)
        return message is not None and message.lock is None and message.state is State.ACTIVE

    def _free(self, message: Message) -> None:
        """Puts a message where receivers find it."""
        if not self.settings.requires_session:
            self._ready.push(message.seq)
        else:
            session = self._session(message.session_id or "")
            session.ready.push(message.seq)
            if session.owner is None:
                self._waiting.setdefault(session.id)
        self._around.woken(self)

    def _enqueue_scheduled(self, message: Message) -> None:
        self._remove(message)
        message.seq, message.state, message.enqueued_ms = self._next_seq(), State.ACTIVE, self._around.now_ms()
        self._add(message)

    def cancel(self, seqs: Sequence[int]) -> None:
        """Takes scheduled messages back; unless all are still scheduled, nothing happens."""
        found = [self._messages.get(seq) for seq in seqs]
        if any(message is None or message.state is not State.SCHEDULED for message in found):
            raise NotThere("no scheduled message with this sequence number")
        for message in found:
            if message is not None:
                self._remove(message)

    # -- receiving

    def receive(self, owner: object, limit: int = 1, session_id: str | None = None) -> list[Message]:
        """Up to `limit` messages under peek-lock; in a session queue, of a session the owner holds."""
        if not self.settings.requires_session:
            ready, until = self._ready, self._around.now_ms() + self.settings.lock_ms
        else:
            session = self.held(session_id, owner)
            ready, until = session.ready, session.until_ms
        taken: list[Message] = []
        while len(taken) < limit and (seq := ready.pop()) is not None:
            message = self._messages[seq]
            self._lock(message, owner, until)
            taken.append(message)
        given = [replace(message) for message in taken]  # as delivered: what happens to the message later is not in it
        for message in taken:
            if message.lock is not None and self._around.faults.loses_lock(self.name, message):
                self._lose(message)
        return given

    def take(self, owner: object, limit: int = 1, session_id: str | None = None) -> list[Message]:
        """Receive and delete."""
        given = self.receive(owner, limit, session_id)
        for message in given:
            if (live := self._messages.get(message.seq)) is not None:
                self._remove(live)
        return [replace(message, lock=None) for message in given]

    def receive_deferred(self, owner: object, seqs: Sequence[int], session_id: str | None = None) -> list[Message]:
        """Locks deferred messages by sequence number; all or none."""
        found = [self._messages.get(seq) for seq in seqs]
        until = self._around.now_ms() + self.settings.lock_ms
        if self.settings.requires_session:
            until = self.held(session_id, owner).until_ms
        ready = [
            message
            for message in found
            if message is not None
            and message.state is State.DEFERRED
            and message.lock is None
            and (not self.settings.requires_session or message.session_id == session_id)
        ]
        if len(ready) != len(found):
            raise NotThere("no deferred message with this sequence number")
        for message in ready:
            self._lock(message, owner, until)
        return [replace(message) for message in ready]

    def _lock(self, message: Message, owner: object, until_ms: int) -> None:
        message.lock, message.owner, message.locked_until_ms = self._around.token(), owner, until_ms
        self._locks[message.lock] = message
        self._mark(message)
        if self.settings.requires_session:
            self._session(message.session_id or "").locked.add(message.seq)
        else:
            self._watch(message, message.lock)

    def _watch(self, message: Message, token: uuid.UUID) -> None:
        def due() -> None:
            if message.locked_until_ms > self._around.now_ms():
                self._watch(message, token)
            else:
                self._failed(message)

        self._around.at(message.locked_until_ms, lambda: message.lock == token, due)

    def peek(self, from_seq: int, limit: int, session_id: str | None = None) -> list[Message]:
        """Looks without locking: every state, in order of sequence number."""
        chosen = (self._messages[seq] for seq in sorted(self._messages) if seq >= from_seq)
        return [message for message in chosen if session_id is None or message.session_id == session_id][:limit]

    # -- settling

    def complete(self, token: uuid.UUID) -> None:
        """Done: the message is gone."""
        self._remove(self._settled(token))

    def abandon(self, token: uuid.UUID) -> None:
        """Not done: again, and counted."""
        self._failed(self._settled(token))

    def defer(self, token: uuid.UUID) -> None:
        """Set aside until somebody asks for its sequence number."""
        message = self._settled(token)
        message.state = State.DEFERRED
        self._unlock(message)

    def dead_letter(self, token: uuid.UUID, reason: str | None = None, description: str | None = None) -> None:
        """Moved to the dead-letter queue."""
        self._bury(self._settled(token), reason, description)

    def renew(self, token: uuid.UUID) -> int:
        """A fresh lock period; until when, in ms."""
        message = self.locked(token)
        message.locked_until_ms = self._around.now_ms() + self.settings.lock_ms
        return message.locked_until_ms

    def locked(self, token: uuid.UUID) -> Message:
        """The message under this token."""
        if (message := self._locks.get(token)) is None:
            raise self._lost()
        return message

    def _lost(self) -> Refused:
        if self.settings.requires_session:
            return SessionLockLost("The session lock has expired on the session. Accept a new session.")
        return LockLost("The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.")

    def _settled(self, token: uuid.UUID) -> Message:
        message = self.locked(token)
        if self._around.faults.loses_settlement(self.name, message):
            self._lose(message)
            raise self._lost()
        return message

    def _lose(self, message: Message) -> None:
        """What a lost lock means: the message (and its session) is free while the receiver still works on it."""
        if self.settings.requires_session:
            self._expire_session(self._session(message.session_id or ""))
        else:
            self._failed(message)

    def _failed(self, message: Message) -> None:
        message.deliveries += 1
        self._unlock(message)
        if message.deliveries >= self.settings.max_deliveries:
            tries = self.settings.max_deliveries
            self._bury(message, "MaxDeliveryCountExceeded", f"Message could not be consumed after {tries} delivery attempts.")
        elif message.state is State.ACTIVE:
            self._reappear(message)

    def _reappear(self, message: Message) -> None:
        if message.expires_ms is not None and message.expires_ms <= self._around.now_ms():
            self._expire(message)
        else:
            self._free(message)

    def _unlock(self, message: Message) -> None:
        self._release_lock(message)
        self._mark(message)

    def _release_lock(self, message: Message) -> None:
        if message.lock is not None:
            self._locks.pop(message.lock, None)
            message.lock = message.owner = None
            if self.settings.requires_session:
                self._session(message.session_id or "").locked.discard(message.seq)

    def _mark(self, message: Message) -> None:
        values = (message.deliveries, int(message.state), int(message.lock is not None), self.name, message.seq)
        self._around.journal.append(log.MARK, values)

    def _remove(self, message: Message) -> None:
        self._release_lock(message)
        self._messages.pop(message.seq, None)
        self._around.journal.append(log.DROP, (self.name, message.seq))
        self._tidy(message.session_id)

    def _expire(self, message: Message) -> None:
        if message.lock is not None or message.state is not State.ACTIVE:
            return
        if self.settings.dead_letters_expired:
            self._bury(message, "TTLExpiredException", "The message expired and was dead lettered.")
        else:
            self._remove(message)

    def _bury(self, message: Message, reason: str | None, description: str | None) -> None:
        self._remove(message)
        if self.dead_letter_queue is None:
            return
        message.state, message.expires_ms, message.ttl_ms = State.ACTIVE, None, None
        message.reason, message.description = reason, description
        self.dead_letter_queue.adopt(message)

    def adopt(self, message: Message) -> None:
        """Takes in a message of another queue with its sequence number."""
        self._add(message)

    def release_message(self, token: uuid.UUID) -> None:
        """Gives one message back uncounted (a receiver that stops before starting)."""
        message = self._locks.get(token)
        if message is not None:
            self._unlock(message)
            if message.state is State.ACTIVE:
                self._reappear(message)

    # -- looking and loading

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def has_ready(self) -> bool:
        """Whether a receiver would get something (a session queue: a session nobody holds)."""
        return bool(self._waiting if self.settings.requires_session else self._ready)

    def messages(self) -> Iterator[Message]:
        """Every message, in order of sequence number."""
        return (self._messages[seq] for seq in sorted(self._messages))

    def load(self, journal: log.Journal) -> None:
        """Reads the queue back; a delivery that was running when the process died counts as failed."""
        for (last,) in journal.rows("SELECT last_seq FROM queues WHERE name=?", (self.name,)):
            self._last_seq = last
        for name, state in journal.rows("SELECT id, state FROM sessions WHERE queue=?", (self.name,)):
            self._session_state[name] = state
        self._duplicates.load()
        for row in journal.rows("SELECT * FROM messages WHERE queue=? ORDER BY seq", (self.name,)):
            self._restore(row)

    def _restore(self, row: tuple[Any, ...]) -> None:
        _, seq, payload, message_id, session_id, enqueued, scheduled, expires, ttl, deliveries, state, reason, description, locked = row
        message = Message(
            seq, payload, message_id, session_id, enqueued, scheduled, expires, ttl, deliveries, State(state), reason, description
        )
        if not locked:
            self._place(message)
            return
        self._messages[seq] = message
        self._watch_expiry(message)
        self._failed(message)
