"""The indicators against figures worked out by hand."""

from __future__ import annotations

import math

import pytest

from strategy_core import indicators
from strategy_core.indicators import Curve, Operator, curve


def test_sma_is_the_mean_of_each_window() -> None:
    assert indicators.sma([1, 2, 3, 4], 2) == [1.5, 2.5, 3.5]
    assert indicators.sma([1], 2) == []


def test_ema_starts_as_the_mean_and_moves_by_two_over_n_plus_one() -> None:
    assert indicators.ema([1, 2, 3, 7], 3) == [2, 2 + 0.5 * 5]
    assert indicators.ema([1, 2], 3) == []


def test_rsi_is_wilders() -> None:
    line = indicators.rsi([10, 11, 10, 13], 2)  # moves +1 -1 +3: gain 1/2, loss 1/2, then (1/2+3)/2 and (1/2)/2
    assert line == pytest.approx([50, 100 - 100 / (1 + 1.75 / 0.25)])


@pytest.mark.parametrize(("closes", "expected"), [([1, 2, 3], 100.0), ([2, 2, 2], 50.0), ([3, 2, 1], 0.0)])
def test_rsi_at_the_edges(closes: list[float], expected: float) -> None:
    assert indicators.rsi(closes, 2) == [expected]


def test_rsi_needs_one_candle_more_than_its_length() -> None:
    assert indicators.rsi([1.0] * 14) == []
    assert len(indicators.rsi([1.0] * 15)) == 1


def test_macd_of_a_straight_line_settles_at_the_lag_between_the_averages() -> None:
    line, signal = indicators.macd([float(i) for i in range(60)])
    assert len(line) == len(signal) == 60 - 33
    assert line[-1] == pytest.approx(7.0) and signal[-1] == pytest.approx(7.0)


def test_macd_warms_up() -> None:
    assert indicators.macd([1.0] * 25) == ([], [])
    assert indicators.macd([1.0] * 33) == ([], [])
    assert indicators.macd([1.0] * 34) == ([0.0], [0.0])


def test_bollinger_takes_the_population_deviation() -> None:
    lower, upper = indicators.bollinger([1, 3], 2)
    assert (lower, upper) == ([0.0], [4.0])


def test_stochastic_of_a_flat_window_is_fifty() -> None:
    k, d = indicators.stochastic([(1, 1, 1)] * 18)
    assert (k, d) == ([50.0], [50.0])


def test_stochastic_measures_the_close_inside_the_range() -> None:
    k, d = indicators.stochastic([(10, 0, 2), (10, 0, 5), (10, 0, 8)], length=2, smooth=1, signal=2)
    assert (k, d) == ([80.0], [65.0])


def test_price_change_is_in_percent() -> None:
    assert indicators.price_change([100, 110, 99], 1) == pytest.approx([10, -10])


@pytest.mark.parametrize(
    ("was", "now", "operator", "expected"),
    [
        (1, 3, Operator.CROSSES_UP, True),
        (2, 3, Operator.CROSSES_UP, True),  # from exactly on the level
        (3, 4, Operator.CROSSES_UP, False),
        (1, 2, Operator.CROSSES_UP, False),
        (3, 1, Operator.CROSSES_DOWN, True),
        (2, 1, Operator.CROSSES_DOWN, True),
        (1, 0, Operator.CROSSES_DOWN, False),
        (0, 1, Operator.LESS, True),
        (0, 2, Operator.LESS, False),
        (0, 3, Operator.GREATER, True),
        (0, 2, Operator.GREATER, False),
    ],
)
def test_a_curve_compares_with_a_level(was: float, now: float, operator: Operator, expected: bool) -> None:
    assert Curve(now, 2, was, 2).compare(operator) is expected


def test_one_point_alone_has_crossed_nothing() -> None:
    only = curve([3.0], 2.0)
    assert only == Curve(3.0, 2.0, None, None)
    assert only is not None and not only.compare(Operator.CROSSES_UP)
    assert curve([], 2.0) is None
    assert curve([1.0, 3.0], [2.0, 2.5]) == Curve(3.0, 2.5, 1.0, 2.0)


def test_every_run_is_seeded_at_the_same_candle() -> None:
    rows = [(i, 1, 2 + i % 3, 1, 1 + i % 5) for i in range(400)]
    assert indicators.floats(rows, 14) == indicators.floats(rows[-250:], 14)
    assert len(indicators.floats(rows, 30)) == 300
    assert all(math.isfinite(x) for row in indicators.floats(rows, 14) for x in row)
