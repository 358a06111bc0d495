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
