"""Commits go at once while there are few, and in step when they crowd."""

from infra.onebox.pace import Pace


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_commits_wait_for_nothing() -> None:
    pace = Pace(burst=3, gap_s=0.01, clock=Time())
    assert [pace.wait_s() for _ in range(3)] == [0.0, 0.0, 0.0]


def test_commits_that_crowd_come_one_a_gap() -> None:
    time = Time()
    pace = Pace(burst=2, gap_s=0.01, clock=time)
    begins = []
    for _ in range(90):
        time.now += pace.wait_s()
        begins.append(time.now)
        time.now += 0.001
    assert 85 * 0.01 < begins[-1] <= 90 * 0.01


def test_a_rest_fills_the_bucket_and_no_more() -> None:
    time = Time()
    pace = Pace(burst=2, gap_s=0.01, clock=time)
    for _ in range(5):
        time.now += pace.wait_s()
    time.now += 60
    assert [round(pace.wait_s(), 6) for _ in range(4)] == [0.0, 0.0, 0.01, 0.02]


def test_a_crowd_that_lasts_waits_twice_as_long_and_the_first_free_drop_ends_that() -> None:
    time = Time()
    pace = Pace(burst=2, gap_s=0.01, clock=time)
    for _ in range(150):
        time.now += pace.wait_s() + 0.001
    long = time.now
    for _ in range(50):
        time.now += pace.wait_s() + 0.001
    assert 49 * 0.02 < time.now - long <= 50 * 0.02
    time.now += 0.05
    assert pace.wait_s() == 0.0
    begins = time.now
    for _ in range(50):
        time.now += pace.wait_s() + 0.001
    assert time.now - begins <= 50 * 0.01
