"""A bounded share of the simulation: seeds, determinism, what was once found, and the wrong protocols."""

from __future__ import annotations

from collections import Counter
from contextvars import ContextVar

import pytest

from tests.sim.kernel import Host, Kernel, Sleep, Task, ask
from tests.sim.mutants import MUTANTS
from tests.sim.runs import catches, caught, judge, regressions

SEEDS = 120
BATCH = 40


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_no_order_is_lost_or_doubled_whatever_fails(first):
    found = [(v.seed, v.profile, v.violation) for v in map(judge, range(first, first + BATCH)) if v.violation]
    assert found == []


def test_the_same_seed_is_the_same_run_to_the_last_event():
    for seed in (3, 14):
        one, other = judge(seed), judge(seed)
        assert one.digest == other.digest
        assert one.seen == other.seen
    assert judge(4).digest != judge(5).digest


def test_faults_do_happen():
    seen = sum((judge(seed).seen for seed in range(500, 512)), Counter())
    for name in ("kill_before", "kill_after", "zombie", "resumed", "lost_reply", "lost_request", "late_arrival", "overlap", "message_lost"):
        assert seen[name], name


def test_what_is_unfinished_at_the_end_is_closed_where_it_ran():
    word, closed = ContextVar("word", default=""), []

    async def endless() -> None:
        token = word.set("own")
        try:
            await ask(Sleep(10**9))
        finally:
            word.reset(token)  # in another context this raises
            closed.append(word.get())

    kernel, host = Kernel(1), Host("h0")
    kernel.spawn(Task(endless(), host, lambda value, error: None, lambda: None))
    kernel.close()
    assert closed == [""]


@pytest.mark.parametrize("row", regressions(), ids=lambda row: str(row["seed"]))
def test_a_seed_that_once_failed_holds(row):
    assert judge(int(row["seed"]), kind=row.get("kind", "small")).violation is None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_wrong_protocol_is_caught(mutant):
    """By the seed that is known to, or by one of a few: the right protocol passes all of them."""
    known = catches().get(mutant.name, 0)
    with mutant.apply():
        found = caught([known, *range(400 if mutant.kind == "small" else 40)], mutant.profile, mutant.kind)
    assert found is not None
    assert judge(found.seed, mutant.profile, mutant.kind).violation is None
