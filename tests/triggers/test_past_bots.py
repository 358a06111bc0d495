"""History outlives bots, their account and its keys: figures, totals, files and tax years are as they were before."""

import pytest

from tests.triggers.test_analytics_api import stored


@pytest.fixture
async def two(client, plat):
    for bot_id, exchange in (("bot_1", "paper"), ("bot_2", "binance")):
        stored(plat, bot_id, exchange=exchange)
    return plat


def timeless(answer):
    return {name: value for name, value in answer.json().items() if name != "at"}


async def test_a_deleted_bot_is_reported_as_before(client, two):
    paths = ("/api/v1/bots/bot_1/analytics", "/api/v1/bots/bot_2/analytics", "/api/v1/analytics")
    before = [timeless(await client.get(path)) for path in paths]
    files = (await client.get("/api/v1/exports/fills.csv")).text
    for bot_id in ("bot_1", "bot_2"):
        assert (await client.delete(f"/api/v1/bots/{bot_id}")).status_code == 204
    assert (await client.get("/api/v1/bots/bot_1")).status_code == 404
    assert (await client.get("/api/v1/bots")).json()["items"] == []
    assert [timeless(await client.get(path)) for path in paths] == before and len(before[2]["bots"]) == 2
    assert (await client.get("/api/v1/exports/fills.csv")).text == files
    client.headers["authorization"] = "Bearer eve"
    assert (await client.get(paths[0])).status_code == 404 and (await client.get(paths[2])).json()["bots"] == []


async def test_a_deleted_paper_bot_stays_out_of_a_tax_year(client, two):
    before = (await client.get("/api/v1/exports/tax/2023")).text
    assert "bot_2" in before and "bot_1" not in before
    await client.delete("/api/v1/bots/bot_1")
    assert (await client.get("/api/v1/exports/tax/2023")).text == before


async def test_a_bot_whose_deletion_was_cut_off_counts_once(client, two, monkeypatch):
    before = timeless(await client.get("/api/v1/analytics"))

    async def cut_off(*_):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(two.store, "delete", cut_off)
        with pytest.raises(ConnectionError):
            await client.delete("/api/v1/bots/bot_1")
    assert timeless(await client.get("/api/v1/analytics")) == before
    assert (await client.delete("/api/v1/bots/bot_1")).status_code == 204
    assert timeless(await client.get("/api/v1/analytics")) == before


async def test_a_draft_leaves_nothing(client, plat, bot):
    assert (await client.delete(f"/api/v1/bots/{bot}")).status_code == 204
    assert plat.store.of("bots") == [] and (await client.get(f"/api/v1/bots/{bot}/analytics")).status_code == 404
