"""A bot whose working state is lost or broken is made again from its ledger, its last backup and the venue, and nothing is ordered twice."""

import json
from decimal import Decimal

import pytest
from conftest import ACCOUNT, BOT
from host import Killed

from entities.bot import perform
from entities.operation import BotOperation
from orchestrators.rebuild_plan import rebuild_plan
from shared.bot_document import REBUILDING, backup_id
from shared.clock import iso
from shared.ids import entity_key
from tests.builders import USER

KEY = ("bot", entity_key(USER, BOT))


async def traded(world, minutes=3):
    await world.command("start")
    await world.live_through(minutes)
    assert world.bot["fills"] >= minutes
    return {order["id"] for order in world.bot["orders"]}


def lose(world, left=None):
    if left is None:
        del world.host.entities[KEY]
    else:
        world.host.entities[KEY] = left


def resting(world):
    return {id_ for id_, row in world.book["orders"].items() if row["status"] == "open"}


def said(world, code):
    return [row["params"] for row in sorted(world.store.of("events"), key=lambda row: row["sort"]) if row["code"] == code]


def assert_agrees(world):
    """The ledger, the venue's book and the bot's own figures are the same money, and what rests is what the bot wants."""
    quote, base = Decimal(10000), Decimal(0)
    for row in world.fills:
        sign = 1 if row["side"] == "buy" else -1
        quote -= sign * Decimal(row["cost"]) + Decimal(row["fee"])
        base += sign * Decimal(row["amount"])
    assert {"USDT": quote, "BTC": base} == {name: Decimal(total) for name, total in world.book["balances"].items()}
    assert (Decimal(world.bot["holdings"]["base"]), Decimal(world.bot["holdings"]["quote"])) == (base, quote - 9000)
    assert resting(world) == {order["id"] for order in world.bot["orders"]}
    assert len({row["trade_id"] for row in world.fills}) == len(world.fills) == world.bot["fills"]


@pytest.mark.parametrize("left", [None, {"schema": 99}, {"schema": 1, "epoch": 0, "revision": "x", "core": {}}])
async def test_a_lost_or_broken_state_is_made_again_and_its_orders_stay(world, left):
    before = await traded(world)
    figures = {name: world.bot[name] for name in ("status", "fills", "deals", "holdings", "config", "reserved")}
    lose(world, left)
    assert await world.command("rebuild") == "done"
    assert resting(world) == before and world.bot["epoch"] == 1
    assert {name: world.bot[name] for name in figures} == figures
    assert said(world, "rebuilt")[0]["epoch"] == "1"
    [report] = said(world, "reconciled")
    assert (report["why"], report["adopted"], report["missing"], report["placed"]) == ("rebuild", str(len(before)), "0", "0")
    await world.live_through(4)
    assert_agrees(world)
    assert len({row["order_id"] for row in world.fills}) == len({row["leg"] + row["order_id"] for row in world.fills})


async def test_what_was_filled_while_the_state_was_gone_is_folded_and_mirrored(world):
    await traded(world, 2)
    lose(world)
    fills = world.bot["fills"]
    for _ in range(6):
        await world.wake(20_000)  # nobody is there
    assert world.bot["fills"] == fills
    await world.command("rebuild")
    assert world.bot["fills"] > fills
    assert_agrees(world)
    await world.live_through(2)
    assert_agrees(world)


async def test_fills_written_since_the_backup_are_folded_from_the_ledger(world):
    await world.command("start")
    await world.wake()
    backup = dict(world.store.rows["bots", USER, backup_id(BOT)])
    await world.live_through(3)
    world.store._put("bots", USER, {name: value for name, value in backup.items() if name != "_etag"})
    assert backup["fills"] < world.bot["fills"]
    holdings, orders = world.bot["holdings"], {(order["leg"], order["amount"]) for order in world.bot["orders"]}
    before = resting(world)
    lose(world)
    await world.command("rebuild")
    assert world.bot["holdings"] == holdings
    assert {(order["leg"], order["amount"]) for order in world.bot["orders"]} == orders and resting(world) == before
    await world.live_through(4)
    assert_agrees(world)


async def test_orders_sent_after_the_last_publication_are_found_under_their_old_ids(world):
    """The host died after sending what a fill led to and before telling anybody, and the state is gone as well."""
    await traded(world, 1)
    document = dict(world.bot)
    backup = dict(world.store.rows["bots", USER, backup_id(BOT)])
    rows = {key: row for key, row in world.store.rows.items() if key[0] in ("fills", "events", "equity")}
    while world.bot["fills"] == document["fills"]:
        await world.wake(20_000)
    for key in [key for key in world.store.rows if key[0] in ("fills", "events", "equity") and key not in rows]:
        del world.store.rows[key]
    for old in (document, backup):
        world.store._put("bots", USER, {name: value for name, value in old.items() if name != "_etag"})
    before = resting(world)
    lose(world)
    await world.command("rebuild")
    assert resting(world) == before
    assert_agrees(world)


async def test_published_orders_that_the_backup_does_not_want_are_cancelled(world):
    """A backup from before an edit, a document from after it: the ladder of the edit goes, the one before it is laid again."""
    await traded(world, 1)
    backup = dict(world.store.rows["bots", USER, backup_id(BOT)])
    await world.command("edit", low="80", high="120")
    await world.wake()
    edited = resting(world)
    world.store._put("bots", USER, {name: value for name, value in backup.items() if name != "_etag"})
    lose(world)
    await world.command("rebuild")
    await world.wake()
    assert not edited & resting(world) and world.bot["config"]["low"] == "90"
    assert_agrees(world)


@pytest.mark.parametrize("edge", ["die_before", "die_after"])
@pytest.mark.parametrize("step", range(1, 9))
async def test_wherever_the_host_dies_the_rebuild_is_made_once(world, edge, step):
    before = await traded(world)
    lose(world)
    event = world.event("command", name="rebuild", params={})
    setattr(world.host, edge, len(world.host.calls) + step)
    try:
        await world.host.tick(event)
    except Killed:
        pass
    setattr(world.host, edge, 0)
    for _ in range(2):
        await world.host.tick(event)  # from its beginning: the history is gone with the host
    await world.wake(1)
    assert world.bot["epoch"] in (1, 2) and resting(world) == before  # a run that died before it made the bot has had its epoch
    assert len(said(world, "rebuilt")) == 1
    await world.live_through(4)
    assert_agrees(world)


async def test_a_healthy_bot_survives_a_rebuild_and_another(world):
    before = await traded(world)
    for epoch in (1, 2):
        await world.command("rebuild")
        assert (world.bot["epoch"], resting(world)) == (epoch, before)
    await world.live_through(4)
    assert_agrees(world)
    events = sorted(world.store.of("events"), key=lambda row: row["seq"])
    assert [row["seq"] for row in events] == list(range(1, len(events) + 1))
    assert all(after["previous"] == row["hash"] for row, after in zip(events, events[1:], strict=False))


async def test_a_bot_without_a_backup_is_refused_and_says_so(world):
    await traded(world, 1)
    del world.store.rows["bots", USER, backup_id(BOT)]
    state = world.host.entities[KEY]["core"]
    await world.command("rebuild")
    [refusal] = said(world, "command_refused")
    assert refusal.pop("command_id") == f"e{world.sent}"
    assert refusal == {"command": "rebuild", "code": "no_backup", "cause": "command", "by": "user"}
    assert world.host.entities[KEY]["core"]["ledger"] == state["ledger"] and world.bot["epoch"] == 0


def asked_for(world):
    """As the API leaves a lost bot's document (triggers/api/commands.py)."""
    world.bot["reason_params"] = {REBUILDING: iso(world.clock.now)}


async def test_a_lost_bot_is_being_made_again_until_it_is(world):
    await traded(world, 1)
    lose(world)
    await world.wake()
    after = world.bot["lost_after"]
    asked_for(world)
    await world.command("rebuild")
    assert (world.bot["status"], world.bot["reason"], world.bot["reason_params"]) == ("active", None, {})
    assert "lost_after" not in world.bot and world.bot["revision"] > after


async def test_a_lost_bot_nothing_became_of_is_lost_anew_from_where_it_was(world):
    await traded(world, 1)
    lose(world)
    await world.wake()
    after, revision = world.bot["lost_after"], world.bot["revision"]
    asked_for(world)
    for _ in range(2):
        await world.wake()
        assert (world.bot["reason"], world.bot["reason_params"]) == ("state_lost", {})
        assert (world.bot["lost_after"], world.bot["revision"]) == (after, revision + 1)


@pytest.mark.parametrize(("broken", "params"), [(False, {"rebuild": "no_backup"}), (True, {})])
async def test_a_lost_bot_that_cannot_be_made_again_says_so(world, broken, params):
    await traded(world, 1)
    lose(world)
    await world.wake()
    asked_for(world)
    if broken:
        world.store.rows["bots", USER, backup_id(BOT)]["epoch"] = "none"
    else:
        del world.store.rows["bots", USER, backup_id(BOT)]
    await world.command("rebuild")
    for _ in range(2):
        assert (world.bot["status"], world.bot["reason"], world.bot["reason_params"]) == ("error", "state_lost", params)
        await world.wake()


async def test_a_bot_made_again_still_names_the_guard_that_put_it_to_rest(world):
    await traded(world)
    saw = {"guard": "exposure", "value": "2", "limit": "1", "currency": "USDT"}
    await world.host.tick(world.event("command", name="pause", params={"keep_orders": True}, reason="guard", inputs=saw))
    assert (world.bot["status"], world.bot["reason"], world.bot["reason_params"]) == ("paused", "guard", saw)
    lose(world)
    assert await world.command("rebuild") == "done"
    assert (world.bot["status"], world.bot["reason"], world.bot["reason_params"]) == ("paused", "guard", saw)


async def test_a_lost_promise_is_given_again(world):
    await traded(world, 1)
    lose(world)
    world.host.entities["account", entity_key(USER, ACCOUNT)]["bots"].clear()
    await world.command("rebuild")
    assert world.host.entities["account", entity_key(USER, ACCOUNT)]["bots"][BOT]["amounts"] == {"USDT": "1000"}


async def test_a_stopped_bot_is_not_made_again(world):
    await traded(world, 1)
    await world.command("stop", close_mode="keep")
    await world.wake()
    assert await world.command("rebuild") == "idle" and world.bot["epoch"] == 0


async def test_a_bot_whose_state_is_lost_says_so_until_its_owner_has_it_made_again(world):
    """Its orders rest and its document says that it runs: nobody else would notice."""
    before = await traded(world, 1)
    lose(world)
    for _ in range(3):
        await world.wake()
    assert (world.bot["status"], world.bot["reason"]) == ("error", "state_lost") and resting(world) <= before
    revision = world.bot["revision"]
    await world.wake()
    assert world.bot["revision"] == revision
    await world.command("rebuild")
    assert (world.bot["status"], world.bot["epoch"]) == ("active", 1)
    await world.live_through(2)
    assert_agrees(world)


async def test_a_state_that_is_lost_in_the_middle_of_a_tick_is_told_too(world):
    await traded(world, 1)
    real = world.host._activity

    async def losing(call):
        if call.name == "execute":
            world.host.entities.pop(KEY, None)
        return await real(call)

    world.host._activity = losing
    await world.command("stop", close_mode="keep")
    assert (world.bot["status"], world.bot["reason"]) == ("error", "state_lost")


async def test_a_bot_that_is_lost_again_while_it_is_made_again_keeps_the_orders_of_both_epochs(world):
    """Found by the simulation: nothing of the first rebuild was published, the second took its epoch again and doubled its orders."""
    await traded(world, 1)
    document, backup = dict(world.bot), dict(world.store.rows["bots", USER, backup_id(BOT)])
    ledger = {key: row for key, row in world.store.rows.items() if key[0] in ("fills", "events", "equity")}
    lose(world)
    await world.command("rebuild")
    while world.bot["fills"] == document["fills"]:
        await world.wake(20_000)
    before = resting(world)
    assert len({order["id"] for order in document["orders"]} & before) not in (0, len(before))
    for key in [key for key in world.store.rows if key[0] in ("fills", "events", "equity") and key not in ledger]:
        del world.store.rows[key]
    for old in (document, backup):
        world.store._put("bots", USER, {name: value for name, value in old.items() if name != "_etag"})
    lose(world)
    await world.command("rebuild")
    assert (world.bot["epoch"], resting(world)) == (2, before)
    assert_agrees(world)


async def plan_of(world, epoch):
    async def fence(above):
        return epoch, {}

    document = {name: value for name, value in world.bot.items() if not name.startswith("_")}
    plan = await rebuild_plan(world.store, USER, document, fence)
    return {**plan, "userId": USER, "now": world.clock.now, "event": {"id": f"cmd-{epoch}", "kind": "command", "body": {"name": "rebuild"}}}


async def test_a_bot_is_made_again_once_under_each_epoch_and_never_under_an_older_one(world):
    """A host that was frozen comes with its plan late: the bot that was made meanwhile would send nothing any more."""
    await traded(world)
    lose(world)
    first = await plan_of(world, 1)
    made, _ = perform(BotOperation.REBUILD, None, first)
    later, _ = perform(BotOperation.REBUILD, made, {**await plan_of(world, 2), "event": first["event"]})
    assert (made["epoch"], later["epoch"]) == (1, 2)
    for late in (first, {**first, "epoch": 2}):
        kept, answer = perform(BotOperation.REBUILD, later, late)
        assert (kept["epoch"], kept["core"]["ledger"]) == (2, later["core"]["ledger"]) and kept["sent"].keys() == later["sent"].keys()
        assert "gone" not in answer


async def test_the_same_command_makes_a_bot_again_that_is_lost_once_more_under_an_epoch_of_its_own(world):
    """Found by the simulation: the command came back, its orders had the ids of those that the first one had made."""
    await traded(world, 1)
    lose(world)
    event = world.event("command", name="rebuild")
    assert await world.host.tick(event) == "done"
    before = set(world.book["orders"])
    while not set(world.book["orders"]) - before:
        await world.wake(20_000)
    lose(world)
    placed = set(world.book["orders"])
    assert await world.host.tick(event) == "done"
    while not (new := set(world.book["orders"]) - placed):
        await world.wake(20_000)
    assert world.bot["epoch"] == 2 and new
    assert_agrees(world)


async def test_a_rebuild_that_comes_back_after_it_was_made_fences_nothing_off(world):
    before = await traded(world)
    lose(world)
    event = world.event("command", name="rebuild")
    for _ in range(3):
        assert await world.host.tick(event) == "done"
    assert (world.bot["epoch"], world.book["fences"][BOT][0], len(said(world, "rebuilt"))) == (1, 1, 1)
    assert resting(world) == before


async def test_no_revision_of_a_bot_made_again_is_one_its_state_before_has_sent_after(world):
    await traded(world)
    lose(world)
    plan = await plan_of(world, 1)
    made, _ = perform(BotOperation.REBUILD, None, {**plan, "committed": plan["document"]["revision"] + 5})
    assert made["revision"] == plan["document"]["revision"] + 6


async def test_doubts_are_counted_from_when_nothing_more_could_be_sent(world):
    """Found by the simulation: the host froze before the fence was there, and the state before had sent meanwhile."""
    await traded(world)
    lose(world)
    read, asked = world.store.since, world.clock.now

    async def frozen(*given):
        world.clock.now += 50_000
        return await read(*given)

    world.store.since = frozen
    await world.command("rebuild")
    kept = world.host.entities[KEY]["sent"].values()
    assert kept and all(row[2] >= asked + 50_000 for row in kept)


async def test_what_the_state_before_asked_for_moves_nothing_of_the_bot_made_again(world):
    """Found by the simulation: its cursor was ahead, and a trade of its look put the path behind the bot for ever."""
    await traded(world)
    lose(world)
    await world.command("rebuild")
    state = json.loads(json.dumps(world.host.entities[KEY]))
    id_, later = next(iter(state["sent"])), state["core"]["at"] + 600_000
    trade = {
        "trade_id": f"{id_}-9", "order_id": None, "client_order_id": id_, "side": "buy", "price": "1", "amount": "0.01", "fee": "0",
        "fee_currency": "USDT", "maker": True, "at": later,
    }  # fmt: skip
    view = {
        "point": [later, "1"],
        "before": [],
        "trades": [trade],
        "open": [],
        "ended": [],
        "cursor": [later, "99"],
        "more": False,
        "epoch": 0,
    }
    after, told = perform(BotOperation.ADVANCE, state, {"now": world.clock.now, "view": view})
    assert told["more"] and after["core"] == state["core"] and after["cursor"] == state["cursor"]
    after, _ = perform(BotOperation.ADVANCE, state, {"now": world.clock.now, "view": view | {"epoch": 1}})
    assert after["core"] != state["core"]


async def test_nothing_is_sent_for_a_bot_whose_document_is_a_draft(world):
    """Lost with its state, it would be started a second time, over the orders of the first."""
    world.host.die_before = 6
    with pytest.raises(Killed, match="execute"):
        await world.command("start")
    assert world.bot["status"] == "starting" and [row["status"] for row in said(world, "status")] == ["starting"]
    lose(world)
    world.clock.now += 1_000
    assert await world.command("start") == "lost"
    assert await world.command("rebuild") == "done"
    await world.live_through(2)
    assert_agrees(world)
    assert [row["role"] for row in world.fills if row["leg"] == "INIT"] == ["initial"]


async def test_a_start_that_comes_back_is_published_before_it_looks_for_its_orders(world):
    """Its first order is in doubt by then: the report of that comes later, its document does not."""
    event, call, statuses = world.event("command", name="start", params={}), world.host._activity, []

    async def unpublished(made):
        if made.name == "publish":
            raise TimeoutError
        return await call(made)

    async def watched(made):
        if made.name == "execute":
            statuses.append(world.bot["status"])
        return await call(made)

    world.host._activity = unpublished
    with pytest.raises(TimeoutError):
        await world.host.tick(event)
    world.clock.now += 60_000
    world.host._activity = watched
    assert await world.host.tick(event) == "done"
    assert statuses and "draft" not in statuses
    await world.live_through(2)
    assert_agrees(world)


@pytest.mark.parametrize("number", range(1, 8))
async def test_a_state_lost_during_its_first_tick_leaves_one_log_and_one_first_order(world, number):
    """The host dies after every call of the start in turn, and the state is gone when the message comes back."""
    begin = world.event("command", name="start", params={})
    world.host.die_after = number
    try:
        await world.host.tick(begin)
    except Killed:
        world.host.entities.pop(KEY, None)
    world.clock.now += 1_000
    told = await world.host.tick(begin)
    world.clock.now += 5_000
    await (world.command("rebuild") if told in ("lost", "idle") else world.wake())
    await world.live_through(2)
    assert world.bot["status"] == "active"
    assert_agrees(world)
    rows = sorted(world.store.of("events"), key=lambda row: row["sort"])
    assert [row["previous"] for row in rows] == ["", *[row["hash"] for row in rows[:-1]]]
    assert len({row["leg"] for row in world.fills if row["leg"] == "INIT"}) == 1
