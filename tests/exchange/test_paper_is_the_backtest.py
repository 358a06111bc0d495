"""The same candles give the same fills on a paper account as in the backtester: whatever the strategy, whenever it is woken."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exchange.paper import Conflict, MemoryBooks, PaperExchange, Settings
from exchange.protocol import Cursor, OrderStatus, Placement, Result
from exchange.replay import Replay
from strategy_core import registry
from strategy_core.backtest.case import Case, read_case, read_series
from strategy_core.backtest.engine import run
from strategy_core.backtest.series import Series
from strategy_core.intent import Cancel, Place, Sent, SentOrder, diff
from strategy_core.state import FINAL, State
from strategy_core.trade import Candles, Ended, Fill, Horizon, Look, Order, client_order_id
from tests.exchange.paper_fakes import Clock

STOPS = Path(__file__).resolve().parents[1] / "strategy_core" / "cases"
CASES = Path(__file__).resolve().parents[3] / "shared" / "reference" / "cases"
EVERY_POINT = Horizon(Decimal(1), Decimal(1), None)
Seen = tuple[int, str, Decimal, Decimal, Decimal, str]
GRID: dict[str, Any] = {"low": "80", "high": "120", "cells": 20, "spacing": "geometric", "investment": "5000"}


class Bot:
    """The tick without its platform: look, apply, place, look again."""

    def __init__(self, case: Case, series: Series, directory: Path) -> None:
        self.market, self.series, self.clock = case.market, series, Clock()
        rows = [[int(series.times[i]), *series.candle(i), 1] for i in range(len(series))]
        name = case.market.symbol.replace("/", "-")
        text = "\n".join(",".join(str(x) for x in row) for row in rows)
        (directory / f"{name}.csv").write_text(f"timestamp_ms,open,high,low,close,volume\n{text}\n")
        self.clock.now = self.start = rows[0][0]
        self.books = MemoryBooks()
        self.source = Replay(directory, self.start)
        money = dict.fromkeys((case.market.base, case.market.quote), Decimal(10) ** 9)
        self.paper = PaperExchange(self.books, self.source, self.clock, money, Settings(rules=case.market))
        self.state: State = registry.start(case.strategy, case.config, series.candle(0)[0], case.market, self.start)
        self.sent: dict[str, SentOrder] = {}
        self.cursor = Cursor(self.start)
        self.fills: list[Seen] = []
        self.shown: dict[int, int] = {}

    def wanted(self) -> dict[str, Order]:
        return {client_order_id("u|b", 0, order.key): order for order in registry.orders(self.state)}

    async def settle(self) -> None:
        """Carries out intents until there are none."""
        for _ in range(20):
            resting = [id_ for id_, (_, state) in self.sent.items() if state is Sent.OPEN]
            intents = diff(self.wanted(), resting, self.sent)
            if not intents:
                return
            for intent in intents:
                await self.carry_out(intent)
        raise AssertionError("the intents never end")

    async def carry_out(self, intent: Any) -> None:
        symbol = self.market.symbol
        if isinstance(intent, Place):
            placement = Placement(intent.id, symbol, intent.order, self.clock.now, self.clock.now + 30_000)
            outcome = await self.paper.place(placement)
            assert outcome.result is Result.ACCEPTED, outcome
            self.sent[intent.id] = SentOrder(intent.order, Sent.OPEN)
        elif isinstance(intent, Cancel):
            await self.paper.cancel(symbol, intent.id, None)
            report = await self.paper.look_up(symbol, intent.id, None)
            assert report is not None and report.is_over
            self.sent[intent.id] = SentOrder(intent.order, Sent.OVER)
            order = intent.order
            registry.apply(self.state, Ended(order.leg, order.generation, order.attempt, "cancelled", report.filled, self.cursor.at))

    async def wake(self) -> None:
        more = True
        while more and self.state.status not in FINAL:
            await self.settle()
            mine = tuple(id_ for id_, (_, state) in self.sent.items() if state is not Sent.OVER)
            horizon = EVERY_POINT if registry.lookback_ms(self.state) else registry.horizon(self.state)
            view = await self.paper.look(self.market.symbol, self.cursor, mine, horizon)
            more = view.more
            if view.cursor.at == self.cursor.at and not view.trades:
                return
            self.cursor = view.cursor
            for trade in view.trades:
                order = self.sent[trade.client_order_id or ""].order
                self.fills.append((trade.at, trade.side.value, trade.price, trade.amount, trade.fee, order.leg))
                fact = (order.leg, order.generation, trade.side, trade.price, trade.amount, trade.fee, trade.fee_currency, trade.trade_id)
                registry.apply(self.state, Fill(*fact, trade.at, trade.maker))
            for report in view.ended:
                self.sent[report.client_order_id] = SentOrder(self.sent[report.client_order_id].order, Sent.OVER)
                assert report.status is OrderStatus.FILLED
            self.show_candles(view.point.at)
            registry.apply(self.state, Look(view.point.price, view.point.at))

    def show_candles(self, at: int) -> None:
        for timeframe_ms, count in registry.timeframes(self.state).items():
            if self.shown.get(timeframe_ms) != at // timeframe_ms:
                self.shown[timeframe_ms] = at // timeframe_ms
                rows = self.series.closed(timeframe_ms, at, count)
                if rows:
                    registry.apply(self.state, Candles(timeframe_ms, rows, at))


def backtested(case: Case, series: Series) -> list[Seen]:
    report = run(case.strategy, case.config, case.market, series)
    return [(t.at, t.side.value, t.price, t.amount, t.fee, t.leg) for t in report.trades]


def wandering(seed: int, candles: int) -> Case:
    """Candles that wander and jump around 100."""
    rng, price, rows = random.Random(seed), 100.0, []
    for i in range(candles):
        open_ = price * (1 + rng.choice([0, 0, 0, rng.uniform(-0.02, 0.02)]))
        close = min(max(open_ * (1 + rng.uniform(-0.02, 0.02)), 75), 125)
        high, low = max(open_, close) * (1 + rng.uniform(0, 0.01)), min(open_, close) * (1 - rng.uniform(0, 0.01))
        rows.append([1_640_995_200_000 + i * 60_000, *(f"{x:.2f}" for x in (open_, high, low, close)), "1"])
        price = close
    market = {"symbol": "ABC/USDT", "price_tick": "0.01", "amount_step": "0.001", "min_amount": "0.001", "min_notional": "1"}
    market |= {"maker_fee": "0.001", "taker_fee": "0.002", "fee_mode": rng.choice(["quote", "received"]), "slippage_pct": "0.05"}
    return Case.model_validate({"strategy": "GRID", "config": GRID, "market": market, "interval_ms": 60_000, "candles": rows})


@pytest.mark.parametrize("seed", range(6))
async def test_a_grid_fills_alike_whenever_it_is_woken(tmp_path: Path, seed: int) -> None:
    case = wandering(seed, 150)
    series = read_series(case, tmp_path, None)
    expected = backtested(case, series)
    rng = random.Random(seed)
    for run_ in range(2):
        directory = tmp_path / str(run_)
        directory.mkdir()
        bot = Bot(case, series, directory)
        end = bot.start + 150 * 60_000
        while bot.clock.now < end:
            bot.clock.now = end if run_ == 0 else min(end, bot.clock.now + rng.choice([3_000, 41_000, 600_000, 1]))
            await bot.wake()
        assert bot.fills == expected
    assert len(expected) > 20


@pytest.mark.skipif(not CASES.exists(), reason="the acceptance cases are not beside this checkout")
@pytest.mark.parametrize(
    "path", [pytest.param(p, id=p.stem, marks=[pytest.mark.slow] if "-4-" in p.stem else []) for p in sorted(CASES.glob("*.json"))]
)
async def test_every_acceptance_case_fills_alike_on_paper(tmp_path: Path, path: Path) -> None:
    case = read_case(path)
    series = read_series(case, path, None)
    bot = Bot(case, series, tmp_path)
    if case.market.is_future:
        await bot.paper.prepare(case.market.symbol, Decimal(case.config.get("leverage", "1")), "isolated")
    end = bot.start + (len(series) + 1) * case.interval_ms
    while bot.clock.now < end:
        bot.clock.now += 17_000 if len(series) < 1_000 else 40_000_000
        await bot.wake()
    assert bot.fills == backtested(case, series)
    assert [[side, str(price.normalize() + 0), str(amount.normalize() + 0)] for _, side, price, amount, _, _ in bot.fills] == [
        [row[3], str(Decimal(row[4]).normalize() + 0), str(Decimal(row[5]).normalize() + 0)] for row in case.expect["fills"]
    ]


@pytest.mark.parametrize("path", sorted(STOPS.glob("*-5-*.json")), ids=lambda path: path.stem)
async def test_a_stop_condition_ends_a_bot_on_paper_where_it_does_in_the_backtest(tmp_path: Path, path: Path) -> None:
    case = read_case(path)
    series = read_series(case, path, None)
    bot = Bot(case, series, tmp_path)
    if case.market.is_future:
        await bot.paper.prepare(case.market.symbol, Decimal(case.config["leverage"]), "isolated")
    while bot.clock.now < bot.start + (len(series) + 1) * case.interval_ms:
        bot.clock.now += 17_000
        await bot.wake()
    assert bot.fills == backtested(case, series)
    assert (bot.state.status.value, bot.state.reason) == (case.expect["status"], case.expect["reason"])


class FlakyBooks(MemoryBooks):
    """Writes that fail before or after they were done, as networks do."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng

    async def write(self, document: Any, etag: str | None) -> None:
        if self.rng.random() < 0.2:
            raise Conflict
        await super().write(document, etag)
        if self.rng.random() < 0.1:
            raise ConnectionError


@pytest.mark.parametrize("seed", range(4))
async def test_kills_and_lost_answers_change_no_fill(tmp_path: Path, seed: int) -> None:
    """Each call may die after its effect; the bot, like the platform, then asks again with what it had committed."""
    case = wandering(seed, 80)
    series = read_series(case, tmp_path, None)
    bot = Bot(case, series, tmp_path)
    rng = random.Random(seed)
    books = FlakyBooks(rng)
    bot.paper._store = books
    place, look, cancel = bot.paper.place, bot.paper.look, bot.paper.cancel

    def stubborn(call: Any, duplicate: Result | None = None) -> Any:
        async def again(*args: Any) -> Any:
            while True:
                try:
                    answer = await call(*args)
                except ConnectionError:
                    continue
                return answer._replace(result=Result.ACCEPTED) if duplicate and answer.result is duplicate else answer

        return again

    bot.paper.place = stubborn(place, Result.DUPLICATE)  # type: ignore[method-assign]
    bot.paper.look = stubborn(look)  # type: ignore[method-assign]
    bot.paper.cancel = stubborn(cancel)  # type: ignore[method-assign]
    end = bot.start + 80 * 60_000
    while bot.clock.now < end:
        bot.clock.now = min(end, bot.clock.now + rng.choice([20_000, 300_000]))
        await bot.wake()
    assert bot.fills == backtested(case, series)
