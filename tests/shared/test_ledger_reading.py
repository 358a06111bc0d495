"""Reading a ledger onwards: oldest first, from a place, without gaps, and whose rows there are."""


def row(bot, n):
    return {"id": f"{bot}-{n}", "kind": "fill", "botId": bot, "sort": f"0001:{n:08d}"}


async def test_rows_come_oldest_first_from_where_one_stopped(cosmos):
    for start in range(0, 2_300, 100):
        await cosmos.batch("fills", "ada", [row("a", n) for n in range(start, start + 100)])
    await cosmos.batch("fills", "ada", [row("b", n) for n in range(5)])
    await cosmos.batch("fills", "eve", [row("a", n) for n in range(7)])
    found, after = [], ""
    while rows := await cosmos.since("fills", "ada", {"kind": "fill", "botId": "a"}, after, 1_000):
        assert len(rows) <= 1_000
        found += [one["sort"] for one in rows]
        after = rows[-1]["sort"]
    assert found == [f"0001:{n:08d}" for n in range(2_300)]
    assert await cosmos.owners("fills", "ada", "fill") == ["a", "b"]
    assert await cosmos.owners("fills", "nobody", "fill") == []
