"""The candles of a run: a price is the digits it came from, a scan misses no candle."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_core.backtest import Series

PRICES = st.one_of(
    st.integers(1, 10**9).map(lambda cents: cents / 100),
    st.integers(1, 10**14).map(lambda units: units / 10**8),
    st.floats(min_value=1e-12, max_value=1e18, allow_nan=False, allow_infinity=False),
)


def of(prices: list[float], lows: list[float] | None = None) -> Series:
    times = 60_000 * np.arange(len(prices), dtype=np.int64)
    column = np.array(prices)
    return Series(times, (column, column, column if lows is None else np.array(lows), column), 60_000)


@given(st.lists(PRICES, min_size=1, max_size=80))
def test_a_price_is_the_shortest_digits_of_its_float(prices: list[float]) -> None:
    series = of(prices)
    with localcontext() as context:
        context.prec = 3  # the caller's context is the caller's business
        assert [series.price(k, 3) for k in range(len(prices))] == [Decimal(repr(price)) for price in prices]


def test_prices_of_mixed_places_are_read_each_by_its_own_digits() -> None:
    prices = [0.1, 12.25, 3.0, 0.123456789, 1e-9, 99999999999999.9, 123456789012345680.0, 5e-324]
    series = of([100.5] * 64 + prices)
    assert [series.price(64 + k, 0) for k in range(len(prices))] == [Decimal(repr(price)) for price in prices]


@given(st.lists(st.integers(90, 110), min_size=1, max_size=100), st.integers(0, 105), st.integers(85, 100), st.integers(100, 115))
def test_a_scan_stops_at_the_first_candle_that_leaves_the_band(walk: list[int], start: int, below: int, above: int) -> None:
    lows = [float(price - 2) for price in walk]
    series = of([float(price) for price in walk], lows)
    left = (k for k in range(start, len(walk)) if walk[k] - 2 <= below or walk[k] >= above)
    first = next(left, len(walk))
    assert series.leaves(start, float(below), float(above)) == first
    again = read_through(of([float(price) for price in walk], lows))
    assert again.leaves(start, float(below), float(above)) == first
    assert [again.rough_path(k) for k in range(len(walk))] == [series.rough_path(k) for k in range(len(walk))]


def read_through(series: Series) -> Series:
    """A series that was read as a whole has its lows and highs at hand."""
    series._reads = len(series)
    series.begin()
    assert series._every
    series.begin()
    return series


def test_a_very_long_series_is_never_at_hand_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    series = of([100.0] * 50)
    monkeypatch.setattr("strategy_core.backtest.series._MOST_AT_HAND", 49)
    with pytest.raises(AssertionError):
        read_through(series)


def test_a_series_that_was_read_here_and_there_is_left_as_it_is() -> None:
    series = of([100.0] * 50)
    series.begin()
    assert series.leaves(3, 100.0, 101.0) == 3
    series.begin()
    assert series._every == ()


def test_an_open_band_is_never_left() -> None:
    for series in (of([100.0] * 50), read_through(of([100.0] * 50))):
        assert [series.leaves(start, float("-inf"), float("inf")) for start in (0, 3, 47, 49, 50, 60)] == [50] * 6
        assert series.leaves(60, 100.0, 100.0) == 50


def test_points_are_reached_a_third_apart_and_the_last_just_before_the_next_candle() -> None:
    series = of([100.0, 100.0])
    assert [series.instant(1, p) for p in range(4)] == list(series.point_times(1)) == [60_000, 80_000, 100_000, 119_999]
