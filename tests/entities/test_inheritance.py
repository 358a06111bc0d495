"""What a bot made again has of the plan it forgot: fills of other sizes, and a long ledger."""

from decimal import Decimal

from entities import inheritance
from entities.bot_state import Bot
from entities.sent import PAPER_WINDOW, Book
from strategy_core import registry
from strategy_core.intent import Sent
from strategy_core.trade import Fill, Look, Market
from tests.builders import T0, USER

D = Decimal
MARKET = Market.model_validate({"symbol": "BTC/USDT", "price_tick": "0.01", "amount_step": "0.01", "min_amount": "0.01", "min_notional": "5",
                                "maker_fee": "0.001", "taker_fee": "0.001"})  # fmt: skip
BTD = {"low": "90", "high": "110", "cells": 4, "investment": "8"}


def begun():
    core = registry.start("BTD", BTD, D(100), MARKET, T0)
    registry.apply(core, Look(D(100), T0))
    return Bot(USER, {"id": "bot_1", "exchange": "paper"}, core, Book({}, PAPER_WINDOW), 1, T0)


def sold(order, amount):
    return Fill(order.leg, order.generation, order.side, order.price, D(amount), D(0), "USDT", f"t-{order.leg}", T0 + 1, True)


def test_a_fill_of_more_than_the_bot_asks_for_by_now_is_paid_by_its_farthest_orders():
    bot = begun()
    nearest = bot.core.book.sells[-1]
    inheritance.take(bot, sold(nearest, nearest.amount + 1))
    assert bot.core.free_base() >= 0
    assert "size_reduced" in {event.code for event in registry.drain(bot.core)}


def test_a_fill_as_it_was_asked_for_takes_nothing_from_the_others():
    bot = begun()
    farthest, nearest = bot.core.book.sells[0], bot.core.book.sells[-1]
    inheritance.take(bot, sold(nearest, nearest.amount))
    assert bot.core.book.sells[0] == farthest
    assert "size_reduced" not in {event.code for event in registry.drain(bot.core)}


def test_of_a_long_ledger_only_what_is_open_stays():
    bot = begun()
    first, second = bot.core.book.sells
    done, part = bot.book.commit("done", first, T0), bot.book.commit("part", second, T0)
    done.filled, done.final, done.state = first.amount, first.amount, Sent.OVER
    part.filled, part.final, part.state = second.amount / 2, second.amount / 2, Sent.OVER
    bot.book.commit("out", second, T0)
    bot.book.forget_filled()
    assert set(bot.book.rows) == {"part", "out"}, "what was cancelled in part may still be asked about"
