"""Bands of a run with the real orchestrator and computing processes, on a recorded market."""

from orchestrators.research_studies import band, gathered, percentile
from tests.builders import T0, USER, grid
from tests.orchestrators.test_research import CONTAINER, MINUTE, Host, backtest, host, iso  # noqa: F401 (a fixture)


def study(host, method, runs, **more):  # noqa: F811
    backtest(host, [{}])
    job = host.store.rows[CONTAINER, USER, "bt_1"]
    range_ = {"first": iso(T0), "last": iso(T0 + 360 * MINUTE)}
    made = {
        **job, "id": "study_1", "kind": "study", "backtest_id": "bt_1", "method": method, "run": 0, "config": grid(), "variants": [{}],
        "ranges": [range_], "runs": runs, "seed": 1, "block": 20, "kept": False, **more,
    }  # fmt: skip
    host.store._put(CONTAINER, USER, made)
    return "study_1"


def answer(host):  # noqa: F811
    return host.store.rows[CONTAINER, USER, "study_1"]


async def test_resampled_paths_make_a_band_that_the_batches_do_not_change(host, monkeypatch):  # noqa: F811
    from orchestrators import research_activities

    assert await host.run(study(host, "monte_carlo", 12)) == "done"
    found = answer(host)
    assert len(found["points"]) == 200 and found["failed"] == 0 and found["windows"] == []
    assert all(float(dot["low"]) <= float(dot["median"]) <= float(dot["high"]) for dot in found["points"])
    assert found["points"][-1]["at"] == iso(T0 + 360 * MINUTE - 1) and set(found["figures"]) >= {"roi_pct", "max_drawdown_pct"}
    assert float(found["figures"]["roi_pct"]["low"]) < float(found["figures"]["roi_pct"]["high"])
    again = Host(host.store, host.folder)
    monkeypatch.setattr(research_activities, "batch_size", lambda *_: 5)
    assert await again.run(study(again, "monte_carlo", 12)) == "done"
    assert answer(again)["points"] == found["points"] and answer(again)["figures"] == found["figures"]


async def test_windows_are_traded_with_what_did_best_before_them(host):  # noqa: F811
    variants = [{"cells": 4}, {"cells": 6}, {"low": "80", "high": "120"}]
    assert await host.run(study(host, "walk_forward", 5, variants=variants)) == "done"
    windows = answer(host)["windows"]
    assert [window["first"] for window in windows] == [iso(T0 + 60 * (k + 1) * MINUTE) for k in range(5)]
    assert [window["last"] for window in windows] == [iso(T0 + 60 * (k + 2) * MINUTE) for k in range(5)]
    assert all(window["overrides"] in variants and window["roi_pct"] is not None for window in windows)
    assert answer(host)["failed"] == 0 and answer(host)["points"] == []


def test_what_could_not_start_is_counted_and_has_no_figure():
    parts = [{"rows": [None, {"curve": [1.0, 2.0], "figures": {"roi_pct": 3.0, "sharpe": None}}], "at": [T0, T0 + 1]}]
    found = gathered({"method": "monte_carlo"}, parts)
    assert (found["failed"], found["figures"]) == (1, {"roi_pct": {"low": "3", "median": "3", "high": "3", "mean": "3"}})
    assert gathered({"method": "monte_carlo"}, [{"rows": [None], "at": [T0]}])["points"] == []
    lost = gathered({"method": "walk_forward"}, [{"window": {"first": T0, "last": T0 + 1, "overrides": {}}}])
    assert (lost["failed"], lost["windows"][0]["roi_pct"]) == (1, None)


def test_percentiles_lie_between_their_neighbours_in_proportion():
    assert [percentile([0.0, 10.0, 20.0], share) for share in (0, 5, 50, 75, 100)] == [0.0, 1.0, 10.0, 15.0, 20.0]
    assert band([5.0]) == {"low": "5", "median": "5", "high": "5"}
