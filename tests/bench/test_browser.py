"""The dashboard's figures beside their goals; the browser itself is not needed for that."""

from typing import Any

from bench import browser

SMOOTH = {"frames": 240, "fps": 59.8, "p95_ms": 17.1, "worst_ms": 33.4, "dropped": 1, "long_tasks": 0, "busy": 0.3}


def raw(**changes: Any) -> dict[str, Any]:
    visits = [{"paint": 90, "usable": usable, "bytes": 198_000, "sent": 172_000} for usable in (400, 500, 2_000)]
    live = dict.fromkeys(("live", "live_rest", "live_sorted", "live_sorted_rest"), SMOOTH)
    return {"visits": visits, "first_load_bytes": 170_000, "pan": SMOOTH, **live, "live_messages": 1_000, **changes}


def misses(found: dict[str, Any]) -> list[str]:
    return [row.name for row in browser.figures(found) if row.is_met is False]


def test_figures_within_their_goals_miss_none() -> None:
    assert misses(raw()) == []


def test_one_slow_visit_is_not_the_median_but_one_heavy_one_counts() -> None:
    heavy = [{"paint": 90, "usable": 400, "bytes": size, "sent": size} for size in (198_000, 198_000, 200_001)]
    assert misses(raw(visits=heavy)) == ["bots screen: all JavaScript, table and live feed too"]


def test_frames_that_do_not_come_are_a_miss() -> None:
    assert misses(raw(pan={**SMOOTH, "fps": 41.0})) == ["2,000 candles, 100 levels, panned: frames a second"]


def test_what_the_machine_drops_at_rest_is_not_the_work_s() -> None:
    noisy = {**SMOOTH, "dropped": 9}
    assert misses(raw(live=noisy, live_rest=noisy)) == []
    assert misses(raw(live=noisy)) == ["500 bots, 1,000 live changes: frames dropped"]
    assert misses(raw(live={**noisy, "frames": 480}, live_rest={**SMOOTH, "dropped": 4})) == [
        "500 bots, 1,000 live changes: frames dropped"
    ]
