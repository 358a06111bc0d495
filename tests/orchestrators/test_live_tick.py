"""A bot with real money, over HTTP through unmodified ccxt: what it sends, once; and what it says when it cannot."""

import json

import pytest
from host import Killed
from live_world import ACCOUNT, BOT, live_world

from exchange import ccxt_adapter
from exchange.protocol import Placement, Result
from shared.claims import CONTAINER, name_of
from tests.builders import USER
from tests.venue.serving import KEY, SECRET, order

CANARIES = (KEY, SECRET)


def client_ids(world):
    return [order.client_id for order in world.wallet.orders]


def sent(world):
    return [fields for method, path, fields in world.venue.requests if (method, path) == ("POST", "/api/v3/order")]


async def test_a_grid_with_real_money_starts_fills_and_stops():
    async with live_world() as world:
        assert await world.command("start") == "done"
        await world.wake()
        assert world.bot["status"] == "active"
        assert sorted(order.side for order in world.wallet.orders if order.status == "NEW") == ["BUY", "BUY", "SELL", "SELL"]
        await world.move("94")
        await world.wake()
        await world.move("101")
        await world.wake()
        assert [(row["side"], row["price"]) for row in world.fills] == [("buy", "100"), ("buy", "95"), ("sell", "100")]
        assert len(world.fills) == len(world.wallet.trades) == world.bot["fills"]
        await world.command("stop", close_mode="keep")
        for _ in range(3):
            await world.wake()
        assert world.bot["status"] == "stopped"
        assert not [order for order in world.wallet.orders if order.status == "NEW"]
        assert len(set(client_ids(world))) == len(sent(world)) == len(world.wallet.orders)


async def test_the_key_is_in_nothing_that_is_stored_told_or_logged(caplog):
    caplog.set_level("DEBUG")
    async with live_world() as world:
        await world.command("start")
        await world.wake()
        world.venue.faults.add("/order", method="GET", status=500, times=3)
        world.venue.faults.add("/openOrders", status=418, body='{"code":-2015,"msg":"' + KEY + '"}')
        await world.wake()
        everything = json.dumps([list(world.store.rows.values()), world.host.live, list(world.host.entities.values()), world.host.calls])
        assert not [canary for canary in CANARIES if canary in everything + caplog.text]


@pytest.mark.parametrize("when", ["die_before", "die_after"])
async def test_killed_around_the_sending_exactly_one_order_of_each_reaches_the_venue(when):
    """The venue forgets an id as soon as its order is filled: a second sending would buy twice."""
    async with live_world() as calm:
        await calm.command("start")
        await calm.wake()
        expected = sorted((order.side, order.price, order.amount) for order in calm.wallet.orders)
    for number in range(1, 9):
        async with live_world() as world:
            setattr(world.host, when, number)
            await world.resumed(world.event("command", name="start", params={}), [])
            for _ in range(3):
                await world.resumed(world.event("market"), [])
                world.clock.now += 20_000
            assert len(set(client_ids(world))) == len(client_ids(world)) == len(sent(world)), f"{when} call {number}"
            assert sorted((order.side, order.price, order.amount) for order in world.wallet.orders) == expected, f"{when} call {number}"


async def test_killed_between_the_claim_and_the_sending_the_order_is_sent_once_the_window_is_over():
    async with live_world() as world:
        create = world.store.create

        async def create_and_die(container, user_id, document):
            made = await create(container, user_id, document)
            if container == CONTAINER and document["kind"] == "claims":
                world.store.create = create
                raise Killed("execute")
            return made

        world.store.create = create_and_die
        history, event = [], world.event("command", name="start", params={})
        with pytest.raises(Killed):
            await tick_with_real_deaths(world, event, history)
        world.clock.now += 1_000
        await world.host.tick(event, history)
        assert sent(world) == []
        await world.wake(10_000)
        assert sent(world) == []
        for _ in range(4):
            await world.wake(20_000)
        assert len(set(client_ids(world))) == len(client_ids(world)) == 5
        assert world.bot["status"] == "active"


async def test_killed_between_the_fills_row_and_the_sending_the_order_is_sent_once_the_window_is_over():
    async with live_world() as world:
        await world.command("start")
        await world.wake()
        before, create_all, claimed = client_ids(world), world.store.create_all, claims_document(world)

        async def create_and_die(container, user_id, documents):
            await create_all(container, user_id, documents)
            if container == "fills":
                world.store.create_all = create_all
                raise Killed("execute")

        world.store.create_all = create_and_die
        world.clock.now += 5_000
        world.venue.move("94")
        history, event = [], world.event("market")
        with pytest.raises(Killed):
            await tick_with_real_deaths(world, event, history)
        assert len(world.fills[-1]["sends"]) == 1 and client_ids(world) == before
        world.clock.now += 1_000
        await world.host.tick(event, history)
        await world.wake(10_000)
        assert client_ids(world) == before
        for _ in range(4):
            await world.wake(20_000)
        [order_id] = set(client_ids(world)) - set(before)
        assert [order_id + ":1"] == list(world.fills[-1]["sends"]) and len(client_ids(world)) == len(before) + 1
        assert world.bot["status"] == "active" and world.bot["fills"] == len(world.fills) == len({row["id"] for row in world.fills})
        assert claims_document(world) != claimed  # the second attempt follows no fill


async def test_what_follows_a_fill_is_claimed_without_the_document():
    async with live_world() as world:
        await world.command("start")
        await world.wake()
        before, claimed = client_ids(world), claims_document(world)
        await world.move("94")
        assert {name + ":1" for name in set(client_ids(world)) - set(before)} == set(world.fills[-1]["sends"])
        assert claims_document(world) == claimed and world.bot["fills"] == len(world.fills)


def claims_document(world):
    return world.store.rows[CONTAINER, USER, name_of(BOT)]


async def tick_with_real_deaths(world, event, history):
    """An activity that dies takes its host with it: nothing is recorded of it."""
    perform = world.host._perform

    async def performed(call):
        result = await perform(call)
        if isinstance(result, Killed):
            raise result
        return result

    world.host._perform = performed
    try:
        await world.host.tick(event, history)
    finally:
        world.host._perform = perform


async def test_one_adapter_serves_an_account_and_its_key_is_read_once():
    async with live_world() as world:
        await world.command("start")
        await world.wake()
        first = await world.live.open(USER, world.store.rows["accounts", USER, ACCOUNT])
        world.secrets.is_down = True
        await world.move("94")
        assert await world.live.open(USER, world.store.rows["accounts", USER, ACCOUNT]) is first
        assert world.bot["fills"] == 2


async def test_a_key_that_was_revoked_puts_the_bot_aside_at_once_and_a_new_one_and_a_resume_go_on():
    async with live_world() as world:
        await world.command("start")
        await world.wake()
        taken = world.venue.spot.accounts.pop(KEY)
        await world.wake()
        assert (world.bot["status"], world.bot["reason"], world.bot["open_orders"]) == ("error", "key_invalid", 4)
        assert len([order for order in taken.orders if order.status == "NEW"]) == 4
        world.venue.spot.accounts["NEWKEY0000000000"] = taken
        world.secrets.kept[USER, f"{ACCOUNT}.2"] = {"apiKey": "NEWKEY0000000000", "secret": SECRET}
        world.store._put("accounts", USER, {**world.store.rows["accounts", USER, ACCOUNT], "keyNumber": 2})
        await world.command("resume")
        await world.move("94")
        assert (world.bot["status"], world.bot["fills"]) == ("active", 2)


async def test_without_a_key_a_start_is_refused_and_says_so():
    async with live_world() as world:
        world.secrets.kept.clear()
        await world.command("start")
        assert (world.bot["status"], world.bot["reason"]) == ("draft", "key_invalid")


async def test_a_venue_and_a_vault_that_are_away_cost_a_look_and_no_more():
    async with live_world() as world:
        world.secrets.is_down = True
        await world.command("start")
        assert (world.bot["status"], world.bot["reason"]) == ("draft", "venue_down")
        world.secrets.is_down = False
        await world.command("start")
        await world.wake()
        world.venue.faults.add("/openOrders", status=503, times=1)
        assert await world.wake() == "done"
        await world.move("94")
        assert (world.bot["status"], world.bot["fills"]) == ("active", 2)


async def test_what_the_owners_own_orders_lock_is_not_promised_to_a_bot():
    async with live_world() as world:
        exchange = await world.live.open(USER, world.store.rows["accounts", USER, ACCOUNT])
        now = world.clock.now
        own = Placement("f" * 32, "BTC/USDT", order("buy 190 @ 50", now), now, now + 30_000)
        assert (await exchange.place(own)).result is Result.ACCEPTED
        await world.command("start")
        assert (world.bot["status"], world.bot["reason"]) == ("draft", "insufficient_funds")
        assert world.bot["reason_params"] == {"field": "investment", "currency": "USDT", "needed": "1000", "available": "500"}


async def test_a_market_that_is_gone_puts_its_bot_aside_and_leaves_the_orders():
    async with live_world() as world:
        await world.command("start")
        await world.wake()
        world.venue.spot.rules["BTCUSDT"].status = "BREAK"
        ccxt_adapter._rules_kept.clear()
        await world.live.close()
        await world.wake()
        assert (world.bot["status"], world.bot["reason"]) == ("error", "bad_symbol")
        assert len([order for order in world.wallet.orders if order.status == "NEW"]) == 4
