"""One run: facts from the candles, the strategy's own functions, the shared matching rule.

Rules
1. A path point is stepped only when it leaves the horizon; stepping every point gives the same result (`every_point`).
2. At a point: limits made earlier, then market orders made earlier, each fill on its own; then the look (strategies.md 1.2).
3. Nothing here decides anything about an order's size, price or life.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from strategy_core import registry
from strategy_core.backtest.series import Series
from strategy_core.matching import Match, fee_of, is_marketable, market_price, match
from strategy_core.mechanics import apply, horizon
from strategy_core.number import ZERO, working_digits
from strategy_core.state import FINAL, State
from strategy_core.trade import Candles, Event, Fill, Horizon, Look, Market, Order, Side

Progress = Callable[[int, int], None]
Band = tuple[float, float, int | None]
_OPEN = (float("-inf"), float("inf"))
_FLOATS = 4096
_new = tuple.__new__  # a NamedTuple without the detour over its own __new__: thousands are made per run


class Trade(NamedTuple):
    """One fill, where it happened (candle, point) and the bot's money after it."""

    candle: int
    point: int
    side: Side
    price: Decimal
    amount: Decimal
    fee: Decimal
    fee_currency: str
    role: str
    leg: str
    at: int
    base: Decimal
    quote: Decimal
    basis: Decimal
    realised: Decimal
    put: Decimal  # what the owner had given by then, in the bot's own coin


class Report(NamedTuple):
    """What a run came to. `state` is the bot at the end."""

    state: State
    series: Series
    trades: list[Trade]
    events: list[Event]
    plan: dict[str, Any]
    last_price: Decimal
    steps: int


class _Run:
    """The moving parts of one run."""

    def __init__(self, state: State, series: Series, market: Market) -> None:
        self.state, self.series, self.market = state, series, market
        self.trades: list[Trade] = []
        self.events: list[Event] = []
        self.takers: set[str] = set()
        self.steps = 0
        self.lookback = registry.lookback_ms(state)
        self.stepped = (0, 0)
        self.timeframes: Callable[[State], dict[int, int]] | None = getattr(state.rules, "timeframes", None)
        self.shown: dict[int, int] = {}
        self.floats: dict[int, tuple[Decimal, float]] = {}
        state.book.changes = []
        self._note_new(state.price, list(state.book.orders.values()))

    def _note_new(self, price: Decimal, orders: list[Order]) -> None:
        """Limits that take at once pay taker when they fill."""
        for order in orders:
            if order.price is not None and is_marketable(order, price):
                self.takers.add(order.key)

    def point(self, i: int, p: int, a: Decimal, b: Decimal, at: int) -> None:
        """One path point, in the order of strategies.md 1.2."""
        self.steps += 1
        state = self.state
        book = state.book
        jump = p == 0
        if state.suspended:
            matched: list[Match] = []
            markets: list[Order] = []
        else:
            matched = match(self._reached(a, b, jump), a, b, jump)
            markets = list(book.markets) if book.markets else []
        takers = self.takers
        for order, price in matched:
            self._fill(i, p, order, price, not takers or order.key not in takers, at)
        for order in markets:
            self._fill(i, p, order, market_price(order.side, b, self.market), False, at)
        if self.timeframes is not None and (wanted := self.timeframes(state)):
            self._show_candles(wanted, at)
        waiting = book.virtual
        apply(state, _new(Look, (b, at)))
        if waiting:  # orders beyond the cap that rest from now on are made now
            self._note_new(b, [book.orders[leg] for leg in waiting - book.virtual if leg in book.orders])
        if book.changes:
            self._note_new(b, book.changes)
            book.changes.clear()
        if state.log:
            self.events += state.log
            state.log.clear()

    def rough(self, band: Horizon) -> Band:
        """The band as floats. A ladder's prices are the same objects all along: each is turned into a float once."""
        below, above, until = band
        return _OPEN[0] if below is None else self._float(below), _OPEN[1] if above is None else self._float(above), until

    def _float(self, price: Decimal) -> float:
        known = self.floats.get(id(price))
        if known is not None and known[0] is price:
            return known[1]
        if len(self.floats) >= _FLOATS:
            self.floats.clear()
        value = float(price)
        self.floats[id(price)] = (price, value)
        return value

    def _reached(self, a: Decimal, b: Decimal, jump: bool) -> list[Order]:
        """Resting limits that the way from `a` to `b` touches, best first: only those at the top of the index are looked at."""
        book = self.state.book
        low, high = (b, b) if jump else (a, b) if a < b else (b, a)
        found: list[Order] = []
        for order in reversed(book.buys):
            if order.price < low:  # type: ignore[operator]
                break
            found.append(order)
        for order in reversed(book.sells):
            if order.price > high:  # type: ignore[operator]
                break
            found.append(order)
        return [order for order in found if order.leg not in book.virtual] if book.virtual else found

    def _fill(self, i: int, p: int, order: Order, price: Decimal, maker: bool, at: int) -> None:
        state, trades = self.state, self.trades
        leg, generation, _, side, _, _, amount, role, _, _ = order
        filled = state.book.filled
        if filled and leg in filled:
            amount -= filled[leg]
        fee, coin = fee_of(self.market, side, price, amount, maker)
        apply(state, _new(Fill, (leg, generation, side, price, amount, fee, coin, str(len(trades)), at, maker, ZERO)))
        own = state.ledger
        put = own.put_base or own.put_quote
        trades.append(_new(Trade, (i, p, side, price, amount, fee, coin, role, leg, at, own.base, own.quote, own.basis, own.realised, put)))

    def _show_candles(self, wanted: dict[int, int], at: int) -> None:
        """Candles that closed since they were last shown."""
        for timeframe_ms, count in wanted.items():
            closed = at // timeframe_ms
            if self.shown.get(timeframe_ms) != closed:
                self.shown[timeframe_ms] = closed
                rows = self.series.closed(timeframe_ms, at, count)
                if rows:
                    apply(self.state, Candles(timeframe_ms, rows, at))

    def show_looks(self, i: int, p: int, at: int) -> None:
        """The quiet looks just before a crossing, for a strategy that judges a window."""
        oldest = at - self.lookback
        series = self.series
        k = max(series.at_or_after(oldest), self.stepped[0])
        while k <= i:
            path, times = series.path(k), series.point_times(k)
            for q in range(4):
                if (k, q) > self.stepped and (k, q) < (i, p) and times[q] >= oldest:
                    apply(self.state, Look(path[q], times[q]))
            k += 1


def run(
    name: str, config: dict[str, Any], market: Market, series: Series, *, every_point: bool = False, progress: Progress | None = None
) -> Report:
    """Starts a bot at the first candle's open and runs it to the last close. Raises Invalid for a configuration that cannot start."""
    with working_digits():  # whatever the caller's context is, the same digits
        first = series.candle(0)[0]
        state = registry.start(name, config, first, market, int(series.times[0]))
        plan = registry.plan(state)
        moving = _Run(state, series, market)
        collecting = gc.isenabled()
        gc.disable()  # nothing here makes cycles, and a long run makes many tuples
        try:
            if every_point:
                _walk(moving)
            else:
                _leap(moving, progress)
        finally:
            if collecting:
                gc.enable()
        plan = registry.plan(state) or plan
    return Report(state, series, moving.trades, moving.events, plan, series.candle(len(series) - 1)[3], moving.steps)


def _walk(moving: _Run) -> None:
    """Every point of every candle: the definition the leaping run must agree with."""
    series = moving.series
    last = series.candle(0)[0]
    for i in range(len(series)):
        path, times = series.path(i), series.point_times(i)
        for p in range(4):
            if (i or p) and moving.state.status not in FINAL:
                moving.point(i, p, last, path[p], times[p])
            last = path[p]


def _leap(moving: _Run, progress: Progress | None) -> None:
    """From crossing to crossing. Bands are compared as floats first: floats are ordered as their decimals."""
    series, state = moving.series, moving.state
    n = len(series)
    i, p, shown = 0, 1, 0
    band = moving.rough(horizon(state))
    while i < n:
        band = _candle(moving, i, p, band)
        if state.status in FINAL:
            break
        i, p = _next(series, i + 1, band), 0
        if progress is not None and i - shown >= 20_000:
            shown = i
            progress(i, n)
    if progress is not None:
        progress(n, n)


def _next(series: Series, start: int, band: Band) -> int:
    """The first candle from `start` that leaves the band or reaches its instant."""
    low, high, until = band
    found = series.leaves(start, low, high)
    if until is not None:
        found = min(found, max(series.at_or_after(until), start))
    return found


def _candle(moving: _Run, i: int, p: int, band: Band) -> Band:
    """The points of one candle, each only if it leaves the horizon; the band after the last."""
    series, state = moving.series, moving.state
    values, columns = series.rough_path(i)
    start, d = int(series.times[i]), series.interval_ms
    low, high, until = band
    last = values[p - 1] if p else values[0]
    while p < 4:
        value = values[p]
        at = start + p * d // 3 if p < 3 else start + d - 1
        if value <= low or last <= low or value >= high or last >= high or (until is not None and at >= until):
            if moving.lookback:
                moving.show_looks(i, p, at)
                moving.stepped = (i, p)
            b = series.price(i, columns[p])
            moving.point(i, p, series.price(i, columns[p - 1]) if p else b, b, at)
            if state.status in FINAL:
                break
            low, high, until = band = moving.rough(horizon(state))
        last = value
        p += 1
    return band
