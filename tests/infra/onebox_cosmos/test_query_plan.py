"""The queries the platform lives on read an index range and nothing else, however many documents there are."""

import asyncio
import json
from pathlib import Path

import pytest

from infra.onebox.clock import VirtualClock
from infra.onebox.cosmos import CosmosService
from infra.onebox.cosmos.query import Query, Request

INDEXES = [["watchKey", "below"], ["watchKey", "above"], ["until"], ["userId", "sort"], ["userId", "botId", "sort"]]

CASES = [
    ("SELECT c.id FROM c WHERE c.watchKey = @t AND (c.below >= @n OR c.above <= @n)", None, ["by_watchKey_below", "by_watchKey_above"]),
    (
        "SELECT c.id FROM c WHERE c.watchKey = @t AND (c.below >= @n OR c.above <= @n OR c.until <= @n) AND c.status = @t",
        None,
        ["by_watchKey_below", "by_watchKey_above", "by_"],
    ),
    ("SELECT c.id FROM c WHERE c.until <= @n AND IS_DEFINED(c.watchKey)", None, ["by_until"]),
    ("SELECT * FROM c WHERE c.userId = @u ORDER BY c.sort DESC OFFSET 0 LIMIT 51", "u1", ["by_userId_sort"]),
    (
        "SELECT * FROM c WHERE c.userId = @u AND c.botId = @t AND c.sort < @t ORDER BY c.sort DESC OFFSET 0 LIMIT 51",
        "u1",
        ["by_userId_botId_sort"],
    ),
    ("SELECT * FROM c", "u1", ["_pk"]),
]


@pytest.mark.parametrize(("text", "key", "indexes"), CASES)
async def test_a_query_reads_its_indexes(tmp_path, text, key, indexes):
    service = CosmosService(
        tmp_path, VirtualClock(), "d", [{"name": "bots", "partitionKey": "/userId", "indexes": INDEXES}], synchronous="OFF"
    )
    await service.start()
    items = [
        {"id": str(n), "userId": f"u{n % 3}", "botId": "b", "sort": str(n), "watchKey": f"k{n % 5}", "below": n, "above": n, "until": n}
        for n in range(300)
    ]
    await asyncio.gather(*(service.upsert("d", "bots", item) for item in items))
    storage = service._storage
    query = Query(storage.container("d", "bots"), Request(text, {"@t": "k1", "@n": 9, "@u": "u1"}, key, 100, 0))
    statement, arguments = query.statement()
    plan = [row[3] for row in storage.reading.execute(f"EXPLAIN QUERY PLAN {statement}", arguments)]
    await service.stop()
    searches = [step for step in plan if "INDEX" in step]
    assert len(searches) == len(indexes) and all(name in step for name, step in zip(indexes, searches, strict=True)), plan
    assert not any(step.startswith("SCAN") for step in plan), plan
    assert key is None or not any("TEMP B-TREE" in step for step in plan), plan


DAY = " AND c.at >= @since AND c.at < @until"


@pytest.mark.parametrize("more", [DAY, f"{DAY} AND c.side = @side", f"{DAY} AND c.sort < @cursor"])
async def test_a_day_of_a_ledger_is_found_in_the_index_and_other_rows_are_not_read(tmp_path, more):
    containers = json.loads((Path(__file__).parents[3] / "infra/resources.json").read_text())["cosmos"]["containers"]
    settings = next(one for one in containers if one["name"] == "fills")
    service = CosmosService(tmp_path, VirtualClock(), "d", [settings], synchronous="OFF")
    await service.start()
    rows = [
        {
            "id": str(n),
            "userId": "u1",
            "botId": f"b{n % 2}",
            "sort": f"{n:04d}",
            "at": f"2025-01-{n // 10 + 1:02d}",
            "kind": "fill",
            "side": "buy",
        }
        for n in range(300)
    ]
    await asyncio.gather(*(service.upsert("d", "fills", row) for row in rows))
    text = f"SELECT * FROM c WHERE c.userId = @u AND c.kind = @kind AND c.botId = @bot{more} ORDER BY c.sort DESC OFFSET 0 LIMIT 51"
    given = {"@u": "u1", "@kind": "fill", "@bot": "b1", "@since": "2025-01-03", "@until": "2025-01-04", "@side": "buy", "@cursor": "9"}
    storage = service._storage
    query = Query(storage.container("d", "fills"), Request(text, given, "u1", 100, 0))
    statement, arguments = query.statement()
    [search, *rest] = [row[3] for row in storage.reading.execute(f"EXPLAIN QUERY PLAN {statement}", arguments)]
    found = [item["sort"] for item in map(json.loads, query.page(storage.reading.execute(statement, arguments).fetchall()).items)]
    await service.stop()
    assert "by_userId_botId_sort_at" in search and rest in ([], ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"]), (search, rest)
    assert found == ["0029", "0027", "0025", "0023", "0021"]
