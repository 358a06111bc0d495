"""kill -9 of a serving process while clients send and complete: what was acknowledged stays so.

The clients are processes too: the SDK leaves its socket open when the server dies, and says what it was told on its standard output.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

from infra.onebox.clock import SystemClock
from infra.onebox.servicebus.broker import Broker
from infra.onebox.servicebus.message import DATA, Message, sections

ROOT = Path(__file__).parents[3]
QUEUES = [{"name": "plain"}]
SERVE = f"""
import asyncio, pathlib, sys
from infra.onebox.clock import SystemClock
from infra.onebox.servicebus.service import ServiceBusService

async def main():
    service = ServiceBusService(pathlib.Path(sys.argv[1]), SystemClock(), {QUEUES!r})
    await service.start()
    print(service.connection_string, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""
SEND = """
import sys
from azure.servicebus import ServiceBusClient, ServiceBusMessage

with ServiceBusClient.from_connection_string(sys.argv[1], retry_total=0).get_queue_sender("plain") as sender:
    for number in range(100_000):
        sender.send_messages(ServiceBusMessage(sys.argv[2] + str(number)))
        print(sys.argv[2] + str(number), flush=True)
"""
RECEIVE = """
import sys
from azure.servicebus import ServiceBusClient

client = ServiceBusClient.from_connection_string(sys.argv[1], retry_total=0)
with client.get_queue_receiver("plain", await_settlement_outcome=True) as receiver:
    for message in receiver:
        print("completes", str(message), flush=True)
        receiver.complete_message(message)
        print("completed", str(message), flush=True)
"""


async def run(script: str, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", script, *arguments, stdout=PIPE, stderr=PIPE, cwd=ROOT)


async def lines(process: Process, into: list[str]) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        into.append(line.decode().strip())


def end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


def text(message: Message) -> str:
    return sections(message.payload)[DATA].decode()


async def test_acknowledged_sends_and_completions_survive_kill_9(tmp_path: Path) -> None:
    sent: list[str] = []
    told: list[str] = []
    server = await run(SERVE, str(tmp_path))
    assert server.stdout is not None
    where = (await asyncio.wait_for(server.stdout.readline(), 60)).decode().strip()
    clients = [await run(SEND, where, "a"), await run(SEND, where, "b"), await run(RECEIVE, where)]
    try:
        async with asyncio.timeout(100), asyncio.TaskGroup() as reading:
            for client, into in zip(clients, (sent, sent, told), strict=True):
                reading.create_task(lines(client, into))
            while len(sent) < 200 or len(told) < 40:
                await asyncio.sleep(0.005)
            server.kill()
            await server.wait()
            await asyncio.sleep(0.2)
            for client in clients:
                end(client)
    finally:
        for process in (server, *clients):
            end(process)
            await process.communicate()
    broker = Broker(tmp_path / "servicebus.db", SystemClock(), QUEUES)
    left = [text(message) for message in broker.queue("plain").messages()]
    broker.close()
    completes, completed = ({line.split()[1] for line in told if line.startswith(word)} for word in ("completes", "completed"))
    assert len(completes - completed) <= 1  # in flight: the broker may or may not have done it
    assert set(sent) <= set(left) | completes
    assert not set(left) & completed
    assert len(left) == len(set(left))
