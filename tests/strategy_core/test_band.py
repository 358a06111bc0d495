"""The band around a profit curve."""

from strategy_core.backtest.band import equity_band

CURVE = [0.0, 4.0, 3.0, 7.0, 6.0, 10.0, 9.0, 13.0, 12.0, 16.0]


def test_a_band_has_one_point_per_point_and_is_the_same_from_the_same_seed():
    band = equity_band(CURVE, runs=200, block=2, seed=1)
    assert len(band) == len(CURVE) and band[0] == (0.0, 0.0, 0.0)
    assert band == equity_band(CURVE, runs=200, block=2, seed=1) != equity_band(CURVE, runs=200, block=2, seed=2)
    assert all(point.low <= point.median <= point.high for point in band)
    assert band[-1].low < CURVE[-1] < band[-1].high


def test_a_steady_curve_has_no_width():
    assert equity_band([0.0, 1.0, 2.0, 3.0], runs=50, block=1, seed=1) == [(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3)]


def test_too_few_points_have_no_band():
    assert equity_band([], runs=10, block=1, seed=1) == equity_band([1.0, 2.0], runs=10, block=1, seed=1) == []


def test_a_block_as_long_as_the_curve_is_the_curve_begun_anywhere():
    assert {round(point.median, 6) for point in equity_band(CURVE, runs=20, block=99, seed=1)[-1:]} == {16.0}
