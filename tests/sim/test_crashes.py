"""Enumerated crashes: a GRID on paper dies once before and once after every step of its life, and in pairs on the order path.

What it has done by the end of the recording must equal the backtest of the same candles, and the venue's book must agree with the ledger.
"""

from __future__ import annotations

import pytest

from tests.chaos import market
from tests.chaos.backtest import differences
from tests.chaos.checker import check
from tests.sim.full import crashes
from tests.sim.paper import OPENING, lived

DOWN_MS = 7_000  # seven candles of the recording go by


@pytest.fixture(scope="module")
def rows():
    return market.candles(3, 22, lively=1.2)


def _matters(names: list[str], number: int) -> bool:
    """Whether the step belongs to a tick in which orders are sent: the other ticks are alike."""
    return "execute" in names[max(number - 3, 0) : number + 1]


def wrongs(machine, rows) -> list[str]:
    return differences(machine.ledger, rows) + check(OPENING, machine.book, [machine.ledger])


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_once_at_every_step_a_grid_does_what_the_backtest_does(tmp_path, rows, when):
    calm = lived(tmp_path / "calm", rows, set(), 0)
    assert wrongs(calm, rows) == []
    assert len(calm.ledger.fills) >= 5
    acts = [number for number in range(1, calm.steps + 1) if calm.names[number - 1] in ("execute", "publish", "bot.advance", "bot.start")]
    busy = [*range(1, 8)] + [number for number in acts if number >= 8 and _matters(calm.names, number)]
    for number in busy:
        machine = lived(tmp_path / f"{number}", rows, {(number, when)}, DOWN_MS if number > 3 else 1_000)
        assert (machine.died, wrongs(machine, rows)) == (1, []), f"killed {when} step {number} ({calm.names[number - 1]})"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_twice_in_a_row_on_the_order_path_nothing_is_lost(tmp_path, rows):
    calm = lived(tmp_path / "calm", rows, set(), 0)
    executes = [number for number, name in enumerate(calm.names, start=1) if name == "execute"][:4]
    for number in executes:
        for first, second in (("before", "before"), ("before", "after"), ("after", "before"), ("after", "after")):
            deaths = {(number, first), (number + 1, second)}
            machine = lived(tmp_path / f"{number}{first}{second}", rows, deaths, 3_000)
            assert (machine.died, wrongs(machine, rows)) == (2, []), f"killed {first} step {number} and {second} the next"


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("mode", ["quote", "keep"])
def test_killed_at_any_step_of_a_stop_the_bot_ends_with_no_order_and_every_cent(tmp_path, rows, mode, when):
    calm = lived(tmp_path / "calm", rows, set(), 0, {"close_mode": mode})
    first = calm.stopped_from
    for number in range(first, min(calm.steps, first + 5) + 1):
        machine = lived(tmp_path / f"{number}", rows, {(number, when)}, 3_000, {"close_mode": mode})
        assert check(OPENING, machine.book, [machine.ledger]) == [], f"killed {when} step {number}"
        assert machine.ledger.bot["status"] == "stopped", f"killed {when} step {number}"
        assert not [row for row in machine.book["orders"].values() if row["status"] == "open"]
        if mode == "quote":
            assert machine.ledger.bot["holdings"]["base"] == "0"
        assert machine.account == {"schema": 1, "bots": {}}


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "is_onebox"), [("grid", True), ("flatten", False), ("deals", True), ("perpetual", False)])
def test_a_host_of_the_whole_platform_dies_at_a_share_of_its_steps(scenario, is_onebox):
    """`python -m tests.sim --crashes singles` (and `pairs`) tries every step of every scenario."""
    chosen = crashes.representatives(scenario, is_onebox)
    wrong = [crashes.failure((scenario, is_onebox, deaths)) for deaths in chosen[len(scenario) % 6 :: 6]]
    assert [one for one in wrong if one] == []


def test_a_crash_that_is_asked_for_happens():
    steps = crashes.run("grid", True).steps
    number = next(number for number, step in enumerate(steps) if step == "execute:venue.place after")
    died = crashes.run("grid", True, frozenset({number}))
    assert died.violation is None
    assert died.steps[: number + 1] == steps[: number + 1]
    assert died.steps != steps
