"""The seat belt: while a perpetual's position has a stop, exactly one stands at the venue, and never sells what the bot sells itself."""

from decimal import Decimal

import pytest
from host import Killed
from live_world import BOT, live_world
from test_live_futures import CONFIG, LINEAR

from entities import belt
from entities.bot import perform
from entities.bot_state import Bot
from entities.operation import BotOperation
from exchange.stops import Stops
from shared.bot_document import backup_id
from shared.ids import entity_key
from strategy_core.number import plain
from tests.builders import USER
from tests.venue.market import Refused
from tests.venue.serving import KEY

BELTED = {**LINEAR, "config": {**CONFIG, "stop_loss_pct": "10", "stop_loss_of": "average", "after_stop_loss": "stop"}}


async def begun(world):
    world.venue.move("20000")
    await world.command("start")
    for _ in range(3):
        await world.wake()
    return world.venue.linear.accounts[KEY]


def stops(account, *statuses):
    return [order for order in account.orders if order.type == "STOP_MARKET" and order.status in (statuses or ("NEW",))]


def resting(account):
    return [order for order in account.orders if order.status in ("NEW", "PARTIALLY_FILLED")]


def sold(account):
    return sum((trade.amount for trade in account.trades if trade.order.side == "SELL"), Decimal(0))


def bought(account):
    return sum((trade.amount for trade in account.trades if trade.order.side == "BUY"), Decimal(0))


async def test_an_open_position_has_one_stop_at_the_venue_at_the_bots_own_price():
    async with live_world(**BELTED) as world:
        account = await begun(world)
        [stop] = stops(account)
        assert (stop.side, stop.amount, stop.reduce_only) == ("SELL", Decimal("0.025"), True)
        assert str(stop.stop_price) == world.bot["figures"]["stop_price"] == world.bot["figures"]["native_stop_price"] == "18000"
        before = len(account.orders)
        await world.wake()
        assert len(account.orders) == before and stops(account) == [stop]


async def test_the_stop_is_there_with_the_first_tick_however_quiet_the_market_stays():
    async with live_world(**BELTED) as world:
        world.venue.move("20000")
        await world.command("start")
        [stop] = stops(world.venue.linear.accounts[KEY])
        assert stop.amount == Decimal("0.025")


async def test_when_the_position_grows_the_stop_moves_and_there_is_never_more_than_one():
    async with live_world(**BELTED) as world:
        account = await begun(world)
        await world.move("19600")
        for _ in range(3):
            await world.wake()
        [stop] = stops(account)
        assert stop.amount == account.positions["BTCUSDT"].amount > Decimal("0.025")
        assert str(stop.stop_price) == world.bot["figures"]["stop_price"]
        assert len(stops(account, "CANCELED")) == 1


async def test_a_stop_the_venue_has_forgotten_is_placed_again():
    async with live_world(**BELTED) as world:
        account = await begun(world)
        [stop] = stops(account)
        account.orders.remove(stop)
        for _ in range(12):
            await world.wake()
        [again] = stops(account)
        assert again.client_id != stop.client_id and (again.amount, again.stop_price) == (stop.amount, stop.stop_price)
        assert world.bot["figures"]["native_stop_price"] == "18000"


async def test_with_the_deal_the_stop_goes():
    async with live_world(**{**BELTED, "config": {**BELTED["config"], "max_deals": 1}}) as world:
        account = await begun(world)
        await world.move("20300")
        for _ in range(3):
            await world.wake()
        assert world.bot["status"] == "finished" and stops(account) == []
        assert not account.positions["BTCUSDT"].amount


async def test_a_stop_the_venue_triggered_counts_as_the_bots_own_and_sells_once():
    async with live_world(**BELTED) as world:
        account = await begun(world)
        world.venue.move("17900")  # the venue's mark price got there before anybody looked
        for _ in range(4):
            await world.wake()
        assert (world.bot["status"], world.bot["reason"]) == ("stopped", "stop_loss")
        assert sold(account) == bought(account) and not account.positions["BTCUSDT"].amount
        [mine] = [row for row in world.fills if row["leg"] == "BELT"]
        assert (mine["role"], mine["side"], mine["price"], mine["amount"]) == ("stop_loss", "sell", "17900", "0.025")
        assert Decimal(world.bot["holdings"]["base"]) == 0 and stops(account) == []
        assert Decimal(world.bot["pnl"]["total"]) == account.wallet - Decimal(10000)


async def test_the_bots_own_close_waits_until_the_stop_is_taken_back():
    async with live_world(**BELTED) as world:
        account = await begun(world)
        [stop] = stops(account)
        await world.command("close_deal")
        for _ in range(2):
            await world.wake()
        closing = [order for order in account.orders if order.side == "SELL" and order.type == "MARKET"]
        assert closing and stop.status == "CANCELED"
        methods = [(method, path) for method, path, _ in world.venue.requests]
        last_close = max(i for i, call in enumerate(methods) if call == ("POST", "/fapi/v1/order"))
        assert ("DELETE", "/fapi/v1/algoOrder") in methods[:last_close]
        assert sold(account) == Decimal("0.025")


async def test_a_stop_triggered_while_the_bot_closes_leaves_nothing_to_close():
    async with live_world(**BELTED) as world:
        account = await begun(world)
        cancel = world.venue.linear.cancel

        def too_late(owner, order):
            world.venue.move("17900")
            return cancel(owner, order)

        world.venue.linear.cancel = too_late
        await world.command("close_deal")
        for _ in range(4):
            await world.wake()
        assert [row["leg"] for row in world.fills if row["leg"] == "BELT"] and world.bot["deals"] == 1
        held = account.positions["BTCUSDT"].amount  # of the next deal
        assert bought(account) - sold(account) == held == Decimal(world.bot["holdings"]["base"]) >= 0
        assert len(stops(account)) == 1 and stops(account)[0].amount == held


async def test_a_venue_that_refuses_the_stop_is_not_asked_at_every_look_and_the_log_says_so():
    async with live_world(**BELTED) as world:
        refuse = world.venue.linear.place

        def no_stops(owner, order):
            if order.type == "STOP_MARKET":
                raise Refused(-2022, "ReduceOnly Order is rejected.")
            return refuse(owner, order)

        world.venue.linear.place = no_stops
        account = await begun(world)
        for _ in range(3):
            await world.wake()
        refused = [row for row in world.store.of("events") if row["code"] == "belt_refused"]
        assert len(refused) == 1 and refused[0]["params"]["reason"] == "reduce_only" and world.bot["status"] == "active"
        await world.move("17000")  # its own stop watches all the same
        for _ in range(3):
            await world.wake()
        assert world.bot["status"] == "stopped" and sold(account) == bought(account)


@pytest.mark.parametrize("edge", ["die_before", "die_after"])
@pytest.mark.parametrize("call", range(1, 13))
async def test_wherever_the_host_dies_there_is_one_stop_in_the_end(edge, call):
    async with live_world(**BELTED) as world:
        world.venue.move("20000")
        await world.command("start")
        setattr(world.host, edge, len(world.host.calls) + call)
        for _ in range(3):
            event, history = world.event("market"), []
            try:
                await world.host.tick(event, history)
            except Killed:
                setattr(world.host, edge, 0)
                world.clock.now += 2_000
                await world.host.tick(event)
            world.clock.now += 5_000
        setattr(world.host, edge, 0)
        for _ in range(12):
            await world.wake()
        account = world.venue.linear.accounts[KEY]
        [stop] = stops(account)
        assert stop.amount == account.positions["BTCUSDT"].amount == Decimal("0.025")
        world.venue.move("17900")
        for _ in range(4):
            await world.wake()
        assert world.bot["status"] == "stopped" and sold(account) == bought(account)


def faster_than_the_cancel(world):
    """From here on safety orders rest through the fall that triggers the stop, and fill in the instant their cancel arrives."""
    engine = world.venue.linear
    touch, cancel = engine._touch, engine.cancel

    def rests(owner, order):
        if order.type != "LIMIT" or order.side != "BUY":
            touch(owner, order)

    def too_late(owner, order):
        if order.type == "LIMIT" and order.side == "BUY":
            touch(owner, order)
        return cancel(owner, order)

    engine._touch, engine.cancel = rests, too_late


def refuse_for_now(cancel, times=2):
    """The venue is busy for the first cancels."""
    left = [times]

    def refused(owner, order):
        if left[0]:
            left[0] -= 1
            raise Refused(-1001, "Internal error; unable to process your request.", 503)
        return cancel(owner, order)

    return refused


async def test_an_order_that_enters_after_the_stop_was_triggered_is_closed_before_the_bot_is_stopped():
    async with live_world(**BELTED) as world:
        account = await begun(world)
        faster_than_the_cancel(world)
        world.venue.move("17900")
        seen = []
        for _ in range(6):
            await world.wake()
            seen.append((world.bot["status"], account.positions["BTCUSDT"].amount))
        assert bought(account) > Decimal("0.025")  # it did enter, twice
        assert all(not amount for status, amount in seen if status == "stopped") and seen[-1][0] == "stopped"
        assert sold(account) == bought(account) and Decimal(world.bot["holdings"]["base"]) == 0 and resting(account) == []
        assert [row["leg"] for row in world.fills if row["side"] == "sell"] == ["BELT", "SL"]
        assert all(order.reduce_only for order in account.orders if order.side == "SELL")
        assert Decimal(world.bot["pnl"]["total"]) == account.wallet - Decimal(10000)


@pytest.mark.parametrize("edge", ["die_before", "die_after"])
@pytest.mark.parametrize("call", range(1, 11))
async def test_wherever_the_host_dies_an_order_that_enters_after_the_stop_is_closed_before_the_bot_is_stopped(edge, call):
    async with live_world(**BELTED) as world:
        account = await begun(world)
        faster_than_the_cancel(world)
        world.venue.move("17900")
        setattr(world.host, edge, len(world.host.calls) + call)
        for _ in range(12):
            world.clock.now += 5_000
            event = world.event("market")
            try:
                await world.host.tick(event)
            except Killed:
                setattr(world.host, edge, 0)
                world.clock.now += 2_000
                await world.host.tick(event)
            assert world.bot["status"] != "stopped" or not account.positions["BTCUSDT"].amount
        assert (world.bot["status"], world.bot["reason"]) == ("stopped", "stop_loss")
        assert sold(account) == bought(account) > Decimal("0.025") and resting(account) == []
        trades = [row["trade_id"] for row in world.fills]
        assert len(trades) == len(set(trades)) == len(account.trades)
        assert Decimal(world.bot["pnl"]["total"]) == account.wallet - Decimal(10000)


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_bot_made_again_takes_over_the_stop_it_had(is_known):
    async with live_world(**BELTED) as world:
        account = await begun(world)
        [stop] = stops(account)
        backup = world.store.rows["bots", USER, backup_id(BOT)]
        lost = world.host.entities.pop(("bot", entity_key(USER, BOT)))
        backup["belt"] = lost["belt"][0] if is_known else None
        await world.command("rebuild")
        for _ in range(12):
            await world.wake()
        assert world.bot["epoch"] == 1 and len(stops(account)) == 1
        assert (stops(account) == [stop]) is is_known
        assert stops(account)[0].amount == account.positions["BTCUSDT"].amount == Decimal("0.025")


async def test_a_stop_sent_after_the_last_publication_is_found_and_taken_back():
    """Found by the simulation: the bot made again placed another, and the venue had two."""
    async with live_world(**BELTED) as world:
        account = await begun(world)
        [stop] = stops(account)
        document, backup = (world.store.rows["bots", USER, name] for name in (BOT, backup_id(BOT)))
        document["look"]["future"] = {"funded": document["look"]["future"]["funded"], "belts": 0}
        backup |= {"belt": None, "belts": 0}
        world.host.entities.pop(("bot", entity_key(USER, BOT)))
        await world.command("rebuild")
        for _ in range(16):
            await world.wake()
        assert [one.client_id for one in stops(account)] != [stop.client_id] and len(stops(account)) == 1
        assert stops(account)[0].amount == Decimal("0.025")


async def test_a_bot_made_again_books_a_stops_trade_it_kept_back_exactly_once():
    async with live_world(**BELTED) as world:
        account = await begun(world)
        faster_than_the_cancel(world)
        world.venue.linear.cancel = refuse_for_now(world.venue.linear.cancel)
        world.venue.move("17900")
        await world.wake()
        assert world.bot["status"] == "active" and not any(row["leg"] == "BELT" for row in world.fills)
        world.host.entities.pop(("bot", entity_key(USER, BOT)))
        await world.command("rebuild")
        for _ in range(14):
            await world.wake()
        assert (world.bot["status"], world.bot["reason"]) == ("stopped", "stop_loss")
        assert len([row for row in world.fills if row["leg"] == "BELT"]) == 1
        assert sold(account) == bought(account) > Decimal("0.025") and resting(account) == []


@pytest.mark.parametrize("is_written", [True, False])
async def test_a_trade_that_was_kept_back_when_the_backup_was_made_is_booked_once(is_written):
    """Found by the simulation: the backup counted it as filled, and the bot made again looked for no more."""
    async with live_world(**BELTED) as world:
        account = await begun(world)
        faster_than_the_cancel(world)
        world.venue.linear.cancel = refuse_for_now(world.venue.linear.cancel)
        world.venue.move("17900")
        await world.wake()
        key = ("bot", entity_key(USER, BOT))
        kept, backup = world.host.entities[key]["belt"][0], world.store.rows["bots", USER, backup_id(BOT)]
        assert kept["held"] and not any(row["leg"] == "BELT" for row in world.fills)
        backup |= {
            "belt": kept,
            "core": world.host.entities[key]["core"],
            "sent": world.host.entities[key]["sent"],
            "fills": world.bot["fills"],
        }
        if is_written:
            for _ in range(12):
                await world.wake()
            assert [row["leg"] for row in world.fills].count("BELT") == 1
            world.bot["status"] = "active"
        world.store._put("bots", USER, {name: value for name, value in backup.items() if name != "_etag"})
        world.host.entities.pop(key)
        await world.command("rebuild")
        for _ in range(16):
            await world.wake()
        assert world.bot["epoch"] == 1 and [row["leg"] for row in world.fills].count("BELT") == 1
        assert len({row["trade_id"] for row in world.fills}) == len(world.fills) == len(account.trades)
        assert sold(account) == bought(account) and resting(account) == []


async def test_the_trade_of_a_stop_says_itself_which_side_it_was():
    """Found by the simulation: a bot made again from before it had a position guessed its stop's side, and booked the sale as a purchase."""
    async with live_world(**BELTED) as world:
        await begun(world)
        bot = Bot.load(world.host.entities["bot", entity_key(USER, BOT)])
        bot.belt = {**bot.belt, "side": "buy"}
        bot.book.rows = {}
        trade = {
            "trade_id": "9", "order_id": None, "client_order_id": bot.belt["id"], "side": "sell", "price": "17900", "amount": "0.025",
            "fee": "0", "fee_currency": "USDT", "maker": False, "at": bot.core.at,
        }  # fmt: skip
        belt.hold(bot, trade)
        assert [(fill.side.value, plain(fill.amount)) for fill in belt.released(bot)] == [("sell", "0.025")]


async def test_a_stop_that_the_newer_backup_has_no_more_is_waited_for_by_nobody():
    """Found by the simulation: the document still named it, its trades were in the ledger, and closes waited ten minutes for them."""
    async with live_world(**BELTED) as world:
        await begun(world)
        state = world.host.entities["bot", entity_key(USER, BOT)]
        backup, future = {"belt": None, "belts": 1}, {"belt": state["belt"][0]["id"], "belts": 1}
        for is_told, expected in ((False, None), (True, future["belt"])):
            bot = Bot.load(state)
            bot.belt = None
            belt.inherit(bot, backup, future, is_told, {}, world.clock.now)
            assert (bot.belt and bot.belt["id"], bot.belts) == (expected, 1)


async def test_what_the_ledger_has_of_every_inherited_stop_is_not_waited_for():
    async with live_world(**BELTED) as world:
        await begun(world)
        bot, now = Bot.load(world.host.entities["bot", entity_key(USER, BOT)]), world.clock.now
        held = [{"trade_id": "7", "amount": "0.004"}]
        kept = {**bot.belt, "filled": "0.01", "held": held}
        bot.belt = None
        belt.inherit(bot, {"belt": kept, "belts": 1, "beltHeirs": [["older", 5], ["oldest", 5, "0.1"]]}, {"belt": "newer"}, True, {}, now)
        for id_, amount in (("newer", "0.02"), (kept["id"], "0.019"), ("oldest", "0.2"), ("another's", "1")):
            belt.booked(bot, id_, Decimal(amount))
        found = []
        while bot.belt is not None:
            found.append((bot.belt["id"], bot.belt["filled"]))
            belt.over(bot, bot.belt["filled"], now)  # the venue says no more than that: nobody waits
            belt.next_heir(bot)
        assert found == [("newer", "0.02"), (kept["id"], "0.025"), ("older", "0"), ("oldest", "0.3")]


async def away_for_half_an_hour(world):
    """Nobody looks while the stop is triggered and, ten minutes later, its deal's orders trade; whoever looks then is a new process."""
    world.clock.now += 60_000
    world.venue.move("17900")
    world.clock.now += 600_000
    world.venue.move("20300")
    world.clock.now += 1_200_000
    await world.restart()


async def wakes_to_every_trade(world, account):
    for _ in range(8):
        await world.wake()
    [mine] = [row for row in world.fills if row["leg"] == "BELT"]
    assert (mine["price"], mine["amount"]) == ("17900", "0.025")
    trades = [row["trade_id"] for row in world.fills]
    assert len(trades) == len(set(trades)) == len(account.trades)
    assert Decimal(world.bot["holdings"]["base"]) == account.positions["BTCUSDT"].amount


def blind_to_what_was_not_asked(bot, view):
    """The wrong protocol: any look moves the window of trades."""
    return bool(view["more"]) or not belt.keeps_trades(bot)


@pytest.mark.parametrize("is_right", [True, False])
async def test_an_outage_in_the_middle_of_a_tick_loses_no_trade_of_the_stop(is_right, monkeypatch):
    """The look after the outage is not a tick's first: it did not ask for the stop, whose trades it could not tell."""
    if not is_right:
        monkeypatch.setattr(belt, "lets_pass", blind_to_what_was_not_asked)
    async with live_world(**BELTED) as world:
        account = await begun(world)
        event, history = world.event("command", name="pause", params={"keep_orders": False}), []
        world.host.die_before = len(world.host.calls) + 3  # observe, advance, execute
        with pytest.raises(Killed) as killed:
            await world.host.tick(event, history)
        assert str(killed.value) == "execute" and len(stops(account)) == 1
        await away_for_half_an_hour(world)
        await world.host.tick(event, history)
        if is_right:
            await wakes_to_every_trade(world, account)
            return
        with pytest.raises(ValueError, match="unpack"):
            await wakes_to_every_trade(world, account)


async def test_the_trades_of_a_stop_are_known_by_the_order_it_became_in_the_look_that_says_so(monkeypatch):
    """Found by the simulation: the look named the order and showed its trade, which was taken for a stranger's and never seen again."""
    async with live_world(**BELTED) as world:
        account = await begun(world)
        await away_for_half_an_hour(world)
        monkeypatch.setattr(Stops, "_remember", staticmethod(lambda known, key, value: None))  # trades come without our name on them
        await world.wake()
        assert [row["price"] for row in world.fills if row["leg"] == "BELT"] == ["17900"]
        await wakes_to_every_trade(world, account)


async def test_the_window_of_trades_moves_past_a_triggered_stop_only_with_its_trades():
    async with live_world(**BELTED) as world:
        await begun(world)
        state = world.host.entities["bot", entity_key(USER, BOT)]
        [stop, *_], since, later = state["belt"], state["cursor"], [world.clock.now + 1_000_000, "99"]
        cancelled = became({"id": stop["id"], "kind": "cancel", "order_id": "77"})["report"]
        view = {
            "point": [later[0], "19900"], "trades": [], "open": [], "ended": [], "cursor": later, "more": False, "keeps_stops": True,
            "asked": [stop["id"][:8], *state["sent"]], "belt": cancelled,
        }  # fmt: skip

        def after(**changes):
            new, _ = perform(BotOperation.ADVANCE, state, {"now": later[0], "view": view | changes})
            return new["cursor"], new["belt"][0]

        assert after()[0] == later and after(asked=list(state["sent"]), belt=None)[0] == since
        filled = cancelled | {"status": "closed", "filled": "0.025"}
        cursor, missing = after(belt=filled)
        assert cursor == since and missing["order_id"] == "77" and "held" not in missing
        trade = {
            "trade_id": "5002", "order_id": "77", "client_order_id": None, "price": "17900", "amount": "0.025", "fee": "0",
            "fee_currency": "USDT", "maker": False, "at": since[0] + 60_000,
        }  # fmt: skip
        cursor, kept = after(belt=filled, trades=[trade])  # known by the order that this very look names; booked when nothing enters
        assert cursor == since and [one["trade_id"] for one in kept["held"]] == ["5002"]


@pytest.mark.parametrize("waits", [True, False])
async def test_a_close_is_not_asked_for_before_the_stop_is_known_to_be_taken_back(waits, monkeypatch):
    """The wrong protocol beside the right one: without the wait the close and the stop are at the venue together."""
    if not waits:
        monkeypatch.setattr(belt, "holds", lambda bot, now: False)
    async with live_world(**BELTED) as world:
        await begun(world)
        state = world.host.entities["bot", entity_key(USER, BOT)]
        event = {"id": "close", "kind": "command", "body": {"name": "stop", "params": {"close_mode": "quote"}}}
        state, told = perform(BotOperation.ADVANCE, state, {"now": world.clock.now, "event": event})
        assert told["intents"][0]["kind"] == "cancel_stop" and len(told["intents"]) > 1
        outcomes = [became(intent) for intent in told["intents"]]
        _, told = perform(BotOperation.ADVANCE, state, {"now": world.clock.now, "outcomes": outcomes})
        assert ("place" in [intent["kind"] for intent in told["intents"]]) is not waits


def became(intent):
    """What an order's cancel came to; of the stop's nobody knows."""
    common = {"id": intent["id"], "kind": intent["kind"], "order_id": intent["order_id"], "reason": None}
    if intent["kind"] == "cancel_stop":
        return {**common, "result": "unknown", "report": None}
    report = {
        "id": intent["id"],
        "order_id": intent["order_id"],
        "filled": "0",
        "status": "canceled",
        "at": 0,
        "price": None,
        "amount": "1",
    }
    return {**common, "result": "found", "report": report}
