"""Start conditions over closed candles: what makes them true, for how long, and what would change them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from strategy_core import conditions
from strategy_core.conditions import Dip, Indicators, Signals, StartOrDip
from strategy_core.indicators_line import Indicator
from strategy_core.trade import Candles

D = Decimal
MINUTE = 60_000


class Form(BaseModel):
    start: StartOrDip = conditions.AT_ONCE
    signals: Signals | None = None


def condition(value: Any) -> Any:
    return Form(start=value).start


def candles(closes: list[float], timeframe: int = MINUTE, end: int = 1_000 * MINUTE) -> Candles:
    """Candles whose last closes at `end`; highs and lows one away from the close."""
    n = len(closes)
    rows = tuple((end - timeframe * (n - i), D(str(c)), D(str(c + 1)), D(str(c - 1)), D(str(c))) for i, c in enumerate(closes))
    return Candles(timeframe, rows, end)


def one(kind: str, operator: str, **more: Any) -> Indicators:
    return Indicators(
        type="indicators", indicators=(Indicator.model_validate({"kind": kind, "timeframe": "1m", "operator": operator, **more}),)
    )


def holds(wanted: Indicators, closes: list[float], later: int = 0) -> bool:
    seen = conditions.observe(wanted, {}, candles(closes))
    return conditions.holds(wanted, D(1), 1_000 * MINUTE + later, seen)


UP, DOWN = [float(100 + i) for i in range(60)], [float(200 - i) for i in range(60)]
TURN = DOWN + [141.0 + 3 * i for i in range(30)]


@pytest.mark.parametrize(
    ("kind", "operator", "more", "closes", "expected"),
    [
        ("rsi", "less", {"value": "30"}, DOWN, True),
        ("rsi", "less", {"value": "30"}, UP, False),
        ("rsi", "greater", {}, UP, True),
        ("rsi", "greater", {}, UP[:14], False),
        ("macd", "greater", {}, TURN, True),
        ("macd", "less", {"value": "0"}, DOWN, True),
        ("macd", "greater", {}, UP[:34], False),
        ("macd", "less", {"value": "100"}, UP[:35], True),
        ("bollinger", "less", {}, [100.0] * 30 + [50.0], True),
        ("bollinger", "greater", {}, [100.0] * 30 + [150.0], True),
        ("bollinger", "crosses_down", {}, [100.0, 101.0] * 15 + [50.0], True),
        ("bollinger", "crosses_up", {"value": "2"}, [100.0] * 19, False),
        ("stochastic", "less", {"value": "20"}, DOWN, True),
        ("stochastic", "greater", {"value": "80"}, UP[:18], True),
        ("stochastic", "greater", {"value": "80"}, UP[:17], False),
        ("ema_cross", "greater", {}, UP, True),
        ("ema_cross", "less", {}, UP[:21], False),
        ("ema_cross", "less", {}, DOWN[:22], True),
        ("price_change", "less", {"value": "-5", "length": 3}, [100.0, 99.0, 98.0, 94.0], True),
        ("price_change", "greater", {}, [100.0, 99.0], False),
    ],
)
def test_an_indicator_compares(kind: str, operator: str, more: dict[str, Any], closes: list[float], expected: bool) -> None:
    assert holds(one(kind, operator, **more), closes) is expected


def test_a_cross_is_true_until_the_next_close_of_its_timeframe() -> None:
    wanted = one("price_change", "crosses_up", value="1")
    closes = [100.0, 100.0, 105.0]
    assert holds(wanted, closes) and holds(wanted, closes, MINUTE - 1)
    assert not holds(wanted, closes, MINUTE)


def test_indicators_are_anded_each_on_its_own_timeframe() -> None:
    up = {"kind": "price_change", "operator": "greater", "value": "0"}
    both = condition({"type": "indicators", "indicators": [{**up, "timeframe": "1m"}, {**up, "timeframe": "5m"}]})
    assert conditions.timeframes(both) == {MINUTE: 250, 5 * MINUTE: 250}
    end = 1_000 * MINUTE
    seen = conditions.observe(both, {}, candles([1.0, 2.0]))
    assert not conditions.holds(both, D(1), end, seen)
    seen = conditions.observe(both, seen, candles([1.0, 2.0], 5 * MINUTE))
    assert conditions.holds(both, D(1), end, seen)
    assert conditions.next_close(both, end) == end + MINUTE


def test_candles_of_no_interest_change_nothing() -> None:
    wanted = one("rsi", "less", value="30")
    assert conditions.observe(wanted, {}, candles(DOWN, 5 * MINUTE)) == {}
    assert conditions.observe(wanted, {}, Candles(MINUTE, (), 0)) == {}
    assert conditions.observe(condition("now"), {}, candles(DOWN)) == {}


@pytest.mark.parametrize(("operator", "true", "false"), [("less", "100", "100.1"), ("greater", "100", "99.9")])
def test_a_price_condition_includes_its_price(operator: str, true: str, false: str) -> None:
    at = condition({"type": "price", "operator": operator, "price": "100"})
    assert conditions.holds(at, D(true), 0, {}) and not conditions.holds(at, D(false), 0, {})
    assert conditions.band(at, D(true), 0, {}) == (None, None)
    assert conditions.band(at, D(false), 0, {}) == ((D(100), None) if operator == "less" else (None, D(100)))
    assert conditions.timeframes(at) == {} and conditions.next_close(at, 0) is None


def test_now_is_always_true_and_a_webhook_never_by_itself() -> None:
    assert conditions.holds(condition("now"), D(1), 0, {})
    assert not conditions.holds(condition("webhook"), D(1), 0, {})


def test_a_dip_is_measured_from_the_highest_high_of_the_closed_hours() -> None:
    dip = condition({"type": "dip", "fall_pct": "10", "hours": 2})
    assert isinstance(dip, Dip) and conditions.timeframes(dip) == {3_600_000: 2}
    end = 1_000 * MINUTE // 3_600_000 * 3_600_000
    assert conditions.band(dip, D(1), end, {}) == (None, None) and not conditions.holds(dip, D(1), end, {})
    seen = conditions.observe(dip, {}, candles([500.0, 99.0, 90.0], 3_600_000, end))
    assert conditions.dip_price(dip, end, seen) == D("90")
    assert conditions.holds(dip, D("90"), end, seen) and not conditions.holds(dip, D("90.1"), end, seen)
    assert conditions.band(dip, D("95"), end, seen) == (D("90"), None)
    assert conditions.band(dip, D("89"), end, seen) == (None, None)
    assert conditions.dip_price(dip, end + 3_600_000, seen) is None
    assert conditions.observe(dip, seen, candles([1.0])) == seen
    assert conditions.next_close(dip, end) == end + 3_600_000


def test_a_plain_list_of_indicators_will_do() -> None:
    form = Form.model_validate({"signals": [{"kind": "rsi", "operator": "less", "value": "30"}]})
    assert form.signals is not None and form.signals.indicators[0].timeframe_ms == 3_600_000
    assert Form.model_validate({"signals": {"type": "indicators", "indicators": [{"kind": "rsi", "operator": "less"}]}}).signals is not None


@pytest.mark.parametrize(
    "bad",
    [
        "someday",
        {"type": "indicators", "indicators": []},
        {"type": "indicators", "indicators": [{"kind": "rsi", "operator": "less"}] * 7},
        {"type": "indicators", "indicators": [{"kind": "macd", "operator": "less", "fast": 30}]},
        {"type": "indicators", "indicators": [{"kind": "ema_cross", "operator": "less", "slow": 9}]},
        {"type": "price", "operator": "less", "price": "0"},
        {"type": "dip", "fall_pct": "0.4", "hours": 1},
        {"type": "dip", "fall_pct": "1", "hours": 721},
    ],
)
def test_what_makes_no_sense_is_refused(bad: Any) -> None:
    with pytest.raises(ValidationError):
        condition(bad)


def test_a_longer_indicator_sees_more_candles() -> None:
    assert Indicator.model_validate({"kind": "rsi", "operator": "less", "length": 30}).candles == 300
