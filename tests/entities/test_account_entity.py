"""The reservation ledger: the same money is never promised twice."""

import itertools

from entities.account import perform
from entities.operation import AccountOperation

EMPTY = {"schema": 1, "bots": {}}
BALANCES = {"USDT": "1000", "BTC": "1"}


def reserve(state, bot, amount, revision="r1", held=None, currency="USDT"):
    given = {"bot": bot, "revision": revision, "amounts": {currency: amount}, "balances": BALANCES, "held": held or {}}
    return perform(AccountOperation.RESERVE, state, given)


def test_what_is_promised_to_one_is_not_there_for_another():
    state, first = reserve(EMPTY, "a", "700")
    state, second = reserve(state, "b", "301")
    assert first == {"ok": True}
    assert second == {"ok": False, "reason": "insufficient_funds", "currency": "USDT", "needed": "301", "available": "300"}
    assert set(state["bots"]) == {"a"}


def test_the_same_request_again_gets_the_same_answer_and_promises_nothing_more():
    state, _ = reserve(EMPTY, "a", "700")
    again, answer = reserve(state, "a", "700")
    assert (again, answer) == (state, {"ok": True})


def test_what_a_bot_turned_into_base_is_free_quote_for_others():
    state, _ = reserve(EMPTY, "a", "700")
    _, answer = reserve(state, "b", "600", held={"a": {"USDT": "400", "BTC": "0.01"}})
    assert answer == {"ok": True}
    _, answer = reserve(state, "b", "1", held={"a": {"USDT": "400", "BTC": "0.01"}}, currency="BTC")
    assert answer == {"ok": False, "reason": "insufficient_funds", "currency": "BTC", "needed": "1", "available": "0.99"}


def test_released_money_can_be_promised_again():
    state, _ = reserve(EMPTY, "a", "1000")
    state, _ = perform(AccountOperation.RELEASE, state, {"bot": "a"})
    state, _ = perform(AccountOperation.RELEASE, state, {"bot": "a"})
    assert reserve(state, "b", "1000")[1] == {"ok": True}


def test_in_any_order_no_more_is_promised_than_there_is():
    asks = [("a", 400), ("b", 350), ("c", 300), ("d", 250)]
    for order in itertools.permutations(asks):
        state = EMPTY
        for bot, amount in order:
            state, _ = reserve(state, bot, str(amount))
        assert sum(int(promise["amounts"]["USDT"]) for promise in state["bots"].values()) <= 1000


def test_a_perpetual_is_promised_to_one_bot_of_the_account():
    state = {"schema": 1, "bots": {}}
    ask = {"revision": "r1", "amounts": {"USDT": "10"}, "balances": {"USDT": "1000"}, "held": {}, "alone": "BTC/USDT:USDT"}
    state, first = perform(AccountOperation.RESERVE, state, {**ask, "bot": "a"})
    state, second = perform(AccountOperation.RESERVE, state, {**ask, "bot": "b"})
    assert first["ok"] and second == {"ok": False, "reason": "symbol_busy", "symbol": "BTC/USDT:USDT"}
    state, _ = perform(AccountOperation.RELEASE, state, {"bot": "a"})
    assert perform(AccountOperation.RESERVE, state, {**ask, "bot": "b"})[1]["ok"]


def raise_(state, bot, more, id="c1", own=None, held=None, seen=None, currency="USDT"):
    given = {"bot": bot, "id": id, "more": {currency: more}, "own": own or {}, "balances": BALANCES, "held": held or {}, "seen": seen or {}}
    return perform(AccountOperation.RAISE, state, given)


def test_a_running_bot_gets_more_only_of_what_nobody_owns():
    state, _ = reserve(EMPTY, "a", "400")
    state, _ = reserve(state, "b", "300")
    held = {"b": {"USDT": "300"}}
    _, refused = raise_(state, "a", "301", own={"USDT": "400"}, held=held)
    assert refused == {"ok": False, "reason": "insufficient_funds", "currency": "USDT", "needed": "301", "available": "300"}
    state, granted = raise_(state, "a", "300", own={"USDT": "400"}, held=held)
    assert granted == {"ok": True} and state["bots"]["a"]["amounts"] == {"USDT": "700"}


def test_a_raise_asked_twice_is_promised_once():
    state, _ = reserve(EMPTY, "a", "400")
    state, _ = raise_(state, "a", "100", own={"USDT": "400"})
    again, answer = raise_(state, "a", "100", own={"USDT": "400"})
    assert (again, answer) == (state, {"ok": True})


def test_a_raise_counts_for_others_until_the_published_book_shows_it():
    state, _ = reserve(EMPTY, "a", "400")
    state, _ = raise_(state, "a", "500", own={"USDT": "400"})
    stale = {"a": {"USDT": "400"}}
    assert reserve(state, "b", "200", held=stale)[1]["available"] == "100"
    state, _ = perform(AccountOperation.SETTLE, state, {"bot": "a", "amounts": {"USDT": "900"}, "revision": 7, "id": "c1"})
    given = {"bot": "b", "revision": "r", "amounts": {"USDT": "200"}, "balances": BALANCES, "held": stale}
    assert not perform(AccountOperation.RESERVE, state, {**given, "seen": {"a": 6}})[1]["ok"]
    published = {"a": {"USDT": "900"}}
    lack = perform(AccountOperation.RESERVE, state, {**given, "held": published, "seen": {"a": 7}})[1]
    assert lack["available"] == "100"


def test_an_older_word_on_what_a_bot_counts_on_changes_nothing():
    state, _ = reserve(EMPTY, "a", "400")
    state, _ = perform(AccountOperation.SETTLE, state, {"bot": "a", "amounts": {"USDT": "300"}, "revision": 5, "id": None})
    after, _ = perform(AccountOperation.SETTLE, state, {"bot": "a", "amounts": {"USDT": "400"}, "revision": 4, "id": None})
    assert after["bots"]["a"]["amounts"] == {"USDT": "300"}


def test_settling_one_command_keeps_what_another_was_promised():
    state, _ = reserve(EMPTY, "a", "400")
    state, _ = raise_(state, "a", "100", id="c1", own={"USDT": "400"})
    state, _ = raise_(state, "a", "50", id="c2", own={"USDT": "400"})
    state, _ = perform(AccountOperation.SETTLE, state, {"bot": "a", "amounts": {"USDT": "500"}, "revision": 5, "id": "c1"})
    assert state["bots"]["a"]["amounts"] == {"USDT": "550"}


def test_a_bot_at_rest_is_promised_nothing_more():
    assert raise_(EMPTY, "a", "1")[1] == {"ok": False, "reason": "bot_stopped"}
