"""Documents through the unmodified azure-cosmos clients."""

import asyncio

import pytest
from azure.core import MatchConditions
from azure.cosmos import CosmosClient, PartitionKey, exceptions
from azure.cosmos.aio import CosmosClient as AsyncClient

from infra.onebox.cosmos import CosmosService
from tests.infra.onebox_cosmos.conftest import CONTAINERS


async def test_a_document_is_created_read_replaced_and_deleted(bots):
    made = await bots.create_item({"id": "1", "userId": "u1", "n": 1, "o": {"x": 1.5, "t": [True, None]}})
    assert (made["o"], made["_etag"][0]) == ({"x": 1.5, "t": [True, None]}, '"')
    assert (await bots.read_item("1", "u1"))["n"] == 1
    replaced = await bots.replace_item("1", {"id": "1", "userId": "u1", "n": 2})
    assert replaced["_etag"] != made["_etag"] and replaced["_rid"] == made["_rid"] and "o" not in replaced
    await bots.delete_item("1", "u1")
    with pytest.raises(exceptions.CosmosResourceNotFoundError):
        await bots.read_item("1", "u1")


async def test_who_wants_no_answer_to_a_write_gets_its_etag_alone(bots):
    made = await bots.create_item({"id": "1", "userId": "u1", "n": 1}, no_response=True)
    replaced = await bots.replace_item("1", {"id": "1", "userId": "u1", "n": 2}, no_response=True)
    found = await bots.read_item("1", "u1")
    assert (dict(made), dict(replaced), found["n"]) == ({}, {}, 2)
    assert made.get_response_headers()["etag"] != replaced.get_response_headers()["etag"] == found["_etag"]


async def test_the_same_id_in_another_partition_is_another_document(bots):
    await bots.create_item({"id": "1", "userId": "u1", "n": 1})
    with pytest.raises(exceptions.CosmosResourceNotFoundError):
        await bots.read_item("1", "u2")
    await bots.create_item({"id": "1", "userId": "u2", "n": 2})
    assert (await bots.read_item("1", "u1"))["n"] == 1
    with pytest.raises(exceptions.CosmosResourceExistsError):
        await bots.create_item({"id": "1", "userId": "u2"})


async def test_a_document_cannot_be_written_into_a_partition_it_does_not_name(bots, service):
    await bots.create_item({"id": "1", "userId": "u1"})
    with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
        await bots.client_connection.ReplaceItem(
            "dbs/tickwise/colls/bots/docs/1", {"id": "1", "userId": "u2"}, options={"partitionKey": "u1"}
        )
    assert (refused.value.status_code, refused.value.sub_status) == (400, 1001)


async def test_a_stale_etag_is_refused_by_every_write(bots):
    old = await bots.create_item({"id": "1", "userId": "u1", "n": 1})
    await bots.upsert_item({"id": "1", "userId": "u1", "n": 2})
    stale = {"etag": old["_etag"], "match_condition": MatchConditions.IfNotModified}
    calls = [
        bots.replace_item("1", {"id": "1", "userId": "u1"}, **stale),
        bots.upsert_item({"id": "1", "userId": "u1"}, **stale),
        bots.delete_item("1", "u1", **stale),
        bots.patch_item("1", "u1", [{"op": "set", "path": "/n", "value": 9}], **stale),
    ]
    for call in calls:
        with pytest.raises(exceptions.CosmosAccessConditionFailedError):
            await call
    assert (await bots.read_item("1", "u1"))["n"] == 2


async def test_of_many_writers_with_one_etag_one_wins(bots):
    seen = await bots.create_item({"id": "1", "userId": "u1", "n": 0})

    async def write(number):
        try:
            await bots.replace_item(
                "1", {"id": "1", "userId": "u1", "n": number}, etag=seen["_etag"], match_condition=MatchConditions.IfNotModified
            )
            return True
        except exceptions.CosmosAccessConditionFailedError:
            return False

    assert sum(await asyncio.gather(*(write(number) for number in range(1, 21)))) == 1


async def test_a_patch_changes_what_it_names_and_nothing_on_error(bots):
    await bots.create_item({"id": "1", "userId": "u1", "n": 1, "name": "a", "list": [1, 3], "o": {"x": 1}})
    operations = [
        {"op": "incr", "path": "/n", "value": 5},
        {"op": "add", "path": "/list/1", "value": 2},
        {"op": "add", "path": "/list/-", "value": 4},
        {"op": "remove", "path": "/name"},
        {"op": "move", "from": "/o/x", "path": "/o/y"},
    ]
    patched = await bots.patch_item("1", "u1", operations)
    assert (patched["n"], patched["list"], patched["o"], "name" in patched) == (6, [1, 2, 3, 4], {"y": 1}, False)
    for wrong in (
        [{"op": "set", "path": "/n", "value": 0}, {"op": "remove", "path": "/absent"}],
        [{"op": "set", "path": "/userId", "value": "u2"}],
    ):
        with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
            await bots.patch_item("1", "u1", wrong)
        assert refused.value.status_code == 400
    assert (await bots.read_item("1", "u1"))["n"] == 6


async def test_a_patch_with_a_condition_needs_it_to_hold(bots):
    await bots.create_item({"id": "1", "userId": "u1", "n": 1})
    await bots.patch_item("1", "u1", [{"op": "set", "path": "/n", "value": 2}], filter_predicate="from c where c.n = 1")
    with pytest.raises(exceptions.CosmosAccessConditionFailedError):
        await bots.patch_item("1", "u1", [{"op": "set", "path": "/n", "value": 3}], filter_predicate="from c where c.n = 1")
    assert (await bots.read_item("1", "u1"))["n"] == 2


async def test_a_batch_is_all_or_nothing(bots):
    await bots.create_item({"id": "old", "userId": "u1"})
    answers = await bots.execute_item_batch(
        [("create", ({"id": "a", "userId": "u1"},)), ("upsert", ({"id": "old", "userId": "u1", "n": 1},)), ("read", ("a",))], "u1"
    )
    assert [answer["statusCode"] for answer in answers] == [201, 200, 200]
    with pytest.raises(exceptions.CosmosBatchOperationError) as refused:
        await bots.execute_item_batch(
            [("create", ({"id": "b", "userId": "u1"},)), ("create", ({"id": "a", "userId": "u1"},)), ("delete", ("old",))], "u1"
        )
    assert [answer["statusCode"] for answer in refused.value.operation_responses] == [424, 409, 424]
    assert refused.value.status_code == 409
    with pytest.raises(exceptions.CosmosResourceNotFoundError):
        await bots.read_item("b", "u1")


async def test_a_batch_with_a_stale_etag_changes_nothing(bots):
    old = await bots.create_item({"id": "1", "userId": "u1"})
    await bots.upsert_item({"id": "1", "userId": "u1", "n": 1})
    with pytest.raises(exceptions.CosmosBatchOperationError) as refused:
        await bots.execute_item_batch(
            [("create", ({"id": "2", "userId": "u1"},)), ("replace", ("1", {"id": "1", "userId": "u1"}), {"if_match_etag": old["_etag"]})],
            "u1",
        )
    assert refused.value.status_code == 412
    assert [item["id"] async for item in bots.query_items("SELECT * FROM c", partition_key="u1")] == ["1"]


async def test_a_batch_of_another_partition_or_of_more_than_a_hundred_is_refused(bots):
    with pytest.raises(exceptions.CosmosBatchOperationError):
        await bots.execute_item_batch([("create", ({"id": "1", "userId": "u2"},))], "u1")
    with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
        await bots.execute_item_batch([("create", ({"id": str(n), "userId": "u1"},)) for n in range(101)], "u1")
    assert refused.value.status_code == 400
    assert len(await bots.execute_item_batch([("create", ({"id": str(n), "userId": "u1"},)) for n in range(100)], "u1")) == 100


@pytest.mark.filterwarnings("ignore:Sending a large body")  # aiohttp's advice to the client
async def test_what_is_too_large_or_has_a_wrong_id_is_refused(bots):
    with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
        await bots.create_item({"id": "1", "userId": "u1", "x": "x" * (2 * 1024 * 1024)})
    assert refused.value.status_code == 413
    await bots.create_item({"id": "2", "userId": "u1", "x": "x" * (2 * 1024 * 1024 - 1000)})
    with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
        await bots.create_item({"id": "é" * 600, "userId": "u1"})
    assert refused.value.status_code == 400


async def test_items_end_with_their_time_to_live(events, clock):
    await events.create_item({"id": "1", "userId": "u1", "ttl": 10})
    await events.create_item({"id": "2", "userId": "u1"})
    clock.advance(9_000)
    assert (await events.read_item("1", "u1"))["ttl"] == 10
    clock.advance(1_500)
    with pytest.raises(exceptions.CosmosResourceNotFoundError):
        await events.read_item("1", "u1")
    assert [item["id"] async for item in events.query_items("SELECT * FROM c", partition_key="u1")] == ["2"]
    assert (await events.create_item({"id": "1", "userId": "u1"}))["id"] == "1"


async def test_without_a_container_setting_ttl_is_only_data(bots, clock):
    await bots.create_item({"id": "1", "userId": "u1", "ttl": 1})
    clock.advance(60_000)
    assert (await bots.read_item("1", "u1"))["ttl"] == 1


async def test_a_wrong_key_opens_nothing(service):
    url = service.connection_string.split(";")[0].removeprefix("AccountEndpoint=")
    client = AsyncClient(url, "d3Jvbmc=")
    try:
        with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
            await client.__aenter__()
    finally:
        await client.close()
    assert refused.value.status_code == 401


async def test_documents_and_key_survive_a_restart(tmp_path, clock):
    texts = []
    for _ in range(2):
        service = CosmosService(tmp_path, clock, "tickwise", CONTAINERS)
        await service.start()
        await service.upsert("tickwise", "bots", {"id": str(len(texts)), "userId": "u1"})
        texts.append(service.connection_string.split("AccountKey=")[1])
        count = service._storage.reading.execute("SELECT COUNT(*) FROM docs_1").fetchone()[0]
        await service.stop()
    assert texts[0] == texts[1] and count == 2
    assert (tmp_path / "cosmos.key").stat().st_mode & 0o777 == 0o600


async def test_an_index_added_later_finds_what_was_there_before(tmp_path, clock, monkeypatch):
    monkeypatch.setattr("infra.onebox.cosmos.container.FILLED_AT_ONCE", 2)
    for indexes in ([], [["symbol"]], [["symbol", "n"]]):
        service = CosmosService(tmp_path, clock, "tickwise", [{"name": "bots", "partitionKey": "/userId", "indexes": indexes}])
        await service.start()
        for n in range(5):
            if not indexes:
                await service.upsert("tickwise", "bots", {"id": str(n), "userId": "u1", "symbol": "BTC/USDT", "n": n % 2})
        async with AsyncClient.from_connection_string(service.connection_string) as client:
            bots = client.get_database_client("tickwise").get_container_client("bots")
            found = [item["id"] async for item in bots.query_items("SELECT * FROM c WHERE c.symbol = 'BTC/USDT' AND c.n = 0")]
        await service.stop()
        assert found == ["0", "2", "4"]


async def test_the_sync_client_works_as_well(service):
    def use():
        with CosmosClient.from_connection_string(service.connection_string) as client:
            database = client.create_database_if_not_exists("other")
            container = database.create_container_if_not_exists("c1", PartitionKey("/tenant"), default_ttl=60)
            container.create_item({"id": "1", "tenant": "t", "n": 1})
            container.upsert_item({"id": "1", "tenant": "t", "n": 2})
            read = container.read_item("1", "t")
            listed = [
                item["id"]
                for item in container.query_items(
                    "SELECT * FROM c WHERE c.n > @n", parameters=[{"name": "@n", "value": 1}], partition_key="t"
                )
            ]
            names = [c["id"] for c in database.list_containers()]
            headers = container.client_connection.last_response_headers
            client.delete_database("other")
            return read["n"], listed, names, [d["id"] for d in client.list_databases()], headers["x-ms-request-charge"]

    n, listed, names, databases, charge = await asyncio.to_thread(use)
    assert (n, listed, names, databases) == (2, ["1"], ["c1"], ["tickwise"])
    assert float(charge) > 0


async def test_many_items_are_read_at_once(bots):
    for number in range(5):
        await bots.create_item({"id": str(number), "userId": f"u{number}"})
    found = await bots.read_items([(str(number), f"u{number}") for number in range(5)] + [("9", "u9")])
    assert sorted(item["id"] for item in found) == ["0", "1", "2", "3", "4"]


async def test_ids_with_unusual_letters_are_kept(bots):
    for name in ("a b", "ü+ö", "50%", "a:b|c", "'\"", "%2F"):
        await bots.create_item({"id": name, "userId": "u1"})
        assert (await bots.read_item(name, "u1"))["id"] == name


async def test_the_change_feed_tells_each_document_once_in_its_latest_version(bots):
    for number in range(3):
        await bots.create_item({"id": str(number), "userId": f"u{number % 2}", "n": 0})
    await bots.upsert_item({"id": "0", "userId": "u0", "n": 1})
    feed = bots.query_items_change_feed(start_time="Beginning")
    assert [(item["id"], item["n"]) async for item in feed] == [("1", 0), ("2", 0), ("0", 1)]
    mark = bots.client_connection.last_response_headers["etag"]
    await bots.upsert_item({"id": "1", "userId": "u1", "n": 5})
    assert [(item["id"], item["n"]) async for item in bots.query_items_change_feed(continuation=mark)] == [("1", 5)]
