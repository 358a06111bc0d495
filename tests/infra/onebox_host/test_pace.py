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
    for _ in range(200):
        time.now += pace.wait_s()
        begins.append(time.now)
        time.now += 0.001
    assert 195 * 0.01 < begins[-1] <= 200 * 0.01


def test_a_rest_fills_the_bucket_and_no_more() -> None:
    time = Time()
    pace = Pace(burst=2, gap_s=0.01, clock=time)
    for _ in range(5):
        time.now += pace.wait_s()
    time.now += 60
    assert [round(pace.wait_s(), 6) for _ in range(4)] == [0.0, 0.0, 0.01, 0.02]
