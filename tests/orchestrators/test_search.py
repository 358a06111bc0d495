"""The search: its space from the schema, what is tried, and what the trials say."""

import pytest

from orchestrators.search import (
    SearchError,
    at_random,
    by_tpe,
    finalists,
    heat,
    lattice,
    objective_of,
    overrides,
    proof_of,
    size_of,
    space_of,
    spearman,
    suggest,
    value_of,
)

CONFIG = {"low": "50000", "high": "70000", "cells": 20, "investment": "1000"}


def wanted(field, **more):
    return {"field": field, "low": None, "high": None, "step": None, "log": False, "choices": [], **more}


def test_without_a_wish_the_numbers_of_the_config_are_searched_but_never_the_money():
    space = {one["field"]: one for one in space_of("GRID", CONFIG, [])}
    assert set(space) == {"low", "high", "cells"}
    assert (space["cells"]["low"], space["cells"]["high"], space["cells"]["whole"]) == ("10", "40", True)
    assert space["low"]["low"] == "45000" and 55_000 - 100 <= float(space["low"]["high"]) <= 55_000


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (wanted("nothing", low="1", high="2"), "unknown_field"),
        (wanted("cells"), "required"),
        (wanted("cells", low="1", high="10"), "out_of_range"),
        (wanted("cells", low="10", high="501"), "out_of_range"),
        (wanted("cells", low="10", high="10"), "out_of_range"),
        (wanted("cells", low="10", high="20", step="0.5"), "out_of_range"),
        (wanted("low", low="0", high="20", log=True), "out_of_range"),
    ],
)
def test_bounds_never_leave_the_schema(one, code):
    with pytest.raises(SearchError) as error:
        space_of("GRID", CONFIG, [one])
    assert error.value.code == code


def test_a_field_is_searched_once_and_something_must_be():
    with pytest.raises(SearchError):
        space_of("GRID", CONFIG, [wanted("cells", low="2", high="9")] * 2)
    with pytest.raises(SearchError):
        space_of("GRID", {"investment": "1000"}, [])


def test_values_lie_on_their_steps_between_their_bounds():
    [linear, log, choice] = space_of(
        "GRID",
        CONFIG,
        [
            wanted("cells", low="2", high="9"),
            wanted("low", low="100", high="10000", step="10", log=True),
            wanted("spacing", choices=["a", "b"]),
        ],
    )
    assert [value_of(linear, k) for k in range(size_of(linear))] == list(range(2, 10))
    steps = [float(value_of(log, k)) for k in range(size_of(log))]
    assert steps[0] == 100 and 9_990 <= steps[-1] <= 10_000 and all(value % 10 == 0 for value in steps)
    assert abs(steps[len(steps) // 2] - 1000) < 60  # the middle of a logarithmic ladder
    assert overrides([linear, choice], (3, 1)) == {"cells": 5, "spacing": "b"}


def test_a_grid_is_even_within_its_budget_and_ends_when_it_is_used_up():
    space = space_of("GRID", CONFIG, [wanted("cells", low="2", high="11"), wanted("spacing", choices=["geometric", "arithmetic"])])
    points = lattice(space, 9)
    assert len(points) == len(set(points)) == 8 and {point[1] for point in points} == {0, 1}
    assert {point[0] for point in points} == {0, 3, 6, 9}
    job = {"space": space, "method": "grid", "trials": 9}
    assert suggest(job, 1, [(point, None) for point in points], 5) == []


@pytest.mark.parametrize("method", ["random", "tpe"])
def test_the_same_seed_and_results_give_the_same_points(method):
    space = space_of("GRID", CONFIG, [])
    job = {"space": space, "method": method, "trials": 50}
    tried = [(point, float(-((point[2] - 12) ** 2))) for point in at_random(space, 4, 20)]
    assert suggest(job, 7, tried, 4) == suggest(job, 7, tried, 4)
    assert all(0 <= k < size_of(one) for point in suggest(job, 7, tried, 4) for k, one in zip(point, space, strict=True))


def test_a_learning_search_goes_where_the_good_trials_were():
    space = space_of("GRID", CONFIG, [wanted("cells", low="2", high="201")])
    tried = [(point, -abs(point[0] - 50.0)) for point in at_random(space, 1, 60)]
    suggested = [point[0] for point in by_tpe(space, 1, tried, 12)]
    assert sum(abs(k - 50) < 30 for k in suggested) >= 9


def run(number, total, **more):
    metrics = {"pnl": {"total": str(total)}, "apr_pct": str(total), "calmar": None, "sharpe": "1", "worst_month_pct": "-3"}
    return {"run": number, "overrides": {"cells": number, **more}, "metrics": metrics}


def test_objectives_are_read_from_the_figures():
    assert [objective_of(run(1, 5), name) for name in ("pnl", "calmar", "sharpe", "worst_month")] == [5.0, 0.0, 1.0, -3.0]
    assert objective_of({"run": 1, "refused": ["x"]}, "pnl") is None


def test_finalists_are_the_best_configurations_each_once():
    rows = [run(k, k % 13) for k in range(40)] + [{"run": 99, "overrides": {}}] + [{**run(38, 12), "run": 77}]
    found = finalists(rows, "pnl")
    assert [float(one["metrics"]["pnl"]["total"]) for one in found][:4] == [12, 12, 12, 11] and len(found) == 10
    assert len({one["overrides"]["cells"] for one in found}) == 10


def test_a_find_that_does_not_hold_outside_is_warned_of():
    inside = [run(k, 100 - k) for k in range(5)]
    _, holds = proof_of(inside, [run(k, 90 - k) for k in range(5)], "pnl")
    assert holds == {"in_sample": "100", "out_of_sample": "90", "kept_pct": "90", "rank_correlation": "1", "warning": False}
    _, turns = proof_of(inside, [run(k, -50 + 9 * k) for k in range(5)], "pnl")
    assert turns["warning"] and turns["rank_correlation"] == "-1"
    _, gone = proof_of(inside[:1], [{"run": 0, "overrides": {}}], "pnl")
    assert gone["warning"] and gone["out_of_sample"] is None
    assert proof_of([], [], "pnl") == ([], None)


def test_ranks_with_ties():
    assert spearman([(1.0, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 1.0)]) is None
    assert spearman([(1.0, 4.0), (2.0, 3.0), (3.0, 2.0), (4.0, 1.0)]) == -1.0


def test_the_heat_map_keeps_the_best_of_each_cell():
    rows = [run(k, k, spacing="geometric" if k % 2 else "arithmetic") for k in range(1, 9)]
    found = heat(rows, ("cells", "spacing"), "pnl", 4)
    assert found["xs"] == ["1", "3", "5", "7"] and found["ys"] == ["arithmetic", "geometric"]
    assert {(cell["x"], cell["y"]): cell["value"] for cell in found["cells"]}["7", "arithmetic"] == "8"
    assert sum(cell["trials"] for cell in found["cells"]) == 8
    assert heat([], ("cells", "spacing"), "pnl", 4)["cells"] == []
