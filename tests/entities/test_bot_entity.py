"""The `bot` entity on the SDK's own handle, and the order protocol step by step."""

import copy
import json
import warnings
from decimal import Decimal, localcontext

import pytest
from azure.durable_functions.entity import Entity

from entities.bot import bot, perform
from entities.operation import BotOperation
from entities.sent import TRADES_LATE_MS, VENUE_WINDOW
from tests.builders import T0, grid

MARKET = {
    "symbol": "BTC/USDT",
    "price_tick": "0.01",
    "amount_step": "0.01",
    "min_amount": "0.01",
    "min_notional": "5",
    "maker_fee": "0.001",
    "taker_fee": "0.001",
}
RECORD = {
    "id": "bot_1", "name": "grid", "account_id": "acc_1", "exchange": "binance", "market": "binance", "symbol": "BTC/USDT", "strategy": "GRID",
    "config": grid(), "created_at": "2026-01-01T00:00:00.000Z", "sort": "1", "source": "binance",
}  # fmt: skip


def start_input(**changes):
    given = {
        "userId": "ada", "record": RECORD, "market": MARKET, "price": "100", "at": T0, "cursor": [T0, "0"], "epoch": 0, "now": T0,
        "event": {"id": "e0", "kind": "command", "body": {"name": "start"}}, "reserved": {"USDT": "1000"},
    }  # fmt: skip
    return given | changes


def started():
    return perform(BotOperation.START, None, start_input())


def advance(state, now, **facts):
    return perform(BotOperation.ADVANCE, state, {"now": now, **facts})


def outcome(intent, result, **more):
    told = {"id": intent["id"], "kind": intent["kind"], "sending": intent.get("sending"), "result": result}
    return told | {"order_id": None, "reason": None, "report": None} | more


def trade(intent, price, amount, at, number=1):
    return {
        "trade_id": f"{intent['id']}-{number}", "order_id": "v1", "client_order_id": intent["id"], "price": price, "amount": amount,
        "fee": "0.1", "fee_currency": "USDT", "maker": False, "at": at,
    }  # fmt: skip


def view(at, price, trades=(), open_ids=(), ended=(), more=False):
    return {"point": [at, price], "trades": list(trades), "open": list(open_ids), "ended": list(ended), "cursor": [at, "1"], "more": more}


def handled(operation, given, state=None):
    """One operation through the SDK: (state, is error, result)."""
    batch = {
        "self": {"name": "bot", "key": "k"}, "exists": state is not None, "state": state and json.dumps(state),
        "batch": [{"name": operation, "input": json.dumps(json.dumps(given)), "isSignal": False}],
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        answer = json.loads(Entity.create(bot)(json.dumps(batch)))
    [result] = answer["results"]
    return json.loads(answer["entityState"]) if answer["entityState"] else None, result["isError"], result["result"]


def test_the_sdk_stores_what_perform_says():
    state, is_error, result = handled("start", start_input())
    expected, told = started()
    assert not is_error
    assert state == json.loads(json.dumps(expected))
    assert json.loads(result) == json.loads(json.dumps(told))


@pytest.mark.parametrize("given", [{"now": T0 + 1, "view": {"point": "broken"}}, {"now": T0 + 1, "outcomes": [{}]}, {"now": "soon"}])
def test_an_operation_that_raises_leaves_the_state_as_it_was(given):
    state, _ = started()
    after, is_error, _ = handled("advance", given, state)
    assert is_error
    assert after == json.loads(json.dumps(state))


def test_an_unknown_operation_is_an_error():
    _, is_error, _ = handled("destroy", {})
    assert is_error


def test_a_start_commits_its_order_before_it_is_sent():
    state, told = started()
    [intent] = told["intents"]
    assert (intent["kind"], intent["signed_at"], intent["deadline"]) == ("place", T0, T0 + VENUE_WINDOW.exp_ms)
    assert list(state["sent"]) == [intent["id"]]
    assert len(intent["id"]) == 32


def test_a_refused_start_stores_nothing_and_tells_every_finding():
    state, told = perform(BotOperation.START, None, start_input(record=RECORD | {"config": grid(low="200", high="100")}))
    assert state is None
    assert told["refused"]


def test_started_twice_nothing_is_sent_twice():
    state, told = started()
    again, second = perform(BotOperation.START, state, start_input(now=T0 + 5))
    assert [intent["kind"] for intent in second["intents"]] == ["look_up"]
    assert list(again["sent"]) == list(state["sent"])


def test_an_order_of_unknown_fate_is_looked_up_and_never_sent_inside_the_window():
    state, told = started()
    [intent] = told["intents"]
    now = T0
    for _ in range(10):
        now += 1_000
        state, told = advance(state, now, outcomes=[outcome(intent, "absent")])
        assert [one["kind"] for one in told["intents"]] in ([], ["look_up"])
        assert now - T0 < VENUE_WINDOW.ambiguous_ms


def test_an_order_not_found_after_the_window_is_sent_again_under_its_id_with_a_new_deadline():
    state, told = started()
    [intent] = told["intents"]
    late = T0 + VENUE_WINDOW.ambiguous_ms
    state, told = advance(state, late, outcomes=[outcome(intent, "absent")])
    [again] = told["intents"]
    assert (again["kind"], again["id"], again["deadline"]) == ("place", intent["id"], late + VENUE_WINDOW.exp_ms)


def test_the_paper_venue_is_sent_what_it_does_not_know_at_once():
    """It refuses an id it ever took, so nothing can be doubled, and waiting would make the order later than the path has it."""
    state, told = perform(BotOperation.START, None, start_input(record=RECORD | {"exchange": "paper"}))
    [intent] = told["intents"]
    state, told = advance(state, T0 + 1, outcomes=[outcome(intent, "absent")])
    [again] = told["intents"]
    assert (again["kind"], again["id"], again["order"]) == ("place", intent["id"], intent["order"])


def test_an_acknowledged_order_is_never_sent_again_whatever_a_look_up_answers():
    state, told = started()
    [intent] = told["intents"]
    state, told = advance(state, T0 + 1, outcomes=[outcome(intent, "accepted", order_id="v1")])
    state, told = advance(state, T0 + 60_000, outcomes=[outcome(intent, "absent")])
    assert told["intents"] == []


def test_an_expired_order_is_not_taken_for_one_that_was_never_sent():
    state, told = started()
    [intent] = told["intents"]
    state, told = advance(state, T0 + 6_000, outcomes=[outcome(intent, "expired")])
    assert told["intents"] == []
    assert list(state["sent"]) == [intent["id"]]


def test_an_order_that_never_arrives_is_given_up_after_some_tries():
    state, told = started()
    now, placed = T0, 1
    for _ in range(12):
        now += VENUE_WINDOW.ambiguous_ms
        state, told = advance(state, now, outcomes=[outcome(intent, "absent") for intent in told["intents"]])
        if not told["intents"]:
            break
        placed += 1
    ids = {intent["id"] for intent in told["intents"]}
    assert placed >= 5
    assert len(ids) <= 1


def test_a_rejected_order_is_tried_under_a_new_id():
    state, told = started()
    [intent] = told["intents"]
    state, told = advance(state, T0 + 1, outcomes=[outcome(intent, "rejected", reason="precision")])
    [again] = told["intents"]
    assert again["id"] != intent["id"]
    assert again["order"][2] == intent["order"][2] + 1


def filled():
    """A grid whose first order is filled: four orders were just committed."""
    state, told = started()
    [intent] = told["intents"]
    done = trade(intent, "100", "4.92", T0 + 1_000)
    return (*advance(state, T0 + 2_000, view=view(T0 + 1_000, "100", [done])), done)


def test_a_fill_makes_its_orders_at_its_own_instant():
    state, told, _ = filled()
    assert [intent["kind"] for intent in told["intents"]] == ["place"] * 4
    assert {intent["order"][8] for intent in told["intents"]} == {T0 + 1_000}


def test_a_fill_seen_twice_changes_nothing():
    state, told, done = filled()
    fills, ledger = state["fills"], copy.deepcopy(state["core"]["ledger"])
    state, again = advance(state, T0 + 3_000, view=view(T0 + 1_000, "100", [done]))
    assert (state["fills"], state["core"]["ledger"]) == (fills, ledger)
    assert all(intent["kind"] == "look_up" for intent in again["intents"])


def test_x28_a_fill_larger_than_its_order_stops_the_bot_from_opening_more():
    state, told = started()
    [buy] = told["intents"]
    seen = view(T0 + 2_000, "100", [trade(buy, "100", "9.84", T0 + 1_000)])
    state, told = advance(state, T0 + 2_000, outcomes=[outcome(buy, "accepted")], view=seen)
    assert told["intents"] == [] and told["publish"]["document"]["reason"] == "position_mismatch"
    state, told = advance(state, T0 + 4_000, event={"id": "e9", "kind": "command", "body": {"name": "resume"}})
    assert {intent["kind"] for intent in told["intents"]} == {"place"}


def test_x28_trades_that_never_come_for_what_the_venue_counted_stop_the_bot_too():
    state, told = started()
    [buy] = told["intents"]
    over = {"id": buy["id"], "order_id": "v1", "status": "closed", "filled": "4.92", "at": T0 + 1_000}
    state, told = advance(state, T0 + 2_000, outcomes=[outcome(buy, "accepted")], view=view(T0 + 2_000, "100", ended=[over]))
    assert told["publish"]["document"]["reason"] is None
    state, told = advance(state, T0 + 300_000, view=view(T0 + 300_000, "100"))
    assert told["publish"]["document"]["reason"] is None
    state, told = advance(state, T0 + 2_000 + TRADES_LATE_MS + 1, view=view(T0 + 700_000, "100"))
    assert told["publish"]["document"]["reason"] == "position_mismatch"


def test_a_trade_of_somebody_else_is_not_ours():
    state, told, done = filled()
    foreign = {**done, "client_order_id": "f" * 32, "order_id": "other", "trade_id": "x-1"}
    state, _ = advance(state, T0 + 3_000, view=view(T0 + 2_000, "100", [foreign]))
    assert state["fills"] == 1


def test_a_look_from_an_old_place_does_not_turn_time_back():
    state, told, _ = filled()
    at, cursor = state["core"]["at"], state["cursor"]
    state, told = advance(state, T0 + 4_000, view=view(T0 - 60_000, "50"))
    assert (state["core"]["at"], state["cursor"]) == (at, cursor)
    assert told["more"]


def test_cancelled_means_seen_to_be_over():
    state, told, _ = filled()
    ids = [intent["id"] for intent in told["intents"]]
    state, _ = advance(state, T0 + 3_000, outcomes=[outcome(intent, "accepted") for intent in told["intents"]])
    stop = {"id": "c1", "kind": "command", "body": {"name": "stop", "params": {"close_mode": "keep"}}}
    state, told = advance(state, T0 + 4_000, event=stop)
    assert [intent["kind"] for intent in told["intents"]] == ["cancel"] * 4
    assert told["publish"]["document"]["status"] == "stopping"
    over = {"order_id": "v", "filled": "0", "status": "canceled", "at": T0}
    answers = [outcome(intent, "found", report={**over, "id": intent["id"]}) for intent in told["intents"]]
    state, told = advance(state, T0 + 5_000, outcomes=answers[:3] + [outcome(told["intents"][3], "unknown")])
    assert (told["publish"]["document"]["status"], told["final"]) == ("stopping", False)
    state, told = advance(state, T0 + 7_000, outcomes=answers[3:])
    assert (told["publish"]["document"]["status"], told["final"]) == ("stopped", True)
    assert set(state["sent"]).isdisjoint(ids)


def test_three_failures_put_a_bot_aside_until_its_owner_resumes_it():
    state, told, _ = filled()
    for _ in range(3):
        state, told = perform(BotOperation.FAIL, state, {"error": "KeyError", "now": T0 + 5_000})
    assert told["quarantined"]
    assert (told["publish"]["document"]["status"], told["publish"]["document"]["reason"]) == ("error", "internal")
    resume = {"id": "r", "kind": "command", "body": {"name": "resume", "params": {}}}
    state, told = advance(state, T0 + 6_000, event=resume)
    assert state["quarantine"] is None


def test_ledger_rows_wait_until_their_publication_is_known_to_be_stored():
    state, told, _ = filled()
    revision = told["publish"]["revision"]
    assert {row["kind"] for row in told["publish"]["rows"]} == {"fill", "event"}
    state, told = advance(state, T0 + 3_000)
    assert [row["kind"] for row in told["publish"]["rows"]].count("fill") == 1
    state, told = advance(state, T0 + 4_000, published=revision)
    assert told["publish"]["rows"] == []


def test_what_is_shown_of_the_profit_adds_up_to_the_last_digit():
    """A bot counted in base has figures without an end: 1 BTC at 97, 93 and 89 is never a round number."""
    config = {"low": "90", "high": "110", "cells": 7, "investment": "8", "start_mode": "balanced"}
    state, told = perform(
        BotOperation.START, None, start_input(record=RECORD | {"strategy": "BTD", "config": config}, reserved={"BTC": "8"})
    )
    seen = []
    for step, price in enumerate(("100", "97", "104", "93", "109", "95"), start=1):
        at = T0 + step * 1_000
        done = [trade(i, i["order"][4] or price, i["order"][5], at, step) for i in told["intents"] if i["kind"] == "place"][:2]
        state, told = advance(state, at, view=view(at, price, done))
        seen.append(told["publish"]["document"]["pnl"])
    for pnl in seen:
        with localcontext(prec=80):
            parts = [Decimal(pnl[name]) for name in ("cell_profit", "inventory_pnl", "fees", "funding", "total")]
            assert parts[0] + parts[1] - parts[2] + parts[3] == parts[4]
    assert any(len(pnl["total"]) > 24 and Decimal(pnl["cell_profit"]) for pnl in seen)


def test_the_watch_numbers_never_hide_a_crossing():
    _, told, _ = filled()
    document = told["publish"]["document"]
    assert document["below"] >= float(document["horizon"]["below"])
    assert document["above"] <= float(document["horizon"]["above"])


def test_the_state_of_an_ordinary_bot_stays_under_16_kb():
    record = RECORD | {"config": grid(cells=40, low="50", high="150", investment="100000")}
    state, told = perform(BotOperation.START, None, start_input(record=record))
    [intent] = told["intents"]
    done = trade(intent, "100", intent["order"][5], T0 + 1_000)
    state, told = advance(state, T0 + 2_000, view=view(T0 + 1_000, "100", [done]))
    assert len(told["intents"]) == 40
    state, _ = advance(state, T0 + 3_000, published=told["publish"]["revision"])
    assert len(json.dumps(state)) < 16_384
