"""What simulations and kills have found, each as small as it can be told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from entities.bot import perform
from entities.operation import BotOperation
from entities.sent import LOOK_AGAIN_MS, VENUE_WINDOW, Book, Row
from exchange.protocol import Outcome, Result
from orchestrators import activities
from orchestrators.bot_tick import bot_tick
from shared.bot_document import draft
from shared.claims import KEPT_MS, claim, raise_fence, run_of
from shared.errors import AppError
from shared.webhooks.dialects import tickwise
from shared.webhooks.origin import Origin
from strategy_core.intent import Sent
from strategy_core.storage import load_order
from tests.builders import T0, grid, platform
from tests.fakes import Clock, MemoryBus, MemoryStore
from tests.sim.mutants import patched
from tests.sim.world import Context, Output
from triggers import hook_intake
from triggers.api import bots

MARKET = {
    "symbol": "BTC/USDT", "price_tick": "0.01", "amount_step": "0.01", "min_amount": "0.01", "min_notional": "5", "maker_fee": "0.001",
    "taker_fee": "0.001",
}  # fmt: skip
NOBODYS = Origin(None, False, False)
RECORD = {
    "id": "bot_1", "name": "grid", "account_id": "acc_1", "exchange": "binance", "market": "binance", "symbol": "BTC/USDT",
    "strategy": "GRID", "config": grid(), "created_at": "2026-01-01T00:00:00.000Z", "sort": "1", "source": "binance",
}  # fmt: skip


def started():
    return perform(BotOperation.START, None, {
        "userId": "ada", "record": RECORD, "market": MARKET, "price": "100", "at": T0, "cursor": [T0, "0"], "epoch": 0, "now": T0,
        "event": {"id": "e0", "kind": "command", "body": {"name": "start"}}, "reserved": {"USDT": "1000"},
    })  # fmt: skip


def advance(state, now, **facts):
    return perform(BotOperation.ADVANCE, state, {"now": now, **facts})


def outcome(intent, result, **more):
    return {"id": intent["id"], "kind": intent["kind"], "result": result, "order_id": None, "reason": None, "report": None} | more


def report(intent, status):
    return {"id": intent["id"], "order_id": "v1", "filled": "0", "status": status, "at": T0}


class Quick:
    """A venue like many: it takes an id again once the order of that id has filled, and shows nothing yet."""

    def __init__(self) -> None:
        self.bought = 0

    async def place(self, placement):
        self.bought += 1
        return Outcome(Result.ACCEPTED, f"v{self.bought}")

    async def look_up(self, symbol, client_order_id, order_id):
        return None


async def test_an_activity_that_runs_twice_sends_once():
    """Found by the simulation: a host killed after the sending, the activity run again, the market order bought twice."""
    _, told = started()
    [intent] = told["intents"]
    venue, store = Quick(), MemoryStore()
    token = activities._given.set(activities.Outside(store, MemoryBus(), None, Clock(T0)))
    try:
        results = []
        for _ in range(2):
            mine = await claim(store, "ada", "bot_1", [intent["claim"]])
            results.append((await activities.carry_out(venue, "BTC/USDT", intent, mine))["result"])
    finally:
        activities._given.reset(token)
    assert venue.bought == 1
    assert results == ["accepted", "absent"]


async def test_a_claim_is_given_out_once_and_a_new_attempt_is_a_new_claim():
    store = MemoryStore()
    assert await claim(store, "ada", "bot_1", ["a:1", "b:1"]) == {"a:1", "b:1"}
    assert await claim(store, "ada", "bot_1", ["a:1", "c:1"]) == {"c:1"}
    assert await claim(store, "ada", "bot_1", ["a:1", "a:2"]) == {"a:2"}
    assert await claim(store, "ada", "bot_2", ["a:1"]) == {"a:1"}


async def test_the_newest_claims_are_remembered_and_the_document_stays_bounded():
    store = MemoryStore()
    for number in range(30):
        await claim(store, "ada", "bot_1", [f"{number}-{i}:1" for i in range(40)])
    assert await claim(store, "ada", "bot_1", ["29-0:1"]) == frozenset()
    assert len(store.rows["settings", "ada", "claims-bot_1"]["marks"]) == 400


async def test_a_claim_is_forgotten_long_after_its_order_could_still_be_sent():
    store, kept = MemoryStore(), max(10 * VENUE_WINDOW.exp_ms, KEPT_MS)
    assert await claim(store, "ada", "bot_1", ["a:1"], {"a": [1, []]}, now=T0) == {"a:1"}
    assert await claim(store, "ada", "bot_1", ["b:1"], {"b": [2, []]}, now=T0 + kept - 1) == {"b:1"}
    assert await claim(store, "ada", "bot_1", ["a:1", "b:1", "c:1"], now=T0 + kept) == {"c:1"}
    assert await claim(store, "ada", "bot_1", ["c:1", "d:1"], now=T0 + 2 * kept) == {"d:1"}
    document = store.rows["settings", "ada", "claims-bot_1"]
    assert (document["marks"], document["older"], list(document["orders"])) == (["d:1"], ["c:1"], ["a", "b"])


async def test_claims_as_they_were_kept_before_are_still_claims():
    store = MemoryStore()
    store._put("settings", "ada", {"id": "claims-bot_1", "kind": "claims", "sort": "claims-bot_1", "marks": ["a:1"], "orders": {}})
    assert await claim(store, "ada", "bot_1", ["a:1", "b:1"], now=T0) == {"b:1"}
    assert await claim(store, "ada", "bot_1", ["a:1"], now=T0 + KEPT_MS) == frozenset()


async def fenced(store, *runs):
    return [(await raise_fence(store, "ada", "bot_1", 0, run_of(*run)))[0] for run in runs]


async def test_a_command_that_others_came_after_fences_nobody_off():
    """Found by the simulation: a host frozen in a rebuild raised the fence against the bot that the next rebuild had made."""
    store = MemoryStore()
    assert await fenced(store, ("first", 5), ("first", 5), ("second", 1)) == [1, 1, 2]
    for late in (("first", 5), ("first", 9), ("second", 0)):
        with pytest.raises(TimeoutError):
            await fenced(store, late)
    assert await fenced(store, ("second", 1), ("third", 7)) == [2, 3]


async def test_every_run_of_a_rebuild_has_an_epoch_of_its_own():
    """Found by the simulation: the bot was lost again, the same command took its epoch again, and an order of the second was the first's."""
    store = MemoryStore()
    assert await fenced(store, ("first", 5), ("first", 6), ("second", 6), ("second", 8)) == [1, 2, 3, 4]
    assert store.rows["settings", "ada", "claims-bot_1"]["fence"] == [4, "second@8", "first@6"]


async def test_a_fence_as_it_was_kept_before_is_still_one():
    store = MemoryStore()
    store._put("settings", "ada", {"id": "claims-bot_1", "kind": "claims", "sort": "", "marks": [], "orders": {}, "fence": [2, "b", "a"]})
    with pytest.raises(TimeoutError):
        await fenced(store, ("a", 9))
    assert await fenced(store, ("b", 9)) == [3]


async def test_what_an_earlier_incarnation_has_claimed_is_told_and_it_claims_nothing_more():
    store = MemoryStore()
    rows = {"a": [1, ["L1", 1, 0]], "b": [2, ["L2", 1, 0]]}
    assert await claim(store, "ada", "bot_1", ["a:1", "b:1"], rows) == {"a:1", "b:1"}
    assert await raise_fence(store, "ada", "bot_1", 0, "command") == (1, rows)
    assert await raise_fence(store, "ada", "bot_1", 0, "command") == (1, rows)
    assert await claim(store, "ada", "bot_1", ["c:1"], {"c": [3, []]}, 0) == frozenset()
    assert await claim(store, "ada", "bot_1", ["c:1"], {"c": [3, []]}, 1) == {"c:1"}
    assert (await raise_fence(store, "ada", "bot_1", 4, "another"))[0] == 5
    many = {f"x{number}": [4, []] for number in range(150)}
    await claim(store, "ada", "bot_1", [f"{id_}:1" for id_ in many], many, 5)
    assert (await raise_fence(store, "ada", "bot_1", 4, "another"))[1] == many


def test_what_was_not_found_is_judged_by_when_it_was_asked_for():
    """Found by reading for the simulation: a slow answer made an early look-up look like a late one, and the order was sent again."""
    state, told = started()
    [intent] = told["intents"]
    late = T0 + VENUE_WINDOW.ambiguous_ms
    state, told = advance(state, late + 5_000, outcomes=[outcome(intent, "absent", asked_at=late - 1)])
    assert [one["kind"] for one in told["intents"]] == ["look_up"]
    state, told = advance(state, late + 6_000, outcomes=[outcome(intent, "absent", asked_at=late)])
    assert [one["kind"] for one in told["intents"]] == ["place"]


def test_a_cancel_that_was_lost_is_asked_for_again():
    """Found by the simulation: an order to be cancelled, seen open again and again, rested for ever."""
    state, told = started()
    [intent] = told["intents"]
    state, _ = advance(state, T0 + 1, outcomes=[outcome(intent, "accepted", order_id="v1")])
    pause = {"id": "e1", "kind": "command", "body": {"name": "pause", "params": {"keep_orders": False}}}
    state, told = advance(state, T0 + 2, event=pause)
    [cancel] = told["intents"]
    assert cancel["kind"] == "cancel"
    state, told = advance(state, T0 + 3, outcomes=[outcome(cancel, "found", report=report(intent, "open"))])
    assert told["intents"] == []
    state, told = advance(state, T0 + 2_000)
    [look_up] = told["intents"]
    state, told = advance(state, T0 + 2_100, outcomes=[outcome(look_up, "found", report=report(intent, "open"))])
    assert [(one["kind"], one["id"]) for one in told["intents"]] == [("cancel", intent["id"])]


def test_a_look_that_was_overtaken_moves_neither_the_price_nor_the_cursor():
    """Found by the simulation: two ticks at once, the older look told last."""
    state, _ = started()

    def view(at, price, cursor):
        return {"point": [at, price], "trades": [], "open": [], "ended": [], "cursor": [cursor, ""], "more": False}

    state, _ = advance(state, T0 + 5_000, view=view(T0 + 5_000, "101", T0 + 4_000))
    state, told = advance(state, T0 + 5_100, view=view(T0 + 3_000, "99", T0 + 2_000))
    assert told["more"]
    assert state["cursor"][0] == T0 + 4_000
    assert Decimal(state["core"]["price"]) == 101


def test_a_start_that_is_tried_again_goes_on_where_it_was():
    """Found by the simulation: the second try could not be planned any more, the draft said so, and the running bot was forgotten."""
    event = {"user_id": "ada", "bot_id": "bot_1", "id": "e0", "kind": "command", "at": T0, "body": {"name": "start"}}
    steps = bot_tick(Context(event))
    next(steps)
    refused = {"refused": {"reason": "insufficient_funds", "params": {}}}
    step = steps.send({"idle": False, "accountId": "acc_1", "symbol": "BTC/USDT", "now": T0, "start": refused})
    assert step.name == "bot.advance"
    going_on = {"intents": [{"kind": "look_up"}], "more": False, "look": {}, "publish": None, "final": False}
    assert steps.send(going_on).name == "execute"


def test_a_look_that_did_not_know_every_order_does_not_move_the_window_of_trades():
    """Found by the simulation: after half an hour without a host the first look began at an old projection; a trade of an order it did
    not know had no name, and the next look began after it."""
    state, told = started()
    [intent] = told["intents"]

    def view(at, cursor, asked, trades=()):
        found = {"point": [at, "100"], "trades": list(trades), "open": [], "ended": [], "cursor": [cursor, ""], "more": False}
        return {**found, "asked": asked}

    trade = {"trade_id": "t1", "order_id": "v1", "client_order_id": None, "price": "100", "amount": "0.1", "fee": "0.01", "at": T0 + 9_000}
    trade |= {"fee_currency": "USDT", "maker": False}
    state, told = advance(state, T0 + 2_000_000, view=view(T0 + 2_000_000, T0 + 1_900_000, [], [trade]))
    assert told["more"]
    assert state["cursor"] == [T0, "0"]
    trade["client_order_id"] = intent["id"]
    state, told = advance(state, T0 + 2_001_000, view=view(T0 + 2_001_000, T0 + 1_900_000, [intent["id"][:8]], [trade]))
    assert state["fills"] == 1
    assert state["cursor"] == [T0 + 1_900_000, ""]


def test_nothing_is_sold_again_while_trades_of_an_order_that_is_over_are_missing():
    """Found by the simulation: a cancelled take-profit had been filled, its trade was not shown yet, and the whole position was offered."""
    row = Row(load_order(["TP1", 1, 1, "sell", "104", "2", "take_profit", False, T0]), Sent.CANCELLING, T0, T0)
    book = Book({"a": row}, VENUE_WINDOW)
    book.report(row, {"order_id": "v1", "filled": "2", "status": "closed", "at": T0}, T0)
    assert (row.state, row.binding) == (Sent.OVER, Sent.CANCELLING)
    assert book.wake_at() == T0 + LOOK_AGAIN_MS
    row.filled = row.final
    assert row.binding is Sent.OVER
    assert book.wake_at() is None


async def test_a_refusal_that_comes_too_late_does_not_hide_the_bot_a_later_start_made():
    """Found by the simulation: a frozen host wrote its refused draft over the running bot, which nobody woke any more."""
    store = MemoryStore()
    store._put("bots", "ada", draft("bot_1", {"status": "draft"}, {"exchange": "binance", "market": "binance", "paper": False}, T0))
    read = store.read

    async def overtaken(container, user_id, id):
        found = await read(container, user_id, id)
        store._put("bots", "ada", {**found, "status": "active"})
        return found

    store.read = overtaken
    token = activities._given.set(activities.Outside(store, MemoryBus(), None, Clock(T0)))
    try:
        refuse = activities.refuse._function.get_user_function()
        with pytest.raises(TimeoutError):
            await refuse({"userId": "ada", "botId": "bot_1", "reason": "venue_down", "params": {}}, Output(), Output())
    finally:
        activities._given.reset(token)
    assert store.rows["bots", "ada", "bot_1"]["status"] == "active"


async def test_a_draft_that_is_being_started_can_not_be_deleted_and_a_deleted_one_not_started():
    """Found by the simulation: the owner deleted a draft whose start was under way; its orders traded on without a bot."""
    plat = platform(Path("nowhere"))
    account = {"exchange": "binance", "market": "binance", "paper": False}
    for bot in ("bot_1", "bot_2"):
        plat.store._put("bots", "ada", draft(bot, {"status": "draft"}, account, T0))
    first = await plat.store.read("bots", "ada", "bot_1")
    token = activities._given.set(activities.Outside(plat.store, MemoryBus(), None, Clock(T0)))
    try:
        await activities.taken_up("ada", first)
        with pytest.raises(AppError) as refused:
            await bots.delete(plat, "ada", "bot_1")
        assert refused.value.code == "bot_is_running"
        second = await plat.store.read("bots", "ada", "bot_2")
        await bots.delete(plat, "ada", "bot_2")
        with pytest.raises(TimeoutError):
            await activities.taken_up("ada", second)
    finally:
        activities._given.reset(token)


async def test_an_alert_whose_first_taker_died_is_taken_by_the_next():
    """Found by the simulation: claimed and not kept, the repeat was answered "duplicate" and stood in no inbox."""
    plat = platform(Path("nowhere"))
    hit = hook_intake.Hit(
        "ada", {"id": "hook_1", "bots": ["bot_1"], "close_mode": "keep", "max_lag_s": 300, "dialect": "tickwise"}, b"{}", NOBODYS, T0
    )
    [signal] = tickwise.signals(b'{"v": 1, "action": "pause", "token": "t"}')
    bot = {"id": "bot_1", "name": "b", "strategy": "GRID", "symbol": "BTC/USDT", "status": "active", "config": {}, "source": "live:binance"}
    hit_id = "hit_1"
    await plat.store.create("webhooks", "ada", hook_intake.key_of(hit, hook_intake.print_for(hit, signal, 0, 0), hit_id))
    taken = await hook_intake.take_signal(plat, hit, signal, 0, 0, {"bot_1": bot}, False, False)
    assert (taken.row["id"], taken.row["status"]) == (hit_id, "accepted")
    assert [event.id for event in taken.events] == [hit_id]
    again = await hook_intake.take_signal(plat, hit, signal, 0, 0, {"bot_1": bot}, False, False)
    assert again.row["status"] == "duplicate"


def test_on_paper_an_order_nobody_wants_is_not_forgotten_while_another_tick_may_be_placing_it():
    """Found by kill -9: two ticks of a bot, one of each lane, after a start: the stop of the one did not find the orders that the other
    was about to place, and forgot them; they rested for ever."""
    start = {
        "userId": "ada", "record": RECORD | {"exchange": "paper"}, "market": MARKET, "price": "100", "at": T0, "cursor": [T0, "0"],
        "epoch": 0, "now": T0, "event": {"id": "e0", "kind": "command", "body": {"name": "start"}}, "reserved": {"USDT": "1000"},
    }  # fmt: skip
    state, told = perform(BotOperation.START, None, start)
    [intent] = told["intents"]
    stop = {"id": "e1", "kind": "command", "body": {"name": "stop", "params": {"close_mode": "keep"}}}
    state, told = advance(state, T0 + 1_500, event=stop)
    assert [(one["kind"], one["id"]) for one in told["intents"]] == [("look_up", intent["id"])]
    state, told = advance(state, T0 + 1_600, outcomes=[outcome(told["intents"][0], "absent", asked_at=T0 + 1_600)])
    assert [(one["kind"], one["id"]) for one in told["intents"]] == [("cancel", intent["id"])]
    lost, told = advance(state, T0 + 5_000)  # the host died before it was cancelled
    lost, told = advance(lost, T0 + 5_100, outcomes=[outcome(told["intents"][0], "absent", asked_at=T0 + 5_100)])
    assert [(one["kind"], one["id"]) for one in told["intents"]] == [("cancel", intent["id"])]
    done, told = advance(state, T0 + 1_700, outcomes=[outcome({**intent, "kind": "cancel"}, "found", report=report(intent, "canceled"))])
    assert (told["intents"], done["sent"], done["core"]["status"]) == ([], {}, "stopped")


def test_forgetting_it_at_once_is_the_wrong_protocol_the_test_above_tells():
    def forgets(row, is_wanted):
        if row.state is Sent.PENDING and not is_wanted:
            row.state, row.final = Sent.OVER, row.filled
        return row.state is Sent.PENDING and is_wanted

    with patched(Book, "_absent_on_paper", staticmethod(forgets)), pytest.raises(AssertionError):
        test_on_paper_an_order_nobody_wants_is_not_forgotten_while_another_tick_may_be_placing_it()
