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
from typing import Any, Final, NamedTuple

from strategy_core import registry
from strategy_core.backtest.money import Money, Terms
from strategy_core.backtest.series import Series
from strategy_core.decimals import ZERO, working_digits
from strategy_core.matching import Fees, market_price, match, swept
from strategy_core.mechanics import apply, horizon, look, take_fill
from strategy_core.state import FINAL, State
from strategy_core.trade import Candles, Event, Fill, Horizon, Look, Market, Order, Side, Status

Progress = Callable[[int, int], None]
Band = tuple[float, float, int | None]
_BUY: Final = Side.BUY
_ACTIVE: Final = Status.ACTIVE
_FILL: Final = Fill  # a name of another module is looked up at every use, this one is at hand
_SIDE: Final = 3  # of an order, and its price: their places cost less than their names
_PRICE: Final = 5
_BOTTOM: Final = float("-inf")
_TOP: Final = float("inf")
_new: Final = tuple.__new__  # a NamedTuple without the detour over its own __new__: thousands are made per run


class Trade(NamedTuple):
    """One fill, and where it happened (candle, point)."""

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


class Report:
    """What a run came to. `state` is the bot at the end; `rows` are the trades before anyone asks for them as such."""

    __slots__ = ("state", "series", "rows", "events", "plan", "last_price", "steps", "money", "_trades")

    def __init__(self, moving: _Run, plan: dict[str, Any]) -> None:
        self.state, self.series, self.money = moving.state, moving.series, moving.money
        self.rows, self.events, self.steps = moving.rows, moving.events, moving.steps
        self.plan = plan
        self.last_price = self.series.candle(len(self.series) - 1)[3]
        self._trades: list[Trade] | None = None

    @property
    def fills(self) -> int:
        """How many there were."""
        return len(self.rows)

    @property
    def trades(self) -> list[Trade]:
        """The fills in their order."""
        if self._trades is None:
            self._trades = [_new(Trade, row) for row in self.rows]
        return self._trades


class _Run:
    """The moving parts of one run. Nobody pauses it, and an order fills as a whole."""

    def __init__(self, state: State, series: Series, market: Market) -> None:
        self.state, self.series, self.market = state, series, market
        self.money, self.fees = Money(state.ledger), Fees(market)
        self.rows: list[tuple[Any, ...]] = []  # of Trade
        self.events: list[Event] = []
        self.takers: set[str] = set()
        self.steps = 0
        self.lookback = registry.lookback_ms(state)
        self.stepped = (0, 0)
        self.timeframes: Callable[[State], dict[int, int]] | None = getattr(state.rules, "timeframes", None)
        self.shown: dict[int, int] = {}
        self.floats: dict[Decimal, float] = {}
        self.bought: dict[str, Terms] = {}  # by leg: the last ones
        self.sold: dict[str, Terms] = {}
        state.book.changes = []
        self._note_new(state.price, list(state.book.orders.values()))

    def _note_new(self, price: Decimal, orders: list[Order]) -> None:
        """Limits that take at once pay taker when they fill."""
        for order in orders:
            limit = order[_PRICE]
            if limit is not None and (limit >= price if order[_SIDE] is _BUY else limit <= price):
                self.takers.add(order.key)

    def point(self, i: int, p: int, a: Decimal | None, b: Decimal, at: int) -> None:
        """One path point, in the order of strategies.md 1.2. `a` is None when the path came from strictly inside the horizon."""
        self.steps += 1
        state = self.state
        book = state.book
        markets = list(book.markets) if book.markets else None
        if a is None:  # whatever is reached fills at its own price, the nearest first: as the index has them
            for order in swept(book, b, b):
                self._fill(i, p, order, order[_PRICE], True, at)  # type: ignore[arg-type]
        else:
            jump = p == 0
            low, high = (b, b) if jump else (a, b) if a < b else (b, a)
            for order, price in match(swept(book, low, high), a, b, jump):
                self._fill(i, p, order, price, True, at)
        if markets is not None:
            for order in markets:
                self._fill(i, p, order, market_price(order.side, b, self.market), False, at)
        if self.timeframes is not None and (wanted := self.timeframes(state)):
            self._show_candles(wanted, at)
        waiting = book.virtual
        look(state, b, at)
        if waiting:  # orders beyond the cap that rest from now on are made now
            self._note_new(b, [book.orders[leg] for leg in waiting - book.virtual if leg in book.orders])
        made = book.changes
        if made:
            self._note_new(b, made)
            made.clear()
        if state.log:
            self.events += state.log
            state.log.clear()

    def rough(self, band: Horizon) -> Band:
        """The band as floats."""
        below, above, until = band
        return _BOTTOM if below is None else self._float(below), _TOP if above is None else self._float(above), until

    def _float(self, price: Decimal) -> float:
        """A ladder's prices come again and again: each is turned into a float once."""
        value = self.floats.get(price)
        if value is None:
            if len(self.floats) >= 4096:
                self.floats.clear()
            value = self.floats[price] = float(price)
        return value

    def _fill(self, i: int, p: int, order: Order, price: Decimal, maker: bool, at: int) -> None:
        state, rows = self.state, self.rows
        leg, generation, _, side, _, _, amount, role, _, _ = order
        if maker and self.takers and order.key in self.takers:
            maker = False
        known = self.bought if side is _BUY else self.sold
        terms = known.get(leg)
        if terms is None or terms.price is not price or terms.amount is not amount or terms.maker is not maker:
            fee, coin = self.fees.of(side, price, amount, maker)
            terms = known[leg] = self.money.of(side, price, amount, maker, fee, coin)
        fee, coin = terms.fee, terms.coin
        take_fill(state, _new(_FILL, (leg, generation, side, price, amount, fee, coin, str(len(rows)), at, maker, ZERO)), terms.cost)
        self.money.after(terms)
        rows.append((i, p, side, price, amount, fee, coin, role, leg, at))

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
        series.begin()
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
                _spare_the_collector()
                gc.enable()
        return Report(moving, registry.plan(state) or plan)


def _spare_the_collector() -> None:
    """Hands what a run made to the oldest generation unseen, as it holds no cycles: looking it through costs a tenth of the run."""
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()


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
        if state.status is not _ACTIVE and state.status in FINAL:
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
    return found if until is None else min(found, max(series.at_or_after(until), start))


def _candle(moving: _Run, i: int, p: int, band: Band) -> Band:
    """The points of one candle, each only if it leaves the horizon; the band after the last."""
    series, state = moving.series, moving.state
    values, columns = series.rough_path(i)
    low, high, until = band
    last = values[p - 1] if p else values[0]
    while p < 4:
        value = values[p]
        was_inside = low < last < high
        if not (was_inside and low < value < high) or (until is not None and series.instant(i, p) >= until):
            at = series.instant(i, p)
            if moving.lookback:
                moving.show_looks(i, p, at)
                moving.stepped = (i, p)
            b = series.exactly(value, i, columns[p])
            moving.point(i, p, None if was_inside else series.price(i, columns[p - 1]) if p else b, b, at)
            if state.status is not _ACTIVE and state.status in FINAL:
                break
            low, high, until = band = moving.rough(horizon(state))
        last = value
        p += 1
    return band
