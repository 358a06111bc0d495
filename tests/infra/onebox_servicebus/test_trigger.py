"""What the pump hands over, read by the converter of azure-functions itself."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

from azure.functions.meta import Datum
from azure.functions.servicebus import ServiceBusMessageInConverter

from infra.onebox.clock import VirtualClock
from infra.onebox.servicebus.broker import Broker
from infra.onebox.servicebus.codec import Timestamp
from infra.onebox.servicebus.message import compose
from infra.onebox.servicebus.trigger import inputs, metadata

FIELDS = {
    "content_type": "application/json",
    "correlation_id": "c1",
    "subject": "s1",
    "to": "t",
    "reply_to": "r",
    "reply_to_group_id": "rs",
}


def test_one_message_reads_back_through_the_real_converter(broker: Broker, clock: VirtualClock) -> None:
    custom = {"kind": "tick", "n": 7, "at": Timestamp(clock.now_ms())}
    broker.send("bots", compose('{"a": 1}', session_id="bot-1", message_id="bot-1:7", application=custom, ttl_ms=60_000, **FIELDS))
    broker.accept("bots", "one", "bot-1")
    [held] = broker.receive("bots", "one", 1, "bot-1")
    told = metadata([held], many=False)
    assert inputs("msg", [held], many=False, binary=False) == {"msg": '{"a": 1}'}
    assert inputs("msg", [held], many=False, binary=True) == {"msg": b'{"a": 1}'}
    read = ServiceBusMessageInConverter.decode(
        Datum('{"a": 1}', "string"), trigger_metadata={key: Datum(value, "json") for key, value in told.items()}
    )
    now = datetime.fromtimestamp(clock.now_ms() / 1_000, UTC)
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert read.get_body() == b'{"a": 1}'
    assert (read.message_id, read.session_id, read.sequence_number) == ("bot-1:7", "bot-1", 1)
    assert read.delivery_count == 1
    assert read.enqueued_time_utc == now
    assert read.expires_at_utc is not None
    assert (read.expires_at_utc - now).total_seconds() == 60
    assert read.lock_token == str(held.lock)
    assert (read.content_type, read.correlation_id, read.subject, read.label) == ("application/json", "c1", "s1", "s1")
    assert (read.to, read.reply_to, read.reply_to_session_id, read.partition_key) == ("t", "r", "rs", None)
    assert read.application_properties == read.user_properties == {"kind": "tick", "n": 7, "at": stamp}
    assert read.metadata is not None
    assert read.metadata["MessageId"] == "bot-1:7"


def test_many_messages_read_back_through_the_real_converter(broker: Broker) -> None:
    broker.send("plain", compose("a", message_id="1", application={"n": 1}), compose("b"))
    broker.abandon("plain", broker.receive("plain", "one")[0].lock)  # type: ignore[arg-type]
    held = broker.receive("plain", "one", 2)
    given = inputs("msgs", held, many=True, binary=False)["msgs"]
    assert given == ["a", "b"]
    told = {key: Datum(value, "json") for key, value in metadata(held, many=True).items()}
    first, second = ServiceBusMessageInConverter.decode(Datum(SimpleNamespace(string=given), "collection_string"), trigger_metadata=told)
    assert (first.get_body(), first.message_id, first.delivery_count, first.user_properties) == (b"a", "1", 2, {"n": 1})
    assert (second.get_body(), second.message_id, second.delivery_count, second.user_properties) == (b"b", None, 1, {})
    assert first.enqueued_time_utc == second.enqueued_time_utc
    assert first.sequence_number < second.sequence_number


def test_a_message_without_time_to_live_never_expires(broker: Broker) -> None:
    broker.send("plain", compose(""))
    told = metadata(broker.receive("plain", "one"), many=False)
    assert json.loads(told["ExpiresAtUtc"]).startswith("9999-12-31T23:59:59")
    assert "SessionId" not in told
    assert json.loads(told["UserProperties"]) == {}
