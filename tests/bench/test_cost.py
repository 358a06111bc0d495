"""The cost model holds its goals with the counts that are kept, and counts what it says."""

import json

import pytest

from bench import cost

COUNTS = json.loads(cost.COUNTS.read_text(encoding="utf-8"))


def total(row):
    return sum(row.values())


@pytest.mark.parametrize(("bots", "goal"), cost.GOALS.items())
def test_a_bot_costs_no_more_than_it_may(bots, goal):
    assert total(cost.horizon(bots, COUNTS)) / bots <= goal


def test_ticking_every_five_seconds_costs_fifty_times_as_much():
    assert total(cost.naive(10_000, COUNTS)) >= 50 * total(cost.horizon(10_000, COUNTS))


def test_a_small_platform_pays_for_no_service_bus_and_a_large_one_for_its_operations():
    assert cost.horizon(cost.SMALL // 2, COUNTS)["service bus"] == 0.0
    assert not any(COUNTS["post"][kind]["service_bus"] for kind in ("fill", "round", "tick"))
    large = cost.horizon(100_000, COUNTS)["service bus"]
    assert large > cost.horizon(10_000, COUNTS)["service bus"] > cost.PRICES["bus_base"].dollars


def test_the_counts_were_taken_from_bots_that_traded():
    for part in (COUNTS["fill"], COUNTS["post"]["fill"]):
        assert part["fills"] >= 5 and part["wakes"] >= 5 and part["per_wake"]["executions"] > 5
    assert "clock" in COUNTS["post"]["fill"]["functions"] and "market_watch" not in COUNTS["post"]["fill"]["functions"]


def test_every_timer_of_the_app_is_paid_for():
    golden = json.loads((cost.COUNTS.parents[1] / "tests/golden/bindings.json").read_text(encoding="utf-8"))
    timers = {name for name, bindings in golden.items() if any(binding["type"] == "timerTrigger" for binding in bindings)}
    assert timers == {*cost.TIMERS, "market_watch"}


def test_a_group_of_functions_is_never_billed_for_less_than_its_load_nor_for_more_than_always():
    assert cost.busy_s(0.001, 0.3, 8) == pytest.approx(0.001 * cost.MONTH_S, rel=0.01)
    assert cost.busy_s(10, 0.3, 8) == pytest.approx(cost.MONTH_S, rel=0.001)
    assert cost.busy_s(1_000, 0.3, 8) == pytest.approx(37.5 * cost.MONTH_S)


def test_the_service_bus_is_priced_in_steps():
    assert cost.service_bus(13e6) == 9.81
    assert cost.service_bus(100e6) == pytest.approx(9.81 + 87 * 0.80)
    assert cost.service_bus(101e6) == pytest.approx(9.81 + 87 * 0.80 + 0.50)


def test_the_table_names_every_price_with_its_source(capsys):
    assert cost.main() == 0
    said = capsys.readouterr().out
    assert all(price.source in said and name in said for name, price in cost.PRICES.items())
    assert "peak" in said and "limits" in said


def test_the_guide_shows_the_figures_of_the_model():
    guide = (cost.COUNTS.parents[1] / "docs/deploy.md").read_text(encoding="utf-8")
    row = next(line for line in guide.splitlines() if line.startswith("| per bot |"))
    shown = [float(cell) for cell in row.strip("| ").split("|")[1:]]
    assert shown == pytest.approx([total(cost.horizon(bots, COUNTS)) / bots for bots in cost.BOTS], rel=0.06)
