"""A short run of the real thing, and proof that the checker sees what it is there to see."""

from __future__ import annotations

import copy
import hashlib
import json

import pytest

from tests.chaos.checker import check
from tests.chaos.exports import Ledger
from tests.chaos.run import chaos


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_killed_six_times_nothing_is_lost_or_doubled_and_the_backtest_agrees(tmp_path):
    result = chaos(tmp_path, kills=6, seed=11, say=lambda _: None)
    assert result.findings == []
    assert result.kills == 6
    assert result.fills >= 3


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_without_a_service_bus_nothing_is_lost_or_doubled_either(tmp_path):
    result = chaos(tmp_path, kills=4, seed=12, say=lambda _: None, ServiceBus="none")
    assert result.findings == []
    assert result.fills >= 3 and result.commands >= 3


def sound() -> tuple[dict, list[Ledger]]:
    """A venue's book and a bot's ledger that agree: one buy filled, one sell resting."""
    row = [1, "a" * 32, 1, "BTC/USDT", "buy", "100", "2", "0.2", "USDT", False, 5]
    sell = {"side": "sell", "type": "limit", "price": "110", "amount": "2", "status": "open", "symbol": "BTC/USDT"}
    book = {"trades": [row], "seq": 1, "balances": {"USDT": "9799.8", "BTC": "2"}, "orders": {"b" * 32: sell}}
    fill = {
        "id": "f1", "trade_id": "a" * 32 + "-1", "symbol": "BTC/USDT", "side": "buy", "price": "100", "amount": "2", "fee": "0.2",
        "fee_currency": "USDT", "at": "2023-11-14T22:13:20.000Z",
    }  # fmt: skip
    order = {"id": "b" * 32, "leg": "L1", "side": "sell", "type": "limit", "price": "110", "amount": "2"}
    holdings = {"base": "2", "quote": "799.8", "base_currency": "BTC", "quote_currency": "USDT"}
    line = {"seq": 1, "code": "started", "params": {}, "at": "2023-11-14T22:13:20.000Z"}
    mark = hashlib.sha256(json.dumps(line, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
    bot = {
        "name": "grid", "symbol": "BTC/USDT", "status": "active", "fills": 1, "open_orders": 1, "holdings": holdings,
        "config": {"investment": "1000"},
    }  # fmt: skip
    return book, [Ledger(bot, [order], [fill], [{**line, "previous": "", "hash": mark}])]


def test_the_checker_finds_nothing_where_nothing_is_wrong():
    assert check({"USDT": "10000"}, *sound()) == []


def lose_a_fill(book, ledger):
    ledger.fills.clear()


def double_a_fill(book, ledger):
    ledger.fills.append({**ledger.fills[0], "id": "f2"})


def fill_twice_at_the_venue(book, ledger):
    book["trades"].append([2, *book["trades"][0][1:]])
    book["seq"] = 2


def take_a_cent(book, ledger):
    book["balances"]["USDT"] = "9799.79"


def place_an_order_twice(book, ledger):
    book["orders"]["c" * 32] = copy.deepcopy(book["orders"]["b" * 32])


def forget_an_order(book, ledger):
    book["orders"].clear()


def rest_two_on_one_place(book, ledger):
    ledger.orders.append({**ledger.orders[0], "id": "d" * 32})


def change_the_amount(book, ledger):
    book["orders"]["b" * 32]["amount"] = "1"


def claim_other_holdings(book, ledger):
    ledger.bot["holdings"]["base"] = "2.0001"


def stop_with_orders_out(book, ledger):
    ledger.bot["status"] = "stopped"


def change_the_log(book, ledger):
    ledger.events[0]["params"] = {"price": "1"}


def drop_a_trade_from_the_export(book, ledger):
    book["trades"].clear()


WRONGS = [
    lose_a_fill, double_a_fill, fill_twice_at_the_venue, take_a_cent, place_an_order_twice, forget_an_order, rest_two_on_one_place,
    change_the_amount, claim_other_holdings, stop_with_orders_out, change_the_log, drop_a_trade_from_the_export,
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.__name__)
def test_the_checker_names_every_wrong(wrong):
    book, ledgers = sound()
    wrong(book, ledgers[0])
    assert check({"USDT": "10000"}, book, ledgers) != []
