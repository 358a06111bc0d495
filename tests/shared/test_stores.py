"""What the stores promise, by the Cosmos adapter against an endpoint and by the one in memory."""

from decimal import Decimal

import pytest

from shared import watch
from shared.paper_book import CosmosBook, OneWrite, book_balances, on_book
from shared.stores import GLANCE_S, MOST_GLANCES, CosmosStore, Exists, Glances, Span, Stale
from tests.fakes import MemoryStore


@pytest.fixture(params=["cosmos", "memory"])
def store(request):
    return request.getfixturevalue("cosmos") if request.param == "cosmos" else MemoryStore()


def bot(id, sort="1", **more):
    return {"id": id, "kind": "bot", "sort": sort, **more}


async def test_a_document_is_found_by_its_owner_only(store):
    await store.create("bots", "ada", bot("b1", name="x"))
    assert (await store.read("bots", "ada", "b1"))["name"] == "x"
    assert await store.read("bots", "eve", "b1") is None
    await store.delete("bots", "eve", "b1")
    assert await store.read("bots", "ada", "b1") is not None


async def test_created_twice_it_exists(store):
    await store.create("bots", "ada", bot("b1"))
    with pytest.raises(Exists):
        await store.create("bots", "ada", bot("b1"))
    await store.create("bots", "eve", bot("b1"))


async def test_only_the_version_that_was_read_is_replaced(store):
    first = await store.create("bots", "ada", bot("b1", n=1))
    second = await store.replace("bots", "ada", {**first, "n": 2})
    with pytest.raises(Stale):
        await store.replace("bots", "ada", {**first, "n": 3})
    assert (await store.read("bots", "ada", "b1"))["n"] == 2
    await store.delete("bots", "ada", "b1")
    with pytest.raises(Stale):
        await store.replace("bots", "ada", second)
    await store.delete("bots", "ada", "b1")


async def test_pages_are_newest_first_and_go_on_where_the_last_one_ended(store):
    for i in range(5):
        await store.create("bots", "ada", bot(f"b{i}", sort=f"{i}", status="active" if i % 2 else "draft"))
    first = await store.page("bots", "ada", {"kind": "bot"}, 2)
    second = await store.page("bots", "ada", {"kind": "bot"}, 2, first.next)
    third = await store.page("bots", "ada", {"kind": "bot"}, 2, second.next)
    assert [row["id"] for page in (first, second, third) for row in page.items] == ["b4", "b3", "b2", "b1", "b0"]
    assert third.next is None
    assert await store.count("bots", "ada", {"kind": "bot", "status": "active"}) == 2
    assert await store.count("bots", "eve", {"kind": "bot"}) == 0


async def test_a_page_is_narrowed_to_a_span_of_time_by_either_field(store):
    for n in range(1, 7):
        row = bot(f"f{n}", sort=f"{n}", botId="b1", side="buy" if n % 2 else "sell", at=f"2026-01-0{n}T00:00:00.000Z")
        await store.create("fills", "ada", row)
    span = Span("at", "2026-01-02T00:00:00.000Z", "2026-01-05T00:00:00.000Z")
    first = await store.page("fills", "ada", {"botId": "b1"}, 2, None, span)
    second = await store.page("fills", "ada", {"botId": "b1"}, 2, first.next, span)
    assert [row["id"] for row in (*first.items, *second.items)] == ["f4", "f3", "f2"]
    assert second.next is None
    found = await store.page("fills", "ada", {"botId": "b1", "side": "buy"}, 9, None, Span("sort", since="3"))
    assert [row["id"] for row in found.items] == ["f5", "f3"]
    assert [row["id"] for row in (await store.page("fills", "ada", {}, 9, None, Span("sort", until="2"))).items] == ["f1"]


async def test_a_value_is_never_part_of_the_statement(store):
    await store.create("bots", "ada", bot("b1"))
    assert await store.count("bots", "ada", {"kind": "' OR 1=1 --"}) == 0
    with pytest.raises(ValueError):
        await store.page("bots", "ada", {"kind = 'bot' OR c.id": "x"}, 1)


async def test_a_batch_written_twice_is_the_same(store):
    rows = [{"id": f"f{i}", "kind": "fill", "botId": "b1", "sort": f"{i}"} for i in range(3)]
    await store.batch("fills", "ada", rows)
    await store.batch("fills", "ada", rows)
    assert await store.count("fills", "ada", {"botId": "b1"}) == 3


async def test_documents_that_must_be_new_are_all_written_or_none(store):
    rows = [{"id": f"f{i}", "kind": "fill", "botId": "b1", "sort": f"{i}", "n": 1} for i in range(4)]
    await store.create_all("fills", "ada", rows[:2])
    with pytest.raises(Exists):
        await store.create_all("fills", "ada", [{**row, "n": 2} for row in rows[1:]])
    assert await store.count("fills", "ada", {"botId": "b1"}) == 2
    assert (await store.read("fills", "ada", "f1"))["n"] == 1


async def test_two_documents_are_there_together_or_not_at_all(store):
    await store.create_with("webhooks", "ada", bot("key", n=1), bot("row", n=1))
    with pytest.raises(Exists):
        await store.create_with("webhooks", "ada", bot("key", n=2), bot("other", n=2))
    assert (await store.read("webhooks", "ada", "key"))["n"] == 1
    assert (await store.read("webhooks", "ada", "row"))["n"] == 1
    assert await store.read("webhooks", "ada", "other") is None


async def test_what_was_replaced_is_told_with_the_version_it_has_now(store):
    first = await store.create("bots", "ada", bot("b1", n=1))
    second = await store.replace("bots", "ada", {**first, "n": 2})
    assert second["n"] == 2 and second["_etag"] == (await store.read("bots", "ada", "b1"))["_etag"]
    assert (await store.replace("bots", "ada", {**second, "n": 3}))["n"] == 3


@pytest.mark.parametrize("write", ["create", "upsert", "replace", "delete", "batch", "create_with"])
async def test_a_glance_shows_what_was_written_here_at_once(cosmos, write):
    if write not in ("create", "create_with"):
        await cosmos.create("bots", "ada", bot("b1", n=1))
    seen = await cosmos.glance("bots", "ada", "b1")
    assert (seen or {}).get("n") == (None if write in ("create", "create_with") else 1)
    changed = bot("b1", n=2)
    if write == "delete":
        await cosmos.delete("bots", "ada", "b1")
    elif write == "batch":
        await cosmos.batch("bots", "ada", [changed])
    elif write == "create_with":
        await cosmos.create_with("bots", "ada", bot("b0"), changed)
    else:
        await getattr(cosmos, write)("bots", "ada", {**(seen or {}), **changed})
    assert ((await cosmos.glance("bots", "ada", "b1")) or {}).get("n") == (None if write == "delete" else 2)


async def test_a_glance_shows_what_was_written_elsewhere_within_a_second(cosmos):
    now = [100.0]
    here = CosmosStore(cosmos._settings, Glances(lambda: now[0]))
    await cosmos.create("bots", "ada", bot("b1", n=1))
    assert (await here.glance("bots", "ada", "b1"))["n"] == 1
    assert await here.glance("bots", "eve", "b1") is None
    await cosmos.upsert("bots", "ada", bot("b1", n=2))
    now[0] += GLANCE_S - 0.01
    assert (await here.glance("bots", "ada", "b1"))["n"] == 1
    now[0] += 0.02
    assert (await here.glance("bots", "ada", "b1"))["n"] == 2
    assert (await here.read("bots", "ada", "b1"))["n"] == 2
    await here._client.close()


def test_a_read_that_a_write_overtook_is_not_kept_and_not_too_many_are():
    now = [1.0]
    glances = Glances(lambda: now[0])
    key = ("bots", "ada", "b1")
    began = glances.now()
    now[0] += 0.1
    glances.forget(*key)
    glances.keep(key, {"n": 1}, began)
    assert glances.find(key) is None
    glances.keep(key, {"n": 2}, now[0] + 0.1)
    assert glances.find(key) == ({"n": 2},)
    for number in range(MOST_GLANCES):
        glances.keep(("bots", "eve", str(number)), None, now[0] + 0.1)
    assert glances.find(key) is None and len(glances._kept) == MOST_GLANCES


async def test_bots_whose_horizon_the_price_left_are_found_in_every_partition(store):
    for user, below, above in (("ada", 95.0, 105.0), ("eve", 90.0, 110.0)):
        await store.create("bots", user, bot("b1", watchKey="simulated:1|BTC/USDT", below=below, above=above))
    await store.create("bots", "ada", bot("b2", watchKey="simulated:1|ETH/USDT", below=95.0))
    key = "simulated:1|BTC/USDT"
    assert await watch.crossed(store, key, Decimal("96"), Decimal("104")) == []
    assert [one[:2] for one in await watch.crossed(store, key, Decimal("95"), Decimal("104"))] == [("ada", "b1")]
    assert [one[:2] for one in await watch.crossed(store, key, Decimal("96"), Decimal("105.01"))] == [("ada", "b1")]
    assert sorted(one[:2] for one in await watch.crossed(store, key, Decimal("90"), Decimal("104"))) == [("ada", "b1"), ("eve", "b1")]


async def test_bots_are_found_by_time_and_by_silence(store):
    await store.create("bots", "ada", bot("b1", watchKey="x", until_ms=1_000, lastTickMs=500))
    await store.create("bots", "eve", bot("b2", watchKey="x", lastTickMs=900))
    await store.create("bots", "eve", bot("b3", lastTickMs=1))
    assert await watch.timed(store, 999) == []
    assert [one[:2] for one in await watch.timed(store, 1_000)] == [("ada", "b1")]
    assert [one[:2] for one in await watch.quiet(store, 500)] == [("ada", "b1")]


async def test_a_market_is_watched_once_and_remembers_how_far_it_was_looked_at(store):
    for symbol in ("BTC/USDT", "BTC/USDT", "ETH/USDT"):
        await watch.watch(store, "simulated:1", {"market": "simulated"}, symbol)
    [document] = await watch.watched(store)
    await watch.looked(store, document, {"BTC/USDT": 7})
    await watch.looked(store, document, {"BTC/USDT": 3})
    [document] = await watch.watched(store)
    assert document["symbols"] == {"BTC/USDT": 7, "ETH/USDT": 0}


async def test_a_paper_book_is_changed_by_the_one_who_read_it_last(store):
    book = CosmosBook(store, "ada", "acc_1")
    assert await book.read() == (None, None)
    await book.write({"n": 1}, None)
    with pytest.raises(Stale):
        await book.write({"n": 2}, None)
    found, etag = await book.read()
    await book.write({"n": 2}, etag)
    with pytest.raises(Stale):
        await book.write({"n": 3}, etag)
    assert (await book.read())[0] == {"n": 2}


def test_what_open_orders_lock_is_not_free():
    orders = {"a": {"status": "open", "lock": ["USDT", "300"]}, "b": {"status": "closed", "lock": ["USDT", "0"]}}
    book = {"balances": {"USDT": "1000", "BTC": "1"}, "orders": orders, "positions": {}}
    found = book_balances({"book": book})
    assert (found["USDT"].free, found["USDT"].used) == (Decimal(700), Decimal(300))
    assert (found["BTC"].free, found["BTC"].used) == (Decimal(1), Decimal(0))


async def test_work_on_a_book_is_one_write_and_only_the_first_of_two_counts(store):
    base = CosmosBook(store, "ada", "acc_1")
    await base.write({"orders": []}, None)
    first, second = OneWrite(base), OneWrite(base)
    for work, name in ((first, "a"), (second, "b")):
        for number in range(3):
            book, etag = await work.read()
            book["orders"].append(f"{name}{number}")
            await work.write(book, etag)
    await first.flush()
    with pytest.raises(Stale):
        await second.flush()
    assert (await base.read())[0] == {"orders": ["a0", "a1", "a2"]}


async def test_work_that_follows_a_write_reads_nothing_and_never_believes_an_old_book():
    store = MemoryStore()
    await CosmosBook(store, "ada", "acc_1").write({"n": 0}, None)

    async def add(work):
        book, etag = await work.read()
        await work.write({"n": book["n"] + 1}, etag)
        return book["n"]

    async def see(work):
        return (await work.read())[0]["n"]

    async def somebody_else(n):
        book, etag = await CosmosBook(store, "ada", "acc_1").read()
        await CosmosBook(store, "ada", "acc_1").write({"n": n}, etag)

    assert await on_book(store, "ada", "acc_1", add) == 0
    store.reads.clear()
    assert await on_book(store, "ada", "acc_1", add) == 1
    assert store.reads == []
    await somebody_else(10)
    assert await on_book(store, "ada", "acc_1", see) == 10
    assert await on_book(store, "ada", "acc_1", add) == 10
    await somebody_else(20)
    assert await on_book(store, "ada", "acc_1", add) == 20
    assert (await CosmosBook(store, "ada", "acc_1").read())[0] == {"n": 21}


async def test_a_book_that_was_only_read_is_not_written(store):
    base = CosmosBook(store, "ada", "acc_1")
    work = OneWrite(base)
    assert await work.read() == (None, None)
    await work.flush()
    assert await base.read() == (None, None)
