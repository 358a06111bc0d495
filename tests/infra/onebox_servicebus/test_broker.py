"""The queue engine, on a clock that moves only when told."""

import uuid
from pathlib import Path

import pytest

from infra.onebox.clock import VirtualClock
from infra.onebox.servicebus.broker import Broker
from infra.onebox.servicebus.errors import LockLost, NoQueue, NotThere, Refused, SessionLockLost, SessionTaken, TooLarge
from infra.onebox.servicebus.faults import Faults
from infra.onebox.servicebus.message import DATA, Message, Outgoing, application_properties, compose, sections

DEAD = "/$deadletterqueue"


def body(message: Message) -> str:
    return sections(message.payload)[DATA].decode()


def bodies(messages: list[Message]) -> list[str]:
    return [body(message) for message in messages]


def token(message: Message) -> uuid.UUID:
    assert message.lock is not None
    return message.lock


def drained(broker: Broker, queue: str) -> list[str]:
    """Receives and completes everything."""
    seen = []
    while messages := broker.receive(queue, "reader"):
        seen.append(body(messages[0]))
        broker.complete(queue, token(messages[0]))
    return seen


def test_messages_come_in_the_order_they_were_sent(broker: Broker) -> None:
    broker.send("plain", compose("a"), compose("b"))
    broker.send("PLAIN", compose("c"))
    assert drained(broker, "plain") == ["a", "b", "c"]
    assert len(broker.queue("plain")) == 0


def test_an_unknown_queue_is_refused(broker: Broker) -> None:
    with pytest.raises(NoQueue):
        broker.send("plane", compose("a"))


def test_a_locked_message_is_nobody_elses(broker: Broker) -> None:
    broker.send("plain", compose("a"))
    [held] = broker.receive("plain", "one")
    assert broker.receive("plain", "two") == []
    broker.complete("plain", token(held))
    with pytest.raises(LockLost):
        broker.complete("plain", token(held))


def test_an_abandoned_message_comes_first_again_and_is_counted(broker: Broker) -> None:
    broker.send("plain", compose("a"), compose("b"))
    [first] = broker.receive("plain", "one")
    broker.abandon("plain", token(first))
    again = broker.receive("plain", "one", limit=2)
    assert bodies(again) == ["a", "b"]
    assert [message.deliveries for message in again] == [1, 0]


def test_an_expired_lock_brings_the_message_back(broker: Broker, clock: VirtualClock) -> None:
    broker.send("plain", compose("a"))
    [late] = broker.receive("plain", "one")
    old = token(late)
    clock.advance(29_999)
    assert broker.receive("plain", "two") == []
    clock.advance(1)
    [again] = broker.receive("plain", "two")
    assert again.deliveries == 1
    with pytest.raises(LockLost):
        broker.complete("plain", old)
    broker.complete("plain", token(again))


def test_a_renewed_lock_holds_for_another_period(broker: Broker, clock: VirtualClock) -> None:
    broker.send("plain", compose("a"))
    [held] = broker.receive("plain", "one")
    clock.advance(20_000)
    assert broker.queue("plain").renew(token(held)) == clock.now_ms() + 30_000
    clock.advance(29_000)
    assert broker.receive("plain", "two") == []
    clock.advance(1_000)
    assert len(broker.receive("plain", "two")) == 1


def test_the_last_failed_delivery_ends_in_the_dead_letter_queue(broker: Broker) -> None:
    [seq] = broker.send("plain", compose("a", application={"kind": "tick"}))
    for _ in range(3):
        [held] = broker.receive("plain", "one")
        broker.abandon("plain", token(held))
    assert broker.receive("plain", "one") == []
    [dead] = broker.receive("plain" + DEAD, "one")
    assert (dead.seq, dead.deliveries, dead.reason) == (seq, 3, "MaxDeliveryCountExceeded")
    assert application_properties(dead) == {
        "kind": "tick",
        "DeadLetterReason": "MaxDeliveryCountExceeded",
        "DeadLetterErrorDescription": "Message could not be consumed after 3 delivery attempts.",
    }
    for _ in range(5):
        broker.abandon("plain" + DEAD, token(dead))
        [dead] = broker.receive("plain" + DEAD, "one")
    broker.complete("plain" + DEAD, token(dead))
    assert len(broker.queue("plain" + DEAD)) == 0


def test_a_receiver_can_dead_letter_with_its_own_reason(broker: Broker) -> None:
    broker.send("plain", compose("a"))
    [held] = broker.receive("plain", "one")
    broker.dead_letter("plain", token(held), "Poison", "cannot be read")
    [dead] = broker.receive("plain" + DEAD, "one")
    assert (dead.reason, dead.description) == ("Poison", "cannot be read")


def test_a_deferred_message_comes_only_when_asked_for(broker: Broker) -> None:
    [seq] = broker.send("plain", compose("a"))
    [held] = broker.receive("plain", "one")
    broker.defer("plain", token(held))
    assert broker.receive("plain", "one") == []
    with pytest.raises(NotThere):
        broker.queue("plain").receive_deferred("one", [seq, seq + 7])
    [back] = broker.queue("plain").receive_deferred("one", [seq])
    broker.complete("plain", token(back))
    assert len(broker.queue("plain")) == 0


def test_a_scheduled_message_waits_for_its_time_and_gets_a_new_number(broker: Broker, clock: VirtualClock) -> None:
    at = clock.now_ms() + 5_000
    [scheduled] = broker.send("plain", compose("later", scheduled_ms=at))
    [plain] = broker.send("plain", compose("now"))
    assert drained(broker, "plain") == ["now"]
    assert broker.next_due_ms() == at
    clock.advance(5_000)
    [message] = broker.receive("plain", "one")
    assert body(message) == "later"
    assert message.seq > plain > scheduled
    assert message.enqueued_ms == at


def test_a_cancelled_schedule_never_comes(broker: Broker, clock: VirtualClock) -> None:
    [seq] = broker.send("plain", compose("later", scheduled_ms=clock.now_ms() + 5_000))
    broker.cancel("plain", [seq])
    clock.advance(10_000)
    assert broker.receive("plain", "one") == []
    with pytest.raises(NotThere):
        broker.cancel("plain", [seq])


def test_a_message_id_seen_in_the_window_is_dropped(broker: Broker, clock: VirtualClock) -> None:
    first = broker.send("bots", compose("a", session_id="s", message_id="s:1"))
    assert broker.send("bots", compose("b", session_id="s", message_id="s:1")) == first
    broker.send("bots", compose("c", session_id="s", message_id="s:2", scheduled_ms=clock.now_ms() + 60_000))
    broker.send("bots", compose("d", session_id="s", message_id="s:2"))
    assert len(broker.queue("bots")) == 2
    clock.advance(600_000)
    broker.send("bots", compose("e", session_id="s", message_id="s:1"))
    assert len(broker.queue("bots")) == 3


def test_a_completed_message_still_counts_for_duplicates(broker: Broker) -> None:
    broker.send("bots", compose("a", session_id="s", message_id="1"))
    broker.accept("bots", "one", "s")
    [held] = broker.receive("bots", "one", 1, "s")
    broker.complete("bots", token(held))
    broker.send("bots", compose("a", session_id="s", message_id="1"))
    assert len(broker.queue("bots")) == 0


def test_a_batch_is_taken_whole_or_not_at_all(broker: Broker) -> None:
    with pytest.raises(Refused, match="SessionId"):
        broker.send("bots", compose("a", session_id="s", message_id="1"), compose("b"))
    with pytest.raises(TooLarge):
        broker.send("plain", compose("a"), compose(b"x" * 262_144))
    assert len(broker.queue("bots")) == len(broker.queue("plain")) == 0


def test_an_expired_message_is_dead_lettered_or_dropped(broker: Broker, clock: VirtualClock) -> None:
    broker.send("brief", compose("default"), compose("shorter", ttl_ms=1_000), compose("longer", ttl_ms=99_000))
    broker.send("plain", compose("dropped", ttl_ms=1_000))
    clock.advance(1_000)
    assert bodies(broker.queue("brief").peek(0, 9)) == ["default", "longer"]
    clock.advance(4_000)
    assert broker.receive("brief", "one") == []
    dead = broker.receive("brief" + DEAD, "one", limit=9)
    assert bodies(dead) == ["default", "shorter", "longer"]  # by sequence number, which a dead letter keeps
    assert {message.reason for message in dead} == {"TTLExpiredException"}
    assert len(broker.queue("plain")) == len(broker.queue("plain" + DEAD)) == 0


def test_a_locked_message_does_not_expire(broker: Broker, clock: VirtualClock) -> None:
    broker.send("plain", compose("a", ttl_ms=1_000))
    [held] = broker.receive("plain", "one")
    clock.advance(2_000)
    broker.complete("plain", token(held))
    broker.send("plain", compose("b", ttl_ms=1_000))
    [held] = broker.receive("plain", "one")
    clock.advance(2_000)
    broker.abandon("plain", token(held))
    assert broker.receive("plain", "one") == []


def test_a_session_has_one_holder_and_keeps_its_order(broker: Broker) -> None:
    for number in range(4):
        broker.send("bots", compose(str(number), session_id="ab"[number % 2], message_id=str(number)))
    first = broker.accept("bots", "one")
    second = broker.accept("bots", "two")
    assert first is not None and second is not None
    assert (first.id, second.id, broker.accept("bots", "three")) == ("a", "b", None)
    with pytest.raises(SessionTaken):
        broker.accept("bots", "three", "a")
    with pytest.raises(SessionLockLost):
        broker.receive("bots", "two", 1, "a")
    assert bodies(broker.receive("bots", "one", 9, "a")) == ["0", "2"]
    assert bodies(broker.receive("bots", "two", 9, "b")) == ["1", "3"]


def test_a_session_given_back_waits_behind_the_others(broker: Broker) -> None:
    for number in range(6):
        broker.send("bots", compose(str(number), session_id="abc"[number % 3], message_id=str(number)))
    order = []
    while session := broker.accept("bots", "one"):
        [held] = broker.receive("bots", "one", 1, session.id)
        order.append(body(held))
        broker.complete("bots", token(held))
        broker.release("bots", session.id, "one")
    assert order == ["0", "1", "2", "3", "4", "5"]


def test_giving_a_session_back_is_not_counted_but_losing_its_lock_is(broker: Broker, clock: VirtualClock) -> None:
    broker.send("bots", compose("a", session_id="s", message_id="1"))
    broker.accept("bots", "one", "s")
    broker.receive("bots", "one", 1, "s")
    broker.release("bots", "s", "one")
    broker.accept("bots", "two", "s")
    [held] = broker.receive("bots", "two", 1, "s")
    assert held.deliveries == 0
    clock.advance(30_000)
    assert broker.accept("bots", "three") is not None
    [again] = broker.receive("bots", "three", 1, "s")
    assert again.deliveries == 1
    with pytest.raises(SessionLockLost):
        broker.queue("bots").renew_session("s", "two")


def test_renewing_a_session_renews_its_messages(broker: Broker, clock: VirtualClock) -> None:
    broker.send("bots", compose("a", session_id="s", message_id="1"))
    broker.accept("bots", "one", "s")
    [held] = broker.receive("bots", "one", 1, "s")
    for _ in range(5):
        clock.advance(20_000)
        broker.queue("bots").renew_session("s", "one")
    broker.complete("bots", token(held))


def test_an_abandoned_message_blocks_its_own_session_only(broker: Broker) -> None:
    for number, session in enumerate("aab"):
        broker.send("bots", compose(f"{session}{number}", session_id=session, message_id=str(number)))
    broker.accept("bots", "one", "a")
    [held] = broker.receive("bots", "one", 1, "a")
    broker.abandon("bots", token(held))
    assert bodies(broker.receive("bots", "one", 1, "a")) == ["a0"]
    broker.accept("bots", "two", "b")
    assert bodies(broker.receive("bots", "two", 1, "b")) == ["b2"]


def test_session_state_stays_when_the_messages_are_gone(broker: Broker) -> None:
    broker.accept("bots", "one", "s")
    broker.queue("bots").set_session_state("s", "one", b"\x00state")
    broker.release("bots", "s", "one")
    broker.accept("bots", "two", "s")
    assert broker.queue("bots").session_state("s", "two") == b"\x00state"


def reopened(tmp_path: Path, clock: VirtualClock) -> Broker:
    queues = [{"name": "plain", "maxDeliveryCount": 3}, {"name": "bots", "requiresSession": True, "requiresDuplicateDetection": True}]
    return Broker(tmp_path / "servicebus.db", clock, queues)


def test_everything_is_there_again_after_a_crash(broker: Broker, tmp_path: Path, clock: VirtualClock) -> None:
    broker.send("plain", compose("ready"), compose("running"), compose("deferred"), compose("done"))
    running, deferred, done = broker.receive("plain", "one", 4)[1:]
    broker.defer("plain", token(deferred))
    broker.complete("plain", token(done))
    later = clock.now_ms() + 5_000
    broker.send("plain", compose("later", scheduled_ms=later))
    broker.send("bots", compose("a", session_id="s", message_id="1"))
    broker.accept("bots", "one", "s")
    broker.queue("bots").set_session_state("s", "one", b"kept")
    broker.commit()
    after = reopened(tmp_path, clock)  # nothing of the first was closed
    assert bodies(after.queue("plain").peek(0, 9)) == ["ready", "running", "deferred", "later"]
    found = after.receive("plain", "two", 9)
    assert [(body(message), message.deliveries) for message in found] == [("ready", 1), ("running", 1)]
    assert running.seq in {message.seq for message in found}
    after.send("bots", compose("again", session_id="s", message_id="1"))
    assert len(after.queue("bots")) == 1
    after.accept("bots", "two", "s")
    assert after.queue("bots").session_state("s", "two") == b"kept"
    clock.advance(5_000)
    assert bodies(after.receive("plain", "two")) == ["later"]
    after.close()


def test_sequence_numbers_never_come_again(broker: Broker, tmp_path: Path, clock: VirtualClock) -> None:
    [seq] = broker.send("plain", compose("a"))
    drained(broker, "plain")
    after = reopened(tmp_path, clock)
    assert after.send("plain", compose("b"))[0] > seq
    after.close()


def test_a_message_that_kills_the_process_ends_in_the_dead_letter_queue(broker: Broker, tmp_path: Path, clock: VirtualClock) -> None:
    broker.send("plain", compose("killer"))
    for _ in range(3):
        assert len(broker.receive("plain", "one")) == 1
        broker.close()
        broker = reopened(tmp_path, clock)
    assert broker.receive("plain", "one") == []
    assert bodies(broker.receive("plain" + DEAD, "one")) == ["killer"]
    broker.close()


class Chaos(Faults):
    """Each fault once."""

    def __init__(self, delay_ms: int = 0, lock: bool = False, settlement: bool = False) -> None:
        self.delay, self.lock, self.settlement = delay_ms, lock, settlement

    def delay_ms(self, queue: str, message: Outgoing) -> int:
        return self.delay

    def loses_lock(self, queue: str, message: Message) -> bool:
        self.lock, now = False, self.lock
        return now

    def loses_settlement(self, queue: str, message: Message) -> bool:
        self.settlement, now = False, self.settlement
        return now


def test_faults_deliver_twice_refuse_a_settlement_and_delay(clock: VirtualClock) -> None:
    queues = [{"name": "bots", "requiresSession": True}, {"name": "plain"}]
    twice = Broker(None, clock, queues, Chaos(lock=True))
    twice.send("bots", compose("a", session_id="s"))
    twice.accept("bots", "one", "s")
    assert bodies(twice.receive("bots", "one", 1, "s")) == ["a"]
    assert twice.accept("bots", "two") is not None
    assert bodies(twice.receive("bots", "two", 1, "s")) == ["a"]
    late = Broker(None, clock, queues, Chaos(settlement=True))
    late.send("plain", compose("b"))
    with pytest.raises(LockLost):
        late.complete("plain", token(late.receive("plain", "one")[0]))
    assert bodies(late.receive("plain", "one")) == ["b"]
    slow = Broker(None, clock, queues, Chaos(delay_ms=250))
    slow.send("plain", compose("c"))
    assert slow.receive("plain", "one") == []
    clock.advance(250)
    assert bodies(slow.receive("plain", "one")) == ["c"]


def test_the_same_nonce_gives_the_same_tokens(clock: VirtualClock) -> None:
    def tokens() -> list[uuid.UUID]:
        made = Broker(None, clock, [{"name": "plain"}], nonce=7)
        made.send("plain", compose("a"), compose("b"))
        return [token(message) for message in made.receive("plain", "one", 2)]

    assert tokens() == tokens()


def test_a_property_that_is_not_honoured_is_refused(clock: VirtualClock) -> None:
    with pytest.raises(ValueError, match="forwardTo"):
        Broker(None, clock, [{"name": "q", "forwardTo": "other"}])
