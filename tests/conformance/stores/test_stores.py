"""What the app asks of Cosmos DB, through azure-cosmos: the same suite on the embedded endpoint and on the service."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from infra.onebox.cosmos.faults import Fault
from shared import watch
from shared.stores import PAGE, Exists, Stale
from shared.transient import is_transient


def row(number: int, **more: object) -> dict[str, object]:
    return {"id": f"r{number:05d}", "kind": "fill", "botId": "b1", "sort": f"{number:05d}", **more}


async def test_a_document_belongs_to_one_user_in_every_call(world):
    await world.store.create("bots", world.user, row(1, name="x"))
    assert await world.store.read("bots", world.stranger, "r00001") is None
    assert await world.store.count("bots", world.stranger, {}) == 0
    await world.store.delete("bots", world.stranger, "r00001")
    assert (await world.store.read("bots", world.user, "r00001"))["name"] == "x"


async def test_money_and_odd_text_come_back_as_they_went_in(world):
    text = {"amount": "0.000000010", "name": "ü\u2028\"'\\ ☃", "deep": {"a": [None, True, 1e-8, 2**53 - 1]}}
    await world.store.upsert("bots", world.user, row(1, **text))
    found = await world.store.read("bots", world.user, "r00001")
    assert {name: found[name] for name in text} == text


async def test_of_two_who_create_one_is_told_that_it_exists(world):
    made = await asyncio.gather(*(world.store.create("bots", world.user, row(1, by=by)) for by in range(5)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["Exists"] * 4 + ["dict"]


async def test_of_many_writers_with_one_etag_one_wins_and_the_others_are_stale(world):
    read = await world.store.create("bots", world.user, row(1, n=0))
    done = await asyncio.gather(*(world.store.replace("bots", world.user, {**read, "n": n}) for n in range(1, 6)), return_exceptions=True)
    [won] = [one for one in done if isinstance(one, dict)]
    assert sum(isinstance(one, Stale) for one in done) == 4
    assert (await world.store.read("bots", world.user, "r00001"))["n"] == won["n"]
    assert (await world.store.replace("bots", world.user, {**won, "n": 9}))["_etag"] != won["_etag"]


async def test_an_etag_of_a_document_that_is_gone_is_stale_even_if_it_came_back(world):
    read = await world.store.create("bots", world.user, row(1))
    await world.store.delete("bots", world.user, "r00001")
    with pytest.raises(Stale):
        await world.store.replace("bots", world.user, read)
    await world.store.create("bots", world.user, row(1))
    with pytest.raises(Stale):
        await world.store.replace("bots", world.user, read)
    with pytest.raises(Exists):
        await world.store.create("bots", world.user, row(1))


async def test_a_batch_is_all_or_nothing(world):
    with pytest.raises(CosmosBatchOperationError):
        await world.store.batch("fills", world.user, [*map(row, range(5)), {**row(5), "id": "not/allowed"}])
    assert await world.store.count("fills", world.user, {"botId": "b1"}) == 0
    await world.store.batch("fills", world.user, list(map(row, range(100))))
    await world.store.batch("fills", world.user, list(map(row, range(100))))
    assert await world.store.count("fills", world.user, {"botId": "b1"}) == 100


async def test_of_two_who_create_a_pair_one_has_both_and_the_other_neither(world):
    pairs = ((row(1, by=by), {**row(2 + by), "by": by}) for by in range(5))
    made = await asyncio.gather(*(world.store.create_with("bots", world.user, *pair) for pair in pairs), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["Exists"] * 4 + ["NoneType"]
    assert await world.store.count("bots", world.user, {}) == 2
    won = (await world.store.read("bots", world.user, "r00001"))["by"]
    assert (await world.store.read("bots", world.user, f"r{2 + won:05d}"))["by"] == won


async def test_more_than_a_hundred_rows_are_no_batch(world):
    with pytest.raises(CosmosHttpResponseError) as refused:
        await world.store.batch("fills", world.user, list(map(row, range(101))))
    assert refused.value.status_code in (400, 413)
    assert await world.store.count("fills", world.user, {}) == 0


async def test_pages_go_on_while_rows_are_written_and_show_each_old_row_once(world):
    await world.store.batch("fills", world.user, list(map(row, range(60))))
    seen: list[str] = []
    cursor, newest = None, 100
    while True:
        page = await world.store.page("fills", world.user, {"botId": "b1"}, 7, cursor)
        seen += [found["id"] for found in page.items]
        newest += 1
        await world.store.upsert("fills", world.user, row(newest))
        if (cursor := page.next) is None:
            break
    assert seen == [f"r{number:05d}" for number in reversed(range(60))]


async def test_a_question_across_partitions_reads_on_over_many_round_trips(world):
    key, many = f"simulated:1|{world.user}", PAGE * 2 + 100
    for user, first in ((world.user, 0), (world.stranger, 10_000)):
        rows = [row(first + n, watchKey=key, below=float(n % 10), lastTickMs=1) for n in range(many // 2)]
        for start in range(0, len(rows), 100):
            await world.store.batch("bots", user, rows[start : start + 100])
    due = await watch.crossed(world.store, key, Decimal("-1"), Decimal(1))
    assert len(due) == len(set(due)) == many
    assert {one.user_id for one in due} == {world.user, world.stranger}
    found = await world.store.across("bots", watch.CROSSED, {"@key": key, "@low": -1.0, "@high": 1.0}, PAGE + 1)
    assert len(found) == PAGE + 1


async def test_a_type_never_equals_another_and_a_value_is_never_part_of_the_statement(world):
    await world.store.create("bots", world.user, row(1, status="5"))
    assert await world.store.count("bots", world.user, {"status": "5"}) == 1
    assert await world.store.count("bots", world.user, {"status": "5' OR 1=1 --"}) == 0
    rows = await world.store.across(
        "bots", "SELECT c.id FROM c WHERE c.userId = @user AND c.status = @five", {"@user": world.user, "@five": 5}, 9
    )
    assert rows == []


async def test_throttling_that_passes_is_waited_for(world):
    faults = world.faults()
    for operation in ("create", "read", "query", "batch", "replace"):
        faults.add(Fault("throttled", operation, times=3))
    made = await world.store.create("bots", world.user, row(1))
    assert await world.store.read("bots", world.user, "r00001")
    assert await world.store.count("bots", world.user, {}) == 1
    await world.store.replace("bots", world.user, {**made, "n": 2})
    await world.store.batch("bots", world.user, [row(2)])
    assert await world.store.count("bots", world.user, {}) == 2


async def test_throttling_that_lasts_rises_as_something_to_try_again_later(world):
    world.faults().add(Fault("throttled", "read", times=100))
    with pytest.raises(CosmosHttpResponseError) as error:
        await world.store.read("bots", world.user, "r00001")
    assert error.value.status_code == 429 and is_transient(error.value)
