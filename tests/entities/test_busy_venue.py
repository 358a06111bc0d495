"""A venue that is too busy to take an order has not refused it."""

import pytest

from entities.sent import MAX_ATTEMPTS
from tests.builders import T0
from tests.entities.test_bot_entity import advance, outcome, started

SECOND = 1_000


def busy(state, intent, now):
    return advance(state, now, outcomes=[outcome(intent, "rejected", reason="rate_limited")])


def asked_again(state, now):
    """Waits until the bot asks about the order, tells it that it is not there; what it sends then."""
    for _ in range(70):
        state, told = advance(state, now)
        if told["intents"]:
            break
        now += SECOND
    [look_up] = told["intents"]
    assert look_up["kind"] == "look_up"
    state, told = advance(state, now, outcomes=[outcome(look_up, "absent", asked_at=now)])
    return state, told["intents"], now


def test_the_order_goes_out_again_under_its_own_id_after_a_pause():
    state, told = started()
    [intent] = told["intents"]
    state, told = busy(state, intent, T0 + SECOND)
    assert told["intents"] == [] and advance(state, T0 + 2 * SECOND)[1]["intents"] == []
    _, [again], now = asked_again(state, T0 + SECOND)
    assert (again["kind"], again["id"], again["signed_at"]) == ("place", intent["id"], now)
    assert again["claim"] != intent["claim"]


def test_however_often_it_is_too_busy_nothing_is_given_up_and_the_pauses_grow():
    state, told = started()
    [intent], now, times = told["intents"], T0, []
    for _ in range(3 * MAX_ATTEMPTS):
        state, _ = busy(state, intent, now + SECOND)
        state, [intent], now = asked_again(state, now + SECOND)
        times.append(now)
    pauses = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert pauses[0] < pauses[2] < pauses[4] and max(pauses) <= 62 * SECOND
    assert state["core"]["status"] == "starting" and state["quarantine"] is None


def test_a_real_refusal_still_counts_after_busy_ones():
    state, told = started()
    [intent] = told["intents"]
    state, _ = busy(state, intent, T0 + SECOND)
    state, [intent], now = asked_again(state, T0 + SECOND)
    for _ in range(MAX_ATTEMPTS):
        state, told = advance(state, now, outcomes=[outcome(intent, "rejected", reason="precision")])
        [intent] = told["intents"] or [None]
    assert told["publish"]["document"]["status"] == "error"


@pytest.mark.parametrize("answer", ["rejected", "held"])
def test_a_refusal_that_comes_after_the_order_was_sent_again_is_of_the_sending_before(answer):
    """The host froze with the venue's no in hand: by now the second sending may be resting."""
    state, told = started()
    [first] = told["intents"]
    state, _ = advance(state, T0 + SECOND, outcomes=[outcome(first, "unknown")])
    state, [second], now = asked_again(state, T0 + 60 * SECOND)
    assert (second["id"], second["sending"]) == (first["id"], 2)
    late, told = advance(state, now + SECOND, outcomes=[outcome(first, answer, reason="other")])
    assert late["sent"][first["id"]][:5] == state["sent"][first["id"]][:5]
    assert {one["kind"] for one in told["intents"]} == {"look_up"}
    _, told = advance(late, now + SECOND, outcomes=[outcome(second, answer, reason="other")])
    assert [one["id"] == first["id"] for one in told["intents"]] == {"rejected": [False], "held": [True]}[answer]


def test_an_order_put_off_that_is_not_wanted_any_more_is_forgotten():
    state, told = started()
    [intent] = told["intents"]
    state, _ = busy(state, intent, T0 + SECOND)
    stop = {"id": "s", "kind": "command", "body": {"name": "stop", "params": {"close_mode": "keep"}}}
    state, _ = advance(state, T0 + 2 * SECOND, event=stop)
    state, intents, _ = asked_again(state, T0 + 2 * SECOND)
    assert intents == [] and state["sent"] == {}
