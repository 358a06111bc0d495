"""After an absence the log says what the look back found and what was done about it."""

import pytest

from entities.bot import perform
from entities.operation import BotOperation
from tests.builders import T0
from tests.entities.test_bot_entity import advance, outcome, started, trade, view

HOUR = 3_600_000


def event(number=1, name=None):
    body = {"name": name, "params": {}} if name else {}
    return {"id": f"w{number}", "kind": "command" if name else "heartbeat", "body": body}


def reports(state):
    return [row["params"] for row in state["outbox"] if row.get("code") == "reconciled"]


def resting():
    """Four orders of a ladder, all acknowledged."""
    state, told = started()
    [initial] = told["intents"]
    bought = trade(initial, "100", "4.92", T0 + 1_000)
    state, told = advance(state, T0 + 2_000, event=event(0), view=view(T0 + 1_000, "100", [bought]))
    intents = {intent["order"][0]: intent for intent in told["intents"]}
    state, _ = advance(state, T0 + 3_000, outcomes=[outcome(intent, "accepted", order_id=leg) for leg, intent in intents.items()])
    assert reports(state) == []
    return state, intents


def test_fills_missed_during_an_outage_are_told_with_what_was_placed_for_them():
    state, intents = resting()
    now = T0 + HOUR
    missed = trade(intents["L1"], "95", "2.65", T0 + 60_000)
    open_ids = [intent["id"] for leg, intent in intents.items() if leg != "L1"]
    state, _ = advance(state, now, event=event(), view=view(now - 1_000, "96", [missed], open_ids))
    [report] = reports(state)
    assert report == {
        "away_s": "3597", "fills": "1", "adopted": "0", "missing": "0", "placed": "1", "cancelled": "0", "resent": "0", "unknown": "0",
        "open": "4",
    }  # fmt: skip


def test_a_fill_of_this_minute_after_hours_of_rest_is_no_outage():
    state, intents = resting()
    now = T0 + HOUR
    fresh = trade(intents["L1"], "95", "2.65", now - 2_000)
    state, _ = advance(state, now, event=event(), view=view(now - 1_000, "95", [fresh]))
    assert reports(state) == []


def test_an_order_of_unknown_fate_that_the_venue_has_is_told_as_adopted():
    state, told = started()
    [intent] = told["intents"]
    now = T0 + 60_000
    state, told = advance(state, now, event=event(), view=view(now - 1_000, "100"))
    assert told["intents"][0]["kind"] == "look_up" and reports(state) == []
    report = {"id": intent["id"], "order_id": "v9", "filled": "0", "status": "open", "at": now}
    state, _ = advance(
        state, now, outcomes=[outcome(told["intents"][0], "found", report=report)], view=view(now, "100", [], [intent["id"]])
    )
    [said] = reports(state)
    assert (said["adopted"], said["unknown"], said["resent"], said["away_s"]) == ("1", "0", "0", "60")


@pytest.mark.parametrize("doubts", [True, False])
def test_a_bot_that_is_put_aside_says_so_whatever_is_in_doubt(doubts):
    """Found by the simulation: the report was still to come, nothing was published, and the publication of nothing failed."""
    state, told = started()
    now = T0 + (60_000 if doubts else 1_000)
    state, told = advance(state, now, event=event())
    assert (told["publish"] is None) is doubts
    _, told = perform(BotOperation.FAIL, state, {"error": "boom", "reason": "event_failed", "now": now + 6_000})
    assert told["quarantined"] and told["publish"]["document"]["reason"] == "event_failed"


def test_a_doubt_that_lasts_is_told_once_and_then_its_end():
    state, told = started()
    [intent] = told["intents"]
    for number in range(1, 13):
        now = T0 + 20_000 + number * 2_000
        state, told = advance(state, now, event=event(number), view=view(now - 1_000, "100"))
        unknown = [outcome(one, "unknown") for one in told["intents"]]
        state, _ = advance(state, now, outcomes=unknown, view=view(now, "100"))
        assert [said["unknown"] for said in reports(state)] == ["1"]
    report = {"id": intent["id"], "order_id": "v9", "filled": "0", "status": "open", "at": now}
    state, told = advance(state, now + 2_000, event=event(13), view=view(now + 1_000, "100"))
    state, _ = advance(state, now + 2_000, outcomes=[outcome(told["intents"][0], "found", report=report)], view=view(now + 2_000, "100"))
    assert [(said["adopted"], said["unknown"]) for said in reports(state)] == [("0", "1"), ("1", "0")] and "heal" not in state


def test_an_order_that_never_arrived_is_told_as_sent_again():
    state, told = started()
    now = T0 + 60_000
    state, told = advance(state, now, event=event(), view=view(now - 1_000, "100"))
    state, told = advance(state, now, outcomes=[outcome(told["intents"][0], "absent", asked_at=now)])
    assert [intent["kind"] for intent in told["intents"]] == ["place"]
    state, _ = advance(state, now, outcomes=[outcome(told["intents"][0], "accepted", order_id="v1")], view=view(now, "100"))
    [said] = reports(state)
    assert (said["resent"], said["adopted"]) == ("1", "0")


def test_an_order_somebody_removed_meanwhile_is_told_as_missing():
    state, intents = resting()
    now = T0 + HOUR
    gone = {"id": intents["L0"]["id"], "order_id": "L0", "filled": "0", "status": "canceled", "at": now - 60_000}
    state, told = advance(state, now, event=event(), view=view(now - 1_000, "97", [], [], [gone]))
    [said] = reports(state)
    assert (said["missing"], said["placed"]) == ("1", "1") and [intent["order"][0] for intent in told["intents"]] == ["L0"]


@pytest.mark.parametrize("hours", [1, 8])
def test_an_absence_longer_than_any_rest_is_told_even_when_nothing_happened(hours):
    state, intents = resting()
    now = T0 + hours * HOUR
    state, _ = advance(state, now, event=event(), view=view(now - 1_000, "97", [], [intent["id"] for intent in intents.values()]))
    assert len(reports(state)) == (1 if hours == 8 else 0) and "heal" not in state


def test_while_the_venue_cannot_be_asked_the_look_back_stays_open():
    state, intents = resting()
    now = T0 + HOUR
    state, _ = advance(state, now, event=event(), view=None)
    assert state["heal"]["from"] == T0 + 3_000 and reports(state) == []
    missed = trade(intents["L1"], "95", "2.65", T0 + 60_000)
    state, _ = advance(state, now + 60_000, event=event(2), view=view(now + 59_000, "96", [missed]))
    assert reports(state)[0]["away_s"] == "3657"
