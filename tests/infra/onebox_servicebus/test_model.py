"""Any sequence of calls, on a plain queue and a session queue, against a model small enough to be read.

The model knows messages by their text. Time is virtual; a crash reopens the file as the last call left it.
"""

import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from infra.onebox.clock import VirtualClock
from infra.onebox.servicebus.broker import Broker
from infra.onebox.servicebus.errors import Refused
from infra.onebox.servicebus.message import DATA, Message, State, compose, sections

LOCK_MS, TRIES = 30_000, 3
QUEUES = [
    {"name": "plain", "lockDuration": "PT30S", "maxDeliveryCount": TRIES, "requiresDuplicateDetection": True},
    {"name": "bots", "lockDuration": "PT30S", "maxDeliveryCount": TRIES, "requiresDuplicateDetection": True, "requiresSession": True},
]
QUEUE = st.sampled_from(["plain", "bots"])
SESSION = st.sampled_from(["s", "t", "u"])
Place = Literal["ready", "locked", "deferred", "scheduled", "dead", "gone"]


@dataclass
class Known:
    """What the model believes of one message."""

    text: str
    queue: str
    session: str | None
    order: int
    place: Place = "ready"
    deliveries: int = 0
    token: uuid.UUID | None = None
    until: int = 0
    at: int = 0


def text(message: Message) -> str:
    return sections(message.payload)[DATA].decode()


class Model(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.clock = VirtualClock()
        self.directory = Path(tempfile.mkdtemp())
        self.broker = Broker(self.directory / "servicebus.db", self.clock, QUEUES)
        self.known: list[Known] = []
        self.ids: set[str] = set()
        self.tokens: list[tuple[str, uuid.UUID]] = []
        self.holds: dict[str, tuple[object, int]] = {}
        self.count = 0

    def teardown(self) -> None:
        if hasattr(self, "broker"):
            self.broker.close()
            shutil.rmtree(self.directory)

    def number(self) -> int:
        self.count += 1
        return self.count

    def failed(self, message: Known) -> None:
        message.deliveries += 1
        message.token = None
        message.place = "dead" if message.deliveries >= TRIES else "ready"

    def under(self, token: uuid.UUID) -> Known | None:
        return next((message for message in self.known if message.token == token), None)

    def locked_in(self, session: str) -> list[Known]:
        return [message for message in self.known if message.session == session and message.place == "locked"]

    @rule(queue=QUEUE, session=SESSION, name=st.integers(0, 30), delay=st.sampled_from([0, 0, 10_000, 40_000]))
    def send(self, queue: str, session: str, name: int, delay: int) -> None:
        body, message_id = f"m{self.number()}", f"{queue}{name}"
        of = session if queue == "bots" else None
        at = self.clock.now_ms() + delay
        self.broker.send(queue, compose(body, message_id=message_id, session_id=of, scheduled_ms=at if delay else None))
        if message_id not in self.ids:
            self.ids.add(message_id)
            self.known.append(Known(body, queue, of, self.count, "scheduled" if delay else "ready", at=at))

    @rule(limit=st.integers(1, 3))
    def receive(self, limit: int) -> None:
        expected = sorted((m for m in self.known if m.queue == "plain" and m.place == "ready"), key=lambda m: m.order)[:limit]
        self.delivered("plain", expected, self.broker.receive("plain", "reader", limit), self.clock.now_ms() + LOCK_MS)

    @rule()
    def accept_next(self) -> None:
        owner = object()
        free = {m.session for m in self.known if m.queue == "bots" and m.place == "ready"} - set(self.holds)
        session = self.broker.accept("bots", owner)
        assert (session is None) == (not free)
        if session is not None:
            assert session.id in free
            self.holds[session.id] = owner, self.clock.now_ms() + LOCK_MS

    @rule(session=SESSION)
    def accept_named(self, session: str) -> None:
        owner, taken = object(), False
        try:
            self.broker.accept("bots", owner, session)
        except Refused:
            taken = True
        assert taken == (session in self.holds)
        self.holds.setdefault(session, (owner, self.clock.now_ms() + LOCK_MS))

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), limit=st.integers(1, 3))
    def receive_in_session(self, data: st.DataObject, limit: int) -> None:
        session = data.draw(st.sampled_from(sorted(self.holds)))
        owner, until = self.holds[session]
        expected = sorted((m for m in self.known if m.session == session and m.place == "ready"), key=lambda m: m.order)[:limit]
        self.delivered("bots", expected, self.broker.receive("bots", owner, limit, session), until)

    def delivered(self, queue: str, expected: list[Known], got: list[Message], until: int) -> None:
        assert [text(message) for message in got] == [message.text for message in expected]
        for message, found in zip(expected, got, strict=True):
            assert found.deliveries == message.deliveries
            assert found.lock is not None
            message.place, message.token, message.until = "locked", found.lock, until
            self.tokens.append((queue, found.lock))

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), how=st.sampled_from(["complete", "abandon", "defer", "dead_letter", "renew"]))
    def settle(self, data: st.DataObject, how: str) -> None:
        queue, token = data.draw(st.sampled_from(self.tokens))
        message = self.under(token)
        try:
            if how == "renew":
                self.broker.queue(queue).renew(token)
            else:
                getattr(self.broker, how)(queue, token)
        except Refused:
            assert message is None
            return
        assert message is not None
        if how == "renew":
            message.until = self.clock.now_ms() + LOCK_MS
        elif how == "abandon":
            self.failed(message)
        else:
            message.token = None
            message.place = {"complete": "gone", "defer": "deferred", "dead_letter": "dead"}[how]  # type: ignore[assignment]

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), how=st.sampled_from(["release", "renew"]))
    def session_lock(self, data: st.DataObject, how: str) -> None:
        session = data.draw(st.sampled_from(sorted(self.holds)))
        owner, _ = self.holds[session]
        if how == "renew":
            until = self.broker.queue("bots").renew_session(session, owner)
            self.holds[session] = owner, until
            return
        self.broker.release("bots", session, owner)
        del self.holds[session]
        for message in self.locked_in(session):
            message.place, message.token = "ready", None

    @rule(milliseconds=st.sampled_from([1, 5_000, 29_999, 30_000, 45_000]))
    def pass_time(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds)
        self.broker.advance()
        now = self.clock.now_ms()
        for message in sorted((m for m in self.known if m.place == "scheduled" and m.at <= now), key=lambda m: (m.at, m.order)):
            message.place, message.order = "ready", self.number()
        for message in self.known:
            if message.queue == "plain" and message.place == "locked" and message.until <= now:
                self.failed(message)
        for session in [session for session, (_, until) in self.holds.items() if until <= now]:
            del self.holds[session]
            for message in self.locked_in(session):
                self.failed(message)

    @rule()
    def crash(self) -> None:
        assert not self.broker.journal.dirty  # every call has committed: closing the file now adds nothing
        self.broker.close()
        self.broker = Broker(self.directory / "servicebus.db", self.clock, QUEUES)
        self.holds.clear()
        for message in self.known:
            if message.place == "locked":
                self.failed(message)

    @invariant()
    def every_message_is_where_the_model_has_it(self) -> None:
        if not hasattr(self, "broker"):
            return
        for queue in ("plain", "bots"):
            mine = [m for m in self.known if m.queue == queue]
            stored = {text(m): m for m in self.broker.queue(queue).messages()}
            assert set(stored) == {m.text for m in mine if m.place not in ("dead", "gone")}
            for message in mine:
                if (found := stored.get(message.text)) is not None:
                    place = {State.DEFERRED: "deferred", State.SCHEDULED: "scheduled"}.get(found.state, "locked" if found.lock else "ready")
                    assert (place, found.deliveries, found.lock) == (message.place, message.deliveries, message.token)
            dead = {text(m) for m in self.broker.queue(f"{queue}/$deadletterqueue").messages()}
            assert dead == {m.text for m in mine if m.place == "dead"}


Model.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestBrokerAgainstTheModel = Model.TestCase
