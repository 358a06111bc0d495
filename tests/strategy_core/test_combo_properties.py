"""What holds for every COMBO bot, whatever the market does."""

from __future__ import annotations

import random
from decimal import Decimal
from importlib import util
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategy_core import registry
from strategy_core.state import State
from strategy_core.trade import Invalid

_spec = util.spec_from_file_location("strategy_core_walks", Path(__file__).with_name("walks.py"))
assert _spec is not None and _spec.loader is not None
walks = util.module_from_spec(_spec)
_spec.loader.exec_module(walks)

D = Decimal
quick = settings(max_examples=35, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 10_000)


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    levels = draw(st.sampled_from((10, 13, 16)))
    config: dict[str, Any] = {
        "direction": draw(st.sampled_from(("long", "short"))),
        "margin": draw(st.sampled_from(("400", "1000"))),
        "leverage": draw(st.sampled_from(("1", "3"))),
        "levels": levels,
        "grid_levels": draw(st.integers(1, levels - 1)),
        "step_pct": draw(st.sampled_from(("0.5", "1", "1.7"))),
        "refill_on_shift": draw(st.booleans()),
    }
    extras: list[dict[str, Any]] = [{"stop_loss_pct": "22"}, {"take_profit_pct": "15"}, {"margin_mode": "cross"}]
    for extra in draw(st.lists(st.sampled_from(extras), max_size=2)):
        config |= extra
    return config


def _begin(config: dict[str, Any], seed: int, **how: Any) -> Any:
    rules = walks.market(future=True, step=random.Random(seed).choice(("0.001", "0.05")))
    try:
        return walks.Walk("COMBO", config, D(100), rules, seed, **how)
    except Invalid:
        return None


def _covered(state: State) -> None:
    """Never more than N units in all, and every unit held has its exit (or is owed one)."""
    memory, book = state.memory, state.book
    if state.status.value != "active" or not memory.is_laid or memory.refill is not None:
        return
    exits = sum((book.remaining(o) for o in book.orders.values() if o.reduce_only), D(0))
    owed = sum((amount for key, amount in memory.due.items() if key[0] == "x"), D(0))
    assert exits + owed == abs(state.ledger.base)
    entries = sum((book.remaining(o) for o in book.orders.values() if not o.reduce_only), D(0))
    assert abs(state.ledger.base) + entries <= memory.unit * state.config.levels


@quick
@given(configs(), seeds, st.booleans())
def test_a_combo_never_wants_what_it_cannot_have(config: dict[str, Any], seed: int, partial: bool) -> None:
    walk = _begin(config, seed, partial=partial, repeat=True)
    for _ in range(50 if walk is not None else 0):
        walk.step(0.015)
        _covered(walk.state)


@quick
@given(configs(), seeds)
def test_inside_the_horizon_nothing_changes(config: dict[str, Any], seed: int) -> None:
    walk = _begin(config, seed)
    chooser = random.Random(seed)
    for _ in range(40 if walk is not None else 0):
        walk.step(0.012)
        walks.check_horizon(walk.state, chooser)


@quick
@given(configs(), seeds)
def test_the_order_in_which_fills_arrive_does_not_change_the_position(config: dict[str, Any], seed: int) -> None:
    walk = _begin(config, seed)
    if walk is None:
        return
    walk.steps(20, 0.02)
    shuffled = list(walk.fills)
    random.Random(seed).shuffle(shuffled)
    again: State = registry.start("COMBO", config, D(100), walk.market, 0)
    for fill in (*shuffled, *walk.fills):
        registry.apply(again, fill)
    assert (walk.state.ledger.base, walk.state.ledger.fees) == (again.ledger.base, again.ledger.fees)
