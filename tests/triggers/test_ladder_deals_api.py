"""The completed cells of a ladder, as its deals."""


def sold(plat, bot, seq, **more):
    row = {
        "id": f"{bot}-0-{seq:08d}", "kind": "fill", "botId": bot, "bot_id": bot, "sort": f"0000:{seq:08d}", "price": "100", "side": "sell",
        "at": f"2026-01-01T00:00:{seq:02d}.000Z",
    }  # fmt: skip
    plat.store._put("fills", "ada", row | more)


def cell(number, gross):
    opened = {"open_price": "95", "opened_at": "2026-01-01T00:00:00.000Z"}
    return {"code": "deal", "deal": {"number": number, "amount": "2", "gross": gross, **opened}}


async def test_a_ladder_lists_its_completed_cells_newest_first(client, plat, bot):
    sold(plat, bot, 1)
    sold(plat, bot, 2, **cell(1, "10"))
    sold(plat, bot, 3, **cell(2, "9.5"))
    items = (await client.get(f"/api/v1/bots/{bot}/deals")).json()["items"]
    assert [(deal["number"], deal["status"], deal["open_price"], deal["close_price"], deal["gross"]) for deal in items] == [
        (2, "closed", "95", "100", "9.5"),
        (1, "closed", "95", "100", "10"),
    ]
    for query, expected in (({"since": "2026-01-01T00:00:03Z"}, [2]), ({"status": "closed", "limit": 1}, [2]), ({"status": "open"}, [])):
        some = (await client.get(f"/api/v1/bots/{bot}/deals", params=query)).json()["items"]
        assert [deal["number"] for deal in some] == expected, query
    first = (await client.get(f"/api/v1/bots/{bot}/deals", params={"limit": 1})).json()
    rest = (await client.get(f"/api/v1/bots/{bot}/deals", params={"limit": 1, "cursor": first["next"]})).json()
    assert [*first["items"], *rest["items"]] == items and rest["next"] is None
