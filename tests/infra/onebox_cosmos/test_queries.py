"""Queries through the unmodified azure-cosmos client: one table of (condition, ids it must find), then paging and what is refused."""

import base64
import hmac
import json
from urllib.parse import quote

import aiohttp
import pytest
from azure.cosmos import exceptions

ITEMS = [
    {"id": "int", "v": 5, "w": 1, "name": "Grid", "tags": ["a", 1, None], "o": {"x": {"y": 1}}, "is_on": True},
    {"id": "real", "v": 5.5, "w": 1, "name": "grid two", "tags": ["b", "1", {"k": 1}], "is_on": False},
    {"id": "text", "v": "5", "w": 2, "name": "Ärger", "tags": "a"},
    {"id": "null", "v": None, "w": 2, "name": None},
    {"id": "true", "v": True, "w": 3, "name": "d'q\"z"},
    {"id": "list", "v": [1, 2], "w": 3},
    {"id": "undefined", "w": 4},
    {"id": "negative", "v": -3, "w": 4, "limit": 1, "order": "x"},
]

CASES = [
    # numbers and texts never meet; undefined is nowhere
    ("c.v = 5", "int"),
    ("c.v = 5.0", "int"),
    ("c.v = '5'", "text"),
    ("c.v = null", "null"),
    ("c.v = true", "true"),
    ("c.v = 1", ""),
    ("c.v != 5", "real text null true list negative"),
    ("c.v > 0", "int real"),
    ("c.v <= 5", "int negative"),
    ("c.v >= '0'", "text"),
    ("c.v < 'zz'", "text"),
    ("5 < c.v", "real"),
    ("c.v BETWEEN -3 AND 5", "int negative"),
    ("c.v NOT BETWEEN 0 AND 5", "real negative"),
    ("NOT (c.v > 0)", "negative"),
    ("NOT (c.v = 5)", "real text null true list negative"),
    ("NOT c.v < 'a'", ""),
    ("c.v IN (5, '5', null)", "int text null"),
    ("c.v NOT IN (5, '5')", "real null true list negative"),
    ("c.v = @list", "list"),
    # logic
    ("c.w = 1 AND c.v > 5 OR c.w = 4 AND c.v < 0", "real negative"),
    ("c.w = 1 AND (c.v > 5 OR c.w = 4)", "real"),
    ("c.absent > 1 OR c.w = 1", "int real"),
    ("c.is_on", "int"),
    ("NOT c.is_on", "real"),
    ("true", "int real text null true list undefined negative"),
    # types and texts
    ("IS_DEFINED(c.v)", "int real text null true list negative"),
    ("NOT IS_DEFINED(c.v)", "undefined"),
    ("IS_NULL(c.v)", "null"),
    ("IS_NUMBER(c.v)", "int real negative"),
    ("IS_STRING(c.v) OR IS_BOOL(c.v) OR IS_ARRAY(c.v)", "text true list"),
    ("STARTSWITH(c.name, 'Gr')", "int"),
    ("STARTSWITH(c.name, 'gr', true)", "int real"),
    ("NOT STARTSWITH(c.name, 'G')", "real text true"),
    ("ENDSWITH(c.name, 'two')", "real"),
    ("CONTAINS(c.name, 'ri')", "int real"),
    ("CONTAINS(LOWER(c.name), 'ä')", "text"),
    ("LOWER(c.name) = 'grid'", "int"),
    ("STRINGEQUALS(c.name, 'GRID', true)", "int"),
    ("c.name = @quoted", "true"),
    ("c.name = 'd\\'q\"z'", "true"),
    # arrays and nesting
    ("ARRAY_CONTAINS(c.tags, 'a')", "int"),
    ("ARRAY_CONTAINS(c.tags, 1)", "int"),
    ("ARRAY_CONTAINS(c.tags, null)", "int"),
    ("ARRAY_CONTAINS(@ids, c.id)", "int null"),
    ("NOT ARRAY_CONTAINS(c.tags, 'a')", "real"),
    ("c.tags[0] = 'b'", "real"),
    ("c.o.x.y = 1", "int"),
    ("c['o']['x'].y = 1", "int"),
    ("c.limit = 1 AND c['order'] = 'x'", "negative"),
    ("c.userId = 'u1' AND c.id = 'int'", "int"),
]

PARAMETERS = [{"name": "@list", "value": [1, 2]}, {"name": "@quoted", "value": "d'q\"z"}, {"name": "@ids", "value": ["int", "null"]}]


@pytest.fixture(params=["plain", "indexed"])
async def container(request, client):
    """The same items in a container without and with columns for what is asked."""
    database = client.get_database_client("tickwise")
    indexes = [["v"], ["w", "v"], ["name"], ["is_on"]] if request.param == "indexed" else []
    settings = {"id": "cases", "partitionKey": {"paths": ["/userId"], "kind": "Hash", "version": 2}, "indexes": indexes}
    await client.client_connection.CreateContainer("dbs/tickwise", settings)
    container = database.get_container_client("cases")
    for item in ITEMS:
        await container.create_item({**item, "userId": "u1"})
    await container.create_item({"id": "int", "userId": "u2", "v": 5, "w": 1, "is_on": True, "name": "Grid", "tags": ["a"]})
    return container


async def test_each_condition_finds_exactly_its_items(container):
    wrong = {}
    for condition, expected in CASES:
        query = f"SELECT * FROM c WHERE {condition}"
        found = [item["id"] async for item in container.query_items(query, parameters=PARAMETERS, partition_key="u1")]
        if found != expected.split():
            wrong[condition] = found
    assert wrong == {}


async def test_a_condition_never_reaches_another_partition(container):
    for condition in ("true", "true OR c.userId = 'u1'", "c.userId = 'u1'", "NOT (c.userId = 'u2')", "1 = 1"):
        found = [item["userId"] async for item in container.query_items(f"SELECT * FROM c WHERE {condition}", partition_key="u2")]
        assert set(found) <= {"u2"}, condition


async def values(container, query, **options):
    return [item async for item in container.query_items(query, partition_key="u1", **options)]


async def test_the_select_list_shapes_the_results(container):
    assert await values(container, "SELECT c.id, c.v FROM c WHERE c.w = 4") == [{"id": "undefined"}, {"id": "negative", "v": -3}]
    assert await values(container, "SELECT VALUE c.v FROM c WHERE c.w >= 3") == [True, [1, 2], -3]
    assert await values(container, "SELECT VALUE {'name': c.id, \"deep\": c.o.x} FROM c WHERE c.id = 'int'") == [
        {"name": "int", "deep": {"y": 1}}
    ]
    assert await values(container, "SELECT c.o.x.y AS deep, r.id FROM c AS r WHERE r.id = 'int'".replace("c.o", "r.o")) == [
        {"deep": 1, "id": "int"}
    ]
    assert await values(container, "SELECT DISTINCT VALUE c.w FROM c") == [1, 2, 3, 4]
    assert await values(container, "SELECT VALUE COUNT(1) FROM c") == [8]
    assert await values(container, "SELECT COUNT(1) AS n, MAX(c.w) AS top FROM c WHERE c.w < 4") == [{"n": 6, "top": 3}]
    assert await values(container, "SELECT VALUE SUM(c.w) FROM c") == [20]
    assert await values(container, "SELECT VALUE SUM(c.v) FROM c") == []
    assert await values(container, "SELECT TOP 2 VALUE c.id FROM c") == ["int", "real"]


async def test_order_follows_types_first(container):
    rising = ["undefined", "null", "true", "negative", "int", "real", "text", "list"]
    assert await values(container, "SELECT VALUE c.id FROM c ORDER BY c.v") == rising
    assert await values(container, "SELECT VALUE c.id FROM c ORDER BY c.v DESC") == rising[::-1]
    assert await values(container, "SELECT VALUE c.id FROM c ORDER BY c.v OFFSET 3 LIMIT 2") == ["negative", "int"]


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_join_to_the_whole_in_every_order(container, direction):
    for by in ("v", "w", "name"):
        query = f"SELECT VALUE c.id FROM c ORDER BY c.{by} {direction}"
        whole = await values(container, query)
        assert await values(container, query, max_item_count=1) == whole
        assert await values(container, query, max_item_count=3) == whole
    query = f"SELECT VALUE c.id FROM c ORDER BY c.w {direction} OFFSET 1 LIMIT 5"
    assert await values(container, query, max_item_count=2) == await values(container, query)


async def test_a_write_between_two_pages_neither_repeats_nor_hides(container):
    pages = container.query_items(
        "SELECT VALUE c.id FROM c WHERE IS_NUMBER(c.v) ORDER BY c.v", partition_key="u1", max_item_count=1
    ).by_page()
    first = [item async for item in await anext(pages)]
    await container.create_item({"id": "before", "userId": "u1", "v": -9})
    await container.delete_item("negative", "u1")
    rest = [item async for page in pages for item in [x async for x in page]]
    assert first + rest == ["negative", "int", "real"]


async def test_several_order_keys_need_a_composite_index(events, container):
    for number, kind in enumerate("abab"):
        await events.create_item({"id": str(number), "userId": "u1", "kind": kind, "n": number})
    found = [
        item
        async for item in events.query_items("SELECT VALUE c.id FROM c ORDER BY c.kind, c.n DESC", partition_key="u1", max_item_count=1)
    ]
    assert found == ["2", "0", "3", "1"]
    assert [item async for item in events.query_items("SELECT VALUE c.id FROM c ORDER BY c.kind DESC, c.n", partition_key="u1")] == found[
        ::-1
    ]
    for query in ("SELECT * FROM c ORDER BY c.kind, c.n", "SELECT * FROM c ORDER BY c.n, c.kind"):
        with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
            [item async for item in events.query_items(query, partition_key="u1")]
        assert refused.value.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM c ORDER BY c.v",
        "SELECT VALUE COUNT(1) FROM c",
        "SELECT COUNT(1) AS n FROM c",
        "SELECT DISTINCT c.w FROM c",
        "SELECT * FROM c OFFSET 0 LIMIT 1",
        "SELECT c.w FROM c GROUP BY c.w",
    ],
)
async def test_across_partitions_only_filters_run(container, query):
    with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
        [item async for item in container.query_items(query)]
    assert refused.value.status_code == 400


async def test_across_partitions_a_filter_finds_all_and_pages(container):
    found = [item["userId"] async for item in container.query_items("SELECT * FROM c WHERE c.v = 5", max_item_count=1)]
    assert found == ["u1", "u2"]


async def test_an_or_across_partitions_reads_index_ranges_and_finds_the_same(service, client):
    settings = {"id": "watched", "partitionKey": {"paths": ["/userId"], "kind": "Hash", "version": 2}}
    found = {}
    for name, indexes in (("plain", []), ("indexed", [["key", "below"], ["key", "above"]])):
        await client.client_connection.CreateContainer("dbs/tickwise", settings | {"id": name, "indexes": indexes})
        for number in range(60):
            item = {
                "id": str(number),
                "userId": f"u{number % 7}",
                "key": f"k{number % 2}",
                "below": number,
                "above": 100 - number,
                "status": number % 3,
            }
            await service.upsert("tickwise", name, item)
        query = "SELECT c.id FROM c WHERE c.key = @key AND (c.below >= 50 OR c.above <= 45 OR c.below = 3) AND c.status != 1"
        container = client.get_database_client("tickwise").get_container_client(name)
        found[name] = [
            [item["id"] async for item in container.query_items(query, parameters=[{"name": "@key", "value": "k1"}], max_item_count=size)]
            for size in (1, 2, 100)
        ]
    assert found["indexed"] == found["plain"] == [["3", "51", "53", "57", "59"]] * 3


@pytest.mark.parametrize(
    "query",
    [
        "", "SELECT", "SELECT * FROM", "SELEC * FROM c", "SELECT * FROM c WHERE", "SELECT * FROM c; SELECT * FROM c", "DROP TABLE docs_1", "SELECT * FROM d WHERE c.x = 1",
        "SELECT * FROM c WHERE c.x = @absent", "SELECT * FROM c JOIN t IN c.tags", "SELECT * FROM c WHERE c.x = (SELECT 1)", "SELECT * FROM c WHERE c.x LIKE 'a'",
        "SELECT * FROM c WHERE sqlite_version() = '3'", "SELECT * FROM c WHERE c.a + 1 = 2", "SELECT c.w, COUNT(1) FROM c GROUP BY c.w", "SELECT * FROM c UNION SELECT * FROM c",
        "SELECT * FROM c WHERE c[\"a\\\"'b\"] = 1", "SELECT * FROM c ORDER BY LOWER(c.v)", "SELECT * FROM c WHERE `c`.x = 1", "SELECT * FROM docs_1 WHERE pk = 'u2'", "SELECT * FROM c OFFSET 1", "WITH x AS (SELECT 1) SELECT * FROM x",
        "SELECT * FROM c WHERE " + "(" * 3000 + "c.x" + ")" * 3000,
        "SELECT * FROM c WHERE " + "NOT (" * 600 + "c.x" + ")" * 600,
        "SELECT * FROM c WHERE " + " OR ".join(["c.x = 1"] * 3000),
    ],
)  # fmt: skip
async def test_what_is_not_understood_is_refused(container, query):
    with pytest.raises(exceptions.CosmosHttpResponseError) as refused:
        [item async for item in container.query_items(query, partition_key="u1")]
    assert refused.value.status_code == 400


async def test_property_names_cannot_carry_sql(container):
    for name in ("x') OR 1=1 --", "x'||(SELECT doc FROM docs_1)||'", "a.b", "a b", "$", "ü"):
        await container.upsert_item({"id": "odd", "userId": "u1", name: 1})
        found = await values(container, "SELECT VALUE c.id FROM c WHERE c['{}'] = 1".format(name.replace("'", "\\'")))
        assert found == ["odd"], name


async def test_a_continuation_opens_only_for_its_own_question(container):
    async def page(token=None, key="u1", query="SELECT * FROM c WHERE c.w >= 1"):
        pages = container.query_items(query, partition_key=key, max_item_count=1).by_page(token)
        items = [item["id"] async for item in await anext(pages)]
        return items, pages.continuation_token

    items, token = await page()
    assert items == ["int"] and (await page(token))[0] == ["real"]
    tampered = token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:]
    for options in (
        {"token": token, "key": "u2"},
        {"token": token, "query": "SELECT * FROM c"},
        {"token": tampered},
        {"token": "x"},
        {"token": "é"},
    ):
        with pytest.raises((exceptions.CosmosHttpResponseError, UnicodeError)) as refused:
            await page(**options)
        assert getattr(refused.value, "status_code", 400) == 400


async def test_without_a_partition_key_a_query_must_say_that_it_crosses(service, container):
    link, date = "dbs/tickwise/colls/cases", "thu, 01 jan 2026 00:00:00 gmt"
    endpoint, key = (part.split("=", 1)[1] for part in service.connection_string.rstrip(";").split(";"))
    signature = hmac.digest(base64.b64decode(key), f"post\ndocs\n{link}\n{date}\n\n".encode(), "sha256")
    token = quote("type=master&ver=1.0&sig=" + base64.b64encode(signature).decode(), safe="")
    headers = {"x-ms-date": date, "x-ms-documentdb-isquery": "true", "authorization": token}
    async with aiohttp.ClientSession() as session:
        for crossing, status in (({}, 400), ({"x-ms-documentdb-query-enablecrosspartition": "True"}, 200)):
            answer = await session.post(
                endpoint + link + "/docs", data=json.dumps({"query": "SELECT * FROM c"}), headers=headers | crossing
            )
            assert answer.status == status


async def test_garbage_in_the_authorization_is_a_401(service):
    endpoint = service.connection_string.split(";")[0].removeprefix("AccountEndpoint=")
    async with aiohttp.ClientSession() as session:
        for header in ("", "x", "type=master&sig=\udcff", "type%3Dmaster%26ver%3D1.0%26sig%3D", "Bearer a.b.c"):
            assert (await session.get(endpoint + "dbs/tickwise", headers={"authorization": header})).status == 401
