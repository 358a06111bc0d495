"""A bot's ticks from start to stop, with the real orchestrator, entities, activities and paper exchange."""

from decimal import Decimal

import pytest
from host import Killed

from tests.builders import USER
from tests.fakes import MemoryStore


async def test_a_start_reserves_the_money_and_buys_what_the_ladder_needs(world):
    assert await world.command("start") == "done"
    assert (world.bot["status"], world.bot["open_orders"]) == ("starting", 1)
    assert world.bot["reserved"] == {"USDT": "1000"}
    await world.wake()
    assert world.bot["status"] == "active"
    assert [(order["leg"], order["side"]) for order in world.bot["orders"]] == [
        ("L4", "sell"),
        ("L3", "sell"),
        ("L1", "buy"),
        ("L0", "buy"),
    ]


async def test_the_worked_example_comes_out_to_the_last_digit(world):
    await world.command("start")
    await world.live_through()
    figures = [(row["side"], row["price"], row["amount"]) for row in world.fills[:3]]
    assert figures == [("buy", "100", "4.92"), ("buy", "95", "2.65"), ("sell", "100", "2.65")]


async def test_no_fill_of_a_grid_takes_more_than_six_executions(world):
    await world.command("start")
    for _ in range(21):
        before, fills = world.host.executions, len(world.fills)
        await world.wake(20_000)
        if made := len(world.fills) - fills:
            assert world.host.executions - before <= 6 * made
    assert len(world.fills) > 5


async def test_the_ledger_and_the_book_of_the_venue_agree(world):
    await world.command("start")
    await world.live_through()
    quote, base = Decimal(10000), Decimal(0)
    for row in world.fills:
        sign = 1 if row["side"] == "buy" else -1
        quote -= sign * Decimal(row["cost"]) + Decimal(row["fee"])
        base += sign * Decimal(row["amount"])
    assert {"USDT": quote, "BTC": base} == {name: Decimal(total) for name, total in world.book["balances"].items()}
    assert len({row["trade_id"] for row in world.fills}) == len(world.fills) == world.bot["fills"]
    assert (Decimal(world.bot["holdings"]["base"]), Decimal(world.bot["holdings"]["quote"])) == (base, quote - 9000)


async def test_a_tick_that_finds_nothing_changes_no_order(world):
    await world.command("start")
    await world.wake()
    before = world.bot["orders"]
    assert await world.wake(0) == "done"
    assert world.bot["orders"] == before


async def test_the_same_event_twice_changes_nothing(world):
    await world.command("start")
    await world.wake()
    event = world.event("command", name="pause", params={"keep_orders": False})
    await world.host.tick(event)
    assert (world.bot["status"], world.bot["open_orders"]) == ("paused", 0)
    await world.command("resume")
    assert (world.bot["status"], world.bot["open_orders"]) == ("active", 4)
    await world.host.tick(event)
    assert (world.bot["status"], world.bot["open_orders"]) == ("active", 4)


async def test_a_stop_that_sells_ends_in_quote_and_gives_the_reservation_back(world):
    await world.command("start")
    await world.wake()
    await world.command("stop", close_mode="quote")
    await world.live_through(1)
    assert (world.bot["status"], world.bot["reason"], world.bot["open_orders"]) == ("stopped", "user", 0)
    assert Decimal(world.bot["holdings"]["base"]) == 0
    assert [state for (name, _), state in world.host.entities.items() if name == "account"] == [{"schema": 1, "bots": {}}]
    assert world.bot["reserved"] == {} and "watchKey" not in world.bot


async def test_a_stopped_bot_is_left_alone(world):
    await world.command("start")
    await world.command("stop", close_mode="keep")
    assert await world.wake() == "idle"
    assert await world.command("start") == "idle"


async def test_a_start_without_the_money_stays_a_draft_and_says_why(world):
    account = world.store.rows["accounts", USER, "acc_1"]
    account["balances"] = {"USDT": "999"}
    await world.command("start")
    assert (world.bot["status"], world.bot["reason"]) == ("draft", "insufficient_funds")
    assert world.bot["reason_params"] == {"field": "investment", "currency": "USDT", "needed": "1000", "available": "999"}
    bot, line = (message["data"] for message in world.host.live[-2:])
    assert (bot["bot"]["reason"], line["code"]) == ("insufficient_funds", "command_refused")


async def test_the_feed_counts_revisions_one_by_one(world):
    await world.command("start")
    await world.live_through(3)
    revisions = [message["revision"] for message in world.host.live if message["type"] == "bot"]
    assert revisions == sorted(set(revisions))
    fills = [message["data"]["id"] for message in world.host.live if message["type"] == "fill"]
    assert set(fills) == {row["id"] for row in world.fills}


async def test_the_curve_has_a_point_an_hour_without_any_fill(world):
    await world.command("start")
    await world.live_through()
    seen = []
    for after_ms in (3_600_000, 60_000, 3_600_000):
        fills = len(world.fills)
        await world.wake(after_ms)
        assert len(world.fills) == fills
        seen.append([row["at"] for row in world.store.of("equity")])
    assert [len(after) - len(seen[0]) for after in seen] == [0, 0, 1]
    [row] = [row for row in world.store.of("equity") if row["revision"] == world.bot["revision"]]
    assert (row["at"], row["price"], row["total"]) == tuple(world.bot["pnl"][name] for name in ("at", "price", "total"))


async def test_the_why_log_is_one_chain(world):
    await world.command("start")
    await world.live_through()
    await world.command("stop", close_mode="keep")
    rows = sorted(world.store.of("events"), key=lambda row: row["sort"])
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["previous"] for row in rows] == ["", *[row["hash"] for row in rows[:-1]]]


@pytest.mark.parametrize("when", ["die_before", "die_after"])
async def test_killed_at_any_call_and_resumed_nothing_is_lost_or_doubled(world, when, tmp_path):
    """The host dies at every call in turn; the message comes back and the tick runs again from its beginning."""
    await world.command("start")
    calm = [(row["side"], row["price"], row["amount"]) for row in await lived(world)]
    for number in range(1, 25):
        other = type(world)(tmp_path / f"{when}{number}")
        setattr(other.host, when, number)
        rows = [(row["side"], row["price"], row["amount"]) for row in await lived(other, start=True)]
        assert rows == calm, f"killed {when} call {number}"
        orders = [row for row in other.book["orders"].values() if row["status"] == "open"]
        assert len(orders) == other.bot["open_orders"]


async def lived(world, start: bool = False):
    """Four minutes; the message of a killed tick is delivered again a second later."""
    events = [world.event("command", name="start", params={})] if start else []
    for _ in range(4 * 3 + 2):
        for event in events:
            await delivered(world, event)
        world.clock.now += 20_000
        events = [world.event("market")]
    return world.fills


async def delivered(world, event):
    for _ in range(3):
        try:
            await world.host.tick(event)
            return
        except Killed:
            world.clock.now += 1_000


async def test_a_store_that_is_down_fails_the_tick_and_the_next_one_heals(world):
    await world.command("start")
    await world.wake()

    async def down(*_):
        raise ConnectionError("down")

    world.store.batch = down
    with pytest.raises(ConnectionError):
        await world.wake()
    world.store.batch = MemoryStore.batch.__get__(world.store)
    await world.live_through()
    assert len(world.fills) == world.bot["fills"] > 2
    assert world.bot["status"] == "active"


async def test_what_would_fail_every_time_puts_the_bot_aside_until_its_owner_resumes_it(world):
    await world.command("start")
    await world.wake()
    real = world.host.outside.markets.source

    def broken(feed):
        raise RuntimeError("a bug in an adapter")

    world.host.outside.markets.source = broken
    for _ in range(3):
        assert await world.wake(20_000) == "broken"
    assert (world.bot["status"], world.bot["reason"], world.bot["open_orders"]) == ("error", "internal", 4)
    assert "until_ms" not in world.bot and "below" not in world.bot and "watchKey" in world.bot
    world.host.outside.markets.source = real
    await world.command("resume")
    await world.live_through(2)
    assert world.bot["status"] == "active"
    assert len(world.fills) == world.bot["fills"] > 2


async def test_a_service_that_is_away_is_no_reason_to_put_a_bot_aside(world):
    await world.command("start")
    await world.wake()
    real = world.host.outside.markets.source

    def away(feed):
        raise ConnectionError("away")

    world.host.outside.markets.source = away
    for _ in range(5):
        with pytest.raises(ConnectionError):
            await world.wake(20_000)
    world.host.outside.markets.source = real
    assert await world.wake(20_000) == "done"
    assert world.bot["status"] == "active"


async def test_a_completed_cell_is_written_into_the_fill_that_closed_it(world):
    await world.command("start")
    await world.live_through()
    cells = [row for row in world.fills if row.get("code") == "deal"]
    assert cells and [row["deal"]["number"] for row in cells] == list(range(1, len(cells) + 1)) and len(cells) == world.bot["deals"]
    first = cells[0]
    assert (first["side"], first["price"]) == ("sell", "100")
    assert {name: first["deal"][name] for name in ("open_price", "amount", "gross")} == {
        "open_price": "95", "amount": "2.65", "gross": "13.25",
    }  # fmt: skip
    assert sum(Decimal(row["deal"]["gross"]) for row in cells) == Decimal(world.bot["pnl"]["cell_profit"])
    opening = next(row for row in world.fills if row["price"] == "95")
    assert first["deal"]["opened_at"] == opening["at"]


async def test_an_edge_without_an_order_behind_it_is_urgent(world):
    world.bot["config"] |= {"stop_loss_price": "96"}
    await world.command("start")
    await world.wake()
    assert (world.bot["below"], world.bot["urgent"]) == (96.0, "below")


async def test_a_nudge_older_than_the_last_look_asks_for_nothing(world):
    await world.command("start")
    old = world.event("market")
    await world.wake()
    used, revision = world.host.executions, world.bot["revision"]
    assert await world.host.tick(old) == "idle"
    assert (world.host.executions - used, world.bot["revision"]) == (0, revision)


async def test_a_publication_that_comes_after_a_freeze_hides_nothing_newer_and_brings_no_bot_back(world):
    await world.command("start")
    first = next(call for call in world.host.calls if call.name == "publish")
    await world.live_through(2)
    newest = dict(world.bot)
    assert newest["revision"] > first.given["revision"]
    await world.host._activity(first)
    assert world.bot == newest
    await world.store.delete("bots", USER, newest["id"])
    await world.host._activity(first)
    assert ("bots", USER, newest["id"]) not in world.store.rows
