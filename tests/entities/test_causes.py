"""Every status and every order in the "why" log names its cause and the inputs; the lines stay one chain."""

import json
from hashlib import sha256

import pytest

from entities.bot import perform
from entities.operation import BotOperation
from tests.builders import T0
from tests.entities.test_bot_entity import advance, outcome, started, view
from tests.entities.test_heal import resting, trade


def command(name, reason="user", inputs=None, **params):
    return {"id": f"cmd_{name}", "kind": "command", "body": {"name": name, "params": params, "reason": reason, "inputs": inputs or {}}}


def lines(state, code):
    return [row["params"] for row in state["outbox"] if row["kind"] == "event" and row["code"] == code]


def test_a_start_and_what_it_led_to_say_who_asked_and_which_fill():
    state, intents = resting()
    first, second = lines(state, "status")
    assert first == {"status": "starting", "cause": "command", "command": "start", "by": "user", "command_id": "e0"}
    assert (second["status"], second["cause"], second["filled"]) == ("active", "fill", "INIT buy 4.92 at 100")
    initial, ladder = lines(state, "orders")
    assert (initial["cause"], initial["command"], ladder["cause"]) == ("command", "start", "fill")
    assert initial["placed"].startswith("INIT buy 4.92") and " at market #" in initial["placed"]
    told = {text.split(" #")[1] for text in ladder["placed"].split(", ")}
    assert told == {intent["id"][:8] for intent in intents.values()}


def test_an_order_that_a_fill_led_to_names_the_fill_and_the_price():
    state, intents = resting()
    bought = trade(intents["L1"], "95", "2.65", T0 + 60_000)
    state, told = advance(state, T0 + 61_000, event={"id": "m1", "kind": "market", "body": {}}, view=view(T0 + 61_000, "96", [bought]))
    last = lines(state, "orders")[-1]
    assert (last["cause"], last["filled"], last["price"]) == ("fill", "L1 buy 2.65 at 95", "96")
    [placed] = [intent for intent in told["intents"] if intent["kind"] == "place"]
    assert last["placed"].endswith(f"#{placed['id'][:8]}")


@pytest.mark.parametrize(
    ("reason", "cause"),
    [("user", "command"), ("webhook", "signal"), ("panic", "panic"), ("guard", "guard"), ("portfolio_stop_loss", "guard")],
)
def test_a_stop_says_who_gave_the_word_and_with_which_figures(reason, cause):
    state, _ = resting()
    word = command("stop", reason, {"value": "7", "limit": "5"} if cause == "guard" else None, close_mode="quote")
    state, told = advance(state, T0 + 60_000, event=word)
    status, orders = lines(state, "status")[-1], lines(state, "orders")[-1]
    for line in (status, orders):
        assert (line["cause"], line["command"], line["given"], line["command_id"]) == (cause, "stop", "close_mode=quote", "cmd_stop")
        assert (line.get("value"), line.get("limit")) == (("7", "5") if cause == "guard" else (None, None))
    assert status["reason"] == reason and "by" not in status and orders["by"] == reason
    cancelled = {intent["id"][:8] for intent in told["intents"] if intent["kind"] == "cancel"}
    assert {text.split(" #")[1] for text in orders["cancelled"].split(", ")} == cancelled


def test_an_order_the_exchange_never_had_is_sent_again_for_that_reason():
    state, told = started()
    [intent] = told["intents"]
    state, told = advance(state, T0 + 60_000, event={"id": "m1", "kind": "market", "body": {}}, view=view(T0 + 59_000, "100"))
    absent = outcome({**intent, "kind": "look_up"}, "absent", asked_at=T0 + 60_000)
    state, told = advance(state, T0 + 60_001, outcomes=[absent])
    assert [one["kind"] for one in told["intents"]] == ["place"]
    last = lines(state, "orders")[-1]
    assert last["cause"] == "not_found" and last["resent"].startswith("INIT buy") and "placed" not in last


def test_a_quiet_look_says_nothing_and_the_lines_are_one_chain():
    state, _ = resting()
    rows = [row for row in state["outbox"] if row["kind"] == "event"]
    after, _ = advance(state, T0 + 60_000, event={"id": "m1", "kind": "market", "body": {}}, view=view(T0 + 59_000, "101"))
    assert [row for row in after["outbox"] if row["kind"] == "event"] == rows
    previous = ""
    for number, row in enumerate(rows, 1):
        line = {name: row[name] for name in ("seq", "code", "params", "at")}
        mark = sha256((previous + json.dumps(line, sort_keys=True, ensure_ascii=True)).encode()).hexdigest()
        assert (row["seq"], row["previous"], row["hash"]) == (number, previous, mark)
        previous = mark


DAY = {"guard": "daily_loss", "guard_id": "g1", "value": "512.3", "limit": "500", "currency": "USDT"}
SHOWN = {name: text for name, text in DAY.items() if name != "guard_id"}


def shown(told):
    document = told["publish"]["document"]
    return document["status"], document["reason"], document["reason_params"]


def test_a_bot_a_guard_put_to_rest_names_the_guard_and_what_it_saw_until_it_goes_on():
    state, _ = resting()
    state, told = advance(state, T0 + 60_000, event=command("pause", "guard", DAY, keep_orders=True))
    assert shown(told) == ("paused", "guard", SHOWN)
    state, told = advance(state, T0 + 61_000, event={"id": "h1", "kind": "heartbeat", "body": {}}, view=view(T0 + 61_000, "100"))
    assert shown(told) == ("paused", "guard", SHOWN)
    state, told = advance(state, T0 + 62_000, event=command("resume"))
    assert shown(told) == ("active", None, {})


def test_the_guard_that_moved_the_bot_last_is_the_one_that_is_named():
    state, _ = resting()
    state, _ = advance(state, T0 + 60_000, event=command("pause", "guard", DAY, keep_orders=True))
    again = command("pause", "guard", {**DAY, "value": "600"}, keep_orders=True) | {"id": "again"}
    state, told = advance(state, T0 + 61_000, event=again)
    assert shown(told) == ("paused", "guard", SHOWN)
    move = {"guard": "sudden_move_pct", "value": "11", "limit": "10"}
    state, told = advance(state, T0 + 62_000, event=command("stop", "guard", move, close_mode="keep"))
    status, reason, params = shown(told)
    assert (status, reason, params) == ("stopping", "guard", move)


def test_a_bot_that_was_put_aside_does_not_give_the_figures_of_a_guard_for_it():
    state, _ = resting()
    state, _ = advance(state, T0 + 60_000, event=command("pause", "guard", DAY, keep_orders=True))
    state, told = perform(BotOperation.FAIL, state, {"error": "boom", "reason": "internal", "now": T0 + 61_000})
    assert shown(told) == ("error", "internal", {})
