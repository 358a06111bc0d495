"""Faults ordered by a test, as the official client meets them; and what the disk holds after each."""

import asyncio
import os
import signal
import sqlite3
import sys
import textwrap

import pytest
from azure.core.exceptions import AzureError
from azure.cosmos import exceptions
from azure.cosmos.aio import CosmosClient

from infra.onebox.cosmos.faults import Fault


async def test_a_throttled_request_is_retried_by_the_client(service, bots):
    service.faults.add(Fault("throttled", "create", "bots", times=2, retry_after_ms=1))
    assert (await bots.create_item({"id": "1", "userId": "u1"}))["id"] == "1"


async def test_throttling_that_lasts_reaches_the_caller_as_429(service):
    service.faults.add(Fault("throttled", times=100, operation="upsert", retry_after_ms=1))
    async with CosmosClient.from_connection_string(service.connection_string, retry_throttle_total=2) as client:
        bots = client.get_database_client("tickwise").get_container_client("bots")
        with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
            await bots.upsert_item({"id": "1", "userId": "u1"})
    assert (refused.value.status_code, refused.value.headers["x-ms-retry-after-ms"]) == (429, "1")


async def test_an_unavailable_service_did_nothing(service, bots):
    service.faults.add(Fault("unavailable", "create", times=20))
    with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
        await bots.create_item({"id": "1", "userId": "u1"})
    assert refused.value.status_code == 503
    with pytest.raises(exceptions.CosmosResourceNotFoundError):
        await bots.read_item("1", "u1")


async def test_a_lost_answer_was_committed_so_a_second_create_finds_it(service, bots):
    service.faults.add(Fault("lost", "create"))
    with pytest.raises((AzureError, exceptions.CosmosHttpResponseError)):
        await bots.create_item({"id": "1", "userId": "u1", "n": 1})
        await bots.create_item({"id": "1", "userId": "u1", "n": 1})
    assert (await bots.read_item("1", "u1"))["n"] == 1


async def test_a_simulation_decides_per_request(service, bots):
    asked = []
    service.faults.decide = lambda operation, container: asked.append((operation, container))
    await bots.upsert_item({"id": "1", "userId": "u1"})
    await bots.read_item("1", "u1")
    [item async for item in bots.query_items("SELECT * FROM c", partition_key="u1")]
    assert asked == [("upsert", "bots"), ("read", "bots"), ("query", "bots")]


async def test_a_group_refused_by_the_disk_is_refused_to_everyone_and_the_next_one_works(service):
    storage = service._storage
    storage.writing.execute("CREATE TEMP TRIGGER full BEFORE UPDATE ON counter BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    writes = [service.upsert("tickwise", "bots", {"id": str(number), "userId": "u1"}) for number in range(5)]
    assert all(isinstance(outcome, sqlite3.Error) for outcome in await asyncio.gather(*writes, return_exceptions=True))
    storage.writing.execute("DROP TRIGGER full")
    await service.upsert("tickwise", "bots", {"id": "after", "userId": "u1"})
    assert storage.reading.execute("SELECT id FROM docs_1").fetchall() == [("after",)]


WRITER = """
import asyncio, sys
from pathlib import Path
from infra.onebox.clock import SystemClock
from infra.onebox.cosmos import CosmosService

async def main():
    service = CosmosService(Path(sys.argv[1]), SystemClock(), "tickwise", [{"name": "bots", "partitionKey": "/userId"}])
    await service.start()
    async def write(worker):
        for number in range(100000):
            await service.upsert("tickwise", "bots", {"id": f"{worker}-{number}", "userId": "u1"})
            print(f"{worker}-{number}", flush=True)
    await asyncio.gather(*(write(worker) for worker in range(8)))

asyncio.run(main())
"""


async def test_what_was_answered_survives_kill_9(tmp_path):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(WRITER),
        str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    answered = [(await process.stdout.readline()).decode().strip() for _ in range(400)]
    process.send_signal(signal.SIGKILL)
    answered += (await process.stdout.read()).decode().split("\n")[:-1]
    await process.wait()
    database = sqlite3.connect(tmp_path / "cosmos.sqlite3")
    kept = {name for (name,) in database.execute("SELECT id FROM docs_1")}
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
    assert set(answered) <= kept and len(answered) >= 400
