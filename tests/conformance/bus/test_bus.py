"""What the app asks of Service Bus, through azure-servicebus: the same suite on the embedded endpoint and on the service."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from azure.servicebus import ServiceBusMessage, ServiceBusSubQueue
from azure.servicebus.exceptions import MessageSizeExceededError, SessionCannotBeLockedError

from shared.bus import NUDGES, QUEUE, decode, encode, message_id


def body_of(message) -> bytes:
    return b"".join(message.body)


async def test_an_event_arrives_whole_on_its_bots_session(world):
    event = world.event("cmd_1", name="start", text="ü ☃", deep={"a": ["0.1", None]})
    await world.bus.send([event])
    [message] = await world.received()
    assert decode(body_of(message)) == event
    assert (message.session_id, message.message_id, message.content_type) == (world.session(), message_id(event), "application/json")


async def test_events_of_one_bot_keep_their_order_over_several_sends_and_batches(world):
    events = [world.event(f"e{number}", number=number) for number in range(230)]
    await world.bus.send(events[:5])
    await world.bus.send(events[5:])
    assert [decode(body_of(message)) for message in await world.received(230)] == events


async def test_events_of_two_bots_do_not_wait_for_each_other(world):
    await world.bus.send([world.event("a", "bot_1"), world.event("b", "bot_2")])
    async with world.receiver("bot_1") as busy:
        [held] = await busy.receive_messages(1, max_wait_time=5)
        [other] = await world.received(1, bot="bot_2")
        assert decode(body_of(other)).id == "b"
        await busy.complete_message(held)


async def test_a_session_has_one_holder(world):
    await world.bus.send([world.event("a")])
    async with world.receiver() as receiver:
        [message] = await receiver.receive_messages(1, max_wait_time=5)
        with pytest.raises(SessionCannotBeLockedError):
            async with world.receiver():
                pass
        await receiver.complete_message(message)


async def test_a_repeat_vanishes_even_after_the_first_was_worked_on(world):
    event = world.event("cmd_1")
    await world.bus.send([event, event])
    assert len(await world.received()) == 1
    await world.bus.send([event])
    await world.bus.send([world.event("cmd_2")])
    assert [decode(body_of(message)).id for message in await world.received()] == ["cmd_2"]


async def test_the_same_happening_on_two_bots_is_two_events(world):
    await world.bus.send([world.event("s17", "bot_1"), world.event("s17", "bot_2")])
    assert len(await world.received(bot="bot_1")) == len(await world.received(bot="bot_2")) == 1


async def test_large_events_are_sent_in_as_many_batches_as_they_need(world):
    events = [world.event(f"e{number}", text="x" * 30_000) for number in range(20)]
    await world.bus.send(events)
    assert [decode(body_of(message)) for message in await world.received(20)] == events


async def test_an_event_too_large_for_any_message_is_refused_and_the_bus_goes_on(world):
    with pytest.raises(MessageSizeExceededError):
        await world.bus.send([world.event("huge", text="x" * 1_100_000)])
    await world.bus.send([world.event("small")])
    assert [decode(body_of(message)).id for message in await world.received()] == ["small"]


async def test_a_broken_link_is_opened_again(world):
    await world.bus.send([world.event("one")])
    await world.bus._senders[QUEUE]._handler.close_async()
    await world.bus.send([world.event("two")])
    assert [decode(body_of(message)).id for message in await world.received(2)] == ["one", "two"]


async def test_many_senders_share_the_link(world):
    await asyncio.gather(*(world.bus.send([world.event(f"e{number}")]) for number in range(40)))
    assert {decode(body_of(message)).id for message in await world.received(40)} == {f"e{number}" for number in range(40)}


async def test_a_scheduled_event_comes_when_it_is_due_and_a_cancelled_one_never(world):
    soon, messages = datetime.now(UTC) + timedelta(seconds=2), []
    for id in ("kept", "cancelled"):
        event = world.event(id)
        messages.append(ServiceBusMessage(encode(event), session_id=world.session(), message_id=message_id(event)))
    async with world.client.get_queue_sender(QUEUE) as sender:
        numbers = await sender.schedule_messages(messages, soon)
        await sender.cancel_scheduled_messages(numbers[1])
        await world.bus.send([world.event("now")])
        assert [decode(body_of(message)).id for message in await world.received(1)] == ["now"]
        found = await world.received(2)
    assert [decode(body_of(message)).id for message in found] == ["kept"]
    assert datetime.now(UTC) >= soon


async def test_an_event_given_back_comes_again_before_later_ones_and_counts(world):
    await world.bus.send([world.event("first"), world.event("second")])
    async with world.receiver() as receiver:
        [message] = await receiver.receive_messages(1, max_wait_time=5)
        await receiver.abandon_message(message)
    again, later = await world.received(2)
    assert (decode(body_of(again)).id, again.delivery_count) == ("first", 1)
    assert decode(body_of(later)).id == "second"


async def test_what_is_put_aside_says_why_and_whose_it_is(world):
    await world.bus.send([world.event("bad")])
    async with world.receiver() as receiver:
        [message] = await receiver.receive_messages(1, max_wait_time=5)
        await receiver.dead_letter_message(message, reason="broken", error_description="KeyError")
    async with world.client.get_queue_receiver(QUEUE, sub_queue=ServiceBusSubQueue.DEAD_LETTER) as receiver:
        async for message in receiver:
            await receiver.complete_message(message)
            if message.session_id == world.session():
                break
    assert (message.dead_letter_reason, json.loads(body_of(message))["id"]) == ("broken", "bad")


async def test_nudges_travel_beside_what_somebody_asked_for_and_each_lane_keeps_its_order(world):
    nudges = [world.event(f"s{number}")._replace(kind="market") for number in range(3)]
    commands = [world.event(f"c{number}") for number in range(3)]
    beat = world.event("beat1")._replace(kind="heartbeat")
    more = world.event("more-1")._replace(kind="continue")
    await world.bus.send([nudges[0], commands[0], nudges[1], commands[1], nudges[2], commands[2], beat, more])
    assert [decode(body_of(message)) for message in await world.received(4)] == [*commands, more]
    async with world.client.get_queue_receiver(NUDGES, session_id=world.session()) as receiver:
        found = await receiver.receive_messages(4, max_wait_time=5)
        assert [decode(body_of(message)) for message in found] == [*nudges, beat]
