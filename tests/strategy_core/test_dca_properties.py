"""What holds for every DCA and DCA FUTURES bot, whatever the market does."""

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


@st.composite
def configs(draw: st.DrawFn, future: bool) -> dict[str, Any]:
    long = draw(st.booleans())
    size = "base_order_margin" if future else "base_order_size"
    safety = "safety_order_margin" if future else "safety_order_size"
    config: dict[str, Any] = {
        "direction": "long" if long else "short",
        size: draw(st.sampled_from(("100", "137.5"))),
        safety: draw(st.sampled_from(("100", "80"))),
        "safety_orders": draw(st.integers(0, 5)),
        "step_pct": draw(st.sampled_from(("0.7", "1.5", "2"))),
        "step_multiplier": draw(st.sampled_from(("1", "1.2"))),
        "size_multiplier": draw(st.sampled_from(("1", "1.4"))),
        "take_profit_pct": draw(st.sampled_from(("0.8", "1.5"))),
        "take_profit_of": draw(st.sampled_from(("total", "base"))),
        "take_profit_net": draw(st.booleans()),
        "cooldown_s": draw(st.sampled_from((0, 60, 900))),
    }
    if future:
        config |= {"leverage": draw(st.sampled_from(("1", "3"))), "funds_quote": "3000"}
    elif long:
        config |= {"funds_quote": draw(st.sampled_from(("2500", "5000")))}
    else:
        config |= {"funds_base": draw(st.sampled_from(("25", "60")))}
    extras: list[dict[str, Any]] = [
        {"max_active_safety_orders": min(1, config["safety_orders"])},
        {"stop_loss_pct": "18"},
        {"stop_loss_pct": "12", "stop_loss_of": "average", "after_stop_loss": "stop"},
        {"stop_loss_pct": "18", "trailing_stop": True},
        {"stop_loss_pct": "18", "stop_loss_timeout_s": 120},
        {"trailing_take_profit_pct": "0.4"},
        {"take_profit_steps": [{"pct": "0.6", "share_pct": "40"}, {"pct": "1.2", "share_pct": "30"}, {"pct": "2", "share_pct": "30"}]},
        {"break_even_after_tp1": True},
        {"max_deals": 2},
        {"reinvest_pct": "80", "risk_reduction_pct": "60"},
        {"min_price": "97", "max_price": "103"},
        {"start": {"type": "price", "operator": "less", "price": "99"}},
    ]
    for extra in draw(st.lists(st.sampled_from(extras), max_size=4)):
        config |= extra
    return config


def _begin(name: str, config: dict[str, Any], future: bool, mode: str, seed: int, **how: Any) -> Any:
    rules = walks.market(future=future, mode="quote" if future else mode, step=random.Random(seed).choice(("0.001", "0.05")))
    try:
        return walks.Walk(name, config, D(100), rules, seed, **how)
    except Invalid:
        return None


seeds = st.integers(0, 10_000)
modes = st.sampled_from(("quote", "received"))


@quick
@given(configs(False), modes, seeds, st.booleans())
def test_a_spot_bot_never_wants_what_it_cannot_have(config: dict[str, Any], mode: str, seed: int, partial: bool) -> None:
    walk = _begin("DCA", config, False, mode, seed, partial=partial, repeat=True)
    if walk is not None:
        walk.steps(60, 0.012)


@quick
@given(configs(True), seeds, st.booleans())
def test_a_futures_bot_never_wants_what_it_cannot_have(config: dict[str, Any], seed: int, partial: bool) -> None:
    walk = _begin("DCA_FUTURES", config, True, "quote", seed, partial=partial, repeat=True)
    if walk is not None:
        walk.steps(60, 0.012)


@quick
@given(configs(False), modes, seeds)
def test_inside_the_horizon_nothing_changes_on_spot(config: dict[str, Any], mode: str, seed: int) -> None:
    _probe(_begin("DCA", config, False, mode, seed), seed)


@quick
@given(configs(True), seeds)
def test_inside_the_horizon_nothing_changes_on_futures(config: dict[str, Any], seed: int) -> None:
    _probe(_begin("DCA_FUTURES", config, True, "quote", seed), seed)


def _probe(walk: Any, seed: int) -> None:
    chooser = random.Random(seed)
    for _ in range(50 if walk is not None else 0):
        walk.step(0.01)
        walks.check_horizon(walk.state, chooser)


@quick
@given(configs(False), modes, seeds)
def test_the_order_in_which_fills_arrive_does_not_change_the_money(config: dict[str, Any], mode: str, seed: int) -> None:
    walk = _begin("DCA", config, False, mode, seed)
    if walk is None:
        return
    walk.steps(25, 0.02)
    shuffled = list(walk.fills)
    random.Random(seed).shuffle(shuffled)
    again: State = registry.start("DCA", config, D(100), walk.market, 0)
    for fill in (*shuffled, *walk.fills):
        registry.apply(again, fill)
    ledger, other = walk.state.ledger, again.ledger
    assert (ledger.base, ledger.quote, ledger.fees) == (other.base, other.quote, other.fees)
