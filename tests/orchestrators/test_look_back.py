"""A bot made again after hours: its look back goes from one event to the next, not from one instant to the next."""

from test_rebuild import assert_agrees, lose

from exchange.paper import PaperExchange
from tests.builders import MINUTE, write_market


async def test_a_long_look_back_does_not_stop_wherever_an_order_nobody_sends_would_fill(world, tmp_path, monkeypatch):
    """A sell filled while nobody was there, its counter-order is not sent before the look back ends, and the price is beyond it for hours."""
    write_market(tmp_path / "market", ["100 100 100 100", "100 106 100 106", "106 106 97 97", *["97 97.4 96.6 97"] * 180])
    looks, look = [], PaperExchange.look

    async def counted(*given):
        looks.append(given)
        return await look(*given)

    await world.command("start")
    await world.wake(20_000)
    lose(world)
    world.clock.now += 180 * MINUTE
    monkeypatch.setattr(PaperExchange, "look", counted)
    assert await world.command("rebuild") == "done"
    assert [(row["side"], row["price"]) for row in world.fills][:2] == [("buy", "100"), ("sell", "105")]
    assert len(looks) < 10
    await world.live_through(2)
    assert_agrees(world)


async def test_the_report_of_an_outage_is_there_when_its_tick_is_over(world, tmp_path):
    """The last order goes as planned, and nobody waits for that: what was found is told all the same."""
    write_market(tmp_path / "market", ["100 100 100 100", "100 100 94 95", *["95 96 94.5 95"] * 40])
    await world.command("start")
    await world.wake(20_000)
    assert world.bot["status"] == "active" and world.bot["fills"] == 1
    await world.wake(32 * MINUTE)
    [report] = [row["params"] for row in world.store.of("events") if row["code"] == "reconciled"]
    assert (report["fills"], report["placed"], report["unknown"]) == ("1", "1", "0") and int(report["away_s"]) == 32 * 60
    assert world.bot["fills"] == 2 and world.bot["open_orders"] == 4
