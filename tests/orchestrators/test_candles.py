"""What a bot is shown of closed candles and of the path before a crossing: as in the backtest, so it trades as in the backtest."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from test_cases import lived, prepared

from shared.bus import BotEvent
from strategy_core.backtest import engine
from strategy_core.backtest.case import read_case, read_series
from tests.builders import MINUTE, T0, USER

CASES = Path(__file__).parents[1] / "strategy_core" / "cases"
START = 1_640_995_200_000


def wave(minutes: int) -> list[list[object]]:
    """Down, up and down again, in steps of 0.5, so that an RSI crosses both ways."""
    rows, price = [], 1000
    for i in range(minutes):
        step = (-5 if (i // 12) % 2 == 0 else 6) + (i % 3) - 1
        close = price + step
        high, low = max(price, close) + 1, min(price, close) - 1
        rows.append([START + i * MINUTE, *(str(value / 10) for value in (price, high, low, close)), "1"])
        price = close
    return rows


def case_of(tmp_path: Path, name: str, **changes: object) -> dict[str, object]:
    case = json.loads((CASES / f"{name}.json").read_text())
    case["config"] |= changes
    case["candles"] = wave(90)
    case.pop("expect", None)
    (tmp_path / "case.json").write_text(json.dumps(case))
    return case


def backtested(path: Path) -> tuple[list[list[str]], engine.Report]:
    case = read_case(path)
    report = engine.run(case.strategy, case.config, case.market, read_series(case, path, None))
    return [[trade.side, str(trade.price.normalize()), str(trade.amount.normalize())] for trade in report.trades], report


def fills(host) -> list[list[str]]:
    rows = sorted(host.store.of("fills"), key=lambda row: row["sort"])
    return [[row["side"], str(Decimal(row["price"]).normalize()), str(Decimal(row["amount"]).normalize())] for row in rows]


@pytest.mark.parametrize(
    ("kind", "more"),
    [("rsi", {"operator": "less", "value": "40", "length": 5}), ("ema_cross", {"operator": "crosses_up", "fast": 3, "slow": 6})],
)
async def test_a_dca_bot_that_waits_for_an_indicator_starts_its_deals_where_the_backtest_does(tmp_path, kind, more):
    start = {"type": "indicators", "indicators": [{"kind": kind, "timeframe": "1m", **more}]}
    case = case_of(tmp_path, "dca-1-two-safety-orders", start=start, take_profit_pct="1", cooldown_s=0)
    expected, report = backtested(tmp_path / "case.json")
    host = prepared(case, tmp_path / "market")
    bot = await lived(host, case)
    assert len(expected) >= 2 and fills(host) == expected
    assert bot["status"] == report.state.status.value


def climb(percent_at: dict[int, float], minutes: int) -> list[list[object]]:
    """A calm climb, and a jump in the given minutes."""
    rows, price = [], 10500
    for i in range(minutes):
        close = round(price * (1 + percent_at.get(i, 0.3) / 100))
        high, low = max(price, close) + 2, min(price, close) - 2
        rows.append([START + i * MINUTE, *(str(value / 100) for value in (price, high, low, close)), "1"])
        price = close
    return rows


@pytest.mark.parametrize("jump", [{}, {40: 8.0}, {20: 6.0, 45: -5.0, 60: 9.0}], ids=["calm", "a jump", "jumps"])
async def test_a_pump_guard_holds_the_window_on_paper_where_it_does_in_the_backtest(tmp_path, jump):
    case = case_of(tmp_path, "grid-3-shift-up", pump_guard=True, pump_guard_s=180)
    case["candles"] = climb(jump, 80)
    (tmp_path / "case.json").write_text(json.dumps(case))
    expected, report = backtested(tmp_path / "case.json")
    host = prepared(case, tmp_path / "market")
    await host.tick(BotEvent(USER, "bot", "start", "command", T0, {"name": "start", "params": {}}))
    for i in range(12):  # woken rarely, as when nothing crosses its horizon: what it did not see it must be shown
        host.clock.now += 7 * MINUTE
        await host.tick(BotEvent(USER, "bot", f"s{i}", "market", host.clock.now, {}))
    assert fills(host) == expected
    assert host.store.rows["bots", USER, "bot"]["status"] == report.state.status.value
    told = {row["code"] for row in host.store.of("events")}
    assert told == {event.code for event in report.events} | {"orders"}  # a backtest sends none
