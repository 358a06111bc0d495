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
