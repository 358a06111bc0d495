"""The unmodified azure-servicebus client, blocking flavour, from another thread."""

import asyncio

from azure.servicebus import NEXT_AVAILABLE_SESSION, ServiceBusClient, ServiceBusMessage

from infra.onebox.servicebus.service import ServiceBusService


def roundtrip(connection_string: str) -> tuple[list[str], list[str]]:
    with ServiceBusClient.from_connection_string(connection_string, retry_total=0) as client:
        with client.get_queue_sender("bots") as sender:
            batch = sender.create_message_batch()
            for number in range(3):
                batch.add_message(ServiceBusMessage(str(number), session_id="s", message_id=f"s:{number}"))
            sender.send_messages(batch)
            sender.send_messages(ServiceBusMessage("3", session_id="s", message_id="s:3"))
        got: list[str] = []
        with client.get_queue_receiver("bots", session_id=NEXT_AVAILABLE_SESSION) as receiver:
            peeked = [str(message) for message in receiver.peek_messages(10)]
            while len(got) < 4:
                for message in receiver.receive_messages(max_message_count=10, max_wait_time=5):
                    got.append(str(message))
                    receiver.complete_message(message)
    return peeked, got


async def test_the_blocking_client_sends_batches_and_receives_a_session(service: ServiceBusService) -> None:
    peeked, got = await asyncio.to_thread(roundtrip, service.connection_string)
    assert peeked == got == ["0", "1", "2", "3"]
    assert len(service.broker.queue("bots")) == 0
