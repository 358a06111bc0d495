"""Files of any size: made in parts, the same as in one go; read by range; two makers, many files, other people."""

import csv
import io

import pytest
from pyarrow import parquet

from shared import tax, work
from tests.triggers.test_ledger_files_api import fill
from tests.triggers.test_notify import Queue
from triggers.api import export_files, export_parts, ledger_files
from triggers.api.routers import export_files as routes


@pytest.fixture
def queue(monkeypatch):
    made = Queue()
    monkeypatch.setattr(work, "_queues", [made])
    return made


@pytest.fixture
def ledger(plat):
    """Three bots that buy and sell by turns, one of them gone, one on paper; and a perpetual."""
    for k, bot in enumerate(("bot_a", "bot_b", "bot_gone")):
        for n in range(12):
            plat.store._put("fills", "ada", fill(bot, n, "sell" if n % 3 == 2 else "buy", str(100 + 7 * n + k), f"2024-01-{n + 1:02d}"))
    for n in range(6):
        row = fill("bot_p", n, "sell" if n % 2 else "buy", str(90 + 5 * n), f"2024-02-{n + 1:02d}") | {"symbol": "BTC/USDT:USDT"}
        plat.store._put("fills", "ada", row)
    plat.store._put("bots", "ada", {"id": "bot_b", "kind": "bot", "sort": "bot_b", "exchange": "paper"})


async def made(client, plat, queue, **body):
    answer = await client.post("/api/v1/exports/files", json=body)
    assert answer.status_code == 202, answer.text
    turns = 0
    while queue.tasks:
        turns += 1
        await export_files.carry_on(plat, queue, queue.tasks.pop(next(iter(queue.tasks))))
    view = (await client.get(f"/api/v1/exports/files/{answer.json()['id']}")).json()
    assert view["status"] == "done", view
    return view | {"turns": turns}


async def body_of(client, view):
    return (await client.get(f"/api/v1/exports/files/{view['id']}/content")).content


@pytest.mark.parametrize("size", [1, 3, 5, 100])
@pytest.mark.parametrize("method", ["fifo", "hifo", "average"])
async def test_a_tax_year_made_in_parts_is_the_one_made_at_once(client, plat, ledger, queue, monkeypatch, size, method):
    at_once = (await client.get("/api/v1/exports/tax/2024", params={"method": method, "paper": "true"})).text
    monkeypatch.setattr(export_parts, "PART", size)
    monkeypatch.setattr(ledger_files, "PAGE", 2)
    view = await made(client, plat, queue, what="tax", year=2024, method=method, paper=True)
    assert (await body_of(client, view)).decode() == at_once
    assert at_once.count("\r\n") == view["rows"] + 1 > 12
    assert view["name"] == f"tax-2024-{method}.csv"


@pytest.mark.parametrize("method", ["fifo", "hifo", "average"])
async def test_open_lots_that_are_many_lie_beside_the_export_and_go_with_their_part(client, plat, ledger, queue, monkeypatch, method):
    at_once = (await client.get("/api/v1/exports/tax/2024", params={"method": method, "paper": "true"})).text
    monkeypatch.setattr(export_parts, "PART", 6)
    monkeypatch.setattr(export_files, "INLINE", 0)
    monkeypatch.setattr(tax, "RUN", 3)
    first = (await client.post("/api/v1/exports/files", json={"what": "tax", "year": 2024, "method": method, "paper": True})).json()["id"]
    job, most = await export_files.need(plat, "ada", first), 0
    while job["status"] != "done":
        job = await export_files.further(plat, "ada", job)
        beside = {own for _, _, own in plat.store.rows if own.startswith(f"{first}-")}
        assert beside == {own for own, _ in job["pieces"]} | set(job["runs"])
        most = max(most, len(job["runs"]))
    assert (most == 1 if method == "average" else most > 2) and job["runs"] == []
    assert (await body_of(client, job)).decode() == at_once


async def test_a_part_whose_open_lots_somebody_else_moved_on_is_not_made_twice(client, plat, ledger, queue, monkeypatch):
    monkeypatch.setattr(export_parts, "PART", 6)
    monkeypatch.setattr(export_files, "INLINE", 0)
    first = (await client.post("/api/v1/exports/files", json={"what": "tax", "year": 2024, "paper": True})).json()["id"]
    begun = await export_files.further(plat, "ada", await export_files.need(plat, "ada", first))
    assert begun["runs"] and await export_files.further(plat, "ada", dict(begun)) is not None
    before = dict(plat.store.rows)
    assert await export_files.further(plat, "ada", begun) is None
    assert plat.store.rows == before
    assert (await client.delete(f"/api/v1/exports/files/{first}")).status_code == 204
    assert not [own for _, _, own in plat.store.rows if own.startswith(first)]


def test_a_run_of_open_lots_fits_a_document_however_many_there_are():
    lots, count = tax.TaxYear("hifo", 2024), 25_000
    lots.take_up(
        "BTC/USDT",
        [[f"2024-01-01T00:00:{k % 60:02d}.{k % 997:03d}Z", f"0.{k:018d}", f"{k}.{k * 7919 % 10**9:09d}"] for k in range(1, count)],
    )
    runs = list(lots.runs())
    assert [len(run) for _, run in runs] == [10_000, 10_000, count - 1 - 20_000]
    assert max(len(export_parts.folded(run)) for run in runs) < 1_000_000


async def test_a_file_begun_before_lots_lay_in_runs_is_made_to_its_end(client, plat, ledger, queue, monkeypatch):
    at_once = (await client.get("/api/v1/exports/tax/2024", params={"paper": "true"})).text
    monkeypatch.setattr(export_parts, "PART", 6)
    first = (await client.post("/api/v1/exports/files", json={"what": "tax", "year": 2024, "paper": True})).json()["id"]
    job = await export_files.further(plat, "ada", await export_files.need(plat, "ada", first))
    state = export_parts.unfolded(job["state"])
    held = dict(export_parts.unfolded(text) for text in state.pop("runs"))
    assert sum(map(len, held.values())) > 2
    plat.store._put(
        export_files.CONTAINER, "ada", {**job, "state": export_parts.folded({**state, "lots": {**state["lots"], "lots": held}})}
    )
    while queue.tasks:
        await export_files.carry_on(plat, queue, queue.tasks.pop(next(iter(queue.tasks))))
    assert (await body_of(client, {"id": first})).decode() == at_once


@pytest.mark.parametrize("size", [1, 5, 100])
async def test_a_ledger_made_in_parts_is_whole_and_oldest_first(client, plat, ledger, queue, monkeypatch, size):
    monkeypatch.setattr(export_parts, "PART", size)
    wanted = [f"bot_{bot}-{n}" for bot in ("a", "b", "gone") for n in range(12)] + [f"bot_p-{n}" for n in range(6)]
    text = (await body_of(client, await made(client, plat, queue, what="fills"))).decode()
    assert [row["id"] for row in csv.DictReader(io.StringIO(text))] == wanted
    table = parquet.read_table(io.BytesIO(await body_of(client, await made(client, plat, queue, what="fills", file="parquet"))))
    assert table.column("id").to_pylist() == wanted and table.column("price")[0].as_py() == "100"
    one = (await body_of(client, await made(client, plat, queue, what="fills", bot_id="bot_b"))).decode()
    assert one.count("\r\n") == 13
    orders = list(csv.DictReader(io.StringIO((await body_of(client, await made(client, plat, queue, what="orders"))).decode())))
    assert sum(int(order["fills"]) for order in orders) == len(wanted)


@pytest.mark.parametrize("file", ["csv", "parquet"])
async def test_what_has_no_rows_is_a_file_all_the_same(client, plat, queue, file):
    content = await body_of(client, await made(client, plat, queue, what="deals", file=file))
    assert content.startswith(b"at,bot_id") if file == "csv" else parquet.read_table(io.BytesIO(content)).num_rows == 0


async def test_ranges_put_together_are_the_file(client, plat, ledger, queue, monkeypatch):
    monkeypatch.setattr(export_files, "PIECE", 100)
    monkeypatch.setattr(routes, "PART", 333)
    view = await made(client, plat, queue, what="fills")
    whole = await body_of(client, view)
    found = b""
    while len(found) < view["bytes"]:
        answer = await client.get(f"/api/v1/exports/files/{view['id']}/content", headers={"range": f"bytes={len(found)}-"})
        assert answer.status_code == 206 and 0 < len(answer.content) <= 333
        assert answer.headers["content-range"] == f"bytes {len(found)}-{len(found) + len(answer.content) - 1}/{view['bytes']}"
        found += answer.content
    assert found == whole and len(plat.store.rows) > 40
    for asked, wanted in (("bytes=5-9", whole[5:10]), ("bytes=-7", whole[-7:]), ("bytes=99-100", whole[99:101])):
        assert (await client.get(f"/api/v1/exports/files/{view['id']}/content", headers={"range": asked})).content == wanted
    for asked in (f"bytes={view['bytes']}-", "bytes=9-5", "bytes=-", "lines=1-2", "bytes=0-1,4-5"):
        answer = await client.get(f"/api/v1/exports/files/{view['id']}/content", headers={"range": asked})
        assert (answer.status_code, answer.json()["code"]) == (416, "bad_range"), asked
    monkeypatch.setattr(routes, "WHOLE", 50)
    answer = await client.get(f"/api/v1/exports/files/{view['id']}/content")
    assert (answer.status_code, answer.json()["code"]) == (413, "range_required")


async def test_a_long_file_is_made_in_turns_and_is_no_file_before(client, plat, ledger, queue, monkeypatch):
    monkeypatch.setattr(export_parts, "PART", 10)
    monkeypatch.setattr(export_files, "TURN_S", -1)
    first = (await client.post("/api/v1/exports/files", json={"what": "fills"})).json()
    answer = await client.get(f"/api/v1/exports/files/{first['id']}/content")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_is_open")
    job = await export_files.further(plat, "ada", await export_files.need(plat, "ada", first["id"]))
    assert job["status"] == "running" and job["rows"] == 10
    turns = len(queue.tasks)
    await export_files.carry_on(plat, queue, next(iter(queue.tasks.values())))
    assert len(queue.tasks) == turns + 1  # the rest is another message


async def test_of_two_who_make_the_same_part_one_is_kept(client, plat, ledger, queue):
    first = (await client.post("/api/v1/exports/files", json={"what": "fills"})).json()
    job = await export_files.need(plat, "ada", first["id"])
    assert (await export_files.further(plat, "ada", dict(job)))["status"] == "done"
    assert await export_files.further(plat, "ada", dict(job)) is None
    kept = [own for _, _, own in plat.store.rows if own.startswith(f"{first['id']}-")]
    assert kept == [own for own, _ in (await export_files.need(plat, "ada", first["id"]))["pieces"]]


async def test_a_repeat_is_the_same_export_and_the_oldest_go(client, plat, ledger, queue):
    for _ in range(2):
        answer = await client.post("/api/v1/exports/files", json={"what": "fills"}, headers={"idempotency-key": "k"})
        assert answer.status_code == 202
    assert len(queue.tasks) == 1
    first = answer.json()["id"]
    await made(client, plat, queue, what="fills")
    for _ in range(export_files.MOST):
        plat.now_ms.now += 1000
        await made(client, plat, queue, what="deals")
    assert (await client.get(f"/api/v1/exports/files/{first}")).status_code == 404
    assert sum(row.get("kind") == "export" for row in plat.store.rows.values()) == export_files.MOST
    assert not [own for _, _, own in plat.store.rows if own.startswith(f"{first}-")]


async def test_only_two_are_made_at_a_time_and_one_nobody_moves_is_not_counted(client, plat, queue):
    for _ in range(export_files.OPEN_AT_ONCE):
        assert (await client.post("/api/v1/exports/files", json={"what": "fills"})).status_code == 202
    answer = await client.post("/api/v1/exports/files", json={"what": "fills"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_open_jobs")
    plat.now_ms.now += export_files.STALE_MS + 1
    assert (await client.post("/api/v1/exports/files", json={"what": "fills"})).status_code == 202


async def test_what_is_deleted_is_made_no_further(client, plat, ledger, queue):
    first = (await client.post("/api/v1/exports/files", json={"what": "fills"})).json()["id"]
    assert (await client.delete(f"/api/v1/exports/files/{first}")).status_code == 204
    await export_files.carry_on(plat, queue, next(iter(queue.tasks.values())))
    assert not [own for _, _, own in plat.store.rows if own.startswith(first)]


@pytest.mark.parametrize("body, field", [({"what": "tax"}, "year"), ({"what": "tax", "year": 2024, "bot_id": "bot_a"}, "bot_id")])
async def test_a_tax_year_is_of_all_bots_and_has_a_year(client, queue, body, field):
    answer = await client.post("/api/v1/exports/files", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    answer = await client.post("/api/v1/exports/files", json={"what": "fills", "bot_id": "bot_nobody"})
    assert (answer.status_code, answer.json()["field"]) == (404, "bot_id")
