"""One run: facts from the candles, the strategy's own functions, the shared matching rule.

Rules
1. A path point is stepped only when it leaves the horizon; stepping every point gives the same result (`every_point`).
2. At a point: limits made earlier, then market orders made earlier, each fill on its own; then the look (strategies.md 1.2).
3. Nothing here decides anything about an order's size, price or life.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from strategy_core import registry
from strategy_core.backtest.series import Series
from strategy_core.matching import fee_of, is_marketable, market_price, match
from strategy_core.mechanics import apply, horizon
from strategy_core.state import FINAL, State
from strategy_core.trade import Candles, Event, Fill, Horizon, Look, Market, Order, Side

Progress = Callable[[int, int], None]
_OPEN = (float("-inf"), float("inf"))


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
        state, market = self.state, self.market
        book = state.book
        jump = p == 0
        low, high = (b, b) if jump else (a, b) if a < b else (b, a)
        reached: list[Order] = []
        for order in reversed(book.buys):
            if order.price < low:  # type: ignore[operator]
                break
            reached.append(order)
        for order in reversed(book.sells):
            if order.price > high:  # type: ignore[operator]
                break
            reached.append(order)
        if reached and book.virtual:
            reached = [order for order in reached if order.leg not in book.virtual]
        markets = list(book.markets) if book.markets else None
        if state.suspended:
            reached, markets = [], None
        for order, price in match(reached, a, b, jump) if reached else ():
            taker = bool(self.takers) and order.key in self.takers
            self._fill(i, p, order, price, not taker, at)
        if markets is not None:
            for order in markets:
                self._fill(i, p, order, market_price(order.side, b, market), False, at)
        if self.timeframes is not None and (wanted := self.timeframes(state)):
            self._show_candles(wanted, at)
        apply(state, Look(b, at))
        if book.changes:
            self._note_new(b, book.changes)
            book.changes.clear()
        if state.log:
            self.events += state.log
            state.log.clear()

    def _fill(self, i: int, p: int, order: Order, price: Decimal, maker: bool, at: int) -> None:
        state = self.state
        leg, generation, _, side, _, _, amount, role, _, _ = order
        filled = state.book.filled
        if filled and leg in filled:
            amount -= filled[leg]
        fee, coin = fee_of(self.market, side, price, amount, maker)
        trades = self.trades
        apply(state, Fill(leg, generation, side, price, amount, fee, coin, str(len(trades)), at, maker))
        ledger = state.ledger
        trades.append(
            Trade(
                i,
                p,
                side,
                price,
                amount,
                fee,
                coin,
                role.value,
                leg,
                at,
                ledger.base,
                ledger.quote,
                ledger.basis,
                ledger.realised,
                ledger.put_base or ledger.put_quote,
            )
        )

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
    first = series.candle(0)[0]
    state = registry.start(name, config, first, market, int(series.times[0]))
    plan = registry.plan(state)
    moving = _Run(state, series, market)
    if every_point:
        _walk(moving)
    else:
        _leap(moving, progress)
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
    series, state = moving.series, moving.state
    n = len(series)
    i, first_point = 0, 1
    shown = 0
    while i < n:
        _candle(moving, i, first_point)
        if state.status in FINAL:
            break
        i, first_point = _next(series, i + 1, horizon(state)), 0
        if progress is not None and i - shown >= 20_000:
            shown = i
            progress(i, n)
    if progress is not None:
        progress(n, n)


def _next(series: Series, start: int, band: Horizon) -> int:
    """The first candle from `start` that leaves the band or reaches its instant."""
    below, above, until = band
    low = _OPEN[0] if below is None else float(below)
    high = _OPEN[1] if above is None else float(above)
    if low == high:
        return start
    found = series.leaves(start, low, high)
    if until is not None:
        found = min(found, max(series.at_or_after(until), start))
    return found


def _candle(moving: _Run, i: int, p: int) -> None:
    """The points of one candle, each only if it leaves the horizon."""
    series, state = moving.series, moving.state
    path = series.path(i)
    start, d = int(series.times[i]), series.interval_ms
    last = path[p - 1] if p else path[0]
    while p < 4:
        b = path[p]
        at = start + p * d // 3 if p < 3 else start + d - 1
        below, above, until = state.band or horizon(state)
        low, high = (last, b) if last < b else (b, last)
        if (below is not None and low <= below) or (above is not None and high >= above) or (until is not None and at >= until):
            if moving.lookback:
                moving.show_looks(i, p, at)
                moving.stepped = (i, p)
            moving.point(i, p, last, b, at)
            if state.status in FINAL:
                return
        last = b
        p += 1
