"""A random walk for one bot: a venue that fills (in whole or in part), and what must hold after every fact."""

from __future__ import annotations

import json
import random
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from strategy_core import registry
from strategy_core.ledger import Kind
from strategy_core.matching import is_marketable, market_price, match
from strategy_core.mechanics import meets_minimum
from strategy_core.number import is_on
from strategy_core.state import FINAL, State, rates
from strategy_core.trade import Fill, Look, Market, Order, OrderType, Side

D = Decimal
# a plan of each bot that can start at 100
FORMS: dict[str, dict[str, Any]] = {
    "GRID": {"low": "90", "high": "110", "cells": 4, "investment": "1000"},
    "BTD": {"low": "90", "high": "110", "cells": 4, "investment": "8"},
    "LOOP": {"investment": "5000", "order_count": 10, "distance_pct": "2"},
    "COMBO": {"direction": "long", "margin": "200", "levels": 10, "step_pct": "1"},
    "DCA": {"base_order_size": "100", "safety_order_size": "100", "safety_orders": 3, "step_pct": "2", "take_profit_pct": "2"},
    "DCA_FUTURES": {
        "base_order_margin": "100", "safety_order_margin": "100", "safety_orders": 3, "step_pct": "2", "take_profit_pct": "2", "leverage": "2",
    },
}  # fmt: skip


def market(*, future: bool, mode: str = "quote", tick: str = "0.01", step: str = "0.001", **more: Any) -> Market:
    fields = {"min_amount": step, "min_notional": "5", "maker_fee": "0.001", "taker_fee": "0.001", "slippage_pct": "0.02"}
    symbol = "ABC/USDT:USDT" if future else "ABC/USDT"
    return Market.model_validate({"symbol": symbol, "price_tick": tick, "amount_step": step, "fee_mode": mode, **fields, **more})


def fee_for(rules: Market, side: Side, price: Decimal, amount: Decimal, maker: bool) -> tuple[Decimal, str]:
    rate = rules.maker_fee if maker else rules.taker_fee
    return (amount * rate, rules.base) if side is Side.BUY and rules.fee_mode == "received" else (price * amount * rate, rules.quote)


class Walk:
    """Drives one state over path points. `partial` cuts fills in two; `repeat` tells every fact twice."""

    def __init__(
        self, name: str, config: dict[str, Any], price: Decimal, rules: Market, seed: int, *, partial: bool = False, repeat: bool = False
    ) -> None:
        self.market, self.partial, self.repeat = rules, partial, repeat
        self.random = random.Random(seed)
        self.price, self.at = price, 1_640_995_200_000
        self.state = registry.start(name, config, price, rules, self.at)
        self.trades = 0
        self.fills: list[Fill] = []
        self.check()

    def steps(self, count: int, size: float) -> Walk:
        for _ in range(count):
            if self.state.status in FINAL:
                break
            self.step(size)
        return self

    def step(self, size: float) -> None:
        jump = self.random.random() < 0.25
        change = D(repr(round(1 + self.random.gauss(0, size), 6)))
        after = max((self.price * change).quantize(self.market.price_tick, ROUND_HALF_EVEN), self.market.price_tick * 100)
        self.at += self.random.choice((1_000, 20_000, 60_000, 600_000))
        self.go(after, jump)

    def go(self, after: Decimal, jump: bool = False) -> None:
        resting = registry.orders(self.state)
        for order, price in match([o for o in resting if o.type is OrderType.LIMIT], self.price, after, jump):
            self.fill(order, price, not is_marketable(order, self.price))
        for order in resting:
            if order.type is OrderType.MARKET:
                self.fill(order, market_price(order.side, after, self.market), False)
        self.price = after
        self.tell(Look(after, self.at))

    def fill(self, order: Order, price: Decimal, maker: bool) -> None:
        left = self.state.book.remaining(order)
        parts = [left]
        lots = left // self.market.amount_step
        if self.partial and lots >= 2 and self.random.random() < 0.5:
            first = self.random.randrange(1, int(lots)) * self.market.amount_step
            parts = [first] if order.type is OrderType.LIMIT and self.random.random() < 0.5 else [first, left - first]
        for amount in parts:
            fee, coin = fee_for(self.market, order.side, price, amount, maker)
            self.trades += 1
            self.tell(Fill(order.leg, order.generation, order.side, price, amount, fee, coin, f"t{self.trades}", self.at, maker))

    def tell(self, fact: Any) -> None:
        registry.apply(self.state, fact)
        if isinstance(fact, Fill):
            self.fills.append(fact)
        if self.repeat and not isinstance(fact, Look):
            before = stored(self.state)
            registry.apply(self.state, fact)
            assert stored(self.state) == before, f"told twice: {fact}"
        self.check()

    def check(self) -> None:
        check_orders(self.state)
        check_stored(self.state)


def stored(state: State) -> str:
    registry.horizon(state)
    return json.dumps(registry.dump(state), sort_keys=True)


def check_stored(state: State) -> None:
    """The state survives JSON, and so do its orders."""
    text = stored(state)
    again = registry.load(json.loads(text))
    assert stored(again) == text
    assert sorted(registry.orders(again)) == sorted(registry.orders(state))
    assert len(text) < 16_000


def check_orders(state: State) -> None:
    """Each order is one the venue takes; together they use no more than the bot has."""
    rules, ledger, book = state.market, state.ledger, state.book
    orders = registry.orders(state)
    assert len({order.leg for order in orders}) == len(orders)
    for order in orders:
        assert order.amount > 0 and is_on(order.amount, rules.amount_step), order
        if order.price is not None:
            assert order.price > 0 and is_on(order.price, rules.price_tick), order
            assert order.reduce_only or meets_minimum(rules, order.amount, order.price), order
    sells = sum((book.remaining(o) for o in orders if o.side is Side.SELL), D(0))
    if ledger.kind is Kind.FUTURES:
        closing = [o for o in orders if o.reduce_only]
        assert sum((book.remaining(o) for o in closing), D(0)) <= abs(ledger.base)
        assert all((o.side is Side.SELL) == (ledger.base > 0) for o in closing)
    else:
        assert sells <= ledger.base, "sells more than it has"
        spent = sum((o.price * book.remaining(o) for o in orders if o.side is Side.BUY and o.price is not None), D(0))
        assert spent * (1 + rates(rules).q_m) <= max(ledger.quote, D(0)), "buys more than it can pay"


def check_horizon(state: State, chooser: random.Random) -> None:
    """Strictly inside the band and before its instant a look changes no order, no status, no event."""
    below, above, until = registry.horizon(state)
    if below is not None and above is not None and below >= above:
        return
    if not ((below is None or state.price > below) and (above is None or state.price < above)):
        return
    low = state.price / 4 if below is None else below
    high = state.price * 4 if above is None else above
    part = D(repr(chooser.choice((0.0001, 0.3, 0.7, 0.9999))))
    inside = low + (high - low) * part
    at = state.at + chooser.choice((1, 10_000, 3_600_000))
    if until is not None and at >= until:
        at = state.at
    if not low < inside < high:
        return
    again = registry.load(json.loads(stored(state)))
    before = (registry.orders(again), again.status, len(again.log))
    again.band = None  # the look is really judged, not skipped
    registry.apply(again, Look(inside, at))
    assert (registry.orders(again), again.status, len(again.log)) == before, (below, inside, above)
