"""The unmodified azure-servicebus client, asyncio flavour, against the endpoint."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusMessage, ServiceBusReceiveMode, ServiceBusSubQueue
from azure.servicebus.aio import ServiceBusClient
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessagingEntityNotFoundError,
    OperationTimeoutError,
    ServiceBusAuthenticationError,
    ServiceBusError,
    SessionCannotBeLockedError,
)

from infra.onebox.servicebus.service import ServiceBusService


@pytest.fixture
async def client(service: ServiceBusService) -> AsyncIterator[ServiceBusClient]:
    async with ServiceBusClient.from_connection_string(service.connection_string, retry_total=0) as made:
        yield made


async def send(client: ServiceBusClient, queue: str, *messages: ServiceBusMessage) -> None:
    async with client.get_queue_sender(queue) as sender:
        await sender.send_messages(list(messages) if len(messages) > 1 else messages[0])


def bot(text: str, session: str, number: int = 0) -> ServiceBusMessage:
    return ServiceBusMessage(text, session_id=session, message_id=f"{session}:{text}:{number}")


async def test_a_message_arrives_as_it_was_sent(client: ServiceBusClient) -> None:
    sent = ServiceBusMessage(
        b"\x00body",
        application_properties={"kind": "tick", "n": 7, "yes": True, "ratio": 0.5},
        message_id="m1",
        correlation_id="c1",
        content_type="application/json",
        subject="subject",
        to="to",
        reply_to="back",
        partition_key="p",
        time_to_live=timedelta(minutes=5),
    )
    before = datetime.now(UTC) - timedelta(seconds=1)
    await send(client, "plain", sent)
    async with client.get_queue_receiver("plain") as receiver:
        [got] = await receiver.receive_messages(max_wait_time=5)
        assert b"".join(got.body) == b"\x00body"
        assert got.application_properties == {b"kind": b"tick", b"n": 7, b"yes": True, b"ratio": 0.5}
        assert (got.message_id, got.correlation_id, got.content_type) == ("m1", "c1", "application/json")
        assert (got.subject, got.to, got.reply_to, got.partition_key) == ("subject", "to", "back", "p")
        assert got.time_to_live == timedelta(minutes=5)
        assert got.delivery_count == 0
        assert got.sequence_number == 1
        assert before < got.enqueued_time_utc < before + timedelta(seconds=60)
        assert before < got.locked_until_utc < before + timedelta(seconds=60)
        locked = await receiver.renew_message_lock(got)
        assert locked >= got.enqueued_time_utc + timedelta(seconds=29)
        await receiver.complete_message(got)
        assert await receiver.receive_messages(max_wait_time=0.2) == []


async def test_every_settlement_does_what_it_says(client: ServiceBusClient, service: ServiceBusService) -> None:
    await send(client, "plain", *(ServiceBusMessage(name) for name in ("complete", "abandon", "defer", "bury")))
    async with client.get_queue_receiver("plain") as receiver:
        messages = []
        while len(messages) < 4:
            messages += await receiver.receive_messages(max_message_count=4, max_wait_time=5)
        complete, abandon, defer, bury = messages
        await receiver.complete_message(complete)
        await receiver.abandon_message(abandon)
        await receiver.defer_message(defer)
        await receiver.dead_letter_message(bury, reason="Poison", error_description="why")
        [again] = await receiver.receive_messages(max_wait_time=5)
        assert (str(again), again.delivery_count) == ("abandon", 1)
        [deferred] = await receiver.receive_deferred_messages(defer.sequence_number)
        assert str(deferred) == "defer"
        await receiver.complete_message(deferred)
        await receiver.complete_message(again)
    async with client.get_queue_receiver("plain", sub_queue=ServiceBusSubQueue.DEAD_LETTER) as receiver:
        [dead] = await receiver.receive_messages(max_wait_time=5)
        assert (str(dead), dead.dead_letter_reason, dead.dead_letter_error_description) == ("bury", "Poison", "why")
        await receiver.complete_message(dead)
    assert [len(queue) for queue in service.broker.queues()] == [0] * 6


async def test_an_expired_lock_is_redelivered_and_the_late_settlement_refused(client: ServiceBusClient, service: ServiceBusService) -> None:
    await send(client, "brief", ServiceBusMessage("a"))
    async with client.get_queue_receiver("brief") as receiver:
        [first] = await receiver.receive_messages(max_wait_time=5)
        await asyncio.sleep(1.1)
        with pytest.raises(MessageLockLostError):
            await receiver.complete_message(first)
        [second] = await receiver.receive_messages(max_wait_time=5)
        assert second.delivery_count == 1
        await receiver.complete_message(second)
    assert len(service.broker.queue("brief")) == 0


async def test_receive_and_delete_leaves_nothing(client: ServiceBusClient, service: ServiceBusService) -> None:
    await send(client, "plain", ServiceBusMessage("a"), ServiceBusMessage("b"))
    async with client.get_queue_receiver("plain", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as receiver:
        got = []
        while len(got) < 2:
            got += await receiver.receive_messages(max_message_count=2, max_wait_time=5)
    assert [str(message) for message in got] == ["a", "b"]
    assert len(service.broker.queue("plain")) == 0


async def test_sessions_are_exclusive_and_in_order(client: ServiceBusClient) -> None:
    await send(client, "bots", *(bot(str(number), "ab"[number % 2]) for number in range(6)))
    async with client.get_queue_receiver("bots", session_id=NEXT_AVAILABLE_SESSION) as first:
        assert first.session.session_id == "a"
        with pytest.raises(SessionCannotBeLockedError):
            async with client.get_queue_receiver("bots", session_id="a"):
                pass
        async with client.get_queue_receiver("bots", session_id="b") as second:
            for receiver, expected in ((first, ["0", "2", "4"]), (second, ["1", "3", "5"])):
                got = []
                while len(got) < 3:
                    for message in await receiver.receive_messages(max_message_count=1, max_wait_time=5):
                        got.append(str(message))
                        await receiver.complete_message(message)
                assert got == expected
        assert await first.session.get_state() is None
        await first.session.set_state(b"where I was")
        assert await first.session.get_state() == b"where I was"
        assert await first.session.renew_lock() > datetime.now(UTC) + timedelta(seconds=25)
    async with client.get_queue_receiver("bots", session_id="a") as again:
        assert await again.session.get_state() == b"where I was"


async def test_waiting_for_a_session_ends_with_the_next_message_or_in_time(client: ServiceBusClient) -> None:
    with pytest.raises(OperationTimeoutError):
        async with client.get_queue_receiver("bots", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=1):
            pass

    async def wait() -> str:
        async with client.get_queue_receiver("bots", session_id=NEXT_AVAILABLE_SESSION, max_wait_time=10) as receiver:
            [message] = await receiver.receive_messages(max_wait_time=5)
            return str(message)

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0.3)
    await send(client, "bots", bot("hello", "s"))
    assert await asyncio.wait_for(waiting, 10) == "hello"


async def test_a_duplicate_is_accepted_and_dropped(client: ServiceBusClient, service: ServiceBusService) -> None:
    await send(client, "bots", bot("a", "s", 1), bot("a", "s", 1))
    await send(client, "bots", bot("a", "s", 1))
    assert len(service.broker.queue("bots")) == 1


async def test_scheduled_messages_come_in_time_unless_cancelled(client: ServiceBusClient) -> None:
    async with client.get_queue_sender("plain") as sender:
        soon = datetime.now(UTC) + timedelta(seconds=4)
        kept, dropped = await sender.schedule_messages([ServiceBusMessage("kept"), ServiceBusMessage("dropped")], soon)
        await sender.cancel_scheduled_messages(dropped)
        async with client.get_queue_receiver("plain") as receiver:
            [seen] = await receiver.peek_messages(5)
            assert (str(seen), seen.sequence_number, seen.state) == ("kept", kept, 2)
            [got] = await receiver.receive_messages(max_wait_time=15)
            assert str(got) == "kept"
            assert datetime.now(UTC) >= soon
            await receiver.complete_message(got)
            assert await receiver.receive_messages(max_wait_time=0.3) == []


async def test_a_large_message_crosses_in_several_frames(client: ServiceBusClient) -> None:
    big = bytes(range(256)) * 900
    await send(client, "plain", ServiceBusMessage(big))
    async with client.get_queue_receiver("plain") as receiver:
        [got] = await receiver.receive_messages(max_wait_time=5)
        assert b"".join(got.body) == big
        await receiver.complete_message(got)


async def test_a_wrong_key_opens_nothing(service: ServiceBusService) -> None:
    stolen = service.connection_string.replace(service.key, "QUJD" + service.key[4:])
    async with ServiceBusClient.from_connection_string(stolen, retry_total=0) as client:
        with pytest.raises(ServiceBusAuthenticationError):
            await send(client, "plain", ServiceBusMessage("a"))
    assert len(service.broker.queue("plain")) == 0


async def test_what_the_queue_refuses_the_client_hears(client: ServiceBusClient) -> None:
    with pytest.raises(MessagingEntityNotFoundError):
        await send(client, "nowhere", ServiceBusMessage("a"))
    with pytest.raises(ServiceBusError, match="SessionId"):
        await send(client, "bots", ServiceBusMessage("no session"))
    with pytest.raises(ServiceBusError, match="requires sessions"):
        async with client.get_queue_receiver("bots"):
            pass
