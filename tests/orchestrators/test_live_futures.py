"""A perpetual with real money: set up before the first order, compared with the venue's own position, charged its funding."""

from decimal import Decimal

from live_world import live_world

from tests.venue.market import Position
from tests.venue.serving import KEY

CONFIG = {
    "direction": "long", "leverage": "5", "base_order_margin": "100", "safety_order_margin": "100", "safety_orders": 2, "step_pct": "2",
    "take_profit_pct": "1", "take_profit_of": "total", "funds_quote": "1000", "mmr_pct": "0.5",
}  # fmt: skip
LINEAR = {"symbol": "BTC/USDT:USDT", "strategy": "DCA_FUTURES", "config": CONFIG}
SETTINGS = ("/fapi/v1/leverage", "/fapi/v1/marginType")
HOUR = 3_600_000


async def started(world):
    world.venue.move("20000")
    await world.command("start")
    await world.wake()
    return world.venue.linear.accounts[KEY]


async def test_leverage_and_margin_mode_are_set_and_read_back_before_the_first_order():
    async with live_world(**LINEAR) as world:
        account = await started(world)
        assert (world.bot["status"], world.bot["reason"]) == ("active", None)
        assert (account.leverage["BTCUSDT"], account.isolated["BTCUSDT"], account.hedge) == (5, True, False)
        asked = [path for method, path, _ in world.venue.requests if method == "POST"]
        first = asked.index("/fapi/v1/order")
        assert all(path in asked[:first] for path in SETTINGS) and not any(path in asked[first:] for path in SETTINGS)
        assert account.positions["BTCUSDT"].amount == Decimal("0.025") == Decimal(world.bot["holdings"]["base"])


async def test_a_hedged_account_that_holds_positions_is_left_alone_and_the_draft_says_why():
    async with live_world(**LINEAR) as world:
        account = world.venue.linear.accounts[KEY]
        account.hedge, account.positions["BTCUSDT"] = True, Position(Decimal("0.1"), Decimal(20000))
        await started(world)
        assert (world.bot["status"], world.bot["reason"]) == ("draft", "mode_mismatch")
        assert not account.orders


async def test_a_position_that_is_there_already_keeps_the_bot_from_starting():
    async with live_world(**LINEAR) as world:
        world.venue.linear.accounts[KEY].positions["BTCUSDT"] = Position(Decimal("0.1"), Decimal(20000))
        account = await started(world)
        assert (world.bot["status"], world.bot["reason"]) == ("draft", "symbol_busy")
        assert world.bot["reason_params"] == {"field": "symbol", "symbol": "BTC/USDT:USDT"}
        assert not account.orders


async def test_money_in_the_spot_wallet_is_no_margin():
    async with live_world(**LINEAR) as world:
        world.venue.linear.accounts[KEY].wallet = Decimal(50)
        await started(world)
        assert (world.bot["status"], world.bot["reason"]) == ("draft", "insufficient_funds")


async def test_a_position_that_is_not_ours_stops_the_bot_at_the_second_look():
    async with live_world(**LINEAR) as world:
        account = await started(world)
        await world.wake()
        account.positions["BTCUSDT"].amount += Decimal("0.5")
        await world.wake()
        assert world.bot["status"] == "active"
        sent = len(account.orders)
        await world.wake()
        assert (world.bot["status"], world.bot["reason"]) == ("error", "position_mismatch")
        assert len(account.orders) == sent


async def test_a_liquidated_position_ends_the_bot():
    async with live_world(**LINEAR | {"config": CONFIG | {"safety_orders": 0}}) as world:
        account = await started(world)
        await world.wake()
        world.venue.move("15000")
        account.positions["BTCUSDT"].amount = Decimal(0)
        for _ in range(3):
            await world.wake()
        assert (world.bot["status"], world.bot["reason"]) == ("stopped", "liquidated")
        assert Decimal(world.bot["pnl"]["total"]) < 0


async def test_funding_is_booked_once_an_hour_and_never_twice():
    async with live_world(**LINEAR) as world:
        await started(world)
        assert world.bot["pnl"]["funding"] == "0"
        await world.wake(HOUR)
        assert world.bot["pnl"]["funding"] == "-0.5"
        for _ in range(3):
            await world.wake()
        assert world.bot["pnl"]["funding"] == "-0.5"
        await world.wake(HOUR)
        assert world.bot["pnl"]["funding"] == "-1"
